#include "nt/io/device.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/ex/pool.h"
#include "nt/io/driver.h"
#include "nt/io/state.h"
#include "nt/io/timer.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::io {
namespace {

void UnlinkFromDriver(DEVICE_OBJECT* device) {
  DRIVER_OBJECT* driver = device->DriverObject;
  if (!driver) return;
  DEVICE_OBJECT* newer = ExtensionOf(device)->newer;
  DEVICE_OBJECT* older = device->NextDevice;
  (newer ? newer->NextDevice : driver->DeviceObject) = older;
  if (older) ExtensionOf(older)->newer = newer;
  device->NextDevice = nullptr;
}

void DiscardDevice(void* body) {
  auto* device = static_cast<DEVICE_OBJECT*>(body);
  DeviceExtension* extension = ExtensionOf(device);
  device->Type = 0;
  if (!extension) return;
  if (extension->node) pnp::PdoDestroyed(extension->node);
  if (extension->own && extension->free_own) extension->free_own(extension->own);
  FreeTimer(*extension);
  delete extension;
  device->DeviceObjectExtension = nullptr;
}

NTSTATUS ParseDevice(ob::ParseContext& context, void* body, std::u16string_view remaining, void** opened);

}  // namespace

// Defined in open.cpp: sends the create.
NTSTATUS OpenParsedDevice(ob::ParseContext& context, DEVICE_OBJECT* device, std::u16string_view remaining, void** opened);

namespace {
NTSTATUS ParseDevice(ob::ParseContext& context, void* body, std::u16string_view remaining, void** opened) {
  return OpenParsedDevice(context, static_cast<DEVICE_OBJECT*>(body), remaining, opened);
}
}  // namespace

const ob::ObjectType kDeviceType = {"Device", nullptr, nullptr, DiscardDevice, ParseDevice, ob::kNotWaitable, FILE_ALL_ACCESS};

bool IsLiveDevice(const DEVICE_OBJECT* device) {
  return device && device->Type == IO_TYPE_DEVICE && ob::HeaderOf(device)->canary == ob::kObjectAlive &&
         !(ExtensionOf(device)->flags.load(std::memory_order_acquire) & kUnlinked);
}

uint32_t TraceId(const DEVICE_OBJECT* device) { return device ? ob::HeaderOf(device)->trace_id : 0; }

DEVICE_OBJECT* TopOfStack(DEVICE_OBJECT* device) {
  State& state = *CurrentKernel().io;
  rt::LockGuard guard(state.device_lock);
  while (device->AttachedDevice) device = device->AttachedDevice;
  ob::Reference(device);
  return device;
}

DEVICE_OBJECT* BottomOfStack(DEVICE_OBJECT* device) {
  State& state = *CurrentKernel().io;
  rt::LockGuard guard(state.device_lock);
  while (DEVICE_OBJECT* lower = ExtensionOf(device)->attached_to) device = lower;
  return device;
}

std::string Describe(const DEVICE_OBJECT* device) {
  if (!device) return "no device";
  if (!IsLiveDevice(device)) return "a deleted device object";
  std::u16string name = ob::NameOf(device);
  std::string text = name.empty() ? "device " + std::to_string(TraceId(device)) : ob::ToUtf8(name);
  if (device->DriverObject) text += " (" + ob::ToUtf8(ob::View(&device->DriverObject->DriverName)) + ")";
  return text;
}

// Deletes a device object for which IoDeleteDevice was called and that nobody uses any more. Called after each change of the counts.
void DeleteIfUnused(DEVICE_OBJECT* device) {
  State& state = *CurrentKernel().io;
  Driver* unused = nullptr;
  {
    rt::LockGuard guard(state.device_lock);
    DeviceExtension* extension = ExtensionOf(device);
    if (!(extension->flags & kDeletePending) || device->ReferenceCount > 0 || device->AttachedDevice) return;
    if (extension->flags & kUnlinked) return;
    extension->flags |= kUnlinked;
    UnlinkFromDriver(device);
    if (device->DriverObject && !device->DriverObject->DeviceObject) unused = DriverOf(device->DriverObject);
  }
  if (unused) pnp::DriverUnused(unused);
  Kernel& kernel = CurrentKernel();
  if (kernel.events.enabled()) RecordEvent(kernel, kDeviceDelete, TraceId(device));
  ob::Dereference(device);
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

namespace {

NTSTATUS CreateDeviceObject(PDRIVER_OBJECT driver, ULONG extension_bytes, PUNICODE_STRING name, DEVICE_TYPE type,
                            ULONG characteristics, BOOLEAN exclusive, PDEVICE_OBJECT* out) {
  Kernel& kernel = CurrentKernel();
  *out = nullptr;
  if (!ex::MayAllocate(kernel, sizeof(DEVICE_OBJECT) + extension_bytes)) return STATUS_INSUFFICIENT_RESOURCES;
  auto* device = ob::CreateObject<DEVICE_OBJECT>(kernel, io::kDeviceType, extension_bytes);
  if (!device) return STATUS_INSUFFICIENT_RESOURCES;
  auto* extension = new io::DeviceExtension{};
  extension->type = IO_TYPE_DEVICE_OBJECT_EXTENSION;
  extension->size = sizeof *extension;
  extension->device = device;
  device->Type = IO_TYPE_DEVICE;
  device->Size = static_cast<USHORT>(sizeof *device + extension_bytes);
  device->DriverObject = driver;
  device->Flags = DO_DEVICE_INITIALIZING | (exclusive ? DO_EXCLUSIVE : 0);
  device->Characteristics = characteristics;
  device->DeviceType = type;
  device->StackSize = 1;
  device->DeviceExtension = extension_bytes ? device + 1 : nullptr;
  device->DeviceObjectExtension = reinterpret_cast<PDEVOBJ_EXTENSION>(extension);
  switch (type) {
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_VIRTUAL_DISK:
    case FILE_DEVICE_FILE_SYSTEM:
      device->SectorSize = 512;
      break;
    case FILE_DEVICE_CD_ROM:
      device->SectorSize = 2048;
      break;
    default:
      device->SectorSize = 0;
  }
  KeInitializeEvent(&device->DeviceLock, SynchronizationEvent, TRUE);
  KeInitializeDeviceQueue(&device->DeviceQueue);

  std::u16string full_name;
  if (characteristics & FILE_AUTOGENERATED_DEVICE_NAME) {
    uint32_t number;
    {
      drydock::rt::LockGuard guard(kernel.io->registration_lock);
      number = kernel.io->next_auto_name++;
    }
    char digits[16];
    std::snprintf(digits, sizeof digits, "%08x", number);
    full_name = u"\\Device\\" + ob::ToUtf16(digits);
  } else if (name) {
    full_name = ob::View(name);
  }
  if (!full_name.empty()) {
    NTSTATUS status = ob::Insert(kernel, nullptr, full_name, device, false);
    if (!NT_SUCCESS(status)) {
      ob::Dereference(device);
      return status;
    }
    device->Flags |= DO_DEVICE_HAS_NAME;
  }
  {
    drydock::rt::LockGuard guard(kernel.io->device_lock);
    device->NextDevice = driver->DeviceObject;
    if (driver->DeviceObject) io::ExtensionOf(driver->DeviceObject)->newer = device;
    driver->DeviceObject = device;
  }
  if (kernel.events.enabled()) {
    io::Driver* owner = io::DriverOf(driver);
    RecordEvent(kernel, io::kDeviceCreate, io::TraceId(device), owner ? owner->trace_id : 0);
  }
  *out = device;
  return STATUS_SUCCESS;
}

void CheckDevice(PDEVICE_OBJECT device, const char* function) {
  if (io::IsLiveDevice(device)) return;
  BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {4, reinterpret_cast<uint64_t>(device)},
           std::string(function) + " was given something that is not a device object, most likely one that was deleted.");
}

}  // namespace

extern "C" {

// Not in wdm.h: declared in ntddk.h, ntifs.h and wdmsec.h of Windows.
NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                               PDEVICE_OBJECT* AttachedToDeviceObject);
PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject);
PDEVICE_OBJECT NTAPI IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject);

NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                              ULONG DeviceCharacteristics, BOOLEAN Exclusive, PDEVICE_OBJECT* DeviceObject) {
  return CreateDeviceObject(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive, DeviceObject);
}

// Who may open a device is not modelled: every caller may.
NTSTATUS NTAPI IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                                          DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                          PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid, PDEVICE_OBJECT* DeviceObject) {
  (void)DeviceClassGuid;
  if (!DefaultSDDLString || !DefaultSDDLString->Buffer) return STATUS_INVALID_PARAMETER;
  if (!DeviceName && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME)) return STATUS_INVALID_PARAMETER;
  return CreateDeviceObject(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive, DeviceObject);
}

VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject) {
  CheckDevice(DeviceObject, "IoDeleteDevice");
  io::State& state = *CurrentKernel().io;
  bool twice = false;
  bool attached = false;
  {
    drydock::rt::LockGuard guard(state.device_lock);
    io::DeviceExtension* extension = io::ExtensionOf(DeviceObject);
    twice = (extension->flags & io::kDeletePending) != 0;
    attached = extension->attached_to != nullptr;
    extension->flags |= io::kDeletePending;
  }
  if (twice) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0x240, reinterpret_cast<uint64_t>(DeviceObject)},
             "IoDeleteDevice was called twice on one device object.");
  }
  if (attached) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0x201, reinterpret_cast<uint64_t>(DeviceObject)},
             "IoDeleteDevice was called on a device object that is still attached to a lower one: call IoDetachDevice first.");
  }
  io::StopTimer(DeviceObject);
  ob::RemoveName(DeviceObject);
  io::DeleteIfUnused(DeviceObject);
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
  PDEVICE_OBJECT attached_to = nullptr;
  NTSTATUS status = IoAttachDeviceToDeviceStackSafe(SourceDevice, TargetDevice, &attached_to);
  return NT_SUCCESS(status) ? attached_to : nullptr;
}

NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                               PDEVICE_OBJECT* AttachedToDeviceObject) {
  CheckDevice(SourceDevice, "IoAttachDeviceToDeviceStack");
  CheckDevice(TargetDevice, "IoAttachDeviceToDeviceStack");
  Kernel& kernel = CurrentKernel();
  PDEVICE_OBJECT top;
  {
    drydock::rt::LockGuard guard(kernel.io->device_lock);
    top = TargetDevice;
    while (top->AttachedDevice) top = top->AttachedDevice;
    io::DeviceExtension* lower = io::ExtensionOf(top);
    io::DeviceExtension* mine = io::ExtensionOf(SourceDevice);
    if ((lower->flags & (io::kDeletePending | io::kRemovePending)) || mine->attached_to || top == SourceDevice) {
      return STATUS_NO_SUCH_DEVICE;
    }
    top->AttachedDevice = SourceDevice;
    mine->attached_to = top;
    SourceDevice->StackSize = static_cast<CCHAR>(top->StackSize + 1);
    SourceDevice->AlignmentRequirement = top->AlignmentRequirement;
    SourceDevice->SectorSize = top->SectorSize;
    *AttachedToDeviceObject = top;
  }
  if (kernel.events.enabled()) RecordEvent(kernel, io::kDeviceAttach, io::TraceId(SourceDevice), io::TraceId(top));
  return STATUS_SUCCESS;
}

VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice) {
  CheckDevice(TargetDevice, "IoDetachDevice");
  Kernel& kernel = CurrentKernel();
  bool was_attached;
  {
    drydock::rt::LockGuard guard(kernel.io->device_lock);
    PDEVICE_OBJECT upper = TargetDevice->AttachedDevice;
    was_attached = upper != nullptr;
    if (upper) {
      io::ExtensionOf(upper)->attached_to = nullptr;
      TargetDevice->AttachedDevice = nullptr;
    }
  }
  if (!was_attached) {
    BugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, {0x202, reinterpret_cast<uint64_t>(TargetDevice)},
             "IoDetachDevice was called on a device object that nothing is attached to (pass the lower device object, the one that "
             "IoAttachDeviceToDeviceStack returned, and only once).");
  }
  if (kernel.events.enabled()) RecordEvent(kernel, io::kDeviceDetach, io::TraceId(TargetDevice));
  io::DeleteIfUnused(TargetDevice);
}

PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject) {
  CheckDevice(DeviceObject, "IoGetAttachedDevice");
  while (DeviceObject->AttachedDevice) DeviceObject = DeviceObject->AttachedDevice;
  return DeviceObject;
}

PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject) {
  CheckDevice(DeviceObject, "IoGetAttachedDeviceReference");
  return io::TopOfStack(DeviceObject);
}

PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject) {
  CheckDevice(DeviceObject, "IoGetLowerDeviceObject");
  drydock::rt::LockGuard guard(CurrentKernel().io->device_lock);
  io::DeviceExtension* extension = io::ExtensionOf(DeviceObject);
  if ((extension->flags & io::kDeletePending) || !extension->attached_to) return nullptr;
  ob::Reference(extension->attached_to);
  return extension->attached_to;
}

PDEVICE_OBJECT NTAPI IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject) {
  CheckDevice(DeviceObject, "IoGetDeviceAttachmentBaseRef");
  PDEVICE_OBJECT bottom = io::BottomOfStack(DeviceObject);
  ob::Reference(bottom);
  return bottom;
}

PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
  PDEVICE_OBJECT device = FileObject->DeviceObject;
  if (FileObject->Flags & FO_DIRECT_DEVICE_OPEN) return device;
  while (device->AttachedDevice) device = device->AttachedDevice;
  return device;
}

}  // extern "C"
