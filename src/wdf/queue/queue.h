// Queue: a WDFQUEUE. Holds requests, delivers them, and tells the driver about stop, drain, purge, cancel and power.
// Called by:  drivers through wdf/queue/*_api.cpp, wdf/queue/device_queues.cpp, wdf/request (completion, forwarding), wdf/target.
// IRQL:       <= DISPATCH_LEVEL; the waiting forms and forward-progress assignment: PASSIVE_LEVEL.
// Ownership:  child of its device (or of an object below it). A request on one of the lists is kept by the list; the request keeps
//             no reference on the queue: a queue with requests is never freed, because deletion purges and waits.
// Locks:      `lock` guards everything below it in this class and the ReceivedState of each request on the lists. Never held over a
//             callback, a completion or a call into nt that can run driver code.
// Threads:    any. The delivery loop may run on several threads at once; each decision is made under `lock`.
// Races, numbered; the functions cite them:
//   R1  cancel of a waiting request against its removal: who takes the IRP's cancel routine off wins; a remover that finds none leaves
//       the request in the list for the routine, which is on its way.
//   R2  cancel of a marked request against unmark or completion: same rule; the loser of unmark gets STATUS_CANCELLED.
//   R3  an end of a handler, completion, cancel or state change against a delivery loop that is about to leave: the loop leaves only
//       under `lock` after finding nothing due, and whoever makes something due does so under `lock` and then enters the loop, unless
//       `delivering` says that another thread will look again (IOX-41, IOX-45).
//   R4  deferral against everything: at most one DPC or work item is out; it enters the loop like any other thread.
//   R5  power-down against delivery: the round starts only when no handler runs, and none can start once `power` has left kOn.
// Source:     IOT section 9, IOX-39..57, OP-15..20.
#pragma once

#include <cstdint>

#include "nt/kernel.h"
#include "runtime/lock.h"
#include "wdf/object/object.h"
#include "wdf/queue/queue_step.h"

namespace drydock::wdf {

class Device;
class Request;
struct ForwardProgress;

// An intrusive list of requests, oldest first.
struct RequestList {
  Request* first = nullptr;
  Request* last = nullptr;
  uint32_t count = 0;

  void PushBack(Request& request);
  void PushFront(Request& request);
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
  KEVENT* waiter = nullptr;  // of the waiting form
  bool taken() const { return callback != nullptr || waiter != nullptr; }
};

enum class QueuePower : uint8_t {
  kOff,       // managed: the device is not in D0, or was never started ("held by PnP")
  kStarting,  // EvtIoResume round
  kOn,        // or not managed
  kStopping,  // no new deliveries; waits for handlers, then EvtIoStop(Suspend) round
  kPurging,   // removal: EvtIoStop(Purge) round
};

class Queue final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kQueue;

  WDFQUEUE queue_handle() const { return reinterpret_cast<WDFQUEUE>(handle()); }
  Device& owner() const { return *device_; }
  bool power_managed() const { return power_managed_; }

 protected:
  friend struct ObjectAccess;
  friend struct QueueAccess;  // the files of wdf/queue and the moving half of wdf/request
  Queue() = default;
  ~Queue() override;
  void OnDispose() override;  // purges, waits, leaves the device's list

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
  ForwardProgress* forward_progress_ = nullptr;

  rt::Lock lock_;
  bool accepting_ = true;
  bool dispatching_ = true;
  bool purge_waits_ = false;     // IOX-46: a purge or stop-and-purge has not been reported yet
  bool deleted_ = false;
  bool holds_power_ = false;
  bool deferred_ = false;        // R4
  bool ready_due_ = false;
  QueuePower power_ = QueuePower::kOn;
  uint32_t delivering_ = 0;      // threads in the delivery loop
  uint32_t handlers_running_ = 0;
  RequestList waiting_;
  RequestList at_driver_;        // longest-held first
  RequestList canceled_;         // EvtIoCanceledOnQueue due
  Request* first_cancel_ = nullptr;  // EvtRequestCancel due, oldest first
  Request* last_cancel_ = nullptr;
  StateSlot stop_slot_;
  StateSlot drain_slot_;
  PFN_WDF_IO_QUEUE_STATE ready_callback_ = nullptr;
  WDFCONTEXT ready_context_ = nullptr;
  KEVENT* power_waiter_ = nullptr;  // the power thread, while it waits for handlers or acknowledgements
};

}  // namespace drydock::wdf
