// WdfIoQueueRetrieve... and WdfIoQueueFindRequest.
#include "nt/thread.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/parameters.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"
#include "wdf/trace.h"

namespace drydock::wdf {

namespace queue {
bool IsZeroLength(PIRP irp);
}

NTSTATUS Queue::Retrieve(PFILE_OBJECT file, Request* found, NTSTATUS nothing, Request** out) {
  *out = nullptr;
  nt::CurrentKernel().executor.SchedulePoint();
  for (;;) {
    lock_.Acquire();
    if (!dispatching_ || power_ == QueuePower::kOff) {  // OP-19
      ReleaseLock();
      return STATUS_WDF_PAUSED;
    }
    Request* request = nullptr;
    if (!found) {
      request = TakeFirst(file);
    } else if (found->received.queue == this && found->received.place == Place::kWaiting && TakeWaiting(*found)) {
      request = found;
    }
    if (!request) {
      ReleaseLock();
      return nothing;
    }
    if (!allow_zero_length_ && queue::IsZeroLength(request->irp)) {  // IOX-50
      ++being_completed_;
      lock_.Release();
      CompleteUndelivered(*request, STATUS_SUCCESS, 0);
      lock_.Acquire();
      --being_completed_;
      if (delivering_ != 0) {
        ReleaseLock();
      } else {
        RunLocked();
      }
      continue;
    }
    Present(*request);
    ReleaseLock();
    RecordEvent(framework(), trace::kRequestDeliver, request->trace_id(), trace_id(), request->current_stack()->MajorFunction);
    *out = request;
    return STATUS_SUCCESS;
  }
}

// IOX-53: on stopped and powered-off queues too; requests that a cancel has its hands on are skipped.
NTSTATUS Queue::Find(Request* after, PFILE_OBJECT file, WDF_REQUEST_PARAMETERS* parameters, Request** out) {
  *out = nullptr;
  if (dispatch_type_ != WdfIoQueueDispatchManual) return STATUS_INVALID_DEVICE_REQUEST;
  rt::LockGuard guard(lock_);
  Request* request = waiting_.first;
  if (after) {
    if (after->received.queue != this || after->received.place != Place::kWaiting) return STATUS_NOT_FOUND;
    request = after->received.next;
  }
  for (; request; request = request->received.next) {
    if (request->received.being_canceled || IsIrpCancelled(request->irp)) continue;
    if (file && request->current_stack()->FileObject != file) continue;
    if (parameters) FillParameters(*request, parameters);
    request->AddRef();
    *out = request;
    return STATUS_SUCCESS;
  }
  return STATUS_NO_MORE_ENTRIES;
}

}  // namespace drydock::wdf
