#include "wdf/queue/forward_progress.h"

#include <new>

#include "nt/driver_callback.h"
#include "runtime/assert.h"
#include "wdf/device/device.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/receive.h"
#include "wdf/request/request.h"
#include "wdf/request/send.h"

namespace drydock::wdf::queue {

namespace {

Request* TakeReserved(ForwardProgress& progress) {
  rt::LockGuard guard(progress.lock);
  Request* request = progress.free;
  if (request) {
    progress.free = request->received.next;
    request->received.next = nullptr;
  }
  return request;
}

// Cancel of an IRP that waits for a reserved request.
void CancelWaitingIrp(PDEVICE_OBJECT, PIRP irp) {
  Queue& queue = *static_cast<Queue*>(irp->Tail.Overlay.DriverContext[0]);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  {
    rt::LockGuard guard(queue.forward_progress()->lock);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
  }
  CompleteIrp(queue.owner(), irp, STATUS_CANCELLED);
}

// The oldest IRP that no cancel has its hands on.
PIRP TakeIrp(ForwardProgress& progress) {
  rt::LockGuard guard(progress.lock);
  for (LIST_ENTRY* entry = progress.waiting_irps.Flink; entry != &progress.waiting_irps; entry = entry->Flink) {
    PIRP irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (IoSetCancelRoutine(irp, nullptr) == nullptr) continue;
    RemoveEntryList(entry);
    return irp;
  }
  return nullptr;
}

// STATUS_PENDING: waits. STATUS_CANCELLED: was cancelled before; the caller completes it.
NTSTATUS WaitForReserved(Queue& queue, PIRP irp) {
  ForwardProgress& progress = *queue.forward_progress();
  IoMarkIrpPending(irp);
  rt::LockGuard guard(progress.lock);
  irp->Tail.Overlay.DriverContext[0] = &queue;
  InsertTailList(&progress.waiting_irps, &irp->Tail.Overlay.ListEntry);
  IoSetCancelRoutine(irp, CancelWaitingIrp);
  if (IsIrpCancelled(irp) && IoSetCancelRoutine(irp, nullptr) != nullptr) {
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    return STATUS_CANCELLED;
  }
  return STATUS_PENDING;
}

bool IsPaging(PIRP irp) { return (irp->Flags & (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO)) != 0; }

bool MayUseReserved(Queue& queue, PIRP irp) {
  const ForwardProgress& progress = *queue.forward_progress();
  switch (progress.policy) {
    case WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest: return true;
    case WdfIoForwardProgressReservedPolicyPagingIO: return IsPaging(irp);
    case WdfIoForwardProgressReservedPolicyUseExamine:
      return nt::CallDriver("EvtIoWdmIrpForForwardProgress", progress.examine, queue.queue_handle(), irp) ==
             WdfIoForwardProgressActionUseReservedRequest;
    default: return false;
  }
}

// (V) The driver's forward progress is exercised: no request can be allocated, or every other one by chance (VER-16).
bool Exercised(DriverGlobals& globals, ForwardProgress& progress) {
  const uint32_t options = globals.options.enhanced_options;
  if (options & kForwardProgressAll) return true;
  if (!(options & kForwardProgressRandom)) return false;
  // Chance is the same in each run of a machine: a multiplicative hash of the arrival's number.
  const uint32_t arrival = progress.arrivals.fetch_add(1, std::memory_order_relaxed);
  return ((arrival + 1) * 2654435761u >> 31) != 0;
}

}  // namespace

NTSTATUS RequestForArrival(Device& device, Queue* queue, PIRP irp, Request** out) {
  ForwardProgress* progress = queue ? queue->forward_progress() : nullptr;
  const bool exercised = __builtin_expect(progress != nullptr, 0) && Exercised(device.globals(), *progress);
  NTSTATUS status = exercised ? STATUS_INSUFFICIENT_RESOURCES : CreateReceived(device, irp, out);
  if (__builtin_expect(!progress, 1)) return status;
  if (NT_SUCCESS(status)) {
    if (!progress->allocate_resources) return status;
    Request& fresh = **out;
    fresh.received.place = Place::kInCaller;
    status = nt::CallDriver("EvtIoAllocateRequestResources", progress->allocate_resources, queue->queue_handle(), fresh.request_handle());
    fresh.received.place = Place::kNone;
    if (NT_SUCCESS(status)) return status;
    // The driver has seen this one: its cleanup callbacks run.
    fresh.irp = nullptr;
    fresh.sent.irp = nullptr;
    fresh.Delete();
  }
  // OP-32: the same from here on, whichever of the two failed.
  *out = nullptr;
  if (!MayUseReserved(*queue, irp)) return STATUS_UNSUCCESSFUL;
  if (Request* reserved = TakeReserved(*progress)) {
    AttachIrp(*reserved, irp);
    *out = reserved;
    return STATUS_SUCCESS;
  }
  return WaitForReserved(*queue, irp);
}

void ReturnReserved(Request& request) {
  Queue* home = request.received.home;
  ForwardProgress& progress = *home->forward_progress();
  // As new, except for contexts, and what belongs to the pool.
  request.received = ReceivedState{};
  request.received.reserved = true;
  request.received.home = home;
  request.irp = nullptr;
  request.sent.irp = nullptr;
  ResetSentState(request.sent);
  if (PIRP irp = TakeIrp(progress)) {
    AttachIrp(request, irp);
    if (!NT_SUCCESS(home->Insert(request, Queue::Entry::kArrival))) CompleteUndelivered(request, STATUS_INVALID_DEVICE_STATE, 0);
    return;
  }
  rt::LockGuard guard(progress.lock);
  request.received.next = progress.free;
  progress.free = &request;
}

NTSTATUS AssignForwardProgress(Queue& queue, const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy) {
  if (queue.forward_progress()) return STATUS_INVALID_DEVICE_REQUEST;
  ForwardProgress* progress = new (std::nothrow) ForwardProgress;
  if (!progress) return STATUS_INSUFFICIENT_RESOURCES;
  progress->owner = &queue;
  progress->policy = policy.ForwardProgressReservedPolicy;
  progress->examine = policy.ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress;
  progress->allocate_resources = policy.EvtIoAllocateRequestResources;
  progress->allocate_reserved_resources = policy.EvtIoAllocateResourcesForReservedRequest;
  InitializeListHead(&progress->waiting_irps);
  NTSTATUS status = STATUS_SUCCESS;
  for (; progress->total < policy.TotalForwardProgressRequests; ++progress->total) {
    Request* request = nullptr;
    status = CreateEmpty(queue.owner(), &request);
    if (!NT_SUCCESS(status)) break;
    request->received.reserved = true;
    request->received.home = &queue;
    if (progress->allocate_reserved_resources) {
      status = nt::CallDriver("EvtIoAllocateResourcesForReservedRequest", progress->allocate_reserved_resources, queue.queue_handle(),
                              request->request_handle());
      if (!NT_SUCCESS(status)) {
        request->Delete();
        break;
      }
    }
    // The pool is used in the order in which it was made.
    Request** link = &progress->free;
    while (*link) link = &(*link)->received.next;
    *link = request;
  }
  queue.SetForwardProgress(progress);
  if (!NT_SUCCESS(status)) DestroyForwardProgress(queue);
  return status;
}

void DestroyForwardProgress(Queue& queue) {
  ForwardProgress* progress = queue.forward_progress();
  if (!progress) return;
  for (bool empty = false; !empty;) {
    while (PIRP irp = TakeIrp(*progress)) CompleteIrp(queue.owner(), irp, STATUS_CANCELLED);
    {
      rt::LockGuard guard(progress->lock);
      empty = IsListEmpty(&progress->waiting_irps);
    }
    if (!empty) queue.framework().kernel.executor.Yield();  // a cancel has its hands on the rest
  }
  while (Request* request = TakeReserved(*progress)) {
    DisposeSentState(request->sent);
    request->Delete();
  }
  queue.SetForwardProgress(nullptr);
  delete progress;
}

}  // namespace drydock::wdf::queue
