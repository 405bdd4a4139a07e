// WdfIoQueueCreate, WdfDeviceConfigureRequestDispatching, and the end of a queue.
#include "runtime/assert.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/framework.h"
#include "wdf/queue/device_queues.h"
#include "wdf/queue/forward_progress.h"
#include "wdf/queue/queue.h"
#include "wdf/request/request.h"
#include "wdf/trace.h"

namespace drydock::wdf {

struct QueueBuilder {
  static bool HasRequestHandler(const WDF_IO_QUEUE_CONFIG& config) {
    return config.EvtIoDefault || config.EvtIoRead || config.EvtIoWrite || config.EvtIoDeviceControl || config.EvtIoInternalDeviceControl;
  }

  // IOT-9.02, 9.03, IOX-56. Nothing has been made yet.
  static NTSTATUS Check(Device& device, const WDF_IO_QUEUE_CONFIG& config) {
    switch (config.DispatchType) {
      case WdfIoQueueDispatchSequential:
      case WdfIoQueueDispatchParallel:
        if (!HasRequestHandler(config)) return STATUS_WDF_NO_CALLBACK;
        break;
      case WdfIoQueueDispatchManual:
        if (HasRequestHandler(config)) return STATUS_INVALID_PARAMETER;
        break;
      default:
        return STATUS_INVALID_PARAMETER;
    }
    if (config.DispatchType != WdfIoQueueDispatchParallel && config.Settings.Parallel.NumberOfPresentedRequests != 0) {
      return STATUS_INVALID_PARAMETER;
    }
    if (config.PowerManaged < WdfFalse || config.PowerManaged > WdfUseDefault) return STATUS_INVALID_PARAMETER;
    if (config.PowerManaged == WdfTrue && device.is_control()) return STATUS_INVALID_PARAMETER;  // IOT-9.18; the status is ours
    if (config.DefaultQueue) {
      if (device.begun_start()) return STATUS_INVALID_DEVICE_STATE;
      if (device.queues().default_queue) return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
  }

  static NTSTATUS CheckScope(Device& device, const Queue& queue) {
    if (queue.synchronization_scope() == WdfSynchronizationScopeDevice && queue.passive_callbacks() != device.passive_callbacks()) {
      return STATUS_INVALID_PARAMETER;  // IOX-56
    }
    return STATUS_SUCCESS;
  }

  static void Fill(Device& device, const WDF_IO_QUEUE_CONFIG& config, Queue& queue) {
    queue.device_ = &device;
    queue.callbacks_ = {.io_default = config.EvtIoDefault,
                        .io_read = config.EvtIoRead,
                        .io_write = config.EvtIoWrite,
                        .io_device_control = config.EvtIoDeviceControl,
                        .io_internal_device_control = config.EvtIoInternalDeviceControl,
                        .io_stop = config.EvtIoStop,
                        .io_resume = config.EvtIoResume,
                        .io_canceled_on_queue = config.EvtIoCanceledOnQueue};
    queue.dispatch_type_ = config.DispatchType;
    queue.limit_ = config.DispatchType == WdfIoQueueDispatchParallel ? config.Settings.Parallel.NumberOfPresentedRequests
                   : config.DispatchType == WdfIoQueueDispatchSequential ? 1
                                                                         : 0;
    queue.allow_zero_length_ = config.AllowZeroLengthRequests;
    queue.is_default_ = config.DefaultQueue;
    // IOT-9.18.
    queue.power_managed_ = config.PowerManaged == WdfTrue || (config.PowerManaged == WdfUseDefault && !device.is_filter() && !device.is_control());
    if (queue.power_managed_ && !device.in_d0()) queue.power_ = QueuePower::kOff;

    queue.own_lock_.Initialize(queue.globals(), queue.passive_callbacks());
    CallbackLock* lock = nullptr;
    if (queue.synchronization_scope() == WdfSynchronizationScopeDevice) lock = &device.lock();
    if (queue.synchronization_scope() == WdfSynchronizationScopeQueue) lock = &queue.own_lock_;
    ObjectAccess::SetCallbackLock(&queue, lock);
    ObjectAccess::SetPassive(&queue, queue.passive_callbacks(), queue.passive_callbacks());  // a queue that inherited Passive counts (O-20)
    KeInitializeDpc(&queue.dpc_, Queue::RunDeferredDpc, &queue);
    ExInitializeWorkItem(&queue.work_, Queue::RunDeferredWork, &queue);
    KeInitializeEvent(&queue.power_event_, SynchronizationEvent, FALSE);
  }

  static NTSTATUS Create(DriverGlobals& globals, Device& device, const WDF_IO_QUEUE_CONFIG& config, const WDF_OBJECT_ATTRIBUTES* attributes,
                         WDFQUEUE* out) {
    if (out) *out = nullptr;
    if (config.Size != sizeof(WDF_IO_QUEUE_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = CheckAttributes(globals, ObjectType::kQueue, attributes);
    if (!NT_SUCCESS(status)) return status;
    if (!out && !config.DefaultQueue) return STATUS_INVALID_PARAMETER_4;
    status = Check(device, config);
    if (!NT_SUCCESS(status)) return status;
    Object* parent = &device;
    if (attributes && attributes->ParentObject) {
      parent = ObjectFromHandle(globals, attributes->ParentObject);
      if (parent->device() != &device) return STATUS_INVALID_DEVICE_REQUEST;  // IOT-9.01
    }
    Queue* queue = nullptr;
    status = CreateObjectChecked(globals, ObjectType::kQueue, attributes, parent, &queue);
    if (!NT_SUCCESS(status)) return status;
    status = CheckScope(device, *queue);
    if (!NT_SUCCESS(status)) {
      DeleteAfterFailedCreate(queue);
      return status;
    }
    Fill(device, config, *queue);
    device.queues().Add(*queue);
    if (config.DefaultQueue) device.queues().default_queue = queue;
    RecordEvent(*globals.framework, trace::kQueueCreate, queue->trace_id(), device.trace_id(),
                static_cast<uint64_t>(config.DispatchType) | uint64_t{queue->power_managed_} << 8 | uint64_t{config.EvtIoStop != nullptr} << 9);
    if (out) *out = queue->queue_handle();
    return STATUS_SUCCESS;
  }

  // IOT-9.13, IOX-56.
  static NTSTATUS Configure(Device& device, Queue& queue, WDF_REQUEST_TYPE type) {
    DeviceQueues::Slot slot;
    bool handled = queue.callbacks_.io_default != nullptr;
    switch (type) {
      case WdfRequestTypeCreate: slot = DeviceQueues::kCreate; break;
      case WdfRequestTypeRead: slot = DeviceQueues::kRead, handled |= queue.callbacks_.io_read != nullptr; break;
      case WdfRequestTypeWrite: slot = DeviceQueues::kWrite, handled |= queue.callbacks_.io_write != nullptr; break;
      case WdfRequestTypeDeviceControl:
        slot = DeviceQueues::kDeviceControl, handled |= queue.callbacks_.io_device_control != nullptr;
        break;
      case WdfRequestTypeDeviceControlInternal:
        slot = DeviceQueues::kInternalDeviceControl, handled |= queue.callbacks_.io_internal_device_control != nullptr;
        break;
      default: return STATUS_INVALID_PARAMETER;
    }
    if (&queue.owner() != &device || queue.is_default_) return STATUS_INVALID_DEVICE_REQUEST;
    if (queue.dispatch_type_ != WdfIoQueueDispatchManual && !handled) return STATUS_INVALID_DEVICE_REQUEST;
    if (device.begun_start()) return STATUS_INVALID_DEVICE_STATE;
    Queue*& bound = device.queues().by_type[slot];
    if (bound) return type == WdfRequestTypeCreate ? STATUS_INVALID_PARAMETER : STATUS_WDF_BUSY;
    bound = &queue;
    queue.bound_to_type_ = true;
    return STATUS_SUCCESS;
  }
};

Queue::~Queue() {
  RT_ASSERT(waiting_.empty() && canceled_.empty());
}

// Deletion of the queue, or of its device: what waits is cancelled, what is marked too (OP-15); what the driver holds keeps the queue.
void Queue::OnDispose() {
  if (!device_) return;  // creation failed half-way
  lock_.Acquire();
  accepting_ = false;
  deleted_ = true;
  if (AtDriver() != 0) purge_waits_ = true;
  lock_.Release();
  CancelEverything(true);
}

void Queue::OnCleanedUp() {
  if (!device_) return;
  device_->queues().Remove(*this);
  queue::DestroyForwardProgress(*this);
  lock_.Acquire();
  if (delivering_ != 0 || at_driver_.count + leaving_ + waiting_.count + canceled_.count + being_completed_ != 0) {
    kept_ = true;
    AddRef();
  }
  lock_.Release();
}

namespace ddi {

NTSTATUS WdfIoQueueCreate(DriverGlobals& globals, WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config, PWDF_OBJECT_ATTRIBUTES QueueAttributes,
                          WDFQUEUE* Queue) {
  // DRV-15: the port driver gets a miniport's requests.
  if (FromHandle<wdf::Device>(globals, Device)->is_miniport()) return STATUS_INVALID_DEVICE_REQUEST;
  return QueueBuilder::Create(globals, *FromHandle<wdf::Device>(globals, Device), *Config, QueueAttributes, Queue);
}

NTSTATUS WdfDeviceConfigureRequestDispatching(DriverGlobals& globals, WDFDEVICE Device, WDFQUEUE Queue, WDF_REQUEST_TYPE RequestType) {
  return QueueBuilder::Configure(*FromHandle<wdf::Device>(globals, Device), *FromHandle<wdf::Queue>(globals, Queue), RequestType);
}

WDFQUEUE WdfDeviceGetDefaultQueue(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Queue* queue = FromHandle<wdf::Device>(globals, Device)->queues().default_queue;
  return queue ? queue->queue_handle() : nullptr;
}

WDFDEVICE WdfIoQueueGetDevice(DriverGlobals& globals, WDFQUEUE Queue) {
  return reinterpret_cast<WDFDEVICE>(FromHandle<wdf::Queue>(globals, Queue)->owner().handle());
}

}  // namespace ddi
}  // namespace drydock::wdf
