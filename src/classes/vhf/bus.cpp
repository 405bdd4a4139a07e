// The filter and the devices on it: coming, going, ids, power.
#include <algorithm>
#include <cstring>

#include <initguid.h>

#include "classes/vhf/vhf.h"
#include "nt/pnp/pnp.h"

namespace drydock::classes::vhf {
namespace {

int driver_key;  // its address: whose driver object is ours

NTSTATUS Id(const Device& device, PIRP irp, BUS_QUERY_ID_TYPE type) {
  using namespace std::string_literals;
  const std::u16string id = u"VHF\\VID_" + Hex(device.vendor, 4) + u"&PID_" + Hex(device.product, 4);
  switch (type) {
    case BusQueryDeviceID: return Give(irp, id + u"\0"s);
    case BusQueryInstanceID: return Give(irp, device.instance_id + u"\0"s);
    case BusQueryHardwareIDs:
      return Give(irp, device.hardware_ids.empty() ? id + u"&REV_" + Hex(device.version, 4) + u"\0"s + id + u"\0\0"s : device.hardware_ids);
    case BusQueryCompatibleIDs: return Give(irp, u"VHF\\HID_DEVICE\0\0"s);
    case BusQueryContainerID:
      if (!device.container_id.empty()) return Give(irp, device.container_id + u"\0"s);
      break;
    default: break;
  }
  return Unanswered(irp);
}

// The last the driver hears of the device.
void EndObject(Device* device) {
  IoDeleteDevice(device->object);
  Release(device);
}

NTSTATUS DevicePnp(Device& device, PIRP irp) {
  IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  switch (location.MinorFunction) {
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE: {
      FailReads(device, STATUS_DEVICE_NOT_CONNECTED);
      FailOperations(device);
      bool over;
      {
        SpinGuard guard(&device.filter->lock);
        device.removal_due = location.MinorFunction == IRP_MN_SURPRISE_REMOVAL;
        over = device.missing && !device.removal_due;
        if (over) std::erase(device.filter->devices, &device);
      }
      if (over) EndObject(&device);
      return Complete(irp, STATUS_SUCCESS);
    }
    case IRP_MN_QUERY_ID: return Id(device, irp, location.Parameters.QueryId.IdType);
    default: return AnswerPnp(device.object, irp, {.raw = false, .description = u"Virtual HID Framework (VHF) HID device"});
  }
}

NTSTATUS PassDown(Filter& filter, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(filter.lower, irp);
}

// Those that are not there any more are left out: PnP removes them.
NTSTATUS Report(Filter& filter, PIRP irp) {
  auto* before = reinterpret_cast<DEVICE_RELATIONS*>(irp->IoStatus.Information);
  std::vector<DEVICE_OBJECT*> objects;
  {
    SpinGuard guard(&filter.lock);
    for (Device* device : filter.devices) {
      if (device->missing) continue;
      device->reported = true;
      ObReferenceObject(device->object);
      objects.push_back(device->object);
    }
  }
  DEVICE_RELATIONS* relations = AddRelations(before, objects);
  if (relations == nullptr) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(relations);
  return PassDown(filter, irp);
}

NTSTATUS RemoveFilter(Filter& filter, PIRP irp) {
  std::vector<Device*> over;
  {
    SpinGuard guard(&filter.lock);
    filter.gone = true;
    for (Device* device : filter.devices) {
      device->missing = true;
      if (!device->removal_due) over.push_back(device);
    }
    filter.devices.clear();
  }
  for (Device* device : over) EndObject(device);
  irp->IoStatus.Status = STATUS_SUCCESS;
  const NTSTATUS status = PassDown(filter, irp);
  IoDetachDevice(filter.lower);
  IoDeleteDevice(filter.self);
  Release(&filter);
  return status;
}

NTSTATUS NTAPI DispatchPnp(DEVICE_OBJECT* object, PIRP irp) {
  if (Device* device = ExtensionOf(object).device) return DevicePnp(*device, irp);
  Filter& filter = *ExtensionOf(object).filter;
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  if (location.MinorFunction == IRP_MN_REMOVE_DEVICE) return RemoveFilter(filter, irp);
  if (location.MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS && location.Parameters.QueryDeviceRelations.Type == BusRelations) {
    return Report(filter, irp);
  }
  return PassDown(filter, irp);
}

NTSTATUS NTAPI DispatchPower(DEVICE_OBJECT* object, PIRP irp) {
  if (ExtensionOf(object).device == nullptr) {
    PoStartNextPowerIrp(irp);
    return PassDown(*ExtensionOf(object).filter, irp);
  }
  return AnswerPower(object, irp);
}

NTSTATUS NTAPI DispatchInternalControl(DEVICE_OBJECT* object, PIRP irp) {
  if (Device* device = ExtensionOf(object).device) return Ask(*device, irp);
  return PassDown(*ExtensionOf(object).filter, irp);
}

// A driver of user mode opens the stack below it, to name it: that is a file of the filter where nothing below has files.
NTSTATUS NTAPI CreateDone(DEVICE_OBJECT*, PIRP irp, PVOID) {
  if (irp->PendingReturned) IoMarkIrpPending(irp);
  if (irp->IoStatus.Status == STATUS_INVALID_DEVICE_REQUEST || irp->IoStatus.Status == STATUS_NOT_SUPPORTED) irp->IoStatus.Status = STATUS_SUCCESS;
  return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS NTAPI DispatchFile(DEVICE_OBJECT* object, PIRP irp) {
  if (ExtensionOf(object).device != nullptr) return Complete(irp, STATUS_SUCCESS);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, CreateDone, nullptr, TRUE, TRUE, TRUE);
  return IoCallDriver(ExtensionOf(object).filter->lower, irp);
}

NTSTATUS NTAPI DispatchOther(DEVICE_OBJECT* object, PIRP irp) {
  if (ExtensionOf(object).device == nullptr) return PassDown(*ExtensionOf(object).filter, irp);
  if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_SYSTEM_CONTROL) return Unanswered(irp);
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

NTSTATUS NTAPI AddDevice(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  DEVICE_OBJECT* object;
  NTSTATUS status = IoCreateDevice(driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &object);
  if (!NT_SUCCESS(status)) return status;
  auto* filter = nt::ex::New<Filter>();
  if (filter == nullptr) {
    IoDeleteDevice(object);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  KeInitializeSpinLock(&filter->lock);
  filter->self = object;
  filter->lower = IoAttachDeviceToDeviceStack(object, pdo);
  if (filter->lower == nullptr) {
    nt::ex::Delete(filter);
    IoDeleteDevice(object);
    return STATUS_NO_SUCH_DEVICE;
  }
  filter->pdo = pdo;
  ObReferenceObject(pdo);
  ExtensionOf(object) = {filter, nullptr};
  object->Flags |= filter->lower->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO | DO_POWER_PAGABLE | DO_POWER_INRUSH);
  object->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  return STATUS_SUCCESS;
}

VOID NTAPI Unload(DRIVER_OBJECT*) {}

}  // namespace

void Release(Filter* filter) {
  if (InterlockedDecrement(&filter->references) != 0) return;
  ObDereferenceObject(filter->pdo);
  nt::ex::Delete(filter);
}

void Release(Device* device) {
  if (InterlockedDecrement(&device->references) != 0) return;
  ForgetDone(*device);
  Release(device->filter);
  nt::ex::Delete(device);
}

Filter* FilterBelow(DEVICE_OBJECT* source) {
  for (DEVICE_OBJECT* device = nt::pnp::PdoOf(source); device != nullptr; device = device->AttachedDevice) {
    if (IoGetDriverObjectExtension(device->DriverObject, &driver_key) != nullptr && ExtensionOf(device).filter != nullptr) {
      InterlockedIncrement(&ExtensionOf(device).filter->references);
      return ExtensionOf(device).filter;
    }
    if (device == source) break;
  }
  return nullptr;
}

NTSTATUS MakeObject(Device* device) {
  Filter& filter = *device->filter;
  NTSTATUS status = IoCreateDevice(filter.self->DriverObject, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, FILE_AUTOGENERATED_DEVICE_NAME,
                                   FALSE, &device->object);
  if (!NT_SUCCESS(status)) return status;
  ExtensionOf(device->object) = {nullptr, device};
  device->object->Flags |= DO_POWER_PAGABLE;
  device->object->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  {
    SpinGuard guard(&filter.lock);
    if (filter.gone) {
      status = STATUS_DELETE_PENDING;
    } else {
      filter.devices.push_back(device);
    }
  }
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device->object);
    return status;
  }
  IoInvalidateDeviceRelations(filter.pdo, BusRelations);
  return STATUS_SUCCESS;
}

void Withdraw(Device* device) {
  Filter& filter = *device->filter;
  bool listed, known;
  {
    SpinGuard guard(&filter.lock);
    listed = std::find(filter.devices.begin(), filter.devices.end(), device) != filter.devices.end();
    known = device->reported;
    device->missing = true;
    if (!known) std::erase(filter.devices, device);
  }
  if (!listed) return;  // it went with the filter
  if (known) {
    IoInvalidateDeviceRelations(filter.pdo, BusRelations);
  } else {
    EndObject(device);
  }
}

NTSTATUS NTAPI Entry(DRIVER_OBJECT* driver, UNICODE_STRING*) {
  PVOID unused;
  if (NTSTATUS status = IoAllocateDriverObjectExtension(driver, &driver_key, sizeof(ULONG), &unused); !NT_SUCCESS(status)) return status;
  for (auto& dispatch : driver->MajorFunction) dispatch = DispatchOther;
  driver->MajorFunction[IRP_MJ_CREATE] = DispatchFile;
  driver->MajorFunction[IRP_MJ_CLEANUP] = DispatchFile;
  driver->MajorFunction[IRP_MJ_CLOSE] = DispatchFile;
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = DispatchInternalControl;
  driver->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
  driver->MajorFunction[IRP_MJ_POWER] = DispatchPower;
  driver->DriverExtension->AddDevice = AddDevice;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}

}  // namespace drydock::classes::vhf
