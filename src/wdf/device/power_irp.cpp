// Power IRPs: device set-power is carried out here; system set-power makes the power policy owner ask for the device's; the rest passes.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

struct PowerJob {
  WORK_QUEUE_ITEM item;
  PnpPower* power;
  PIRP irp;
};

WDF_POWER_DEVICE_STATE WdfStateOf(DEVICE_POWER_STATE state) {
  switch (state) {
    case PowerDeviceD0: return WdfPowerDeviceD0;
    case PowerDeviceD1: return WdfPowerDeviceD1;
    case PowerDeviceD2: return WdfPowerDeviceD2;
    default: return WdfPowerDeviceD3;
  }
}

struct RequestWait {
  KEVENT done;
  NTSTATUS status;
};

VOID NTAPI PowerRequestDone(PDEVICE_OBJECT, UCHAR, POWER_STATE, PVOID context, PIO_STATUS_BLOCK status) {
  auto* wait = static_cast<RequestWait*>(context);
  wait->status = status->Status;
  KeSetEvent(&wait->done, IO_NO_INCREMENT, FALSE);
}

}  // namespace

NTSTATUS PnpPower::PassPowerDown(PIRP irp) {
  PoStartNextPowerIrp(irp);
  if (!device_.attached_to()) return CompleteIrp(irp, STATUS_SUCCESS);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(device_.attached_to(), irp);
}

NTSTATUS PnpPower::DispatchPower(PIRP irp) {
  if (IoGetCurrentIrpStackLocation(irp)->MinorFunction != IRP_MN_SET_POWER) return PassPowerDown(irp);
  if (nt::CurrentThread().irql == PASSIVE_LEVEL) return HandlePower(irp);
  auto* job = new PowerJob;
  job->power = this;
  job->irp = irp;
  device_.AddRef();
  device_.globals().background.Begin();
  ExInitializeWorkItem(&job->item, &PnpPower::PowerWorker, job);
  IoMarkIrpPending(irp);
  ExQueueWorkItem(&job->item, DelayedWorkQueue);
  return STATUS_PENDING;
}

VOID PnpPower::PowerWorker(PVOID context) {
  auto* job = static_cast<PowerJob*>(context);
  PnpPower& power = *job->power;
  PIRP irp = job->irp;
  delete job;
  Device& device = power.device_;
  DriverGlobals& globals = device.globals();
  power.HandlePower(irp);
  device.Release();
  globals.background.End();
}

NTSTATUS PnpPower::HandlePower(PIRP irp) {
  return IoGetCurrentIrpStackLocation(irp)->Parameters.Power.Type == SystemPowerState ? SetSystemPower(irp) : SetDevicePower(irp);
}

NTSTATUS PnpPower::SetDevicePower(PIRP irp) {
  const DEVICE_POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState;
  NTSTATUS failure = STATUS_SUCCESS;
  if (state != PowerDeviceD0) {
    power_lock_.Acquire();
    if (IsUp()) {
      // A system shutdown goes to the final state (S13).
      const bool final = system_action_ == PowerActionShutdown || system_action_ == PowerActionShutdownReset || system_action_ == PowerActionShutdownOff;
      EnterPolicyDown();
      failure = PowerDown(final ? WdfPowerDeviceD3Final : WdfStateOf(state), false);
      if (NT_SUCCESS(failure)) SettledDown();
    }
    SettlePower();
    SettlePolicy();
    power_lock_.Release();
    if (!NT_SUCCESS(failure)) PowerFailed(true);
    return PassPowerDown(irp);  // the IRP itself succeeds (S13)
  }
  NTSTATUS status = ForwardPowerAndWait(irp);
  if (NT_SUCCESS(status)) {
    power_lock_.Acquire();
    if (IsDown()) {
      EnterPolicyUp();
      failure = PowerUp(UpFrom::kDx);
      if (NT_SUCCESS(failure)) SettledUp();
    }
    SettlePower();
    SettlePolicy();
    power_lock_.Release();
    if (!NT_SUCCESS(failure)) PowerFailed(false);
  }
  PoStartNextPowerIrp(irp);
  return CompleteIrp(irp, status);
}

NTSTATUS PnpPower::ForwardPowerAndWait(PIRP irp) {
  if (!device_.attached_to()) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
  }
  return ForwardAndWait(irp);
}

// The policy owner brings its device to the state that goes with the system's; then the system IRP goes on.
NTSTATUS PnpPower::SetSystemPower(PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  const SYSTEM_POWER_STATE system = stack.Parameters.Power.State.SystemState;
  system_action_ = stack.Parameters.Power.ShutdownType;
  if (!policy_owner_ || pnp_state() != WdfDevStatePnpStarted) return PassPowerDown(irp);
  if (system != PowerSystemWorking) {
    SuspendIdle(true);
    if (IsUp()) RequestPower(PowerDeviceD3);
    return PassPowerDown(irp);
  }
  NTSTATUS status = ForwardPowerAndWait(irp);
  if (NT_SUCCESS(status) && IsDown()) RequestPower(PowerDeviceD0);
  SuspendIdle(false);
  system_action_ = PowerActionNone;
  PoStartNextPowerIrp(irp);
  return CompleteIrp(irp, status);
}

NTSTATUS PnpPower::RequestPower(DEVICE_POWER_STATE state) {
  RequestWait wait;
  KeInitializeEvent(&wait.done, NotificationEvent, FALSE);
  wait.status = STATUS_SUCCESS;
  POWER_STATE wanted;
  wanted.DeviceState = state;
  NTSTATUS status = PoRequestPowerIrp(device_.pdo(), IRP_MN_SET_POWER, wanted, &PowerRequestDone, &wait, nullptr);
  if (!NT_SUCCESS(status)) return status;
  KeWaitForSingleObject(&wait.done, Executive, KernelMode, FALSE, nullptr);
  return wait.status;
}

// A transition failed after the start: PnP hears of it from a worker, because the power IRP must not wait for PnP.
void PnpPower::PowerFailed(bool going_down) {
  power_failed_going_down_ = going_down;
  StopIdleTracking();
  QueueWork([](PnpPower& self) { self.HandleEvent(PnpEvent::kPowerFailed, nullptr); });
}

void PnpPower::QueueWork(void (*routine)(PnpPower&)) {
  struct Work {
    WORK_QUEUE_ITEM item;
    PnpPower* power;
    void (*routine)(PnpPower&);
  };
  auto* work = new Work;
  work->power = this;
  work->routine = routine;
  device_.AddRef();
  device_.globals().background.Begin();
  ExInitializeWorkItem(
      &work->item,
      [](PVOID context) {
        auto* mine = static_cast<Work*>(context);
        Work copy = *mine;
        delete mine;
        Device& device = copy.power->device_;
        DriverGlobals& globals = device.globals();
        copy.routine(*copy.power);
        device.Release();
        globals.background.End();
      },
      work);
  ExQueueWorkItem(&work->item, DelayedWorkQueue);
}

}  // namespace drydock::wdf
