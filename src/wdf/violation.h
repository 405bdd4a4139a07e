// Violation: bug check 0x10D (WDF_VIOLATION) with the documented parameters.
// Called by:  every DDI family, on the task that did wrong, no internal lock held. Never returns: nt::BugCheck unwinds the driver.
// Source:     DEVX-47, VER-01 to VER-13.
#pragma once

#include <cstdint>
#include <string>

namespace drydock::wdf {

struct DriverGlobals;
class Object;
enum class ObjectType : uint16_t;

enum class ViolationKind : uint64_t {
  kPowerRoutineTimeout = 0x1,
  kLockRecursion = 0x2,
  kReferencesAtCompletion = 0x3,
  kNullParameter = 0x4,
  kBadHandle = 0x5,
  kRequestFatal = 0x6,
  kDeletedByDereference = 0x7,
  kDmaFatal = 0x8,
  kQueueFatal = 0xA,
  kLockMisuse = 0xB,
  kPnpIrp = 0xC,
  kPowerIrp = 0xD,
  kIrqlChanged = 0xE,
  kCriticalRegionChanged = 0xF,
  kMissingFunction = 0x10,
};

// Parameter 1 of 0x10D/0x6 (parameter 2 of the bug check).
enum class RequestFatal : uint64_t {
  kNoStackLocation = 1,
  kNoIrp = 2,
  kAlreadySent = 3,
  kInformationTooLarge = 4,
  kNotInQueue = 5,
};

[[noreturn]] void Violation(DriverGlobals& globals, ViolationKind kind, uint64_t p2, uint64_t p3, std::string words);
[[noreturn]] void RequestViolation(DriverGlobals& globals, RequestFatal what, const void* p3, std::string words);
// NULL where required: p3 is the caller's address.
[[noreturn]] void NullParameter(DriverGlobals& globals, const char* function, const char* parameter, const void* caller);
// A NULL, stale, foreign or wrong-type handle.
[[noreturn]] void BadHandle(DriverGlobals& globals, const void* handle, ObjectType expected);

}  // namespace drydock::wdf
