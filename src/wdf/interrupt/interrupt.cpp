#include "wdf/interrupt/interrupt.h"

#include <algorithm>

#include "nt/driver_callback.h"
#include "nt/hal/state.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/policy_machine.h"
#include "wdf/framework.h"
#include "wdf/sync/spin_lock.h"
#include "wdf/sync/wait_lock.h"
#include "wdf/violation.h"

namespace drydock::wdf {

void Interrupt::Initialize(Device& device, const WDF_INTERRUPT_CONFIG& config, SpinLock* spin_lock, WaitLock* wait_lock, CallbackLock* serialize) {
  device_ = &device;
  isr_ = config.EvtInterruptIsr;
  dpc_callback_ = config.EvtInterruptDpc;
  work_callback_ = config.EvtInterruptWorkItem;
  enable_ = config.EvtInterruptEnable;
  disable_ = config.EvtInterruptDisable;
  serialize_ = serialize;
  share_ = config.ShareVector;
  report_inactive_ = config.ReportInactiveOnPowerDown;
  passive_ = globals().umdf || config.PassiveHandling;
  wants_to_wake_ = config.CanWakeDevice;
  spin_lock_ = spin_lock;
  wait_lock_ = wait_lock;
  if (spin_lock_) {
    spin_lock_->AddRef();
    spin_lock_->GiveToInterrupt();
  }
  if (wait_lock_) wait_lock_->AddRef();
  KeInitializeEvent(&own_wait_, SynchronizationEvent, TRUE);
  KeInitializeEvent(&changing_, SynchronizationEvent, TRUE);
  KeInitializeEvent(&in_d0_, NotificationEvent, TRUE);
  KeInitializeEvent(&work_idle_, NotificationEvent, TRUE);
  KeInitializeDpc(&dpc_, &Interrupt::RunDpc, this);
  KeInitializeDpc(&work_dpc_, &Interrupt::RunWorkDpc, this);
  ExInitializeWorkItem(&item_, &Interrupt::RunWorkItem, this);
}

Interrupt::~Interrupt() {
  if (spin_lock_) spin_lock_->ReleaseQuietly();
  if (wait_lock_) wait_lock_->ReleaseQuietly();
}

void Interrupt::OnDispose() {
  if (connection_) {
    GiveUpWake();
    Disconnect();
  }
  Flush();
  if (DeviceInterrupts* all = InterruptsOf(*device_)) std::erase(all->list, this);
}

void Interrupt::Assign(const InterruptResource& resource, ULONG message_number) {
  resource_ = resource;
  resource_.present = true;
  message_number_ = message_number;
  if (spin_lock_) spin_lock_->UsedAt(vector_irql());
}

// Only one that was made so may wake the device, and only its policy owner's (INT-24).
void Interrupt::MarkMadeInPrepare() {
  made_in_prepare_ = true;
  can_wake_ = wants_to_wake_ && passive_ && device_->pnp().policy_owner();
  if (can_wake_) device_->pnp().SetWakesByInterrupt(true);
}

void Interrupt::Unassign() {
  resource_.present = false;
  if (can_wake_) device_->pnp().SetWakesByInterrupt(false);
}

void Interrupt::GetInfo(WDF_INTERRUPT_INFO* info) const {
  const ULONG size = info->Size;
  *info = {};
  info->Size = size;
  if (!resource_.present) return;
  const CM_PARTIAL_RESOURCE_DESCRIPTOR& translated = resource_.translated;
  info->MessageSignaled = (translated.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
  info->MessageNumber = message_number_;
  info->TargetProcessorSet = translated.u.Interrupt.Affinity;
  info->Vector = translated.u.Interrupt.Vector + resource_.message;
  info->Irql = passive_ ? KIRQL{PASSIVE_LEVEL} : vector_irql();
  info->Mode = translated.Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive;
  info->ShareDisposition = translated.ShareDisposition;
}

// --- up and down ---

NTSTATUS Interrupt::Connect() {
  nt::hal::ConnectParameters parameters;
  parameters.routine = &Interrupt::Service;
  parameters.context = this;
  parameters.own = true;
  parameters.passive = passive_;
  parameters.own_locking = passive_;
  parameters.share = share_ == WdfTrue || (share_ == WdfUseDefault && resource_.translated.ShareDisposition == CmResourceShareShared);
  parameters.vector = resource_.translated.u.Interrupt.Vector + resource_.message;
  if (!passive_) {
    parameters.lock = spin_lock_ ? spin_lock_->word() : &own_lock_;
    parameters.synchronize_irql = spin_lock_ ? spin_lock_->interrupt_irql() : vector_irql();  // INT-20
  }
  return nt::CurrentKernel().hal->interrupts.Connect(parameters, &connection_);
}

void Interrupt::Disconnect() {
  nt::CurrentKernel().hal->interrupts.Disconnect(connection_);
  connection_ = nullptr;
}

NTSTATUS Interrupt::Enable() {
  KeWaitForSingleObject(&changing_, Executive, KernelMode, FALSE, nullptr);
  const NTSTATUS status = EnableLocked();
  KeSetEvent(&changing_, IO_NO_INCREMENT, FALSE);
  return status;
}

NTSTATUS Interrupt::EnableLocked() {
  if (!resource_.present || driver_disabled_ || enabled_) return STATUS_SUCCESS;
  given_up_.store(false, std::memory_order_release);
  const bool connects = connection_ == nullptr;
  if (connects) {
    NTSTATUS status = Connect();
    if (!NT_SUCCESS(status)) return status;
  } else {
    nt::CurrentKernel().hal->interrupts.SetActive(connection_, true);
  }
  NTSTATUS status = STATUS_SUCCESS;
  if (enable_) {
    const KIRQL old = LockForCallback();
    status = nt::CallDriver("EvtInterruptEnable", enable_, wdf(), reinterpret_cast<WDFDEVICE>(device_->handle()));
    UnlockAfterCallback(old);
  }
  enabled_ = NT_SUCCESS(status);
  if (!enabled_ && connects) Disconnect();
  return status;
}

NTSTATUS Interrupt::Disable(bool stays_connected, bool report_inactive) {
  NTSTATUS status = STATUS_SUCCESS;
  KeWaitForSingleObject(&changing_, Executive, KernelMode, FALSE, nullptr);
  if (enabled_ && disable_) {
    const KIRQL old = LockForCallback();
    status = nt::CallDriver("EvtInterruptDisable", disable_, wdf(), reinterpret_cast<WDFDEVICE>(device_->handle()));
    UnlockAfterCallback(old);
  }
  enabled_ = false;
  KeSetEvent(&changing_, IO_NO_INCREMENT, FALSE);
  Flush();
  bool disconnected = false;
  KeWaitForSingleObject(&changing_, Executive, KernelMode, FALSE, nullptr);
  if (connection_ && !enabled_) {
    if (report_inactive) {
      nt::CurrentKernel().hal->interrupts.SetActive(connection_, false);
    } else if (!stays_connected) {
      Disconnect();
      disconnected = true;
    }
  }
  KeSetEvent(&changing_, IO_NO_INCREMENT, FALSE);
  if (disconnected) Flush();  // what a service routine queued that was under way
  return status;
}

void Interrupt::DriverEnable() {
  driver_disabled_ = false;
  if (InterruptsOf(*device_)->up.load(std::memory_order_acquire)) Enable();
}

void Interrupt::DriverDisable() {
  driver_disabled_ = true;
  Disable(false, false);
}

void Interrupt::ToldD0Exit() {
  if (!can_wake_ || !connection_) return;
  KeClearEvent(&in_d0_);
  fired_.store(false, std::memory_order_relaxed);
  in_dx_.store(true, std::memory_order_release);
}

// N2. The service routine that waits in Service() gets its answer from here.
void Interrupt::ToldD0Entry() {
  if (!in_dx_.exchange(false, std::memory_order_acq_rel)) return;
  if (fired_.load(std::memory_order_acquire)) held_back_result_ = CallIsr();
  KeSetEvent(&in_d0_, IO_NO_INCREMENT, FALSE);
}

void Interrupt::GiveUpWake() {
  given_up_.store(true, std::memory_order_release);
  if (!in_dx_.exchange(false, std::memory_order_acq_rel)) return;
  held_back_result_ = FALSE;
  KeSetEvent(&in_d0_, IO_NO_INCREMENT, FALSE);
}

// --- the service routine ---

BOOLEAN Interrupt::Service(PKINTERRUPT, PVOID context) {
  Interrupt& self = *static_cast<Interrupt*>(context);
  if (!self.passive_) return nt::CallDriver("EvtInterruptIsr", self.isr_, self.wdf(), self.message_number_);
  if (self.in_dx_.load(std::memory_order_acquire)) return self.WakeAndServe();
  if (self.given_up_.load(std::memory_order_acquire)) return FALSE;
  return self.CallIsr();
}

BOOLEAN Interrupt::CallIsr() {
  AcquirePassive();
  const BOOLEAN claimed = nt::CallDriver("EvtInterruptIsr", isr_, wdf(), message_number_);
  ReleasePassive();
  return claimed;
}

BOOLEAN Interrupt::WakeAndServe() {
  fired_.store(true, std::memory_order_release);
  if (!in_dx_.load(std::memory_order_acquire)) {  // it came back to D0 just now, perhaps without having seen that we fired
    KeWaitForSingleObject(&in_d0_, Executive, KernelMode, FALSE, nullptr);
    return given_up_.load(std::memory_order_acquire) ? FALSE : CallIsr();
  }
  // Armed for wake: the interrupt stands for the wait-wake request. Otherwise an idle device is taken back to D0 for the time of the service.
  const bool woken = device_->pnp().policy().WakeInterruptFired();
  const bool held = !woken && NT_SUCCESS(device_->pnp().StopIdle(false));
  KeWaitForSingleObject(&in_d0_, Executive, KernelMode, FALSE, nullptr);
  if (held) device_->pnp().ResumeIdle();
  return held_back_result_;
}

// --- locks ---

void Interrupt::AcquirePassive() {
  if (wait_lock_) {
    wait_lock_->Acquire(nullptr);
    return;
  }
  KeEnterCriticalRegion();
  KeWaitForSingleObject(&own_wait_, Executive, KernelMode, FALSE, nullptr);
}

void Interrupt::ReleasePassive() {
  if (wait_lock_) {
    wait_lock_->Release();
    return;
  }
  KeSetEvent(&own_wait_, IO_NO_INCREMENT, FALSE);
  KeLeaveCriticalRegion();
}

KIRQL Interrupt::LockForCallback() {
  if (!passive_) return nt::hal::AcquireLock(*connection_, "the interrupt's lock");
  AcquirePassive();
  return PASSIVE_LEVEL;
}

void Interrupt::UnlockAfterCallback(KIRQL old) {
  if (passive_) {
    ReleasePassive();
  } else {
    nt::hal::ReleaseLock(*connection_, old, "the interrupt's lock");
  }
}

void Interrupt::AcquireLock() {
  if (passive_) {
    AcquirePassive();
    return;
  }
  if (!connection_) {
    Break(globals(), "WdfInterruptAcquireLock on an interrupt that is not connected was ignored");
    return;
  }
  const KIRQL old = nt::hal::AcquireLock(*connection_, "WdfInterruptAcquireLock");
  old_irql_ = old;
}

void Interrupt::ReleaseLock() {
  if (passive_) {
    ReleasePassive();
    return;
  }
  if (!connection_) {
    Break(globals(), "WdfInterruptReleaseLock on an interrupt that is not connected was ignored");
    return;
  }
  nt::hal::ReleaseLock(*connection_, old_irql_, "WdfInterruptReleaseLock");
}

bool Interrupt::TryToAcquireLock() {
  if (!passive_) {
    Break(globals(), "WdfInterruptTryToAcquireLock is for interrupts that are handled at PASSIVE_LEVEL; it was refused");
    return false;
  }
  const LONGLONG now = 0;
  if (wait_lock_) return wait_lock_->Acquire(&now) == STATUS_SUCCESS;
  LARGE_INTEGER timeout = {};
  KeEnterCriticalRegion();
  if (KeWaitForSingleObject(&own_wait_, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS) return true;
  KeLeaveCriticalRegion();
  return false;
}

bool Interrupt::Synchronize(PFN_WDF_INTERRUPT_SYNCHRONIZE callback, WDFCONTEXT context) {
  if (!passive_ && !connection_) {
    Break(globals(), "WdfInterruptSynchronize on an interrupt that is not connected was ignored");
    return false;
  }
  const KIRQL old = LockForCallback();
  const bool result = nt::CallDriver("EvtInterruptSynchronize", callback, wdf(), context);
  UnlockAfterCallback(old);
  return result;
}

void Interrupt::ReportActive(bool active) {
  if (connection_) nt::CurrentKernel().hal->interrupts.SetActive(connection_, active);
}

}  // namespace drydock::wdf
