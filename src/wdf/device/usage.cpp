// Special files: IRP_MN_DEVICE_USAGE_NOTIFICATION, who else is told, and what becomes of the device's pageability.
#include <algorithm>

#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

bool SpecialFileOf(DEVICE_USAGE_NOTIFICATION_TYPE type, WDF_SPECIAL_FILE_TYPE* out) {
  switch (type) {
    case DeviceUsageTypePaging: *out = WdfSpecialFilePaging; return true;
    case DeviceUsageTypeHibernation: *out = WdfSpecialFileHibernation; return true;
    case DeviceUsageTypeDumpFile: *out = WdfSpecialFileDump; return true;
    case DeviceUsageTypeBoot: *out = WdfSpecialFileBoot; return true;
    default: return false;
  }
}

NTSTATUS NTAPI Signal(PDEVICE_OBJECT, PIRP, PVOID context) {
  KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

// The same notification to another device: its whole stack for a dependent one, the drivers below for our own.
NTSTATUS Send(PDEVICE_OBJECT device, bool whole_stack, DEVICE_USAGE_NOTIFICATION_TYPE type, bool in_path) {
  PDEVICE_OBJECT top = whole_stack ? IoGetAttachedDeviceReference(device) : device;
  if (!whole_stack) ObReferenceObject(top);
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  if (PIRP irp = IoAllocateIrp(top->StackSize, FALSE)) {
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_PNP;
    stack->MinorFunction = IRP_MN_DEVICE_USAGE_NOTIFICATION;
    stack->Parameters.UsageNotification.Type = type;
    stack->Parameters.UsageNotification.InPath = in_path;
    IoSetCompletionRoutine(irp, &Signal, &done, TRUE, TRUE, TRUE);
    if (IoCallDriver(top, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = irp->IoStatus.Status;
    IoFreeIrp(irp);
  }
  ObDereferenceObject(top);
  return status;
}

}  // namespace

NTSTATUS PnpPower::AddDependent(PDEVICE_OBJECT dependent) {
  if (!dependent) return STATUS_INVALID_PARAMETER;
  if (!device_.globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  ObReferenceObject(dependent);
  rt::LockGuard guard(settings_lock_);
  dependents_.push_back(dependent);
  return STATUS_SUCCESS;
}

void PnpPower::RemoveDependent(PDEVICE_OBJECT dependent) {
  {
    rt::LockGuard guard(settings_lock_);
    auto found = std::find(dependents_.begin(), dependents_.end(), dependent);
    if (found == dependents_.end()) return;
    dependents_.erase(found);
  }
  ObDereferenceObject(dependent);
}

void PnpPower::DropDependents() {
  std::vector<PDEVICE_OBJECT> dependents;
  {
    rt::LockGuard guard(settings_lock_);
    dependents.swap(dependents_);
  }
  for (PDEVICE_OBJECT dependent : dependents) ObDereferenceObject(dependent);
}

// A device that a special file lies on must work while paging does not.
void PnpPower::ReconsiderPageability() {
  bool needed = false;
  {
    rt::LockGuard guard(settings_lock_);
    for (WDF_SPECIAL_FILE_TYPE type : {WdfSpecialFilePaging, WdfSpecialFileHibernation, WdfSpecialFileDump}) needed = needed || special_in_use_[type] > 0;
  }
  const bool was = pageable();
  if (needed && was) {
    device_.wdm()->Flags &= ~static_cast<ULONG>(DO_POWER_PAGABLE);
    lost_pageability_ = true;
  } else if (!needed && lost_pageability_) {
    device_.wdm()->Flags |= DO_POWER_PAGABLE;
    lost_pageability_ = false;
  } else {
    return;
  }
  power_.Post(PowerEvent::kPageability);
}

// PWR-45, PWR-46: dependent devices hear first, then the drivers below, then this one; who refuses takes it back from all that heard before.
NTSTATUS PnpPower::UsageNotification(PIRP irp) {
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  const DEVICE_USAGE_NOTIFICATION_TYPE nt_type = stack->Parameters.UsageNotification.Type;
  WDF_SPECIAL_FILE_TYPE type;
  if (!SpecialFileOf(nt_type, &type)) return PassOn(irp);
  const bool in_path = stack->Parameters.UsageNotification.InPath;
  std::vector<PDEVICE_OBJECT> dependents;
  bool supported;
  {
    rt::LockGuard guard(settings_lock_);
    supported = (special_files_ & (1u << type)) != 0 || device_.is_filter();
    dependents = dependents_;
    for (PDEVICE_OBJECT dependent : dependents) ObReferenceObject(dependent);
  }
  NTSTATUS status = supported || !in_path ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;  // PWR-44
  size_t told = 0;
  for (; NT_SUCCESS(status) && told < dependents.size(); ++told) {
    status = Send(dependents[told], true, nt_type, in_path);
    if (!NT_SUCCESS(status)) break;
  }
  bool below = false;
  if (NT_SUCCESS(status)) {
    status = ForwardAndWait(irp);
    below = NT_SUCCESS(status) && device_.attached_to();
  }
  if (NT_SUCCESS(status)) {
    {
      rt::LockGuard guard(settings_lock_);
      special_in_use_[type] += in_path ? 1 : -1;
    }
    if (auto callback = device_.init().pnp.EvtDeviceUsageNotificationEx) {
      status = nt::CallDriver("EvtDeviceUsageNotificationEx", callback, handle(), type, static_cast<BOOLEAN>(in_path));
    } else if (auto plain = device_.init().pnp.EvtDeviceUsageNotification) {
      nt::CallDriver("EvtDeviceUsageNotification", plain, handle(), type, static_cast<BOOLEAN>(in_path));
    }
    if (!NT_SUCCESS(status)) {
      rt::LockGuard guard(settings_lock_);
      special_in_use_[type] -= in_path ? 1 : -1;
    }
  }
  if (NT_SUCCESS(status)) {
    ReconsiderPageability();
  } else {
    if (below) Send(device_.attached_to(), false, nt_type, !in_path);
    while (told-- > 0) Send(dependents[told], true, nt_type, !in_path);
  }
  for (PDEVICE_OBJECT dependent : dependents) ObDereferenceObject(dependent);
  return CompleteIrp(irp, status, irp->IoStatus.Information);
}

}  // namespace drydock::wdf
