// Wake at the bus: the wait-wake IRP of a PDO (table S14).
#include "nt/driver_callback.h"
#include "wdf/device/device.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {

NTSTATUS PowerMachine::DeliverWaitWake(PIRP irp) {
  {
    rt::LockGuard guard(wake_lock_);
    if (wait_wake_ || ended_wake_) {
      irp->IoStatus.Status = STATUS_DEVICE_BUSY;
    } else {
      IoMarkIrpPending(irp);
      wait_wake_ = irp;
      irp->IoStatus.Status = STATUS_PENDING;
    }
  }
  if (irp->IoStatus.Status != STATUS_PENDING) return CompleteIrp(irp, STATUS_DEVICE_BUSY);
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  IoSetCancelRoutine(irp, &PowerMachine::CancelWaitWakeIrp);
  if (irp->Cancel && IoSetCancelRoutine(irp, nullptr)) {
    EndWaitWake(STATUS_CANCELLED, true);
  } else if (pnp_.policy_owner()) {
    pnp_.policy().Post(PolicyEvent::kWakeArrived);
  } else {
    Post(PowerEvent::kWaitWake);
  }
  return STATUS_PENDING;
}

VOID PowerMachine::CancelWaitWakeIrp(PDEVICE_OBJECT wdm, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  if (Device* device = DeviceFromWdm(wdm)) device->pnp().power().EndWaitWake(STATUS_CANCELLED, true);
}

bool PowerMachine::EndWaitWake(NTSTATUS status, bool in_cancel_routine) {
  {
    rt::LockGuard guard(wake_lock_);
    if (!wait_wake_) return false;
    // Whoever takes the cancel routine back ends the wait; a cancelled one has none any more.
    if (!in_cancel_routine && !IoSetCancelRoutine(wait_wake_, nullptr)) return false;
    ended_wake_ = wait_wake_;
    ended_status_ = status;
    wait_wake_ = nullptr;
  }
  if (pnp_.policy_owner()) {
    CompleteEndedWake();
  } else {
    Post(PowerEvent::kWakeEnded, On::kWorker);
  }
  return true;
}

void PowerMachine::CompleteEndedWake() {
  PIRP irp;
  NTSTATUS status;
  {
    rt::LockGuard guard(wake_lock_);
    irp = ended_wake_;
    status = ended_status_;
    ended_wake_ = nullptr;
  }
  if (!irp) return;
  PoStartNextPowerIrp(irp);
  CompleteIrp(irp, status);
}

NTSTATUS PowerMachine::EnableAtBus() {
  if (!device_.is_pdo()) return STATUS_SUCCESS;
  SYSTEM_POWER_STATE state = PowerSystemWorking;
  {
    rt::LockGuard guard(wake_lock_);
    if (wait_wake_) state = IoGetCurrentIrpStackLocation(wait_wake_)->Parameters.WaitWake.PowerState;
  }
  auto callback = device_.init().pdo_init->callbacks.EvtDeviceEnableWakeAtBus;
  NTSTATUS status = callback ? nt::CallDriver("EvtDeviceEnableWakeAtBus", callback, pnp_.handle(), state) : STATUS_SUCCESS;
  bus_armed_ = NT_SUCCESS(status);
  if (bus_armed_ && device_.init().parent) device_.init().parent->pnp().power().NoteArmedChild(*this, true);
  return status;
}

void PowerMachine::DisableAtBus() {
  if (!bus_armed_) return;
  bus_armed_ = false;
  if (device_.init().parent) device_.init().parent->pnp().power().NoteArmedChild(*this, false);
  if (auto callback = device_.init().pdo_init->callbacks.EvtDeviceDisableWakeAtBus) {
    nt::CallDriver("EvtDeviceDisableWakeAtBus", callback, pnp_.handle());
  }
}

void PowerMachine::NoteArmedChild(PowerMachine& child, bool armed) {
  rt::LockGuard guard(children_lock_);
  for (size_t i = 0; i < armed_children_.size(); ++i) {
    if (armed_children_[i] == &child) armed_children_.erase(armed_children_.begin() + static_cast<ptrdiff_t>(i--));
  }
  if (armed) armed_children_.push_back(&child);
}

bool PowerMachine::HasArmedChild() const {
  rt::LockGuard guard(children_lock_);
  return !armed_children_.empty();
}

// The parent woke, and its driver said that then its children did (IndicateChildWakeOnParentWake).
void PowerMachine::WakeArmedChildren() {
  std::vector<PowerMachine*> children;
  {
    rt::LockGuard guard(children_lock_);
    children = armed_children_;
    for (PowerMachine* child : children) child->device_.AddRef();
  }
  for (PowerMachine* child : children) {
    child->EndWaitWake(STATUS_SUCCESS);
    child->device_.Release();
  }
}

PowerEvent PowerMachine::EnableWakeAtBus() {
  const NTSTATUS status = EnableAtBus();
  if (NT_SUCCESS(status)) return PowerEvent::kGo;
  EndWaitWake(status);
  CompleteEndedWake();
  return PowerEvent::kFailed;
}

PowerEvent PowerMachine::DisableWakeAtBus() {
  DisableAtBus();
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::DisableWakeAtBusAndComplete() {
  DisableAtBus();
  CompleteEndedWake();
  return PowerEvent::kGo;
}

// The bus stays armed until the device comes back to D0.
PowerEvent PowerMachine::CompleteWaitWake() {
  CompleteEndedWake();
  return PowerEvent::kNone;
}

}  // namespace drydock::wdf
