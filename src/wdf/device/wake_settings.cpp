// What a driver says about waking its device, and what the stack can do.
#include "nt/io/device.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

NTSTATUS NTAPI Signal(PDEVICE_OBJECT, PIRP, PVOID context) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

// Asks the whole stack (S1); the answer passes our own QueryCapabilities, too.
NTSTATUS PnpPower::QueryStackCapabilities() {
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device_.wdm());
  PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
  if (!irp) {
    ObDereferenceObject(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  DEVICE_CAPABILITIES capabilities = {};
  capabilities.Size = sizeof(capabilities);
  capabilities.Version = 1;
  capabilities.Address = capabilities.UINumber = 0xFFFFFFFF;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_PNP;
  stack->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
  stack->Parameters.DeviceCapabilities.Capabilities = &capabilities;
  IoSetCompletionRoutine(irp, &Signal, &done, TRUE, TRUE, TRUE);
  if (IoCallDriver(top, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  NTSTATUS status = irp->IoStatus.Status;
  IoFreeIrp(irp);
  ObDereferenceObject(top);
  if (status == STATUS_NOT_SUPPORTED) status = STATUS_SUCCESS;  // a bus without an opinion
  if (NT_SUCCESS(status)) {
    rt::LockGuard guard(settings_lock_);
    stack_ = capabilities;
    stack_known_ = true;
  }
  return status;
}

// Settings may be assigned in EvtDriverDeviceAdd, before START.
void PnpPower::EnsureCapabilities() {
  bool known;
  {
    rt::LockGuard guard(settings_lock_);
    known = stack_known_;
  }
  if (!known && KeGetCurrentIrql() == PASSIVE_LEVEL) QueryStackCapabilities();
}

NTSTATUS PnpPower::AssignWakeSettings(const WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS& settings) {
  if (settings.Size != sizeof(settings)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!policy_owner_) return STATUS_INVALID_DEVICE_REQUEST;
  if (settings.DxState < PowerDeviceD1 || settings.DxState > PowerDeviceMaximum) return STATUS_INVALID_PARAMETER;
  if (settings.UserControlOfWakeSettings < WakeDoNotAllowUserControl || settings.UserControlOfWakeSettings > WakeAllowUserControl) {
    return STATUS_INVALID_PARAMETER;
  }
  if (settings.Enabled < WdfFalse || settings.Enabled > WdfUseDefault) return STATUS_INVALID_PARAMETER;
  EnsureCapabilities();
  bool first;
  {
    rt::LockGuard guard(settings_lock_);
    first = !wake_assigned_;
  }
  // PWR-70, PWR-71: the first call asks what the user chose.
  bool chosen = true;
  const bool asked = first && settings.Enabled == WdfUseDefault && settings.UserControlOfWakeSettings == WakeAllowUserControl;
  if (asked) chosen = UserChoice(u"WakeFromSleepState", u"WdfDefaultWakeFromSleepState");
  rt::LockGuard guard(settings_lock_);
  const DEVICE_POWER_STATE deepest = stack_.DeviceWake;
  if (deepest <= PowerDeviceD0 || deepest > PowerDeviceD3 || stack_.SystemWake <= PowerSystemWorking) return STATUS_POWER_STATE_INVALID;
  const DEVICE_POWER_STATE dx = settings.DxState == PowerDeviceMaximum ? deepest : settings.DxState;
  if (dx > deepest) return STATUS_POWER_STATE_INVALID;
  const WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS before = wake_settings_;
  wake_settings_ = settings;
  if (wake_assigned_) {  // PWR-70: what stays as it was first said
    wake_settings_.UserControlOfWakeSettings = before.UserControlOfWakeSettings;
    wake_settings_.ArmForWakeIfChildrenAreArmedForWake = before.ArmForWakeIfChildrenAreArmedForWake;
    wake_settings_.IndicateChildWakeOnParentWake = before.IndicateChildWakeOnParentWake;
  }
  wake_assigned_ = true;
  wake_dx_ = dx;
  if (first || settings.Enabled != WdfUseDefault) wake_enabled_ = settings.Enabled != WdfFalse && chosen;
  return STATUS_SUCCESS;
}

NTSTATUS PnpPower::IndicateWakeStatus(NTSTATUS status) {
  if (status == STATUS_PENDING || status == STATUS_CANCELLED) return STATUS_INVALID_PARAMETER;
  if (policy_owner_) return policy_.IndicateWake(status) ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
  if (!device_.is_pdo()) return STATUS_INVALID_DEVICE_STATE;
  return power_.EndWaitWake(status) ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

bool PnpPower::sx_wake_enabled() const {
  rt::LockGuard guard(settings_lock_);
  return wake_assigned_ && wake_enabled_;
}

bool PnpPower::indicates_child_wake() const {
  rt::LockGuard guard(settings_lock_);
  return wake_assigned_ && wake_settings_.IndicateChildWakeOnParentWake;
}

bool PnpPower::WantsSxWake(SYSTEM_POWER_STATE state, bool* children_armed) const {
  const bool armed = power_.HasArmedChild();
  const POWER_ACTION action = system_action_;
  rt::LockGuard guard(settings_lock_);
  *children_armed = armed;
  if (!wake_assigned_ || action == PowerActionShutdown || action == PowerActionShutdownReset || action == PowerActionShutdownOff) return false;
  const bool for_children = armed && wake_settings_.ArmForWakeIfChildrenAreArmedForWake;
  return (wake_enabled_ || for_children) && state <= stack_.SystemWake;
}

// DEVX-45: the ideal state, deepened to the stack's for that Sx; an armed device goes no deeper than it can wake from.
DEVICE_POWER_STATE PnpPower::DxForSx(SYSTEM_POWER_STATE state, bool wake) const {
  rt::LockGuard guard(settings_lock_);
  DEVICE_POWER_STATE dx = PowerDeviceD3;
  if (wake) {
    dx = wake_dx_;
  } else if (power_capabilities_set_ && power_capabilities_.IdealDxStateForSx != PowerDeviceMaximum) {
    dx = power_capabilities_.IdealDxStateForSx;
  }
  const DEVICE_POWER_STATE stack = state < PowerSystemMaximum ? stack_.DeviceState[state] : PowerDeviceUnspecified;
  if (stack > dx && stack <= PowerDeviceD3) dx = stack;
  return dx;
}

SYSTEM_POWER_STATE PnpPower::WakeStateForIrp() const {
  rt::LockGuard guard(settings_lock_);
  return stack_.SystemWake;
}

}  // namespace drydock::wdf
