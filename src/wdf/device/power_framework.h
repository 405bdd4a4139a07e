// PowerFramework: the power framework's view of a device whose idle time-out the system manages: one component, active while the device is used.
// Called by:  PolicyMachine (its steps), WdfDeviceWdmAssignPowerFrameworkSettings. IRQL: PASSIVE_LEVEL, SetActive <= DISPATCH_LEVEL.
// Ownership:  a member of PnpPower; registered from StartingPoweredUp until the device is removed.
// Source:     S1, S2, S11, PWR-76, PWR-77, DEVX-44.
#pragma once

#include <atomic>
#include <vector>

#include "runtime/lock.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

struct PnpPower;

class PowerFramework {
 public:
  explicit PowerFramework(PnpPower& pnp) : pnp_(pnp) {}

  NTSTATUS Assign(const WDF_POWER_FRAMEWORK_SETTINGS& settings);
  NTSTATUS Register();
  void Unregister();
  bool registered() const { return handle_ != nullptr; }

  void SetActive(bool active);
  void PowerIsUp();    // answers "power required", if that was asked
  void PowerIsDown();  // answers "power not required"
  void DirectedDownDone();

 private:
  static VOID NTAPI Required(PVOID context);
  static VOID NTAPI NotRequired(PVOID context);
  static VOID NTAPI ComponentActive(PVOID context, ULONG component);
  static VOID NTAPI ComponentIdle(PVOID context, ULONG component);
  static VOID NTAPI ComponentIdleState(PVOID context, ULONG component, ULONG state);
  static VOID NTAPI DirectedDown(PVOID context, ULONG flags);
  static VOID NTAPI DirectedUp(PVOID context, ULONG flags);

  PnpPower& pnp_;
  bool assigned_ = false;
  WDF_POWER_FRAMEWORK_SETTINGS settings_ = {};  // without the component
  std::vector<PO_FX_COMPONENT_IDLE_STATE> idle_states_;
  POHANDLE handle_ = nullptr;
  bool post_called_ = false;
  std::atomic<bool> active_{false}, required_asked_{false}, not_required_asked_{false};
};

}  // namespace drydock::wdf
