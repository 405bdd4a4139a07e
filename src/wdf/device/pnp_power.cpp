// Making, and what drivers say about their device: capabilities, device state, failure.
#include "wdf/device/pnp_power.h"

#include "nt/driver_callback.h"
#include "wdf/bus/bus.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

bool IsTri(WDF_TRI_STATE value) { return value == WdfFalse || value == WdfTrue || value == WdfUseDefault; }

template <class Bits>
void ApplyTri(WDF_TRI_STATE value, Bits set) {
  if (value != WdfUseDefault) set(value == WdfTrue);
}

}  // namespace

PnpPower::PnpPower(Device& device) : device_(device), policy_(device, *this), power_(device, *this), power_framework_(*this) {
  policy_owner_ = device.init().power_policy_owner == WdfUseDefault ? (!device.is_filter() && device.kind() == DeviceKind::kFdo) ||
                                                                          (device.is_pdo() && device.init().pdo_init->raw)  // INI-39
                                                                    : device.init().power_policy_owner == WdfTrue;
  KeInitializeEvent(&in_d0_event_, NotificationEvent, FALSE);
  KeInitializeTimerEx(&idle_timer_, NotificationTimer);
  KeInitializeDpc(&idle_dpc_, &PnpPower::IdleTimerDpc, this);
  KeInitializeTimerEx(&step_timer_, NotificationTimer);
  KeInitializeDpc(&step_dpc_, &PnpPower::StepTimedOut, this);
  device_state_.Size = sizeof(device_state_);
  device_state_.Disabled = device_state_.DontDisplayInUI = device_state_.Failed = device_state_.NotDisableable = WdfUseDefault;
  device_state_.Removed = device_state_.ResourcesChanged = device_state_.AssignedToGuest = WdfUseDefault;
}

void PnpPower::Complain(const char* words) { Break(device_.globals(), words); }

bool PnpPower::SetPnpCapabilities(const WDF_DEVICE_PNP_CAPABILITIES& capabilities) {
  const WDF_DEVICE_PNP_CAPABILITIES& c = capabilities;
  if (c.Size != sizeof(c)) return false;
  for (WDF_TRI_STATE value : {c.LockSupported, c.EjectSupported, c.Removable, c.DockDevice, c.UniqueID, c.SilentInstall, c.SurpriseRemovalOK,
                              c.HardwareDisabled, c.NoDisplayInUI}) {
    if (!IsTri(value)) return false;
  }
  rt::LockGuard guard(settings_lock_);
  pnp_capabilities_ = capabilities;
  pnp_capabilities_set_ = true;
  return true;
}

bool PnpPower::SetPowerCapabilities(const WDF_DEVICE_POWER_CAPABILITIES& capabilities) {
  const WDF_DEVICE_POWER_CAPABILITIES& c = capabilities;
  if (c.Size != sizeof(c)) return false;
  for (WDF_TRI_STATE value : {c.DeviceD1, c.DeviceD2, c.WakeFromD0, c.WakeFromD1, c.WakeFromD2, c.WakeFromD3}) {
    if (!IsTri(value)) return false;
  }
  // O-23: anything outside D1..Maximum, or not Maximum from a non-owner, makes the whole call be ignored.
  if (c.IdealDxStateForSx < PowerDeviceD1 || c.IdealDxStateForSx > PowerDeviceMaximum) return false;
  if (c.IdealDxStateForSx != PowerDeviceMaximum && !policy_owner_) return false;
  if (c.DeviceWake > PowerDeviceMaximum || c.SystemWake > PowerSystemMaximum) return false;
  rt::LockGuard guard(settings_lock_);
  power_capabilities_ = capabilities;
  power_capabilities_set_ = true;
  return true;
}

// DEVX-43: an FDO's pnp capabilities count only in part, its power ones only ever deepen.
void PnpPower::ApplyCapabilities(DEVICE_CAPABILITIES* caps) {
  rt::LockGuard guard(settings_lock_);
  const bool pdo = device_.is_pdo();
  if (pnp_capabilities_set_) {
    const WDF_DEVICE_PNP_CAPABILITIES& c = pnp_capabilities_;
    ApplyTri(c.LockSupported, [caps](bool on) { caps->LockSupported = on; });
    ApplyTri(c.EjectSupported, [caps](bool on) { caps->EjectSupported = on; });
    ApplyTri(c.Removable, [caps](bool on) { caps->Removable = on; });
    ApplyTri(c.DockDevice, [caps](bool on) { caps->DockDevice = on; });
    ApplyTri(c.SurpriseRemovalOK, [caps](bool on) { caps->SurpriseRemovalOK = on; });
    ApplyTri(c.NoDisplayInUI, [caps](bool on) { caps->NoDisplayInUI = on; });
    if (pdo) {
      ApplyTri(c.UniqueID, [caps](bool on) { caps->UniqueID = on; });
      ApplyTri(c.SilentInstall, [caps](bool on) { caps->SilentInstall = on; });
      ApplyTri(c.HardwareDisabled, [caps](bool on) { caps->HardwareDisabled = on; });
      caps->Address = c.Address;
      caps->UINumber = c.UINumber;
    }
  }
  if (power_capabilities_set_) {
    const WDF_DEVICE_POWER_CAPABILITIES& c = power_capabilities_;
    ApplyTri(c.DeviceD1, [caps](bool on) { caps->DeviceD1 = on; });
    ApplyTri(c.DeviceD2, [caps](bool on) { caps->DeviceD2 = on; });
    ApplyTri(c.WakeFromD0, [caps](bool on) { caps->WakeFromD0 = on; });
    ApplyTri(c.WakeFromD1, [caps](bool on) { caps->WakeFromD1 = on; });
    ApplyTri(c.WakeFromD2, [caps](bool on) { caps->WakeFromD2 = on; });
    ApplyTri(c.WakeFromD3, [caps](bool on) { caps->WakeFromD3 = on; });
    for (int i = PowerSystemWorking; i < PowerSystemMaximum; ++i) {
      if (c.DeviceState[i] == PowerDeviceMaximum) continue;
      if (pdo || c.DeviceState[i] > caps->DeviceState[i]) caps->DeviceState[i] = c.DeviceState[i];
    }
    if (c.DeviceWake != PowerDeviceMaximum && (pdo || c.DeviceWake < caps->DeviceWake)) caps->DeviceWake = c.DeviceWake;
    if (c.SystemWake != PowerSystemMaximum && (pdo || c.SystemWake < caps->SystemWake)) caps->SystemWake = c.SystemWake;
    auto latency = [pdo](ULONG wanted, ULONG* current) {
      if (wanted != 0xFFFFFFFF && (pdo || wanted > *current)) *current = wanted;
    };
    latency(c.D1Latency, &caps->D1Latency);
    latency(c.D2Latency, &caps->D2Latency);
    latency(c.D3Latency, &caps->D3Latency);
  }
}

NTSTATUS PnpPower::QueryCapabilities(PIRP irp) {
  DEVICE_CAPABILITIES* caps = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
  NTSTATUS status = ForwardAndWait(irp);
  if (NT_SUCCESS(status) && caps->Version == 1 && caps->Size >= sizeof(DEVICE_CAPABILITIES)) {
    if (device_.is_pdo()) bus::BaseCapabilities(device_, caps);
    ApplyCapabilities(caps);
  }
  return CompleteIrp(irp, status, irp->IoStatus.Information);
}

void PnpPower::SetDeviceState(const WDF_DEVICE_STATE& state) {
  {
    rt::LockGuard guard(settings_lock_);
    const WDF_TRI_STATE hidden = device_state_.DontDisplayInUI;
    device_state_ = state;
    if (hidden == WdfTrue) device_state_.DontDisplayInUI = WdfTrue;  // PWR-47: cannot be taken back
  }
  if (device_.pdo()) IoInvalidateDeviceState(device_.pdo());
}

void PnpPower::GetDeviceState(WDF_DEVICE_STATE* state) const {
  rt::LockGuard guard(settings_lock_);
  *state = device_state_;
}

NTSTATUS PnpPower::QueryPnpState(PIRP irp) {
  NTSTATUS status = ForwardAndWait(irp);
  ULONG_PTR state = NT_SUCCESS(status) ? irp->IoStatus.Information : 0;
  {
    rt::LockGuard guard(settings_lock_);
    auto apply = [&state](WDF_TRI_STATE value, ULONG_PTR bit) {
      if (value == WdfTrue) state |= bit;
      if (value == WdfFalse) state &= ~bit;
    };
    apply(device_state_.Disabled, PNP_DEVICE_DISABLED);
    apply(device_state_.DontDisplayInUI, PNP_DEVICE_DONT_DISPLAY_IN_UI);
    apply(device_state_.Failed, PNP_DEVICE_FAILED);
    apply(device_state_.NotDisableable, PNP_DEVICE_NOT_DISABLEABLE);
    apply(device_state_.Removed, PNP_DEVICE_REMOVED);
    apply(device_state_.ResourcesChanged, PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    for (int32_t count : special_in_use_) {
      if (count > 0) state |= PNP_DEVICE_NOT_DISABLEABLE;
    }
  }
  if (failed_) state |= PNP_DEVICE_FAILED;
  return CompleteIrp(irp, STATUS_SUCCESS, state);
}

void PnpPower::SetStaticStopRemove(bool stoppable) {
  {
    rt::LockGuard guard(settings_lock_);
    if (!stoppable) {
      ++not_stoppable_;
      return;
    }
    if (not_stoppable_ > 0) {
      --not_stoppable_;
      return;
    }
  }
  Break(device_.globals(), "WdfDeviceSetStaticStopRemove(TRUE) without a FALSE before it");
}

void PnpPower::SetSpecialFileSupport(WDF_SPECIAL_FILE_TYPE type, bool supported) {
  rt::LockGuard guard(settings_lock_);
  const uint32_t bit = 1u << type;
  special_files_ = supported ? special_files_ | bit : special_files_ & ~bit;
}

}  // namespace drydock::wdf
