// Queue: a WDFQUEUE. Holds requests, delivers them, and tells the driver about stop, drain, purge, cancel and power.
// Called by:  drivers through the DDIs in wdf/queue and wdf/request, wdf/queue/device_queues.cpp, wdf/target (send and forget).
// IRQL:       <= DISPATCH_LEVEL; the waiting forms, forward-progress assignment and the power rounds: PASSIVE_LEVEL.
// Ownership:  child of its device (or of an object below it). A request on one of the lists keeps no reference on the queue; a queue
//             that is deleted while requests are at the driver keeps itself alive (`kept_`) until the last one has gone.
// Locks:      `lock_` guards everything below it in this class and the ReceivedState of each request that has this queue. Never held
//             over a callback, a completion, an event or a call into nt that can run driver code.
// Threads:    any. The delivery loop may run on several threads at once; each decision is made under `lock_`.
// Races, numbered; the functions cite them:
//   R1  cancel of a waiting request against its removal: who takes the IRP's cancel routine off wins; a remover that finds none leaves
//       the request in the list for the routine, which is on its way.
//   R2  cancel of a marked request against unmark: same rule; an unmark that loses returns STATUS_CANCELLED, and EvtRequestCancel comes.
//   R3  whatever makes something due does so under `lock_` and then enters the loop, unless `delivering_` says that another thread will
//       look again (IOX-41, IOX-45); the loop leaves only under `lock_` after it found nothing due.
//   R4  deferral against everything: at most one DPC or work item is out; it enters the loop like any other thread.
//   R5  power-down against delivery: the EvtIoStop round starts only when no thread is in the loop, and none delivers once `power_` has
//       left kOn.
// Source:     IOT section 9, IOX-39..57, OP-15..20.
#pragma once

#include <atomic>
#include <cstdint>

#include "nt/kernel.h"
#include "runtime/lock.h"
#include "wdf/object/factory.h"
#include "wdf/object/object.h"
#include "wdf/queue/queue_step.h"
#include "wdf/sync/callback_lock.h"

namespace drydock::wdf {

class Device;
class FileObject;
class Request;
struct DeviceQueues;
namespace queue {
struct ForwardProgress;
}

// An intrusive list of requests, oldest first.
struct RequestList {
  Request* first = nullptr;
  Request* last = nullptr;
  uint32_t count = 0;

  void PushBack(Request& request);
  void PushFront(Request& request);
  void InsertByStamp(Request& request);  // back to where its stamp belongs
  void Remove(Request& request);
  bool empty() const { return first == nullptr; }
};

struct QueueCallbacks {
  PFN_WDF_IO_QUEUE_IO_DEFAULT io_default = nullptr;
  PFN_WDF_IO_QUEUE_IO_READ io_read = nullptr;
  PFN_WDF_IO_QUEUE_IO_WRITE io_write = nullptr;
  PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL io_device_control = nullptr;
  PFN_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL io_internal_device_control = nullptr;
  PFN_WDF_IO_QUEUE_IO_STOP io_stop = nullptr;
  PFN_WDF_IO_QUEUE_IO_RESUME io_resume = nullptr;
  PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE io_canceled_on_queue = nullptr;
};

// Who is told when a change of state is complete: one slot for stop and stop-and-purge, one for drain and purge (IOX-48).
struct StateSlot {
  PFN_WDF_IO_QUEUE_STATE callback = nullptr;
  WDFCONTEXT context = nullptr;
  KEVENT* waiter = nullptr;  // of the waiting form, on its stack
  bool serialised = false;   // the callback runs under the callback lock (IOX-49)
  bool taken() const { return callback != nullptr || waiter != nullptr; }
};

// A handler that is on some stack with the request it was given. While the request is with it, completing the request on the same thread
// only says so here: the handler's return takes it off the queue's books, under the lock that it takes anyway.
struct DeliveryFrame {
  const nt::Thread* thread = nullptr;
  Request* request = nullptr;      // null: left the driver by another way meanwhile (under the queue's lock)
  std::atomic<bool> gone{false};   // completed inside the handler
  DeliveryFrame* next = nullptr;   // the queue's frames
};

enum class QueuePower : uint8_t {
  kOff,       // managed: the device is not in D0, or was never started ("held by PnP")
  kStarting,  // EvtIoResume round
  kOn,        // or not managed
  kStopping,  // no new deliveries; waits for handlers, then the EvtIoStop(Suspend) round
  kPurging,   // removal: EvtIoStop(Purge) round
};

class Queue final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kQueue;

  enum class Entry : uint8_t { kArrival, kSelfTarget, kForward, kEnqueue };
  // Who enters the loop. kNewWork: arrivals, forwards, enqueue, requeue, start, ready notify (IOX-42). kEvent: everything else; left to
  // a thread that is in the loop already (IOX-41).
  enum class RunBy : uint8_t { kNewWork, kEvent };
  enum class Change : uint8_t { kStop, kDrain, kPurge, kStopAndPurge };

  Queue() = default;
  ~Queue() override;

  WDFQUEUE queue_handle() const { return reinterpret_cast<WDFQUEUE>(handle()); }
  Device& owner() const { return *device_; }
  bool power_managed() const { return power_managed_; }
  bool is_default() const { return is_default_; }
  bool bound_to_type() const { return bound_to_type_; }
  const QueueCallbacks& callbacks() const { return callbacks_; }
  WDF_IO_QUEUE_DISPATCH_TYPE dispatch_type() const { return dispatch_type_; }
  queue::ForwardProgress* forward_progress() const { return forward_progress_; }
  void SetForwardProgress(queue::ForwardProgress* progress) { forward_progress_ = progress; }

  // --- requests in and out ---
  // Takes the request in, delivers it at once if it can. Not accepting: STATUS_WDF_BUSY, nothing changed.
  NTSTATUS Insert(Request& request, Entry entry);
  // Back to the head of this queue (WdfRequestRequeue); always taken.
  void PutBack(Request& request);
  // The same for a request that was completed inside its handler, on the handler's thread: true if that was the case.
  static bool GoneInHandler(Request& request);
  // A request that was at the driver has gone (completed, sent for good); `request` is not touched after this returns.
  void Gone(Request& request);
  // Forwarding, in two halves: off the list but still counted; then gone, or back because the destination did not take it (IOX-57).
  void BeginLeaving(Request& request);
  void EndLeaving(Request* back);
  // Takes one waiting request for the driver: the first, the first of a file, or exactly `found`; `nothing` is the status if there is
  // none (OP-19).
  NTSTATUS Retrieve(PFILE_OBJECT file, Request* found, NTSTATUS nothing, Request** out);
  NTSTATUS Find(Request* after, PFILE_OBJECT file, WDF_REQUEST_PARAMETERS* parameters, Request** out);
  void CancelOfFile(PFILE_OBJECT file);

  // --- cancel marks of requests at the driver (cancel.cpp) ---
  NTSTATUS MarkCancelable(Request& request, PFN_WDF_REQUEST_CANCEL callback, bool ex);
  NTSTATUS UnmarkCancelable(Request& request);
  void DropMark(Request& request);           // completed while marked: the driver's mistake (IOT-5.10)
  bool Acknowledge(Request& request, bool requeue);  // WdfRequestStopAcknowledge; false: not inside EvtIoStop

  // --- state changes (states.cpp) ---
  void Start();
  void Begin(Change change, PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context, bool wait);
  NTSTATUS ReadyNotify(PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context);
  WDF_IO_QUEUE_STATE State(ULONG* waiting, ULONG* at_driver);
  bool accepting();

  // --- power, on the power thread (power.cpp); each step for all queues before the next ---
  void StopDelivering(QueuePower why);
  void WaitForHandlers();
  void StopRound();    // EvtIoStop with the flag that `why` means, waits until everything was completed or acknowledged
  void PowerOn();      // EvtIoResume, then delivery
  void PurgeAll() { CancelEverything(true); }
  // (U) The driver's host has ended (host_end.cpp). False: nothing could be completed now; `left`: something is there still.
  bool EndOne(NTSTATUS status, bool* left);
  void CancelSent();
  void LookAgain() { Run(RunBy::kEvent); }

 protected:
  friend struct QueueBuilder;                    // create.cpp
  friend DeviceQueues;
  bool DriverMayDelete() const override { return !is_default_ && !bound_to_type_ && !parents_interrupt_; }
  CallbackLock* presentation_lock() override { return callback_lock_ ? callback_lock_ : &own_lock_; }
  void OnDispose() override;                     // purges, leaves the device's list
  void OnCleanedUp() override;

 public:
  void ParentsAnInterrupt() { parents_interrupt_ = true; }  // DEVX-4

 private:
  bool parents_interrupt_ = false;
  // deliver.cpp
  void Run(RunBy by);
  void RunLocked() RT_RELEASE(lock_);
  void ReleaseLock() RT_RELEASE(lock_);  // also wakes the power thread and ends a deleted queue whose last request has gone
  queue::Facts FactsNow() const RT_REQUIRES(lock_);
  // True on the way out of most handlers: none of the facts that make something due holds, whatever the others are.
  bool Quiet() const RT_REQUIRES(lock_);
  queue::Due Next() const RT_REQUIRES(lock_) { return Quiet() ? queue::Due::kNothing : queue::NextDue(FactsNow()); }
  bool MustDefer() const;
  void Defer() RT_RELEASE(lock_);
  static void RunDeferredDpc(PKDPC dpc, PVOID context, PVOID, PVOID);
  static void RunDeferredWork(PVOID context);
  void Perform(queue::Due due) RT_REQUIRES(lock_);
  void Deliver(Request& request) RT_REQUIRES(lock_);
  void Present(Request& request) RT_REQUIRES(lock_);
  void CallHandler(Request& request);
  void EndFrame(DeliveryFrame& frame) RT_REQUIRES(lock_);
  void InvokeHandler(Request& request);
  void CallState(const StateSlot& slot);
  void TellOneRoundRequest() RT_REQUIRES(lock_);
  void PutBackAcknowledged() RT_REQUIRES(lock_);
  void AcceptAfterRemoval() RT_REQUIRES(lock_);

  // cancel.cpp
  static void CancelWaiting(PDEVICE_OBJECT device, PIRP irp);
  static void CancelMarked(PDEVICE_OBJECT device, PIRP irp);
  // Makes a waiting request cancelable. False: it was cancelled before, and is out of the list again.
  bool ArmWaiting(Request& request) RT_REQUIRES(lock_);
  // Takes a waiting request out of the list, unless a cancel has its hands on it (R1).
  bool TakeWaiting(Request& request) RT_REQUIRES(lock_);
  Request* TakeFirst(PFILE_OBJECT file) RT_REQUIRES(lock_);
  // For a request that a cancel took: true if EvtIoCanceledOnQueue will be called for it; else the caller completes it without the lock.
  bool KeepForCanceledOnQueue(Request& request) RT_REQUIRES(lock_);
  void BeginCancel(Request& request) RT_REQUIRES(lock_);
  void CancelEverything(bool and_marked);
  RequestList TakeForCancel(PFILE_OBJECT file) RT_REQUIRES(lock_);  // what KeepForCanceledOnQueue did not keep; counted in being_completed_
  void CompleteCanceled(Request& request);  // counted in being_completed_ before; ends with Run

  void LeftTheDriver(Request& request) RT_REQUIRES(lock_);
  // Requests at the driver: what a handler completed and still has on its frame is gone already (IOX-43).
  uint32_t AtDriver() const RT_REQUIRES(lock_);
  bool AwaitsAcknowledgement() const RT_REQUIRES(lock_);
  void Fatal(NTSTATUS status, Request* request);

  Device* device_ = nullptr;
  Queue* next_of_device_ = nullptr;
  Queue* previous_of_device_ = nullptr;

  // fixed at creation
  QueueCallbacks callbacks_;
  WDF_IO_QUEUE_DISPATCH_TYPE dispatch_type_ = WdfIoQueueDispatchInvalid;
  uint32_t limit_ = 0;  // requests at the driver at once
  bool power_managed_ = false;
  bool allow_zero_length_ = false;
  bool is_default_ = false;
  bool bound_to_type_ = false;
  queue::ForwardProgress* forward_progress_ = nullptr;
  CallbackLock own_lock_;  // scope Queue, and WdfObjectAcquireLock
  KDPC dpc_ = {};
  WORK_QUEUE_ITEM work_ = {};
  KEVENT power_event_ = {};  // the power thread waits here
  WDF_QUEUE_FATAL_ERROR_DATA fatal_ = {};

  mutable rt::Lock lock_;
  bool accepting_ = true;
  bool dispatching_ = true;
  bool purge_waits_ = false;  // IOX-46
  bool purged_for_removal_ = false;  // accepted until then
  bool deleted_ = false;
  bool kept_ = false;
  bool holds_power_ = false;
  bool deferred_ = false;     // R4
  bool ready_due_ = false;
  bool power_waiting_ = false;  // somebody waits for power_event_
  bool round_ = false;          // EvtIoStop or EvtIoResume calls are being made
  QueuePower power_ = QueuePower::kOn;
  uint32_t delivering_ = 0;        // threads in the loop
  uint32_t handlers_running_ = 0;
  DeliveryFrame* frames_ = nullptr;
  uint32_t being_canceled_ = 0;    // in waiting_, but left to a cancel routine (R1)
  uint32_t round_due_ = 0;         // requests whose call of this round is still to come
  uint32_t being_completed_ = 0;   // cancelled in the queue, off the list, IRP not yet completed
  uint32_t leaving_ = 0;           // being forwarded: off the list, not yet counted as gone (IOX-57)
  uint64_t next_stamp_ = 0;        // order in which requests came to the driver
  RequestList waiting_;
  RequestList at_driver_;          // longest-held first
  RequestList canceled_;           // EvtIoCanceledOnQueue due
  Request* first_cancel_ = nullptr;  // EvtRequestCancel due, oldest first
  Request* last_cancel_ = nullptr;
  StateSlot stop_slot_;
  StateSlot drain_slot_;
  PFN_WDF_IO_QUEUE_STATE ready_callback_ = nullptr;
  WDFCONTEXT ready_context_ = nullptr;
  const nt::Thread* round_thread_ = nullptr;
};

}  // namespace drydock::wdf
