// Request: a WDFREQUEST, received from above, made by the driver, or made around a driver's IRP.
// Called by:  wdf/queue (arrival, delivery, completion of received requests), wdf/target (everything that is sent).
// IRQL:       <= DISPATCH_LEVEL.
// Ownership:  a received request is made when its IRP arrives, has no parent, and ends when the IRP is completed or sent away for
//             good. A driver-made one is an ordinary child and ends with Delete. `irp` is valid until completion.
// Locks:      ReceivedState is guarded by the lock of `received.queue` while the request is in one; without a queue it belongs to the
//             one thread that has the request. SentState: see sent_state.h.
// Threads:    the driver owns a request on one thread at a time; cancel comes from any thread (wdf/queue/queue_cancel.cpp).
// Source:     IOT sections 5 and 7, IOX-39..47, IOX-58, IOX-59.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wdf/object/factory.h"
#include "wdf/request/sent_state.h"

namespace drydock::wdf {

class Device;
class FileObject;
class Memory;
class Queue;
class Request;
struct DeliveryFrame;
struct RequestBuffers;

enum class Origin : uint8_t {
  kReceived,    // made by us for an IRP that arrived
  kDriverMade,  // WdfRequestCreate
  kFromIrp,     // WdfRequestCreateFromIrp
  kFramework,   // made by us to send something (synchronous sends without a request, readers)
};

// Where a request is, seen from the receiving side.
enum class Place : uint8_t {
  kNone,             // no queue has to do with it
  kInCaller,         // at EvtIoInCallerContext: the driver's, but of no queue yet
  kWaiting,          // in received.queue, not delivered
  kCanceledOnQueue,  // taken out of the queue by a cancel; EvtIoCanceledOnQueue is due
  kDriver,           // delivered: the driver's (also while it is out at a target)
  kCompleted,        // IRP gone
};

// What a power-down or removal round has done about a request that the driver holds.
enum class StopState : uint8_t { kNone, kDue, kCalled, kAcknowledged };

// A place that others may look at without the queue's lock: they see it late at worst.
class AtomicPlace {
 public:
  AtomicPlace() = default;
  AtomicPlace(const AtomicPlace& other) : place_(Place{other}) {}
  AtomicPlace& operator=(const AtomicPlace& other) { return *this = Place{other}; }
  operator Place() const { return place_.load(std::memory_order_relaxed); }
  AtomicPlace& operator=(Place place) {
    place_.store(place, std::memory_order_relaxed);
    return *this;
  }

 private:
  std::atomic<Place> place_{Place::kNone};
};

struct ReceivedState {
  Queue* queue = nullptr;       // waits there, or was delivered from there
  Queue* home = nullptr;        // reserved: the queue whose pool it belongs to
  Queue* intended = nullptr;    // at EvtIoInCallerContext: where WdfDeviceEnqueueRequest puts it, null: by type
  Request* next = nullptr;      // neighbours in the one list of `queue` that it is on
  Request* previous = nullptr;
  Request* next_cancel = nullptr;           // in the queue's list of EvtRequestCancel calls that are due
  PFN_WDF_REQUEST_CANCEL on_cancel = nullptr;  // EvtRequestCancel of the present mark
  RequestBuffers* buffers = nullptr;  // memory objects, built MDLs, locked pages: made at first demand (wdf/request/buffers.h)
  uint64_t stamp = 0;            // order in which it came to the driver
  DeliveryFrame* frame = nullptr;        // of the handler that was given it, while that runs
  const void* handler_thread = nullptr;  // ... and on which thread: who asks is on it or does not care
  AtomicPlace place;
  StopState stop = StopState::kNone;
  bool canceled_told = false;    // EvtIoCanceledOnQueue has been called for it
  bool presented = false;        // the driver has had it before (OP-17)
  bool cancelable = false;       // marked by the driver, its cancel has not begun
  bool cancel_begun = false;     // EvtRequestCancel is due or has been called for the present mark
  bool cancel_queued = false;    // on the queue's list of EvtRequestCancel calls
  bool being_canceled = false;   // waits, but a cancel routine has its hands on it (queue.h, R1)
  bool reserved = false;         // preallocated by a forward-progress policy
  bool stop_requeue = false;     // acknowledged with Requeue
  bool in_caller_context = false;  // EvtIoInCallerContext is on the stack with it (7.28)
  bool activity_set = false;     // (U)
};

class Request final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kRequest;

  WDFREQUEST request_handle() const { return reinterpret_cast<WDFREQUEST>(handle()); }
  bool is_received() const { return origin == Origin::kReceived; }
  PIO_STACK_LOCATION current_stack() const { return IoGetCurrentIrpStackLocation(irp); }

  PIRP irp = nullptr;  // the same as sent.irp
  Device* target_device = nullptr;   // received: the device it arrived at; else the creator's device, may be null
  Origin origin = Origin::kReceived;

  ReceivedState received;
  SentState sent;
  GUID activity = {};   // (U) WdfRequestSetActivityId

  // --- the end of a received request (complete.cpp) ---
  // WdfRequestComplete: cleanup callbacks, buffer reference check, IRP upward, queue goes on (IOX-58). Ends the caller's use of it.
  void Complete(NTSTATUS status, CCHAR priority_boost);
  // SEND_AND_FORGET (IOX-17): Begin runs the cleanup callbacks and releases buffers; the caller then calls the lower driver with
  // the IRP that Begin returned; End lets the queue go on and the handle die.
  PIRP BeginSendAndForget();
  void EndSendAndForget();

  Request() = default;
  ~Request() override = default;

  // Nothing but the object itself is to be ended: no callbacks, children, buffers, references of others.
  bool IsPlain() const;

 protected:
  friend struct RequestCache;  // receive.cpp
  void OnDispose() override;    // a driver-made request leaves its queue
  void OnCleanedUp() override;  // what the send half holds is freed
};

}  // namespace drydock::wdf
