// The delivery loop: asks queue_step what is due, does it, asks again.
#include <atomic>

#include "nt/driver_callback.h"
#include "nt/thread.h"
#include "runtime/assert.h"
#include "wdf/device/device.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/held.h"
#include "wdf/request/receive.h"
#include "wdf/request/request.h"
#include "wdf/trace.h"

namespace drydock::wdf {

using queue::Due;
using queue::Facts;

uint32_t Queue::AtDriver() const {
  uint32_t count = at_driver_.count + leaving_;
  for (const DeliveryFrame* frame = frames_; frame; frame = frame->next) {
    if (frame->gone.load(std::memory_order_acquire)) --count;
  }
  return count;
}

Facts Queue::FactsNow() const {
  const uint32_t at_driver = AtDriver();
  return {
      .cancel_waiting = first_cancel_ != nullptr,
      .canceled_on_queue = !canceled_.empty(),
      .stop_slot = stop_slot_.taken(),
      .drain_slot = drain_slot_.taken(),
      .driver_has_none = at_driver == 0,
      .handler_running = handlers_running_ != 0,
      .nothing_waits = waiting_.empty() && being_completed_ == 0,
      .holds_power = holds_power_ && device_->idle_in_use(),
      .power_round = round_,
      .round_request_due = round_due_ != 0 && round_thread_ == nt::CurrentThreadOrNull(),
      .powered = power_ == QueuePower::kOn,
      .dispatching = dispatching_,
      .manual = dispatch_type_ == WdfIoQueueDispatchManual,
      .room = at_driver < limit_,
      .deliverable = waiting_.count > being_canceled_,
      .ready_due = ready_due_ && ready_callback_ != nullptr,
  };
}

bool Queue::Quiet() const {
  return waiting_.empty() && being_completed_ == 0 && !first_cancel_ && canceled_.empty() && !stop_slot_.taken() && !drain_slot_.taken() &&
         !round_ && !(holds_power_ && device_->idle_in_use());
}

void Queue::Run(RunBy by) {
  lock_.Acquire();
  if (by == RunBy::kEvent && delivering_ != 0) return ReleaseLock();  // R3
  RunLocked();
}

void Queue::RunLocked() {
  Due due = Next();
  if (due == Due::kNothing) return ReleaseLock();
  if (MustDefer()) return Defer();
  ++delivering_;
  do {
    Perform(due);
  } while ((due = Next()) != Due::kNothing);
  --delivering_;
  ReleaseLock();
}

void Queue::ReleaseLock() {
  const bool wake = power_waiting_;
  const bool end = kept_ && delivering_ == 0 && !deferred_ && at_driver_.count + leaving_ == 0 && canceled_.empty() && waiting_.empty() &&
                   being_completed_ == 0;
  if (end) kept_ = false;
  power_waiting_ = false;
  lock_.Release();
  if (__builtin_expect(wake, 0)) KeSetEvent(&power_event_, IO_NO_INCREMENT, FALSE);
  if (__builtin_expect(end, 0)) Release();
}

// IOX-40: a passive queue above PASSIVE_LEVEL, or a thread that already holds the lock that callbacks take.
bool Queue::MustDefer() const {
  if (passive_callbacks() && nt::CurrentThread().irql > PASSIVE_LEVEL) return true;
  return callback_lock() && callback_lock()->HeldByCurrentThread();
}

void Queue::Defer() {
  if (deferred_) return ReleaseLock();
  deferred_ = true;
  AddRef();
  globals().background.Begin();
  lock_.Release();
  if (passive_callbacks() || (callback_lock() && callback_lock()->passive())) {
    ExQueueWorkItem(&work_, DelayedWorkQueue);
  } else {
    KeInsertQueueDpc(&dpc_, nullptr, nullptr);
  }
}

void Queue::RunDeferredDpc(PKDPC, PVOID context, PVOID, PVOID) { RunDeferredWork(context); }

void Queue::RunDeferredWork(PVOID context) {
  Queue* queue = static_cast<Queue*>(context);
  Background& background = queue->globals().background;
  queue->lock_.Acquire();
  queue->deferred_ = false;
  queue->RunLocked();
  queue->Release();
  background.End();
}

void Queue::Perform(Due due) {
  switch (due) {
    case Due::kNothing:
      return;
    case Due::kCancel: {
      Request* request = first_cancel_;
      first_cancel_ = request->received.next_cancel;
      if (!first_cancel_) last_cancel_ = nullptr;
      request->received.next_cancel = nullptr;
      request->received.cancel_queued = false;
      const PFN_WDF_REQUEST_CANCEL callback = request->received.on_cancel;
      lock_.Release();
      RecordEvent(framework(), trace::kRequestCancel, request->trace_id(), trace_id());
      {
        nt::Kernel& kernel = framework().kernel;
        const auto critical = device_->host ? kernel.critical_request : nullptr;  // UM-04
        if (critical) critical(kernel, device_->pdo(), true);
        CallbackGuard guard(callback_lock());
        nt::CallDriver("EvtRequestCancel", callback, request->request_handle());
        guard.Leave();
        if (critical) critical(kernel, device_->pdo(), false);
      }
      lock_.Acquire();
      return;
    }
    case Due::kCanceledOnQueue: {
      Request* request = canceled_.first;
      canceled_.Remove(*request);
      Present(*request);
      lock_.Release();
      {
        CallbackGuard guard(callback_lock());
        nt::CallDriver("EvtIoCanceledOnQueue", callbacks_.io_canceled_on_queue, queue_handle(), request->request_handle());
        guard.Leave();
      }
      lock_.Acquire();
      return;
    }
    case Due::kStopCallback:
    case Due::kDrainCallback: {
      StateSlot& slot = due == Due::kStopCallback ? stop_slot_ : drain_slot_;
      const StateSlot told = slot;
      slot = {};
      purge_waits_ = false;
      lock_.Release();
      CallState(told);
      lock_.Acquire();
      return;
    }
    case Due::kReleasePower:
      holds_power_ = false;
      lock_.Release();
      device_->ReleaseIdleReference();
      lock_.Acquire();
      return;
    case Due::kPowerRound:
      return TellOneRoundRequest();
    case Due::kDeliver: {
      Request* request = TakeFirst(nullptr);
      if (request) Deliver(*request);
      return;
    }
    case Due::kReady: {
      const StateSlot told = {.callback = ready_callback_, .context = ready_context_, .serialised = true};
      ready_due_ = false;
      lock_.Release();
      CallState(told);
      lock_.Acquire();
      return;
    }
  }
}

void Queue::CallState(const StateSlot& slot) {
  if (slot.waiter) {
    KeSetEvent(slot.waiter, IO_NO_INCREMENT, FALSE);
    return;
  }
  CallbackGuard guard(slot.serialised ? callback_lock() : nullptr);
  nt::CallDriver("EvtIoQueueState", slot.callback, queue_handle(), slot.context);
  guard.Leave();
}

// Now the driver's.
void Queue::Present(Request& request) {
  ReceivedState& r = request.received;
  at_driver_.PushBack(request);
  r.place = Place::kDriver;
  r.presented = true;
  r.stamp = ++next_stamp_;
  r.stop = StopState::kNone;
  if (__builtin_expect(power_ == QueuePower::kStopping || power_ == QueuePower::kPurging, 0)) {
    r.stop = StopState::kDue;  // retrieved by the driver while the power thread waits: it gets its EvtIoStop too
    ++round_due_;
  }
}

namespace {

bool HasOwnHandler(const QueueCallbacks& callbacks, UCHAR major) {
  switch (major) {
    case IRP_MJ_READ: return callbacks.io_read != nullptr;
    case IRP_MJ_WRITE: return callbacks.io_write != nullptr;
    case IRP_MJ_DEVICE_CONTROL: return callbacks.io_device_control != nullptr;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: return callbacks.io_internal_device_control != nullptr;
    default: return false;
  }
}

bool HasHandler(const QueueCallbacks& callbacks, UCHAR major) { return callbacks.io_default || HasOwnHandler(callbacks, major); }

}  // namespace

namespace queue {
bool IsZeroLength(PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  return (stack.MajorFunction == IRP_MJ_READ && stack.Parameters.Read.Length == 0) ||
         (stack.MajorFunction == IRP_MJ_WRITE && stack.Parameters.Write.Length == 0);
}
}  // namespace queue

// The request's turn has come; it is on no list.
void Queue::Deliver(Request& request) {
  ++handlers_running_;
  if (!allow_zero_length_ && queue::IsZeroLength(request.irp)) {  // IOX-50
    lock_.Release();
    CompleteUndelivered(request, STATUS_SUCCESS, 0);
  } else if (!HasHandler(callbacks_, request.current_stack()->MajorFunction)) {  // IOX-51
    lock_.Release();
    if (is_default_ && device_->is_filter() && request.is_received()) {
      PassDownUndelivered(request);
    } else {
      CompleteUndelivered(request, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
  } else {
    Present(request);
    DeliveryFrame frame;
    frame.thread = &nt::CurrentThread();
    frame.request = &request;
    frame.next = frames_;
    frames_ = &frame;
    request.received.frame = &frame;
    std::atomic_ref(request.received.handler_thread).store(frame.thread, std::memory_order_relaxed);
    lock_.Release();
    CallHandler(request);
    lock_.Acquire();
    EndFrame(frame);
    --handlers_running_;
    return;
  }
  lock_.Acquire();
  --handlers_running_;
}

bool Queue::GoneInHandler(Request& request) {
  ReceivedState& r = request.received;
  // Another thread than the handler's may read while the handler ends: whatever it reads, it is not itself.
  if (std::atomic_ref(r.handler_thread).load(std::memory_order_relaxed) != nt::CurrentThreadOrNull()) return false;
  r.frame->gone.store(true, std::memory_order_release);
  return true;
}

void Queue::EndFrame(DeliveryFrame& frame) {
  DeliveryFrame** link = &frames_;
  while (*link != &frame) link = &(*link)->next;
  *link = frame.next;
  Request* request = frame.request;
  if (!request) return;
  if (!frame.gone.load(std::memory_order_relaxed)) {  // the driver keeps it
    request->received.frame = nullptr;
    std::atomic_ref(request->received.handler_thread).store(nullptr, std::memory_order_relaxed);
    return;
  }
  LeftTheDriver(*request);
  RetirePlain(*request);  // runs no callback
}

void Queue::CallHandler(Request& request) {
  const uint32_t id = request.trace_id();  // the handler may end the request
  const UCHAR major = request.current_stack()->MajorFunction;
  RecordEvent(framework(), trace::kRequestDeliver, id, trace_id(), major);
  RecordEvent(framework(), trace::kHandlerBegin, id, trace_id(), major | uint64_t{HasOwnHandler(callbacks_, major)} << 8);
  InvokeHandler(request);
  RecordEvent(framework(), trace::kHandlerEnd, id, trace_id());
}

void Queue::InvokeHandler(Request& request) {
  const IO_STACK_LOCATION& stack = *request.current_stack();
  const WDFREQUEST handle = request.request_handle();
  CallbackGuard guard(callback_lock());
  switch (stack.MajorFunction) {
    case IRP_MJ_READ:
      if (!callbacks_.io_read) break;
      NoteGiven(request, "EvtIoRead", callbacks_.io_read);
      nt::CallDriver("EvtIoRead", callbacks_.io_read, queue_handle(), handle, size_t{stack.Parameters.Read.Length});
      return guard.Leave();
    case IRP_MJ_WRITE:
      if (!callbacks_.io_write) break;
      NoteGiven(request, "EvtIoWrite", callbacks_.io_write);
      nt::CallDriver("EvtIoWrite", callbacks_.io_write, queue_handle(), handle, size_t{stack.Parameters.Write.Length});
      return guard.Leave();
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: {
      const bool internal = stack.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
      const auto callback = internal ? callbacks_.io_internal_device_control : callbacks_.io_device_control;
      if (!callback) break;
      const auto& p = stack.Parameters.DeviceIoControl;
      NoteGiven(request, internal ? "EvtIoInternalDeviceControl" : "EvtIoDeviceControl", callback);
      nt::CallDriver(internal ? "EvtIoInternalDeviceControl" : "EvtIoDeviceControl", callback, queue_handle(), handle,
                     size_t{p.OutputBufferLength}, size_t{p.InputBufferLength}, ULONG{p.IoControlCode});
      return guard.Leave();
    }
    default:
      break;
  }
  NoteGiven(request, "EvtIoDefault", callbacks_.io_default);
  nt::CallDriver("EvtIoDefault", callbacks_.io_default, queue_handle(), handle);
  guard.Leave();
}

}  // namespace drydock::wdf
