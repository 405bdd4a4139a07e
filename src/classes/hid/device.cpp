// The class's device object: coming, going, power.
#include <algorithm>

#include "classes/hid/hid.h"
#include "nt/driver_callback.h"

namespace drydock::classes::hid {

using nt::CallDriver;

namespace {

constexpr ULONG kLockTag = 'LdiH';
constexpr ULONG kMostDescriptor = 65535;

// --- start and end ---

NTSTATUS AskDevice(Hid& hid) {
  ULONG_PTR bytes = 0;
  NTSTATUS status =
      SendAndWait(hid, {.code = IOCTL_HID_GET_DEVICE_DESCRIPTOR, .output = &hid.descriptor, .output_length = sizeof hid.descriptor}, &bytes);
  if (!NT_SUCCESS(status)) return status;
  if (bytes < sizeof hid.descriptor || hid.descriptor.bLength < sizeof hid.descriptor || hid.descriptor.bDescriptorType != HID_HID_DESCRIPTOR_TYPE ||
      hid.descriptor.bNumDescriptors == 0 || hid.descriptor.DescriptorList[0].bReportType != HID_REPORT_DESCRIPTOR_TYPE) {
    return STATUS_DEVICE_DATA_ERROR;
  }
  hid.attributes = {};
  status =
      SendAndWait(hid, {.code = IOCTL_HID_GET_DEVICE_ATTRIBUTES, .output = &hid.attributes, .output_length = sizeof hid.attributes}, &bytes);
  if (!NT_SUCCESS(status)) return status;
  if (bytes < sizeof hid.attributes || hid.attributes.Size != sizeof hid.attributes) return STATUS_DEVICE_DATA_ERROR;
  std::vector<uint8_t> report_descriptor(hid.descriptor.DescriptorList[0].wReportLength);
  if (report_descriptor.empty() || report_descriptor.size() > kMostDescriptor) return STATUS_DEVICE_DATA_ERROR;
  status = SendAndWait(hid,
                       {.code = IOCTL_HID_GET_REPORT_DESCRIPTOR,
                        .output = report_descriptor.data(),
                        .output_length = static_cast<ULONG>(report_descriptor.size())},
                       &bytes);
  if (!NT_SUCCESS(status)) return status;
  if (bytes < report_descriptor.size()) return STATUS_DEVICE_DATA_ERROR;
  std::optional<DeviceReports> reports = ParseCollections(report_descriptor);
  if (!reports) return STATUS_DEVICE_DATA_ERROR;
  hid.layout = reports->layout;
  return MakeChildren(hid, std::move(*reports));
}

NTSTATUS StartDevice(Hid& hid) {
  if (hid.children.empty()) {  // the first time; a restart after a rebalance finds the same device
    NTSTATUS status = AskDevice(hid);
    if (NT_SUCCESS(status)) status = MakeSlots(hid);
    if (!NT_SUCCESS(status)) {
      FreeSlots(hid);
      DeleteChildren(hid);
      return status;
    }
  }
  if (!hid.active) {
    // A minidriver may have nothing to do here, and say so.
    SendAndWait(hid, {.code = IOCTL_HID_ACTIVATE_DEVICE});
    hid.active = true;
  }
  hid.started = true;
  ReadIdleSetting(hid);
  StartReading(hid);
  Unused(hid);
  return STATUS_SUCCESS;
}

void StopUse(Hid& hid, bool there) {
  FailWaiting(hid);
  EndIdle(hid);
  StopReading(hid);
  if (hid.active && there) SendAndWait(hid, {.code = IOCTL_HID_DEACTIVATE_DEVICE});
  hid.active = false;
}

NTSTATUS NTAPI DispatchPnp(DEVICE_OBJECT* device, PIRP irp) {
  if (Child* child = ExtensionOf(device).child) return ChildPnp(*child, irp);
  Hid& hid = HidOf(device);
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: {
      NTSTATUS status = ForwardAndWait(hid, irp);
      if (NT_SUCCESS(status)) status = StartDevice(hid);
      return Complete(irp, status);
    }
    case IRP_MN_STOP_DEVICE:
      StopReading(hid);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return Down(hid, irp);
    case IRP_MN_SURPRISE_REMOVAL:
      StopUse(hid, false);
      irp->IoStatus.Status = STATUS_SUCCESS;
      return Down(hid, irp);
    case IRP_MN_REMOVE_DEVICE: {
      const bool was_surprise = hid.gone;
      StopUse(hid, !was_surprise);
      if (NT_SUCCESS(IoAcquireRemoveLock(&hid.remove_lock, irp))) IoReleaseRemoveLockAndWait(&hid.remove_lock, irp);
      irp->IoStatus.Status = STATUS_SUCCESS;
      const NTSTATUS status = Down(hid, irp);
      FreeSlots(hid);
      DeleteChildren(hid);
      IoDetachDevice(hid.lower);
      IoDeleteDevice(device);
      Release(hid);
      return status;
    }
    case IRP_MN_QUERY_DEVICE_RELATIONS: {
      if (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type != BusRelations) return Down(hid, irp);
      const NTSTATUS status = ReportChildren(hid, irp);
      return NT_SUCCESS(status) ? Down(hid, irp) : Complete(irp, status);
    }
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
      irp->IoStatus.Status = STATUS_SUCCESS;
      return Down(hid, irp);
    default:
      return Down(hid, irp);
  }
}

// --- power: the class owns the policy of its stack: D0 while the system works, D3 while it does not ---

VOID NTAPI DevicePowerIsDone(DEVICE_OBJECT*, UCHAR, POWER_STATE, PVOID context, PIO_STATUS_BLOCK) {
  PIRP system_irp = static_cast<PIRP>(context);
  if (system_irp == nullptr) return;
  Hid& hid = HidOf(IoGetCurrentIrpStackLocation(system_irp)->DeviceObject);
  Down(hid, system_irp);
}

NTSTATUS SystemPower(Hid& hid, PIRP irp, SYSTEM_POWER_STATE to) {
  POWER_STATE state;
  if (to == PowerSystemWorking) {
    state.DeviceState = PowerDeviceD0;
    PoRequestPowerIrp(hid.pdo, IRP_MN_SET_POWER, state, DevicePowerIsDone, nullptr, nullptr);  // nobody waits for it
    return Down(hid, irp);
  }
  state.DeviceState = PowerDeviceD3;
  IoMarkIrpPending(irp);
  if (!NT_SUCCESS(PoRequestPowerIrp(hid.pdo, IRP_MN_SET_POWER, state, DevicePowerIsDone, irp, nullptr))) Down(hid, irp);
  return STATUS_PENDING;
}

NTSTATUS NTAPI DispatchPower(DEVICE_OBJECT* device, PIRP irp) {
  if (ExtensionOf(device).child != nullptr) return AnswerPower(device, irp);
  Hid& hid = HidOf(device);
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  const auto& power = location.Parameters.Power;
  if (location.MinorFunction != IRP_MN_SET_POWER || !hid.started) return Down(hid, irp);
  if (power.Type == SystemPowerState) return SystemPower(hid, irp, power.State.SystemState);
  if (power.State.DeviceState != PowerDeviceD0) {
    StopReading(hid);
    PoSetPowerState(device, DevicePowerState, power.State);
    return Down(hid, irp);
  }
  const POWER_STATE state = power.State;
  const NTSTATUS status = ForwardAndWait(hid, irp);
  if (NT_SUCCESS(status)) {
    PoSetPowerState(device, DevicePowerState, state);
    StartReading(hid);
    {
      SpinGuard guard(&hid.lock);
      hid.idle_down = false;
    }
    Unused(hid);
  }
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS NTAPI DispatchPassDown(DEVICE_OBJECT* device, PIRP irp) {
  return ExtensionOf(device).child != nullptr ? Unanswered(irp) : Down(HidOf(device), irp);
}
NTSTATUS NTAPI DispatchRefuse(DEVICE_OBJECT*, PIRP irp) { return Complete(irp, STATUS_INVALID_DEVICE_REQUEST); }

NTSTATUS AddDevice(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo, bool user_mode, const Registration* mini = nullptr) {
  DEVICE_OBJECT* device;
  const ULONG extension_bytes = (sizeof(Extension) + 15 & ~size_t{15}) + (mini == nullptr ? 0 : mini->extension_bytes);
  NTSTATUS status = IoCreateDevice(driver, extension_bytes, nullptr, FILE_DEVICE_KEYBOARD, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) return status;
  auto* hid = nt::ex::New<Hid>();
  if (hid == nullptr) {
    IoDeleteDevice(device);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  Extension& extension = ExtensionOf(device);
  extension.hid = hid;
  hid->mini = mini;
  hid->self = device;
  hid->pdo = pdo;
  hid->user_mode = user_mode;
  KeInitializeSpinLock(&hid->lock);
  InitializeListHead(&hid->readers);
  KeInitializeEvent(&hid->quiet, NotificationEvent, TRUE);
  IoInitializeRemoveLock(&hid->remove_lock, kLockTag, 0, 0);
  InitializeIdle(*hid);
  hid->lower = IoAttachDeviceToDeviceStack(device, pdo);
  if (hid->lower == nullptr) {
    nt::ex::Delete(hid);
    IoDeleteDevice(device);
    return STATUS_NO_SUCH_DEVICE;
  }
  device->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
  if (mini != nullptr) {
    ++device->StackSize;  // the class has a location of its own, and the minidriver another
    extension.port.PhysicalDeviceObject = pdo;
    extension.port.NextDeviceObject = hid->lower;
    extension.port.MiniDeviceExtension = static_cast<UCHAR*>(device->DeviceExtension) + (sizeof(Extension) + 15 & ~size_t{15});
    status = mini->add_device == nullptr ? STATUS_SUCCESS : CallDriver("DRIVER_ADD_DEVICE", mini->add_device, driver, device);
    if (!NT_SUCCESS(status)) {
      IoDetachDevice(hid->lower);
      nt::ex::Delete(hid);
      IoDeleteDevice(device);
      return status;
    }
  }
  device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI AddKmdf(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) { return AddDevice(driver, pdo, false); }
NTSTATUS NTAPI AddUmdf(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) { return AddDevice(driver, pdo, true); }
VOID NTAPI Unload(DRIVER_OBJECT*) {}

NTSTATUS SetUp(DRIVER_OBJECT* driver, PDRIVER_ADD_DEVICE add_device) {
  for (auto& dispatch : driver->MajorFunction) dispatch = DispatchRefuse;
  driver->MajorFunction[IRP_MJ_CREATE] = DispatchCreate;
  driver->MajorFunction[IRP_MJ_CLEANUP] = DispatchCleanup;
  driver->MajorFunction[IRP_MJ_CLOSE] = DispatchClose;
  driver->MajorFunction[IRP_MJ_READ] = DispatchRead;
  driver->MajorFunction[IRP_MJ_WRITE] = DispatchWrite;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
  driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = DispatchControl;  // of drivers above a collection
  driver->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
  driver->MajorFunction[IRP_MJ_POWER] = DispatchPower;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = DispatchPassDown;
  driver->DriverExtension->AddDevice = add_device;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS CallBelow(Hid& hid, PIRP irp) {
  if (hid.mini == nullptr) return IoCallDriver(hid.lower, irp);
  IoSetNextIrpStackLocation(irp);
  IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  location.DeviceObject = hid.self;
  return CallDriver("DRIVER_DISPATCH", hid.mini->major[location.MajorFunction], hid.self, irp);
}

NTSTATUS Down(Hid& hid, PIRP irp) {
  if (hid.mini == nullptr) {
    IoSkipCurrentIrpStackLocation(irp);
  } else {
    IoCopyCurrentIrpStackLocationToNext(irp);
  }
  return CallBelow(hid, irp);
}

NTSTATUS ForwardAndWait(Hid& hid, PIRP irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(
      irp,
      [](DEVICE_OBJECT*, PIRP, PVOID context) -> NTSTATUS {
        KeSetEvent(static_cast<KEVENT*>(context), IO_NO_INCREMENT, FALSE);
        return STATUS_MORE_PROCESSING_REQUIRED;
      },
      &done, TRUE, TRUE, TRUE);
  CallBelow(hid, irp);
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return irp->IoStatus.Status;
}

NTSTATUS NTAPI MsHidKmdfEntry(DRIVER_OBJECT* driver, UNICODE_STRING*) { return SetUp(driver, AddKmdf); }
NTSTATUS NTAPI MsHidUmdfEntry(DRIVER_OBJECT* driver, UNICODE_STRING*) { return SetUp(driver, AddUmdf); }

namespace {

int registration_key;  // its address

NTSTATUS NTAPI AddRegistered(DRIVER_OBJECT* driver, DEVICE_OBJECT* pdo) {
  return AddDevice(driver, pdo, false, static_cast<const Registration*>(IoGetDriverObjectExtension(driver, &registration_key)));
}

VOID NTAPI UnloadRegistered(DRIVER_OBJECT* driver) {
  const auto* registration = static_cast<const Registration*>(IoGetDriverObjectExtension(driver, &registration_key));
  if (registration->unload != nullptr) CallDriver("DRIVER_UNLOAD", registration->unload, driver);
}

}  // namespace

NTSTATUS Register(const HID_MINIDRIVER_REGISTRATION& asked) {
  DRIVER_OBJECT* driver = asked.DriverObject;
  if (asked.Revision > HID_REVISION || driver == nullptr || driver->DriverExtension->AddDevice == nullptr) return STATUS_INVALID_PARAMETER;
  PVOID room;
  if (NTSTATUS status = IoAllocateDriverObjectExtension(driver, &registration_key, sizeof(Registration), &room); !NT_SUCCESS(status)) return status;
  auto* registration = static_cast<Registration*>(room);
  std::copy(std::begin(driver->MajorFunction), std::end(driver->MajorFunction), registration->major);
  registration->add_device = driver->DriverExtension->AddDevice;
  registration->unload = driver->DriverUnload;
  registration->extension_bytes = asked.DeviceExtensionSize;
  registration->polled = asked.DevicesArePolled;
  NTSTATUS status = SetUp(driver, AddRegistered);
  driver->DriverUnload = UnloadRegistered;
  return status;
}

NTSTATUS SetPresence(DEVICE_OBJECT* pdo, bool present) {
  for (DEVICE_OBJECT* device = pdo; device != nullptr; device = device->AttachedDevice) {
    if (IoGetDriverObjectExtension(device->DriverObject, &registration_key) == nullptr || device->DeviceExtension == nullptr) continue;
    Hid& hid = HidOf(device);
    if (__atomic_exchange_n(&hid.present, present, __ATOMIC_SEQ_CST) != present) IoInvalidateDeviceRelations(hid.pdo, BusRelations);
    return STATUS_SUCCESS;
  }
  return STATUS_INVALID_PARAMETER;
}

}  // namespace drydock::classes::hid

extern "C" {

NTSTATUS HidRegisterMinidriver(PHID_MINIDRIVER_REGISTRATION MinidriverRegistration) {
  return MinidriverRegistration == nullptr ? STATUS_INVALID_PARAMETER : drydock::classes::hid::Register(*MinidriverRegistration);
}

NTSTATUS HidNotifyPresence(PDEVICE_OBJECT PhysicalDeviceObject, BOOLEAN IsPresent) {
  return drydock::classes::hid::SetPresence(PhysicalDeviceObject, IsPresent != FALSE);
}

}  // extern "C"
