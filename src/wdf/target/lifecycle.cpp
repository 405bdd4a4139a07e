// Start, stop, purge, close and deletion: the actions of target_states.def.
#include "nt/kernel.h"
#include "wdf/framework.h"
#include "wdf/object/factory.h"
#include "wdf/request/send.h"
#include "wdf/request/send_timer.h"
#include "wdf/sync/internal_wait.h"
#include "wdf/target/io_target.h"
#include "wdf/target/remote_open.h"
#include "wdf/target/wait_reason.h"
#include "wdf/trace.h"

namespace drydock::wdf {

void IoTarget::WaitDrained(DrainMode mode) {
  {
    rt::LockGuard guard(lock_);
    if (DrainedLocked(mode)) return;
    ++drain_waiters_[mode];
    waiters_.fetch_add(1);
    if (mode == kPlainSent && stops_waiting_++ == 0) Clear(stops_over_);
  }
  TargetWaitReason reason(*this, "I/O at the target to complete");
  for (;;) {
    {
      rt::LockGuard guard(lock_);
      if (DrainedLocked(mode)) break;
      Clear(drained_[mode]);
    }
    InternalWait(globals(), drained_[mode], "the requests sent to an I/O target must be completed");
  }
  bool over = false;
  {
    rt::LockGuard guard(lock_);
    --drain_waiters_[mode];
    waiters_.fetch_sub(1);
    over = mode == kPlainSent && --stops_waiting_ == 0;
  }
  if (over) KeSetEvent(&stops_over_, IO_NO_INCREMENT, FALSE);
}

// IOX-30. The request was waiting and is kMoving.
void IoTarget::Resend(SentState& sent) {
  DisarmTimer(sent);  // OP-4: of an asynchronous send; a blocked sender's own time-out goes on
  TargetAction action;
  {
    rt::LockGuard guard(lock_);
    action = TargetTransitionFor(state_.load(std::memory_order_relaxed), TargetEvent::kSend).action;
    if (action == TargetAction::kDeliver && opened()) {
      --moving_;
      sent.place = SendPlace::kSent;
      sent_.PushBack(sent);
      order_.store(sent.order = order_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      ++sent_plain_;
    } else if (action == TargetAction::kHold) {
      --moving_;
      if (!HoldLocked(sent)) action = TargetAction::kNothing;
    } else {
      action = TargetAction::kRefuse;
    }
  }
  if (action == TargetAction::kDeliver) {
    (void)Deliver(sent);
  } else if (action != TargetAction::kHold) {
    CompleteUnsent(sent, action == TargetAction::kRefuse ? STATUS_INVALID_DEVICE_STATE : STATUS_CANCELLED);
  }
}

NTSTATUS IoTarget::Start() {
  SentState* first = nullptr;
  for (;;) {
    {
      rt::LockGuard guard(lock_);
      if (stops_waiting_ == 0) {
        TargetAction action;
        MoveLocked(TargetEvent::kStart, &action);
        if (action == TargetAction::kRefuse) return STATUS_INVALID_DEVICE_STATE;
        first = TakeWaitingLocked();
        break;
      }
    }
    TargetWaitReason reason(*this, "another thread's stop of the target to end");  // IOX-31
    KeWaitForSingleObject(&stops_over_, Executive, KernelMode, FALSE, nullptr);
  }
  RecordEvent(framework(), trace::kTargetState, trace_id(), uint64_t(state()));
  for (SentState *sent = first, *next; sent; sent = next) {
    next = sent->next;
    Resend(*sent);
  }
  return STATUS_SUCCESS;
}

// Waiting requests end, oldest first, in this thread (IOX-29).
void IoTarget::FlushWaiting(NTSTATUS status) {
  SentState* first;
  {
    rt::LockGuard guard(lock_);
    first = TakeWaitingLocked();
  }
  for (SentState *sent = first, *next; sent; sent = next) {
    next = sent->next;
    CompleteUnsent(*sent, status);
  }
}

// Delivered requests are cancelled in the order sent (IOX-28). The holds keep them alive while the lock is not held (R2).
void IoTarget::CancelSent(bool ignoring_state_too) {
  SentState* first = nullptr;
  SentState* mistaken = nullptr;
  SentState** tail = &first;
  {
    rt::LockGuard guard(lock_);
    for (SentState* sent = sent_.first; sent; sent = sent->next) {
      if ((sent->ignores_target_state && !ignoring_state_too) || !TakeCancelHold(*sent)) continue;
      sent->next_cancel = nullptr;
      *tail = sent;
      tail = &sent->next_cancel;
    }
    HoldLaneLocked(ignoring_state_too, &first, &mistaken);
  }
  while (SentState* sent = mistaken) {
    mistaken = sent->next_cancel;
    DropHold(*sent);
  }
  while (SentState* sent = first) {
    first = sent->next_cancel;
    IoCancelIrp(sent->irp);
    DropHold(*sent);
  }
}

void IoTarget::Stop(WDF_IO_TARGET_SENT_IO_ACTION action) {
  if (action < WdfIoTargetCancelSentIo || action > WdfIoTargetLeaveSentIoPending) return;  // IOX-32
  {
    rt::LockGuard guard(lock_);
    TargetAction unused;
    MoveLocked(TargetEvent::kStop, &unused);
  }
  RecordEvent(framework(), trace::kTargetState, trace_id(), uint64_t(state()));
  if (action == WdfIoTargetCancelSentIo) CancelSent(false);
  if (action != WdfIoTargetLeaveSentIoPending) WaitDrained(kPlainSent);
}

void IoTarget::Purge(WDF_IO_TARGET_PURGE_IO_ACTION action) {
  if (action < WdfIoTargetPurgeIoAndWait || action > WdfIoTargetPurgeIo) return;  // IOX-32
  {
    rt::LockGuard guard(lock_);
    TargetAction unused;
    MoveLocked(TargetEvent::kPurge, &unused);
  }
  RecordEvent(framework(), trace::kTargetState, trace_id(), uint64_t(state()));
  FlushWaiting(STATUS_WDF_DEVICE_REMOVED_NOT_SENT);
  CancelSent(false);
  if (action == WdfIoTargetPurgeIoAndWait) WaitDrained(kPlainSent);
}

void IoTarget::CloseAs(TargetEvent event, DrainMode mode) {
  {
    rt::LockGuard guard(lock_);
    TargetAction action;
    MoveLocked(event, &action);
    if (action == TargetAction::kNothing) return;
    closing_ = opened();
  }
  RecordEvent(framework(), trace::kTargetState, trace_id(), uint64_t(state()));
  FlushWaiting(STATUS_WDF_DEVICE_REMOVED_NOT_SENT);
  CancelSent(true);
  // IGNORE_TARGET_STATE sends are still accepted while this waits: look again before the door shuts.
  for (;;) {
    WaitDrained(mode);
    rt::LockGuard guard(lock_);
    if (!DrainedLocked(mode)) continue;
    closing_ = false;
    opened_.store(false, std::memory_order_release);
    break;
  }
  if (mode == kEverythingAndRoutines) WaitForCallers();
}

void IoTarget::Close() {
  CloseAs(TargetEvent::kClose, kEverything);
  CloseRemote(*this, CloseReason::kClose);
}

void IoTarget::CloseForQueryRemove() {
  if (!opened()) return Close();  // OP-29
  CloseAs(TargetEvent::kCloseForQueryRemove, kEverything);
  CloseRemote(*this, CloseReason::kQueryRemove);
}

void IoTarget::OnCleanedUp() {
  CloseAs(TargetEvent::kDelete, kEverythingAndRoutines);
  CloseRemote(*this, CloseReason::kDelete);
}

NTSTATUS IoTarget::CheckFormattable() const {
  if (globals().umdf) return STATUS_SUCCESS;
  if (!opened()) return STATUS_INVALID_DEVICE_STATE;
  switch (state()) {
    case TargetState::kClosed:
    case TargetState::kClosedForQueryRemove:
    case TargetState::kDeleted: return STATUS_INVALID_DEVICE_STATE;
    default: return STATUS_SUCCESS;
  }
}

ULONG IoTarget::transfer_flags() const {
  const PDEVICE_OBJECT device = target_device_;
  return device ? device->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO) : ULONG(DO_BUFFERED_IO);  // (U) formats for a target that is not open
}

NTSTATUS IoTarget::BeginOpen() {
  rt::LockGuard guard(lock_);
  if (opened() || opening_ || closing_ || state() == TargetState::kDeleted) return STATUS_INVALID_DEVICE_STATE;
  opening_ = true;
  return STATUS_SUCCESS;
}

void IoTarget::CancelOpen() {
  rt::LockGuard guard(lock_);
  opening_ = false;
}

void IoTarget::FinishOpen(bool success, PDEVICE_OBJECT device, PDEVICE_OBJECT pdo, PFILE_OBJECT file, HANDLE handle) {
  {
    rt::LockGuard guard(lock_);
    opening_ = false;
    TargetAction unused;
    if (success) {
      target_device_ = device;
      target_pdo_ = pdo;
      file_object_ = file;
      file_handle_ = handle;
      stack_size_ = uint8_t(device->StackSize);
      opened_.store(true, std::memory_order_release);
    }
    MoveLocked(success ? TargetEvent::kOpened : TargetEvent::kOpenFailed, &unused);
  }
  RecordEvent(framework(), trace::kTargetState, trace_id(), uint64_t(state()));
}

}  // namespace drydock::wdf
