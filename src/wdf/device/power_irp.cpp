// Power IRPs: a device's go to the policy machine, or straight to the power machine when that asked for them; a system's make the policy owner act;
// the rest passes.
#include "nt/driver_callback.h"
#include "nt/po/power.h"
#include "wdf/device/pnp_power.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

WDF_POWER_DEVICE_STATE WdfStateOf(DEVICE_POWER_STATE state) {
  switch (state) {
    case PowerDeviceD0: return WdfPowerDeviceD0;
    case PowerDeviceD1: return WdfPowerDeviceD1;
    case PowerDeviceD2: return WdfPowerDeviceD2;
    default: return WdfPowerDeviceD3;
  }
}

// Sent by the machine itself and not by a driver.
bool IsMachines(PIRP irp) { return IoGetCurrentIrpStackLocation(irp)->Parameters.Power.SystemContext == nt::po::kSentByMachine; }

}  // namespace

NTSTATUS PnpPower::PassPowerDown(PIRP irp) {
  PoStartNextPowerIrp(irp);
  if (!device_.attached_to()) return CompleteIrp(irp, STATUS_SUCCESS);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(device_.attached_to(), irp);
}

NTSTATUS PnpPower::DispatchPower(PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  switch (stack.MinorFunction) {
    case IRP_MN_SET_POWER: return stack.Parameters.Power.Type == SystemPowerState ? SystemPower(irp) : DevicePower(irp);
    case IRP_MN_QUERY_POWER: return stack.Parameters.Power.Type == SystemPowerState ? QuerySystemPower(irp) : PassPowerDown(irp);
    case IRP_MN_WAIT_WAKE:
      if (policy_owner_ && !policy_.asked_for_wake()) {
        Violation(device_.globals(), ViolationKind::kPowerIrp, reinterpret_cast<uint64_t>(device_.wdm()), reinterpret_cast<uint64_t>(irp),
                  "A wait-wake IRP arrived at the power policy owner, which had not asked for one.");
      }
      if (policy_owner_) return policy_.WaitWakeIrp(irp);
      return device_.is_pdo() ? power_.DeliverWaitWake(irp) : PassPowerDown(irp);
    default:
      if (device_.attached_to()) return PassPowerDown(irp);
      PoStartNextPowerIrp(irp);
      return CompleteIrp(irp, irp->IoStatus.Status);
  }
}

NTSTATUS PnpPower::DevicePower(PIRP irp) {
  const bool up = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState == PowerDeviceD0;
  if (policy_owner_ && !IsMachines(irp) && !policy_.asked_for_power() && !device_.is_pdo()) {
    Violation(device_.globals(), ViolationKind::kPowerIrp, reinterpret_cast<uint64_t>(device_.wdm()), reinterpret_cast<uint64_t>(irp),
              "A device power IRP arrived at the power policy owner, which had not asked for one.");
  }
  if (IsMachines(irp)) held_down_ = !up;
  IoMarkIrpPending(irp);
  if (up && device_.attached_to()) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, &PnpPower::PowerIrpCameBack, this, TRUE, TRUE, TRUE);
    PoCallDriver(device_.attached_to(), irp);
  } else if (policy_owner_ && !IsMachines(irp)) {
    power_.DeliverIrp(irp, up);
  } else {
    policy_.AdoptIrp(irp, up);
  }
  return STATUS_PENDING;
}

// D0, done by the drivers below.
NTSTATUS NTAPI PnpPower::PowerIrpCameBack(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  auto& self = *static_cast<PnpPower*>(context);
  if (!NT_SUCCESS(irp->IoStatus.Status)) {
    self.FinishPowerIrp(irp, true, true);
  } else if (self.policy_owner_ && !IsMachines(irp)) {
    self.power_.DeliverIrp(irp, true);
  } else {
    self.policy_.AdoptIrp(irp, true);
  }
  return STATUS_MORE_PROCESSING_REQUIRED;
}

// S13: the IRP itself succeeds, whatever became of the device. Who did not ask for the IRP hears of its end from here.
void PnpPower::FinishPowerIrp(PIRP irp, bool up, bool failed) {
  const bool asked = policy_owner_ && !IsMachines(irp);
  device_.AddRef();
  if (up) {
    PoStartNextPowerIrp(irp);
    CompleteIrp(irp, device_.attached_to() ? irp->IoStatus.Status : STATUS_SUCCESS);  // a PDO answers for its bus
  } else {
    PassPowerDown(irp);
  }
  if (!asked) {
    policy_.Post(up ? (failed ? PolicyEvent::kUpFailed : PolicyEvent::kUp) : (failed ? PolicyEvent::kDownFailed : PolicyEvent::kDown));
    if (up && !policy_owner_) SystemActionOver();
  }
  device_.Release();
}

WDF_POWER_DEVICE_STATE PnpPower::TargetOf(PIRP irp) const {
  if (!irp) return WdfPowerDeviceD3Final;
  switch (system_action_.load()) {
    case PowerActionShutdown:
    case PowerActionShutdownReset:
    case PowerActionShutdownOff: return WdfPowerDeviceD3Final;
    case PowerActionHibernate: {
      rt::LockGuard guard(settings_lock_);
      if (special_in_use_[WdfSpecialFileHibernation] > 0) return WdfPowerDevicePrepareForHibernation;
      break;
    }
    default: break;
  }
  return WdfStateOf(IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState);
}

// The policy owner brings its device to the state that goes with the system's before Sx goes on, after S0 came back.
NTSTATUS PnpPower::SystemPower(PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  const SYSTEM_POWER_STATE state = stack.Parameters.Power.State.SystemState;
  if (state != PowerSystemWorking) system_action_ = stack.Parameters.Power.ShutdownType;
  system_state_ = state;
  if (!policy_owner_) return PassPowerDown(irp);
  if (state != PowerSystemWorking || !device_.attached_to()) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    return policy_.SystemPower(irp);
  }
  IoMarkIrpPending(irp);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(
      irp,
      [](PDEVICE_OBJECT, PIRP done, PVOID context) -> NTSTATUS {
        static_cast<PnpPower*>(context)->policy_.SystemPower(done);
        return STATUS_MORE_PROCESSING_REQUIRED;
      },
      this, TRUE, TRUE, TRUE);
  PoCallDriver(device_.attached_to(), irp);
  return STATUS_PENDING;
}

// DEVX-45: a device that is to wake the system from a state in which it cannot.
NTSTATUS PnpPower::QuerySystemPower(PIRP irp) {
  const SYSTEM_POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.SystemState;
  if (policy_owner_ && state >= PowerSystemSleeping1 && state <= PowerSystemSleeping3 && pnp_state() == WdfDevStatePnpStarted) {
    bool children = false;
    const bool wanted = sx_wake_enabled() || (WantsSxWake(PowerSystemSleeping1, &children), children);
    if (wanted && WakeStateForIrp() < state) {
      PoStartNextPowerIrp(irp);
      return CompleteIrp(irp, STATUS_POWER_STATE_INVALID);
    }
  }
  return PassPowerDown(irp);
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
