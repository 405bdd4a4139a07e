// (U) The end of a host: requests that its drivers hold, and those that wait for them, are completed by the framework (UM-05).
// Called by:  wdf/um, on a system worker, when no call into the drivers is under way and none begins any more.
#include "nt/thread.h"
#include "wdf/device/device.h"
#include "wdf/queue/device_queues.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"

namespace drydock::wdf {

bool Queue::EndOne(NTSTATUS status, bool* left) {
  lock_.Acquire();
  accepting_ = false;
  if (Request* request = TakeFirst(nullptr)) {
    ++being_completed_;
    lock_.Release();
    CompleteUndelivered(*request, status, 0);
    lock_.Acquire();
    --being_completed_;
    if (delivering_ != 0) {
      ReleaseLock();
    } else {
      RunLocked();
    }
    return true;
  }
  for (Request* request = at_driver_.first; request; request = request->received.next) {
    ReceivedState& r = request->received;
    if (r.place != Place::kDriver || request->sent.out() || r.cancel_queued) continue;
    if (r.cancelable) {
      if (IoSetCancelRoutine(request->irp, nullptr) == nullptr) continue;  // R2: its cancel comes first
      r.cancelable = false;
    }
    Ref<Request> keep(request);
    lock_.Release();
    request->irp->IoStatus.Information = 0;
    request->Complete(status, IO_NO_INCREMENT);
    return true;
  }
  *left |= !waiting_.empty() || !canceled_.empty() || AtDriver() != 0;
  ReleaseLock();
  return false;
}

void Queue::CancelSent() {
  for (uint32_t skip = 0;; ++skip) {
    Ref<Request> sent;
    {
      rt::LockGuard guard(lock_);
      Request* request = at_driver_.first;
      for (uint32_t i = 0; request && i < skip; ++i) request = request->received.next;
      if (!request) return;
      if (request->sent.out()) sent = Ref<Request>(request);
    }
    if (sent) CancelRequest(sent->sent);
  }
}

namespace queue {

void CancelSentBy(Device& device) {
  for (Ref<Queue>& queue : device.queues().All()) queue->CancelSent();
}

void EndForHost(Device& device, NTSTATUS status) {
  constexpr int kPatienceMs = 60'000;  // for lower drivers that have to give back what was sent to them
  for (int waited = 0; waited < kPatienceMs; ++waited) {
    bool left = false;
    for (Ref<Queue>& queue : device.queues().All()) {
      while (queue->EndOne(status, &left)) {
      }
    }
    if (!left) return;
    CancelSentBy(device);
    LARGE_INTEGER interval;
    interval.QuadPart = -10'000;
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
  }
}

}  // namespace queue
}  // namespace drydock::wdf
