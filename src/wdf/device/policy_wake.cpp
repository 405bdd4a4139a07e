// The owner's half of waking: the wait-wake IRP it asks for, and arming and disarming in the states of tables S8 and S10.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"
#include "wdf/violation.h"

namespace drydock::wdf {

// --- the IRP ---

PolicyEvent PolicyMachine::SendWake() {
  wake_sent_ = true;
  by_interrupt_ = pnp_.wakes_by_interrupt();
  if (by_interrupt_) return PolicyEvent::kWakeArrived;
  POWER_STATE state;
  state.SystemState = pnp_.WakeStateForIrp();
  wake_overridden_ = false;
  device_.AddRef();
  wake_asked_.store(true);
  NTSTATUS status = PoRequestPowerIrp(device_.pdo(), IRP_MN_WAIT_WAKE, state, &PolicyMachine::WakeRequestDone, this, nullptr);
  if (NT_SUCCESS(status)) return PolicyEvent::kNone;
  device_.Release();
  wake_asked_.store(false);
  wake_sent_ = false;
  return PolicyEvent::kWakeFailed;
}

NTSTATUS PolicyMachine::WaitWakeIrp(PIRP irp) {
  if (device_.is_pdo()) return pnp_.power().DeliverWaitWake(irp);
  if (!wake_asked_.exchange(false)) {
    Violation(device_.globals(), ViolationKind::kPowerIrp, reinterpret_cast<uint64_t>(device_.wdm()), reinterpret_cast<uint64_t>(irp),
              "A wait-wake IRP arrived at the power policy owner, which had not asked for one.");
  }
  wake_irp_ = irp;
  cancel_state_ = kOut;
  PoStartNextPowerIrp(irp);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, &PolicyMachine::WaitWakeCameBack, this, TRUE, TRUE, TRUE);
  NTSTATUS status = PoCallDriver(device_.attached_to(), irp);
  if (status == STATUS_PENDING) Post(PolicyEvent::kWakeArrived);
  return status;
}

// Runs against CancelWaitWakeIrp: the later of the two lets the IRP go.
NTSTATUS NTAPI PolicyMachine::WaitWakeCameBack(PDEVICE_OBJECT, PIRP irp, PVOID context) {
  auto& self = *static_cast<PolicyMachine*>(context);
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  for (;;) {
    uint8_t seen = kOut;
    if (self.cancel_state_.compare_exchange_strong(seen, kDone)) return STATUS_SUCCESS;
    seen = kCancelling;
    if (self.cancel_state_.compare_exchange_strong(seen, kCameBack)) return STATUS_MORE_PROCESSING_REQUIRED;
    if (seen == kDone || seen == kCameBack) return STATUS_SUCCESS;
  }
}

void PolicyMachine::CancelWaitWakeIrp() {
  if (device_.is_pdo()) {
    pnp_.power().EndWaitWake(STATUS_CANCELLED) ? void() : void();
    return;
  }
  uint8_t seen = kOut;
  if (!cancel_state_.compare_exchange_strong(seen, kCancelling)) return;  // it came back already
  PIRP irp = wake_irp_;
  IoCancelIrp(irp);
  seen = kCancelling;
  if (cancel_state_.compare_exchange_strong(seen, kOut)) return;
  cancel_state_ = kDone;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
}

VOID NTAPI PolicyMachine::WakeRequestDone(PDEVICE_OBJECT, UCHAR, POWER_STATE, PVOID context, PIO_STATUS_BLOCK result) {
  auto& self = *static_cast<PolicyMachine*>(context);
  Device& device = self.device_;
  NTSTATUS status = result->Status;
  if (status == STATUS_CANCELLED && self.wake_overridden_.exchange(false)) status = self.wake_override_;
  self.Post(NT_SUCCESS(status) ? PolicyEvent::kWakeSucceeded : PolicyEvent::kWakeFailed, On::kWorker);
  device.Release();
}

bool PolicyMachine::IndicateWake(NTSTATUS status) {
  if (device_.is_pdo()) return pnp_.power().EndWaitWake(status);
  if (cancel_state_ != kOut) return false;
  wake_override_ = status;
  wake_overridden_ = true;
  CancelWaitWakeIrp();
  return true;
}

bool PolicyMachine::WakeInterruptFired() {
  if (!by_interrupt_) return false;
  Post(PolicyEvent::kWakeInterrupt, On::kWorker);
  return true;
}

// Its end is awaited; a wake that has no IRP ends here.
PolicyEvent PolicyMachine::CancelWake() {
  if (!wake_sent_) return PolicyEvent::kWakeFailed;
  if (by_interrupt_) {
    by_interrupt_ = false;
    wake_sent_ = false;
    return PolicyEvent::kWakeFailed;
  }
  CancelWaitWakeIrp();
  return PolicyEvent::kNone;
}

// --- arming and disarming ---

void PolicyMachine::CallPolicy(const char* name, VOID(NTAPI* callback)(WDFDEVICE)) {
  if (callback) nt::CallDriver(name, callback, pnp_.handle());
}

PolicyEvent PolicyMachine::ArmSx() {
  const WDF_POWER_POLICY_EVENT_CALLBACKS& policy = device_.init().power_policy;
  NTSTATUS status = STATUS_SUCCESS;
  if (policy.EvtDeviceArmWakeFromSxWithReason) {
    status = nt::CallDriver("EvtDeviceArmWakeFromSxWithReason", policy.EvtDeviceArmWakeFromSxWithReason, pnp_.handle(),
                            static_cast<BOOLEAN>(pnp_.sx_wake_enabled()), static_cast<BOOLEAN>(children_armed_));
  } else if (policy.EvtDeviceArmWakeFromSx) {
    status = nt::CallDriver("EvtDeviceArmWakeFromSx", policy.EvtDeviceArmWakeFromSx, pnp_.handle());
  }
  if (NT_SUCCESS(status)) status = pnp_.power().EnableAtBus();
  if (!NT_SUCCESS(status)) return PolicyEvent::kFailed;
  armed_sx_.store(true, std::memory_order_release);
  return CompleteDx();
}

PolicyEvent PolicyMachine::DisarmSx() {
  armed_sx_.store(false, std::memory_order_release);
  pnp_.power().DisableAtBus();
  CallPolicy("EvtDeviceDisarmWakeFromSx", device_.init().power_policy.EvtDeviceDisarmWakeFromSx);
  return PolicyEvent::kGo;
}

PolicyEvent PolicyMachine::TriggeredAndDisarmSx() {
  armed_sx_.store(false, std::memory_order_release);
  pnp_.power().DisableAtBus();
  if (pnp_.indicates_child_wake()) pnp_.power().WakeArmedChildren();
  CallPolicy("EvtDeviceWakeFromSxTriggered", device_.init().power_policy.EvtDeviceWakeFromSxTriggered);
  return DisarmSx();
}

PolicyEvent PolicyMachine::ArmS0() {
  auto callback = device_.init().power_policy.EvtDeviceArmWakeFromS0;
  NTSTATUS status = callback ? nt::CallDriver("EvtDeviceArmWakeFromS0", callback, pnp_.handle()) : STATUS_SUCCESS;
  if (NT_SUCCESS(status)) status = pnp_.power().EnableAtBus();
  return NT_SUCCESS(status) ? CompleteDx() : PolicyEvent::kFailed;
}

PolicyEvent PolicyMachine::DisarmS0() {
  pnp_.power().DisableAtBus();
  CallPolicy("EvtDeviceDisarmWakeFromS0", device_.init().power_policy.EvtDeviceDisarmWakeFromS0);
  return PolicyEvent::kGo;
}

PolicyEvent PolicyMachine::DisarmS0AndCompleteD0() {
  DisarmS0();
  return CompleteD0();
}

PolicyEvent PolicyMachine::TriggeredS0() {
  CallPolicy("EvtDeviceWakeFromS0Triggered", device_.init().power_policy.EvtDeviceWakeFromS0Triggered);
  return PolicyEvent::kGo;
}

}  // namespace drydock::wdf
