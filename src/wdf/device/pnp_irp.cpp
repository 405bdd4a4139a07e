// PnP IRPs: which event they are, and those that change no state.
#include "nt/driver_callback.h"
#include "wdf/bus/bus.h"
#include "wdf/bus/query_interface.h"
#include "wdf/device/pnp_power.h"
#include "wdf/object/factory.h"
#include "wdf/resource/resource_irp.h"

namespace drydock::wdf {
namespace {

bool EventOf(UCHAR minor, bool pdo, PnpEvent* event) {
  switch (minor) {
    case IRP_MN_START_DEVICE: *event = PnpEvent::kStart; return true;
    case IRP_MN_QUERY_STOP_DEVICE: *event = PnpEvent::kQueryStop; return true;
    case IRP_MN_CANCEL_STOP_DEVICE: *event = PnpEvent::kCancelStop; return true;
    case IRP_MN_STOP_DEVICE: *event = PnpEvent::kStop; return true;
    case IRP_MN_QUERY_REMOVE_DEVICE: *event = PnpEvent::kQueryRemove; return true;
    case IRP_MN_CANCEL_REMOVE_DEVICE: *event = PnpEvent::kCancelRemove; return true;
    case IRP_MN_SURPRISE_REMOVAL: *event = PnpEvent::kSurpriseRemoval; return true;
    case IRP_MN_REMOVE_DEVICE: *event = PnpEvent::kRemove; return true;
    case IRP_MN_EJECT: *event = PnpEvent::kEject; return pdo;
    default: return false;
  }
}

NTSTATUS NTAPI SignalCompletion(PDEVICE_OBJECT, PIRP, PVOID context) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

}  // namespace

// A PDO is the bottom of its stack: there is nowhere to send the IRP, it answers for the bus.
NTSTATUS PnpPower::ForwardAndWait(PIRP irp) {
  if (!device_.attached_to()) return STATUS_SUCCESS;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, &SignalCompletion, &done, TRUE, TRUE, TRUE);
  NTSTATUS status = IoCallDriver(device_.attached_to(), irp);
  if (status != STATUS_PENDING) return status;
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return irp->IoStatus.Status;
}

// The driver agreed (or has done its part): the IRP goes on to the next lower driver. A failed one ends here.
NTSTATUS PnpPower::ForwardWithStatus(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  if (NT_SUCCESS(status) && device_.attached_to()) return device_.PassDown(irp);
  return CompleteIrp(irp, status, irp->IoStatus.Information);
}

NTSTATUS PnpPower::DispatchPnp(PIRP irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  PnpEvent event;
  if (EventOf(stack->MinorFunction, device_.is_pdo(), &event)) {
    PIRP expected = nullptr;
    if (!pnp_irp_.compare_exchange_strong(expected, irp)) {
      Violation(device_.globals(), ViolationKind::kPnpIrp, reinterpret_cast<uint64_t>(device_.handle()), reinterpret_cast<uint64_t>(irp),
                "A PnP IRP that changes the device's state arrived while another one was still being handled.");
    }
    return HandleEvent(event, irp);
  }
  switch (stack->MinorFunction) {
    case IRP_MN_QUERY_CAPABILITIES: return QueryCapabilities(irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE: return QueryPnpState(irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS: return QueryRelations(irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION: return UsageNotification(irp);
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS: return resource::FilterRequirements(device_, irp);
    case IRP_MN_QUERY_RESOURCES:
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS: {
      if (!device_.is_pdo()) return PassOn(irp);
      const NTSTATUS status = stack->MinorFunction == IRP_MN_QUERY_RESOURCES ? resource::QueryResources(device_, irp)
                                                                             : resource::QueryRequirements(device_, irp);
      return status == STATUS_NOT_SUPPORTED ? PassOn(irp) : CompleteIrp(irp, status, irp->IoStatus.Information);
    }
    default: break;
  }
  NTSTATUS status;
  if (stack->MinorFunction == IRP_MN_QUERY_INTERFACE && bus::AnswerQueryInterface(device_, irp, &status)) return status;
  if (device_.is_pdo() && bus::AnswerPdo(device_, irp, &status)) return status;
  return PassOn(irp);
}

NTSTATUS PnpPower::QueryRelations(PIRP irp) {
  // DEVX-26: asked for BusRelations too, before the child lists are looked at.
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  if (auto callback = device_.init().pnp.EvtDeviceRelationsQuery) {
    const DEVICE_RELATION_TYPE type = stack->Parameters.QueryDeviceRelations.Type;
    if (type == BusRelations || type == EjectionRelations || type == RemovalRelations) {
      nt::CallDriver("EvtDeviceRelationsQuery", callback, reinterpret_cast<WDFDEVICE>(device_.handle()), type);
    }
  }
  NTSTATUS status;
  if (device_.is_pdo() && bus::AnswerPdo(device_, irp, &status)) return status;
  const DEVICE_RELATION_TYPE type = stack->Parameters.QueryDeviceRelations.Type;
  if (type == BusRelations || type == EjectionRelations || type == RemovalRelations) {
    status = type == BusRelations ? bus::AnswerBusRelations(device_, irp) : bus::AnswerRelations(device_, irp, type);
    if (!NT_SUCCESS(status)) return CompleteIrp(irp, status, irp->IoStatus.Information);
  }
  return PassOn(irp);
}

// An IRP that the device has nothing to say about keeps its status.
NTSTATUS PnpPower::PassOn(PIRP irp) {
  if (device_.attached_to()) return device_.PassDown(irp);
  return CompleteIrp(irp, irp->IoStatus.Status, irp->IoStatus.Information);
}

}  // namespace drydock::wdf
