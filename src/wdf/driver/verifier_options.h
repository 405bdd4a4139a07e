// VerifierOptions: what the values below ...\Parameters\Wdf of a driver's service key say about checks ("(V)" of the spec).
// Called by:  WdfDriverCreate reads them once, before anything is made for the driver; every check looks at DriverGlobals::options.
// Errors:     a value of another type than the documented one counts as missing.
// Ours:       LogPages is not read: what it would size, the framework's log, is the machine's event ring here.
// Source:     VER-14 to VER-20, DEVX-50.
#pragma once

#include <cstdint>

namespace drydock::wdf {

struct DriverGlobals;

struct VerifierOptions {
  bool verifier_on = false;
  bool verify_on = false;                     // VerifyOn; follows VerifierOn unless it has a value: WDFVERIFY breaks
  bool break_on_error = false;                // DbgBreakOnError; follows VerifierOn unless it has a value
  bool verify_down_level = false;             // VerifyDownLevel: checks newer than the version the driver was built for
  uint32_t allocate_fail_count = UINT32_MAX;  // VerifierAllocateFailCount
  uint32_t enhanced_options = 0;              // EnhancedVerifierOptions
  uint64_t tracked_types = 0;                 // TrackHandles: a bit for each ObjectType
  uint32_t leak_limit = UINT32_MAX;           // ObjectLeakDetectionLimit
  uint64_t leak_types = 0;                    // ObjectsForLeakDetection
  uint32_t wait_seconds = 0;                  // how long an internal wait may last before it breaks; 0: nobody looks
};

inline constexpr uint32_t kCheckCallbacks = 0x1;         // level and critical region around callbacks (VER-12, VER-13)
inline constexpr uint32_t kForwardProgressAll = 0x10000;     // no request of a forward-progress queue can be allocated
inline constexpr uint32_t kForwardProgressRandom = 0x20000;  // every now and then it cannot

// `service_key` is the registry path that DriverEntry got.
void ReadVerifierOptions(DriverGlobals& globals, const char16_t* service_key, uint64_t length);

}  // namespace drydock::wdf
