#include "wdf/queue/device_queues.h"

#include <new>
#include <vector>

#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/device/um_policy.h"
#include "wdf/framework.h"
#include "wdf/queue/forward_progress.h"
#include "wdf/queue/queue.h"
#include "wdf/request/complete.h"
#include "wdf/request/receive.h"
#include "wdf/trace.h"

namespace drydock::wdf {

void DeviceQueues::Add(Queue& queue) {
  rt::LockGuard guard(lock);
  queue.previous_of_device_ = last;
  (last ? last->next_of_device_ : first) = &queue;
  last = &queue;
}

void DeviceQueues::Remove(Queue& queue) {
  rt::LockGuard guard(lock);
  (queue.previous_of_device_ ? queue.previous_of_device_->next_of_device_ : first) = queue.next_of_device_;
  (queue.next_of_device_ ? queue.next_of_device_->previous_of_device_ : last) = queue.previous_of_device_;
  queue.next_of_device_ = queue.previous_of_device_ = nullptr;
  if (default_queue == &queue) default_queue = nullptr;
  for (Queue*& bound : by_type) {
    if (bound == &queue) bound = nullptr;
  }
}

std::vector<Ref<Queue>> DeviceQueues::All() {
  std::vector<Ref<Queue>> all;
  rt::LockGuard guard(lock);
  for (Queue* queue = first; queue; queue = queue->next_of_device_) all.emplace_back(queue);
  return all;
}

namespace queue {


Queue* QueueFor(Device& device, UCHAR major) {
  DeviceQueues& queues = device.queues();
  Queue* bound = nullptr;
  switch (major) {
    case IRP_MJ_CREATE: return queues.by_type[DeviceQueues::kCreate];  // a default queue never gets creates (IOT-10.05)
    case IRP_MJ_READ: bound = queues.by_type[DeviceQueues::kRead]; break;
    case IRP_MJ_WRITE: bound = queues.by_type[DeviceQueues::kWrite]; break;
    case IRP_MJ_DEVICE_CONTROL: bound = queues.by_type[DeviceQueues::kDeviceControl]; break;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: bound = queues.by_type[DeviceQueues::kInternalDeviceControl]; break;
    default: return nullptr;
  }
  return bound ? bound : queues.default_queue;
}

namespace {

void TraceArrival(Device& device, Request& request, uint32_t queue) {
  if (__builtin_expect(!device.framework().kernel.events.enabled(), 1)) return;
  RecordEvent(device.framework(), trace::kRequestArrive, request.trace_id(), queue, nt::io::TraceId(request.irp));
}

// Makes the request and puts it in. `queue` is where it goes if EvtIoInCallerContext does not run.
NTSTATUS Arrive(Device& device, Queue& queue, PIRP irp, Queue::Entry entry) {
  Request* request = nullptr;
  NTSTATUS status = RequestForArrival(device, &queue, irp, &request);
  if (__builtin_expect(status != STATUS_SUCCESS, 0)) {
    if (status == STATUS_PENDING) return STATUS_PENDING;
    const bool pending = status == STATUS_CANCELLED;  // was marked pending while it tried to wait
    status = CompleteIrp(device, irp, status);
    return pending ? STATUS_PENDING : status;
  }
  TraceArrival(device, *request, queue.trace_id());
  status = queue.Insert(*request, entry);
  if (__builtin_expect(NT_SUCCESS(status), 1)) return STATUS_PENDING;  // IOX-39, also when it has been completed meanwhile
  CompleteUndelivered(*request, STATUS_INVALID_DEVICE_STATE, 0);  // OP-16
  return STATUS_INVALID_DEVICE_STATE;
}

// EvtIoInCallerContext (IOT-9.49): in the sender's thread, no lock. `intended`: where WdfDeviceEnqueueRequest will put it, null: by type.
NTSTATUS AskInCallerContext(Device& device, PIRP irp, Queue* intended) {
  Request* request = nullptr;
  Queue* queue = intended ? intended : QueueFor(device, IoGetCurrentIrpStackLocation(irp)->MajorFunction);
  NTSTATUS status = RequestForArrival(device, queue, irp, &request);
  if (status != STATUS_SUCCESS) {
    if (status == STATUS_PENDING) return STATUS_PENDING;
    const bool pending = status == STATUS_CANCELLED;
    status = CompleteIrp(device, irp, status);
    return pending ? STATUS_PENDING : status;
  }
  TraceArrival(device, *request, 0);
  ReceivedState& r = request->received;
  r.place = Place::kInCaller;
  r.presented = true;
  r.intended = intended;
  r.in_caller_context = true;
  IoMarkIrpPending(irp);
  Ref<Request> keep(request);
  nt::CallDriver("EvtIoInCallerContext", device.in_caller_context(), reinterpret_cast<WDFDEVICE>(device.handle()),
                 request->request_handle());
  r.in_caller_context = false;
  return STATUS_PENDING;
}

}  // namespace

NTSTATUS DispatchIrp(Device& device, PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  if (__builtin_expect(device.globals().umdf, 0) && stack.MajorFunction == IRP_MJ_DEVICE_CONTROL &&
      (stack.Parameters.DeviceIoControl.IoControlCode & 3) == METHOD_NEITHER) {
    const NTSTATUS status = UmPolicy::TakeNeither(device, irp);
    if (!NT_SUCCESS(status)) return CompleteIrp(device, irp, status);
  }
  if (device.in_caller_context()) return AskInCallerContext(device, irp, nullptr);
  Queue* queue = QueueFor(device, stack.MajorFunction);
  if (__builtin_expect(queue != nullptr, 1)) return Arrive(device, *queue, irp, Queue::Entry::kArrival);
  if (device.is_filter()) return device.PassDown(irp);  // IOT-9.14
  return CompleteIrp(device, irp, STATUS_INVALID_DEVICE_REQUEST);
}

bool HasCreateQueue(Device& device) { return device.queues().by_type[DeviceQueues::kCreate] != nullptr; }

NTSTATUS DispatchCreate(Device& device, PIRP irp) {
  Queue* queue = QueueFor(device, IRP_MJ_CREATE);
  if (!queue) return CompleteIrp(device, irp, STATUS_INVALID_DEVICE_REQUEST);
  return Arrive(device, *queue, irp, Queue::Entry::kArrival);
}

NTSTATUS DispatchFromSelfTarget(Device& device, PIRP irp, Queue* assigned) {
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  if (major != IRP_MJ_READ && major != IRP_MJ_WRITE && major != IRP_MJ_DEVICE_CONTROL && major != IRP_MJ_INTERNAL_DEVICE_CONTROL) {
    Break(device.globals(), "A request that is no read, write or device control was sent to a self target.");
    return CompleteIrp(device, irp, STATUS_INVALID_PARAMETER);  // IOX-5
  }
  Queue* queue = assigned ? assigned : QueueFor(device, major);
  if (!queue) return CompleteIrp(device, irp, STATUS_INVALID_DEVICE_STATE);
  if (device.in_caller_context()) return AskInCallerContext(device, irp, queue);
  return Arrive(device, *queue, irp, Queue::Entry::kSelfTarget);
}

NTSTATUS ForwardToParent(Request& request, Queue& to) {
  if (!to.accepting()) return STATUS_WDF_BUSY;
  Device& parent = to.owner();
  PIRP irp = request.BeginSendAndForget();
  if (irp->CurrentLocation > 1) {  // the child's devices ask for one location more (WdfPdoInitAllowForwardingRequestToParent)
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->DeviceObject = parent.wdm();
  }
  Arrive(parent, to, irp, Queue::Entry::kForward);
  request.EndSendAndForget();
  return STATUS_SUCCESS;
}

void PowerUp(Device& device) {
  for (Ref<Queue>& queue : device.queues().All()) queue->PowerOn();
}

void PowerDown(Device& device) {
  std::vector<Ref<Queue>> queues = device.queues().All();
  std::erase_if(queues, [](const Ref<Queue>& queue) { return !queue->power_managed(); });
  for (Ref<Queue>& queue : queues) queue->StopDelivering(QueuePower::kStopping);
  for (Ref<Queue>& queue : queues) queue->WaitForHandlers();
  for (Ref<Queue>& queue : queues) queue->StopRound();
}

void IdleUseBegan(Device& device) {
  for (Ref<Queue>& queue : device.queues().All()) queue->LookAgain();
}

void PurgeForRemoval(Device& device, PurgeScope scope) {
  std::vector<Ref<Queue>> queues = device.queues().All();
  std::erase_if(queues, [scope](const Ref<Queue>& queue) {
    return scope != PurgeScope::kAll && queue->power_managed() != (scope == PurgeScope::kPowerManaged);
  });
  for (Ref<Queue>& queue : queues) queue->StopDelivering(QueuePower::kPurging);
  for (Ref<Queue>& queue : queues) queue->PurgeAll();
  for (Ref<Queue>& queue : queues) queue->WaitForHandlers();
  for (Ref<Queue>& queue : queues) queue->StopRound();
}

void CancelRequestsOfFile(Device& device, PFILE_OBJECT file) {
  if (!file) return;
  for (Ref<Queue>& queue : device.queues().All()) queue->CancelOfFile(file);
}

bool IsBoundQueue(const Queue& queue) { return queue.is_default() || queue.bound_to_type(); }

}  // namespace queue

namespace ddi {

// IOT-9.51, OP-25.
NTSTATUS WdfDeviceWdmDispatchIrpToIoQueue(DriverGlobals& globals, WDFDEVICE Device, PIRP Irp, WDFQUEUE Queue, ULONG Flags) {
  wdf::Device& device = *FromHandle<wdf::Device>(globals, Device);
  wdf::Queue& queue = *FromHandle<wdf::Queue>(globals, Queue);
  constexpr ULONG kKnown = WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK | WDF_DISPATCH_IRP_TO_IO_QUEUE_PREPROCESSED_IRP;
  if (globals.umdf) {
    if (Flags != 0 && globals.verifier) return CompleteIrp(device, Irp, STATUS_INVALID_PARAMETER);
    Flags = 0;
  } else if ((Flags & ~kKnown) != 0) {
    Break(globals, "WdfDeviceWdmDispatchIrpToIoQueue: unknown flags.");
    return CompleteIrp(device, Irp, STATUS_INVALID_PARAMETER);
  }
  if (&queue.owner() != &device) {
    Break(globals, "WdfDeviceWdmDispatchIrpToIoQueue: the queue belongs to another device.");
    return CompleteIrp(device, Irp, STATUS_INVALID_PARAMETER);
  }
  if (Flags & WDF_DISPATCH_IRP_TO_IO_QUEUE_PREPROCESSED_IRP) IoSetNextIrpStackLocation(Irp);
  if ((Flags & WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK) && device.in_caller_context()) {
    return wdf::queue::AskInCallerContext(device, Irp, &queue);
  }
  return wdf::queue::Arrive(device, queue, Irp, wdf::Queue::Entry::kArrival);
}

}  // namespace ddi
}  // namespace drydock::wdf
