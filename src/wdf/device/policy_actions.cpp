// What the power-policy machine does in its states: starting, stopping, sleeping, idling. Waking is in policy_wake.cpp.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/power_steps.h"

namespace drydock::wdf {

// --- start, stop, removal ---

PolicyEvent PolicyMachine::PowerUpForStart() {
  pnp_.power().Post(PowerEvent::kStart);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::RegisterPowerFramework() {
  if (!pnp_.system_managed() || pnp_.power_framework().registered()) return PolicyEvent::kGo;
  return NT_SUCCESS(pnp_.power_framework().Register()) ? PolicyEvent::kGo : PolicyEvent::kFailed;
}

PolicyEvent PolicyMachine::UnregisterPowerFramework() {
  pnp_.power_framework().Unregister();
  return PolicyEvent::kGo;
}

PolicyEvent PolicyMachine::UnregisterAndPowerDown() {
  UnregisterPowerFramework();
  return PowerDownForStop();
}

PolicyEvent PolicyMachine::TellStarted() {
  pnp_.StartIdleTracking();
  Answer(STATUS_SUCCESS);
  return pnp_.policy_owner() ? PolicyEvent::kGo : PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::TellStartFailed() {
  pnp_.StopIdleTracking();
  Answer(STATUS_DEVICE_POWER_FAILURE);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::PowerDownForStop() {
  stop_failed_ = false;
  if (!pnp_.policy_owner() && state_ == WdfDevStatePwrPolStopping) return PolicyEvent::kGo;
  pnp_.power().Post(PowerEvent::kStop);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::NoteStopFailed() {
  stop_failed_ = true;
  return PolicyEvent::kGo;
}

PolicyEvent PolicyMachine::TellStopped() {
  PassSystemIrp();  // one that came while the device stopped
  Answer(stop_failed_ ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS);
  return PolicyEvent::kGo;
}

PolicyEvent PolicyMachine::TellRemoved() {
  Answer(STATUS_SUCCESS);
  return PolicyEvent::kNone;
}

// --- at work ---

PolicyEvent PolicyMachine::DecideS0Wake() {
  switch (pnp_.idle_kind()) {
    case PnpPower::IdleKind::kNone: return PolicyEvent::kNotCapable;
    case PnpPower::IdleKind::kWithoutWake: return PolicyEvent::kIdleCapable;
    default: return PolicyEvent::kWakeCapable;
  }
}

PolicyEvent PolicyMachine::AtWork() {
  if (!pnp_.policy_owner()) return PolicyEvent::kGo;
  if (directed_) pnp_.power_framework().DirectedDownDone();  // it could not go down
  tool_sleep_ = directed_ = false;
  pnp_.power_framework().SetActive(true);
  pnp_.power_framework().PowerIsUp();
  pnp_.IdleAtWork();
  PassS0Irp();
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::AtWorkAndCounting() {
  AtWork();
  pnp_.IdleCount();
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::CancelIdleTimer() { return pnp_.IdleStopCounting() ? PolicyEvent::kExpired : PolicyEvent::kGo; }

PolicyEvent PolicyMachine::ReturnToActive() {
  pnp_.power_framework().SetActive(true);
  return PolicyEvent::kGo;
}

// --- power requests ---

VOID NTAPI PolicyMachine::PowerRequestDone(PDEVICE_OBJECT, UCHAR, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK status) {
  auto& self = *static_cast<PolicyMachine*>(context);
  Device& device = self.device_;
  --self.power_requests_;
  if (state.DeviceState == PowerDeviceD0) {
    const bool failed = self.pnp_.power().failed() || !NT_SUCCESS(status->Status);
    if (failed && !self.pnp_.power().failed()) self.pnp_.PowerFailed(false);  // the drivers below could not
    self.Post(failed ? PolicyEvent::kUpFailed : PolicyEvent::kUp, On::kWorker);
  } else {
    self.Post(self.pnp_.power().failed() ? PolicyEvent::kDownFailed : PolicyEvent::kDown, On::kWorker);
  }
  device.Release();
}

bool PolicyMachine::RequestPower(DEVICE_POWER_STATE state) {
  // The machine asked for the transition and sent the IRP itself.
  if (PIRP irp = adopted_) {
    adopted_ = nullptr;
    pnp_.power().DeliverIrp(irp, adopted_up_);
    return true;
  }
  POWER_STATE wanted;
  wanted.DeviceState = state;
  device_.AddRef();
  ++power_requests_;
  // DEVX-46: the allocation is tried 100 times, 500 ms apart.
  for (int tries = 0; tries < 100; ++tries) {
    NTSTATUS status = PoRequestPowerIrp(device_.pdo(), IRP_MN_SET_POWER, wanted, &PolicyMachine::PowerRequestDone, this, nullptr);
    if (NT_SUCCESS(status)) return true;
    if (status != STATUS_INSUFFICIENT_RESOURCES) break;
    LARGE_INTEGER pause;
    pause.QuadPart = -500 * 10'000LL;
    KeDelayExecutionThread(KernelMode, FALSE, &pause);
  }
  --power_requests_;
  device_.Release();
  return false;
}

PolicyEvent PolicyMachine::RequestD0() {
  if (RequestPower(PowerDeviceD0)) return PolicyEvent::kNone;
  pnp_.PowerFailed(false);
  return PolicyEvent::kNoRequest;
}

PolicyEvent PolicyMachine::CompleteD0() {
  pnp_.power().Post(PowerEvent::kCompleteD0);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::RequestDx(DEVICE_POWER_STATE dx) { return RequestPower(dx) ? PolicyEvent::kNone : PolicyEvent::kNoRequest; }

PolicyEvent PolicyMachine::CompleteDx() {
  pnp_.power().Post(PowerEvent::kCompleteDx);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::ReportNoRequest() {
  pnp_.PowerFailed(true);
  return PolicyEvent::kGo;
}

// --- system sleep ---

NTSTATUS PolicyMachine::SystemPower(PIRP irp) {
  const SYSTEM_POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.SystemState;
  IoMarkIrpPending(irp);
  system_irp_ = irp;
  if (state == PowerSystemWorking) {
    Post(PolicyEvent::kS0, On::kWorker);  // devices come back side by side
  } else {
    system_state_ = state;
    Post(PolicyEvent::kSx);
  }
  return STATUS_PENDING;
}

// One for Sx that came while the device was on its way up waits for its own event.
void PolicyMachine::PassS0Irp() {
  PIRP irp = system_irp_.load();
  if (irp && IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.SystemState == PowerSystemWorking) PassSystemIrp();
}

// Sx goes on to the drivers below; S0 has been there before.
void PolicyMachine::PassSystemIrp() {
  PIRP irp = system_irp_.exchange(nullptr);
  if (!irp) return;
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.SystemState == PowerSystemWorking) {
    pnp_.SystemActionOver();
    PoStartNextPowerIrp(irp);
    CompleteIrp(irp, irp->IoStatus.Status);
  } else {
    pnp_.PassPowerDown(irp);
  }
}

void PolicyMachine::AdoptIrp(PIRP irp, bool up) {
  adopted_ = irp;
  adopted_up_ = up;
  if (!pnp_.policy_owner()) {
    Post(up ? PolicyEvent::kD0Irp : PolicyEvent::kDxIrp);
    return;
  }
  // The machine moves one device: as if the system slept and woke for it alone.
  if (pnp_.power().in_d0() == up || AtRestForGood()) {
    PassPowerIrp();
  } else if (!up) {
    tool_sleep_ = true;
    Post(PolicyEvent::kSx);
  } else if (state_ == WdfDevStatePwrPolWaitingUnarmed || state_ == WdfDevStatePwrPolWaitingArmed) {
    pnp_.HoldForChild();  // somebody wants it up
    Post(PolicyEvent::kIoPresent);
    pnp_.LetGoForChild();
  } else {
    Post(PolicyEvent::kS0);
  }
}

PolicyEvent PolicyMachine::SystemOrDirected() { return directed_ ? PolicyEvent::kDirected : PolicyEvent::kGo; }

PolicyEvent PolicyMachine::DecideSxWake() {
  pnp_.IdleAsleep();
  wake_wanted_ = false;
  children_armed_ = false;
  if (tool_sleep_) return PolicyEvent::kNotWanted;
  wake_wanted_ = pnp_.WantsSxWake(system_state_, &children_armed_);
  return wake_wanted_ ? PolicyEvent::kWanted : PolicyEvent::kNotWanted;
}

PolicyEvent PolicyMachine::RequestDxForSx() { return RequestDx(pnp_.DxForSx(system_state_, wake_wanted_)); }

PolicyEvent PolicyMachine::FinishSx() {
  PassSystemIrp();
  return PolicyEvent::kNone;
}

// The system is back: a device that idled may go on doing so (PWR-60).
PolicyEvent PolicyMachine::DecideStayIdle() {
  if (tool_sleep_ || adopted_ || !pnp_.StaysIdleAfterSx()) return PolicyEvent::kInUse;
  return PolicyEvent::kIdle;
}

// --- idle ---

PolicyEvent PolicyMachine::QueryIdle() {
  // Whether the power framework wants power it says itself; what came on the way down is a reason for it.
  if (pnp_.power_framework().registered() && !adopted_ && state_ != WdfDevStatePwrPolSystemWakeQueryIdle) {
    pnp_.power_framework().PowerIsDown();
    if (pnp_.IdleQuery()) pnp_.power_framework().SetActive(true);
    return PolicyEvent::kIdle;
  }
  return pnp_.IdleQuery() || adopted_ ? PolicyEvent::kInUse : PolicyEvent::kIdle;
}

PolicyEvent PolicyMachine::IdleInDx() {
  PassS0Irp();  // when the device stays where it was
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::DecidePowerNotRequired() {
  if (pnp_.IdleQuery()) return PolicyEvent::kInUse;
  if (!pnp_.power_framework().registered()) return PolicyEvent::kNotRequired;
  pnp_.power_framework().SetActive(false);  // the device stays in D0 until it agrees
  return PolicyEvent::kNone;
}

// --- directed power ---

PolicyEvent PolicyMachine::AcknowledgeDirected() {
  directed_ = false;
  pnp_.power_framework().DirectedDownDone();
  return PolicyEvent::kGo;
}

PolicyEvent PolicyMachine::AskForNoPower() {
  pnp_.IdleAsleep();
  pnp_.power_framework().SetActive(false);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::AskForPower() {
  pnp_.power_framework().SetActive(true);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::AfterIdleDown() { return directed_ ? PolicyEvent::kDirected : PolicyEvent::kGo; }

PolicyEvent PolicyMachine::DirectedInDx() {
  pnp_.power_framework().PowerIsDown();
  pnp_.power_framework().DirectedDownDone();
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::DecideUsbSelectiveSuspend() { return PolicyEvent::kGo; }

PolicyEvent PolicyMachine::RequestIdleDx() {
  if (bus::ChildHoldsUp(device_)) return PolicyEvent::kInUse;
  return RequestDx(pnp_.idle_dx());
}

// --- drivers without the policy ---

PolicyEvent PolicyMachine::CarryOutDx() {
  PIRP irp = adopted_;
  adopted_ = nullptr;
  pnp_.power().DeliverIrp(irp, false);
  pnp_.power().Post(PowerEvent::kCompleteDx);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::CarryOutD0() {
  PIRP irp = adopted_;
  adopted_ = nullptr;
  pnp_.power().DeliverIrp(irp, true);
  pnp_.power().Post(PowerEvent::kCompleteD0);
  return PolicyEvent::kNone;
}

PolicyEvent PolicyMachine::PassPowerIrp() {
  PIRP irp = adopted_;
  adopted_ = nullptr;
  if (irp) pnp_.FinishPowerIrp(irp, adopted_up_, false);
  return PolicyEvent::kGo;
}

}  // namespace drydock::wdf
