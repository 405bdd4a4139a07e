// ForwardProgress: reserved request objects of a queue, so that it can go on when none can be made (IOT-9.52 to 9.54, OP-32).
// Called by:  WdfIoQueueAssignForwardProgressPolicy, the arrival path (device_queues.cpp), the end of reserved requests.
// IRQL:       assignment: PASSIVE_LEVEL; the rest <= DISPATCH_LEVEL. The driver's callbacks run without the callback lock (IOX-49).
// Ownership:  the queue's. A reserved request is in `free` or in use; it keeps its contexts, and its cleanup and destroy callbacks run
//             only when the queue goes.
// Locks:      `lock` guards both lists; never held over a callback.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/lock.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class Device;
class Queue;
class Request;

namespace queue {

struct ForwardProgress {
  WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY policy = WdfIoForwardProgressInvalidPolicy;
  PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS examine = nullptr;
  PFN_WDF_IO_ALLOCATE_REQUEST_RESOURCES allocate_resources = nullptr;
  PFN_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST allocate_reserved_resources = nullptr;
  ULONG total = 0;

  rt::Lock lock;
  Request* free = nullptr;     // linked through received.next
  LIST_ENTRY waiting_irps = {};  // IRPs without a request, oldest first, linked through Tail.Overlay.ListEntry, cancelable
  Queue* owner = nullptr;
  std::atomic<uint32_t> arrivals{0};  // counted only while EnhancedVerifierOptions makes some of them fail
};

NTSTATUS AssignForwardProgress(Queue& queue, const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY& policy);

// A request for an arriving IRP, by the queue's policy if it has one (`queue` may be null). STATUS_PENDING: the IRP waits for a reserved
// request and will be put into the queue then; errors: the caller completes the IRP with that status.
NTSTATUS RequestForArrival(Device& device, Queue* queue, PIRP irp, Request** out);

// A reserved request has ended: it serves the next waiting IRP or becomes free.
void ReturnReserved(Request& request);

// The queue goes: its reserved requests and IRPs that wait.
void DestroyForwardProgress(Queue& queue);

}  // namespace queue
}  // namespace drydock::wdf
