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
#include <cstdint>

#include "wdf/object/object.h"
#include "wdf/request/sent_state.h"

namespace drydock::wdf {

class Device;
class FileObject;
class Memory;
class Queue;
class Request;

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

struct ReceivedState {
  Queue* queue = nullptr;       // waits there, or was delivered from there
  Request* next = nullptr;      // neighbours in the one list of `queue` that it is on
  Request* previous = nullptr;
  Request* next_cancel = nullptr;           // in the queue's list of EvtRequestCancel calls that are due
  PFN_WDF_REQUEST_CANCEL on_cancel = nullptr;  // EvtRequestCancel of the present mark
  FileObject* file = nullptr;
  Memory* input_memory = nullptr;   // made at first demand; one reference is ours
  Memory* output_memory = nullptr;
  PMDL system_buffer_mdl = nullptr;  // built over the system buffer at first demand (IOX-59)
  void* separate_output = nullptr;   // (U) output of a buffered IOCTL, copied back on success (IOT-7.24)
  void* locked_pages = nullptr;      // memory made by probe-and-lock
  Place place = Place::kNone;
  StopState stop = StopState::kNone;
  bool presented = false;        // the driver has had it before (OP-17)
  bool cancelable = false;       // marked by the driver, its cancel has not begun
  bool cancel_begun = false;     // EvtRequestCancel is due or has been called for the present mark
  bool reserved = false;         // preallocated by a forward-progress policy
  bool stop_requeue = false;     // acknowledged with Requeue
  bool paging = false;
  bool from_self_target = false;
  bool activity_set = false;     // (U)
  bool user_mode_driver_initiated = false;  // (U)
};

class Request final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kRequest;

  WDFREQUEST request_handle() const { return reinterpret_cast<WDFREQUEST>(handle()); }
  bool is_received() const { return origin == Origin::kReceived; }
  PIO_STACK_LOCATION current_stack() const { return IoGetCurrentIrpStackLocation(irp); }

  PIRP irp = nullptr;
  Device* target_device = nullptr;   // received: the device it arrived at; else the creator's device, may be null
  Origin origin = Origin::kReceived;
  // The framework's own cancel mark (purge, delivered cancel, WdfRequestCancelSentRequest): OP-10, IOX-12. Cleared by reuse.
  std::atomic<bool> canceled{false};
  NTSTATUS status = 0;  // what WdfRequestGetStatus tells when there is no IRP or the last send was refused; written by wdf/target

  ReceivedState received;
  SentState sent;
  GUID activity = {};   // (U) WdfRequestSetActivityId

  // --- completion of a received request (wdf/request/complete.cpp) ---
  // WdfRequestComplete: cleanup callbacks, buffer reference check, IRP upward, queue goes on (IOX-58). Ends the caller's use of it.
  void Complete(NTSTATUS status, CCHAR priority_boost);
  // SEND_AND_FORGET (IOX-17): Begin runs the cleanup callbacks and releases buffers; the caller then calls the lower driver with
  // `irp`; End lets the queue go on and the handle die. Between them `irp` belongs to the lower driver.
  void BeginSendAndForget();
  void EndSendAndForget();

 protected:
  friend struct ObjectAccess;
  friend struct RequestAccess;  // wdf/request: caches
  Request() = default;
  ~Request() override = default;
  void OnDispose() override;    // request_dispose.cpp: driver-made requests hand over to wdf/target
  void OnCleanedUp() override;
};

}  // namespace drydock::wdf
