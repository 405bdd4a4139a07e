#include "wdf/device/power_framework.h"

#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

PowerFramework& Of(PVOID context) { return *static_cast<PowerFramework*>(context); }

}  // namespace

NTSTATUS PowerFramework::Assign(const WDF_POWER_FRAMEWORK_SETTINGS& settings) {
  if (settings.Size != sizeof(settings)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!pnp_.policy_owner() || !pnp_.system_managed()) return STATUS_INVALID_DEVICE_REQUEST;
  if (settings.DirectedPoFxEnabled < WdfFalse || settings.DirectedPoFxEnabled > WdfUseDefault) return STATUS_INVALID_PARAMETER;
  // A component that is described has at least the state F0.
  if (settings.Component && (settings.Component->IdleStateCount == 0 || !settings.Component->IdleStates)) return STATUS_INVALID_PARAMETER;
  if (assigned_ || handle_) {
    pnp_.Complain("WdfDeviceWdmAssignPowerFrameworkSettings was called a second time, or after the device had been registered");
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  settings_ = settings;
  // The driver's description may be on its stack.
  idle_states_.assign(1, {});
  if (settings.Component) idle_states_.assign(settings.Component->IdleStates, settings.Component->IdleStates + settings.Component->IdleStateCount);
  settings_.Component = nullptr;
  assigned_ = true;
  return STATUS_SUCCESS;
}

// S1: registered, its component active, power management started; then the driver may use the handle.
NTSTATUS PowerFramework::Register() {
  if (idle_states_.empty()) idle_states_.assign(1, {});  // F0
  PO_FX_DEVICE_V3 device = {};
  device.Version = PO_FX_VERSION_V3;
  device.DevicePowerRequiredCallback = &Required;
  device.DevicePowerNotRequiredCallback = &NotRequired;
  device.ComponentActiveConditionCallback = &ComponentActive;
  device.ComponentIdleConditionCallback = &ComponentIdle;
  device.ComponentIdleStateCallback = &ComponentIdleState;
  if (settings_.DirectedPoFxEnabled != WdfFalse || !assigned_) {
    device.DirectedPowerDownCallback = &DirectedDown;
    device.DirectedPowerUpCallback = &DirectedUp;
  }
  device.DeviceContext = this;
  device.ComponentCount = 1;
  device.Components[0].IdleStateCount = static_cast<ULONG>(idle_states_.size());
  device.Components[0].IdleStates = idle_states_.data();
  NTSTATUS status = PoFxRegisterDevice(pnp_.pdo(), reinterpret_cast<PPO_FX_DEVICE>(&device), &handle_);
  if (!NT_SUCCESS(status)) {
    handle_ = nullptr;
    return status;
  }
  active_ = false;
  SetActive(true);
  PoFxStartDevicePowerManagement(handle_);
  if (!settings_.EvtDeviceWdmPostPoFxRegisterDevice) return STATUS_SUCCESS;
  post_called_ = true;
  return nt::CallDriver("EvtDeviceWdmPostPoFxRegisterDevice", settings_.EvtDeviceWdmPostPoFxRegisterDevice, pnp_.handle(), handle_);
}

void PowerFramework::Unregister() {
  if (!handle_) return;
  if (post_called_ && settings_.EvtDeviceWdmPrePoFxUnregisterDevice) {
    nt::CallDriver("EvtDeviceWdmPrePoFxUnregisterDevice", settings_.EvtDeviceWdmPrePoFxUnregisterDevice, pnp_.handle(), handle_);
  }
  post_called_ = false;
  POHANDLE handle = handle_;
  handle_ = nullptr;
  PoFxUnregisterDevice(handle);
}

void PowerFramework::SetActive(bool active) {
  if (!handle_ || active_.exchange(active) == active) return;
  if (active) {
    PoFxActivateComponent(handle_, 0, PO_FX_FLAG_ASYNC_ONLY);
  } else {
    PoFxIdleComponent(handle_, 0, PO_FX_FLAG_ASYNC_ONLY);
  }
}

void PowerFramework::PowerIsUp() {
  if (handle_ && required_asked_.exchange(false)) PoFxReportDevicePoweredOn(handle_);
}

void PowerFramework::PowerIsDown() {
  if (handle_ && not_required_asked_.exchange(false)) PoFxCompleteDevicePowerNotRequired(handle_);
}

void PowerFramework::DirectedDownDone() {
  if (handle_) PoFxCompleteDirectedPowerDown(handle_);
}

VOID NTAPI PowerFramework::Required(PVOID context) {
  Of(context).required_asked_ = true;
  Of(context).pnp_.policy().Post(PolicyEvent::kPowerRequired, StateEngine::On::kWorker);
}

VOID NTAPI PowerFramework::NotRequired(PVOID context) {
  Of(context).not_required_asked_ = true;
  Of(context).pnp_.policy().Post(PolicyEvent::kNotRequired, StateEngine::On::kWorker);
}

VOID NTAPI PowerFramework::ComponentActive(PVOID context, ULONG component) {
  const WDF_POWER_FRAMEWORK_SETTINGS& settings = Of(context).settings_;
  if (settings.ComponentActiveConditionCallback) {
    nt::CallDriver("ComponentActiveConditionCallback", settings.ComponentActiveConditionCallback, settings.PoFxDeviceContext, component);
  }
}

// The driver that has such a callback answers it itself.
VOID NTAPI PowerFramework::ComponentIdle(PVOID context, ULONG component) {
  PowerFramework& self = Of(context);
  if (self.settings_.ComponentIdleConditionCallback) {
    nt::CallDriver("ComponentIdleConditionCallback", self.settings_.ComponentIdleConditionCallback, self.settings_.PoFxDeviceContext, component);
  } else {
    PoFxCompleteIdleCondition(self.handle_, component);
  }
}

VOID NTAPI PowerFramework::ComponentIdleState(PVOID context, ULONG component, ULONG state) {
  PowerFramework& self = Of(context);
  if (self.settings_.ComponentIdleStateCallback) {
    nt::CallDriver("ComponentIdleStateCallback", self.settings_.ComponentIdleStateCallback, self.settings_.PoFxDeviceContext, component, state);
  } else {
    PoFxCompleteIdleState(self.handle_, component);
  }
}

VOID NTAPI PowerFramework::DirectedDown(PVOID context, ULONG) {
  Of(context).pnp_.policy().Post(PolicyEvent::kDirectedDown, StateEngine::On::kWorker);
}

VOID NTAPI PowerFramework::DirectedUp(PVOID context, ULONG) {
  Of(context).pnp_.policy().Post(PolicyEvent::kDirectedUp, StateEngine::On::kWorker);
}

}  // namespace drydock::wdf
