// The bug check codes and statuses that the NT floor raises by itself, for code that must not depend on the SDK's headers (the
// signal-side of a fault, internal findings). Values as in Windows' bugcodes.h.
#pragma once

#include <cstdint>

namespace drydock::nt::bug {

inline constexpr uint32_t kKernelSecurityCheckFailure = 0x139;
inline constexpr uint32_t kIrqlNotGreaterOrEqual = 0x9;
inline constexpr uint32_t kIrqlNotLessOrEqual = 0xA;
inline constexpr uint32_t kMaximumWaitObjectsExceeded = 0xC;
inline constexpr uint32_t kSpinLockAlreadyOwned = 0xF;
inline constexpr uint32_t kSpinLockNotOwned = 0x10;
inline constexpr uint32_t kBadPoolHeader = 0x19;
inline constexpr uint32_t kKmodeExceptionNotHandled = 0x1E;
inline constexpr uint32_t kPageFaultInNonpagedArea = 0x50;
inline constexpr uint32_t kDriverLeftLockedOrAllocated = 0x62;
inline constexpr uint32_t kSystemThreadExceptionNotHandled = 0x7E;
inline constexpr uint32_t kUnexpectedKernelModeTrap = 0x7F;
inline constexpr uint32_t kAttemptedSwitchFromDpc = 0xB8;
inline constexpr uint32_t kMutexAlreadyOwned = 0xBF;
inline constexpr uint32_t kBadPoolCaller = 0xC2;
inline constexpr uint32_t kDriverVerifierDetectedViolation = 0xC4;
inline constexpr uint32_t kTimerOrDpcInvalid = 0xC7;
inline constexpr uint32_t kIrqlUnexpectedValue = 0xC8;
inline constexpr uint32_t kDriverIrqlNotLessOrEqual = 0xD1;
inline constexpr uint32_t kWorkerThreadReturnedAtBadIrql = 0xE1;
inline constexpr uint32_t kResourceNotOwned = 0xE3;
inline constexpr uint32_t kWorkerInvalid = 0xE4;
inline constexpr uint32_t kThreadTerminateHeldMutex = 0x4000008A;
inline constexpr uint32_t kApcIndexMismatch = 0x1;

}  // namespace drydock::nt::bug
