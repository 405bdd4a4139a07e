// Framework: the WDF half of one machine, and DriverGlobals: one driver's binding to it. Root of all state of wdf.
// Called by:  Machine makes one per Kernel; every DDI receives its driver's DriverGlobals; others come through CurrentFramework().
// Ownership:  Machine owns the Framework and destroys it before the Kernel, with no driver loaded any more. A DriverGlobals lives from
//             WdfVersionBind to WdfVersionUnbind (or unloading after a failed DriverEntry); its memory as long as the Framework.
// Locks:      tree_lock guards parent/child links of all objects; drivers_lock the list of drivers. Neither is held over a callback.
// Source:     DRV-*, VER-14, DEVX-50.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nt/kernel.h"
#include "runtime/lock.h"
#include "wdf/driver/background.h"
#include "wdf/driver/verifier_options.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class Arena;
class Driver;
class Object;
class ReferenceLog;
struct DeviceInit;
struct Disposal;
struct OwnRequest;
struct OwnRequests;
struct Framework;
namespace um {
class Hosts;
}

struct FrameworkOptions {
  // As Driver Verifier switches the framework's verifier on: for every driver built for 1.9 or later whose service key does not say
  // otherwise.
  bool verifier = false;
  bool contain_hosts = false;                      // (U) a driver's failure ends its host, not the machine
  int64_t host_time_limit = 60ll * 10'000'000;     // (U) of critical requests without progress; 100 ns
};

// (V) How many objects of each type live, for a driver with ObjectLeakDetectionLimit.
struct LiveObjects {
  static constexpr size_t kTypes = 32;
  std::atomic<uint32_t> count[kTypes] = {};
  std::atomic<uint32_t> told{0};  // types whose excess was reported, one bit each
};

// (U) INF directives that decide what reaches the driver (UM-08), from the driver's WUDF service key; the defaults are the documented ones.
struct UmdfDirectives {
  bool allow_kernel_mode_clients = false;    // UmdfKernelModeClientPolicy = AllowKernelModeClients (1)
  bool allow_unknown_file_objects = false;   // UmdfFileObjectPolicy = AllowNullAndUnknownFileObjects (1)
  bool copy_method_neither = false;          // UmdfMethodNeitherAction = Copy (1)
  bool allow_direct_hardware = false;        // UmdfDirectHardwareAccess = AllowDirectHardwareAccess (1)
  bool map_registers = false;                // UmdfRegisterAccessMode = RegisterAccessUsingUserModeMapping (1)
  bool share_host = true;                    // UmdfHostProcessSharing = ProcessSharingEnabled (1)
  // UmdfImpersonationLevel, a SECURITY_IMPERSONATION_LEVEL. O-32: of two contradictory pages the directives' one, which gives this default.
  uint32_t impersonation_level = 1;
};

// `shared` is what the driver sees through WdfDriverGlobals; it must stay the first member.
struct DriverGlobals {
  WDF_DRIVER_GLOBALS shared = {};
  Framework* framework = nullptr;
  Driver* driver = nullptr;        // null before WdfDriverCreate
  bool umdf = false;
  bool verifier = false;           // "(V)" of the spec
  uint16_t version_major = 1;      // the version the driver was built for
  uint16_t version_minor = 0;
  uint32_t pool_tag = 0;           // the driver's default tag (DEVX-9); shared.DriverTag is the same value
  VerifierOptions options;
  UmdfDirectives directives;
  std::atomic<uint32_t> allocations{0};
  // (U) Not zero: framework calls are looked at first (entry/entry_scope.h). Some thread is inside EvtRequestImpersonate, or a host has ended.
  std::atomic<uint32_t> watched_calls{0};
  std::atomic<nt::CallbackHost*> adding_in{nullptr};  // (U) of the stack that EvtDriverDeviceAdd runs for
  PDEVICE_OBJECT adding_to = nullptr;                 // (U) that stack's physical device object
  LiveObjects live;
  PDRIVER_OBJECT wdm_driver = nullptr;
  std::string service_name;        // last part of the service key
  const void* table = nullptr;     // the function table handed out at binding
  Background background;           // work items of ours that still run for this driver

  // "built for >= 1.minor"; UMDF 2 began with the rules of 1.11.
  bool BuiltFor(uint16_t kmdf_minor) const { return umdf ? kmdf_minor <= 11 || version_minor >= kmdf_minor : version_minor >= kmdf_minor; }
  // A check that came with 1.minor (VER-18).
  bool ChecksOf(uint16_t kmdf_minor) const { return verifier && (BuiltFor(kmdf_minor) || options.verify_down_level); }
  // One allocation by or for the driver: false when VerifierAllocateFailCount says that it fails now.
  inline bool MayAllocate();
};

inline DriverGlobals& GlobalsFrom(PWDF_DRIVER_GLOBALS shared) { return *reinterpret_cast<DriverGlobals*>(shared); }

struct Framework {
  Framework(nt::Kernel& kernel, const FrameworkOptions& options);
  ~Framework();
  Framework(const Framework&) = delete;

  nt::Kernel& kernel;
  const FrameworkOptions options;
  std::unique_ptr<OwnRequests> own_requests;  // what synchronous sends without a request use (wdf/request/own_request.h)
  std::unique_ptr<Arena> arena;
  std::unique_ptr<Disposal> disposal;  // deletions that wait for PASSIVE_LEVEL
  std::unique_ptr<um::Hosts> hosts;  // (U)
  std::unique_ptr<ReferenceLog> reference_log;  // (V) tags of WdfObjectReferenceWithTag, for drivers that track handles

  // Requests that were out when a stop unwound their sender.
  std::atomic<OwnRequest*> abandoned{nullptr};

  // Tests fail allocations of the framework as they fail the pool's (Machine::FailAllocations).
  std::atomic<bool (*)(void* context)> allocation_fails{nullptr};
  void* allocation_context = nullptr;

  rt::Lock tree_lock;
  rt::Lock drivers_lock;
  std::vector<DriverGlobals*> drivers RT_GUARDED_BY(drivers_lock);
  std::vector<DeviceInit*> lent_inits RT_GUARDED_BY(drivers_lock);  // wdf/device/device_init.h
  // Ended bindings: an object that leaked, and the driver's stub, still point to theirs.
  std::vector<std::unique_ptr<DriverGlobals>> ended RT_GUARDED_BY(drivers_lock);
};

inline bool DriverGlobals::MayAllocate() {
  if (auto fails = framework->allocation_fails.load(std::memory_order_acquire); __builtin_expect(fails != nullptr, 0)) {
    if (fails(framework->allocation_context)) return false;
  }
  return __builtin_expect(options.allocate_fail_count == UINT32_MAX || !verifier, 1) || allocations.fetch_add(1) < options.allocate_fail_count;
}

Framework& CurrentFramework();        // of the calling task's machine; asserts that there is one
Framework* CurrentFrameworkOrNull();

// A line for the debug log and, with break-on-error, a finding ("break" in the spec). The call then goes on or returns as its item says.
void Break(DriverGlobals& globals, const char* words);

}  // namespace drydock::wdf
