// What an interrupt's service routine leaves for later: its DPC, its work item, and the wait for both.
#include "nt/driver_callback.h"
#include "wdf/framework.h"
#include "wdf/interrupt/interrupt.h"
#include "wdf/sync/callback_lock.h"
#include "wdf/violation.h"

namespace drydock::wdf {

bool Interrupt::QueueDpc() {
  if (!dpc_callback_) {
    NullParameter(globals(), "WdfInterruptQueueDpcForIsr", "the interrupt's EvtInterruptDpc", __builtin_return_address(0));
  }
  if (globals().umdf) return QueueWork();
  return InsertDpc(dpc_);
}

VOID Interrupt::RunDpc(PKDPC, PVOID context, PVOID, PVOID) {
  Interrupt& self = *static_cast<Interrupt*>(context);
  CallbackGuard guard(self.serialize_);
  nt::CallDriver("EvtInterruptDpc", self.dpc_callback_, self.wdf(), self.device_->handle());
  guard.Leave();
}

bool Interrupt::QueueWorkItem() {
  if (!work_callback_) {
    NullParameter(globals(), "WdfInterruptQueueWorkItemForIsr", "the interrupt's EvtInterruptWorkItem", __builtin_return_address(0));
  }
  if (nt::CurrentThread().irql <= DISPATCH_LEVEL) return QueueWork();
  return InsertDpc(work_dpc_);
}

// Marked when it is in the queue: Flush, which forgets the mark, then finds it there.
bool Interrupt::InsertDpc(KDPC& dpc) {
  const bool inserted = KeInsertQueueDpc(&dpc, nullptr, nullptr);
  used_dpc_.store(true, std::memory_order_release);
  return inserted;
}

VOID Interrupt::RunWorkDpc(PKDPC, PVOID context, PVOID, PVOID) { static_cast<Interrupt*>(context)->QueueWork(); }

bool Interrupt::QueueWork() {
  {
    rt::LockGuard guard(work_lock_);
    if (work_queued_) return false;
    work_queued_ = true;
  }
  KeClearEvent(&work_idle_);
  ExQueueWorkItem(&item_, CriticalWorkQueue);
  return true;
}

VOID Interrupt::RunWorkItem(PVOID context) {
  Interrupt& self = *static_cast<Interrupt*>(context);
  {
    rt::LockGuard guard(self.work_lock_);
    self.work_queued_ = false;
    ++self.work_running_;
    self.work_thread_ = &nt::CurrentThread();
  }
  {
    CallbackGuard guard(self.serialize_);
    if (self.work_callback_) {
      nt::CallDriver("EvtInterruptWorkItem", nt::IrqlRule::kWorker, self.work_callback_, self.wdf(), self.device_->handle());
    } else {  // (U)
      nt::CallDriver("EvtInterruptDpc", nt::IrqlRule::kWorker, self.dpc_callback_, self.wdf(), self.device_->handle());
    }
    guard.Leave();
  }
  bool idle;
  {
    rt::LockGuard guard(self.work_lock_);
    idle = --self.work_running_ == 0 && !self.work_queued_;
    if (self.work_thread_ == &nt::CurrentThread()) self.work_thread_ = nullptr;
  }
  if (idle) KeSetEvent(&self.work_idle_, IO_NO_INCREMENT, FALSE);
}

// DEVX-32: what was queued runs, and is waited for. In the work item's own callback there is nobody to wait for.
void Interrupt::Flush() {
  if (used_dpc_.exchange(false, std::memory_order_acq_rel)) KeFlushQueuedDpcs();
  for (;;) {
    {
      rt::LockGuard guard(work_lock_);
      if ((!work_queued_ && work_running_ == 0) || work_thread_ == nt::CurrentThreadOrNull()) return;
    }
    KeWaitForSingleObject(&work_idle_, Executive, KernelMode, FALSE, nullptr);
    // Set late by one that had ended before another was queued: look again.
    rt::LockGuard guard(work_lock_);
    if (!work_queued_ && work_running_ == 0) return;
  }
}

}  // namespace drydock::wdf
