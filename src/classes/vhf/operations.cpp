// What the HID class asks of a virtual device, and what the source driver says and answers.
// Race:  a request is cancelled while the source completes its operation: the operation's `irp` is taken under the lock by whoever comes first.
#include <fmt/format.h>

#include <cstring>

#include <hidport.h>

#include "classes/vhf/vhf.h"
#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/thread.h"

namespace drydock::classes::vhf {
namespace {

constexpr ULONG kTag = 'fhVD';
constexpr ULONG kAlive = 'OfhV', kDone = 'DfhV';
constexpr size_t kMostReports = 128;  // that wait for the class
constexpr size_t kMostDone = 64;

template <class... P, class... A>
void CallSource(Device& device, const char* name, VOID (*callback)(P...), A... arguments) {
  device.host == nullptr ? nt::CallDriver(name, callback, arguments...) : nt::CallApplication(*device.host, name, callback, arguments...);
}

void CheckLevel(const void* handle, KIRQL highest, const char* function) {
  const KIRQL level = KeGetCurrentIrql();
  if (level <= highest) return;
  nt::BugCheck(nt::bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(handle), level, 0, 0},
               fmt::format("{} was called at IRQL {}; it needs {} or below.", function, level, highest == PASSIVE_LEVEL ? "PASSIVE_LEVEL" : "DISPATCH_LEVEL"));
}

// --- the use of a device ---

// False: not started yet, or going. Else Leave follows.
bool Enter(Device& device) {
  SpinGuard guard(&device.lock);
  if (!device.started || device.deleted) return false;
  ++device.busy;
  KeClearEvent(&device.quiet);
  return true;
}

void Leave(Device& device) {
  SpinGuard guard(&device.lock);
  if (--device.busy == 0) KeSetEvent(&device.quiet, IO_NO_INCREMENT, FALSE);
}

// Under the lock. The first read that waits and is not being cancelled; null: none.
PIRP TakeRead(Device& device) {
  while (!IsListEmpty(&device.reads)) {
    PIRP irp = CONTAINING_RECORD(RemoveHeadList(&device.reads), IRP, Tail.Overlay.ListEntry);
    if (IoSetCancelRoutine(irp, nullptr) != nullptr) return irp;
    InitializeListHead(&irp->Tail.Overlay.ListEntry);  // its cancel routine, which is on its way, takes it out of this
  }
  return nullptr;
}

VOID NTAPI CancelRead(DEVICE_OBJECT* object, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  {
    SpinGuard guard(&ExtensionOf(object).device->lock);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
  }
  Complete(irp, STATUS_CANCELLED);
}

void Answer(PIRP irp, const std::vector<UCHAR>& report) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength < report.size()) {
    Complete(irp, STATUS_INVALID_BUFFER_SIZE);
    return;
  }
  std::memcpy(irp->UserBuffer, report.data(), report.size());
  Complete(irp, STATUS_SUCCESS, report.size());
}

// A source with a policy of its own is asked for one report at a time, when a read comes; the class sends each again once it is complete.
void Invite(Device& device) {
  if (device.callbacks.EvtVhfReadyForNextReadReport == nullptr || !Enter(device)) return;
  bool ask;
  {
    SpinGuard guard(&device.lock);
    ask = !device.invited && !IsListEmpty(&device.reads);
    if (ask) device.invited = true;
  }
  if (ask) CallSource(device, "EvtVhfReadyForNextReadReport", device.callbacks.EvtVhfReadyForNextReadReport, device.client);
  Leave(device);
}

// Reports to reads, in their order: one task at a time, whoever else comes meanwhile leaves it to that one.
void Pump(Device& device) {
  InterlockedIncrement(&device.references);
  for (bool mine = false;;) {
    PIRP irp;
    std::vector<UCHAR> report;
    {
      SpinGuard guard(&device.lock);
      if (device.pumping && !mine) break;
      irp = device.reports.empty() ? nullptr : TakeRead(device);
      device.pumping = mine = irp != nullptr;
      if (irp == nullptr) break;
      report = std::move(device.reports.front());
      device.reports.pop_front();
    }
    Answer(irp, report);
  }
  Release(&device);
}

NTSTATUS Read(Device& device, PIRP irp) {
  NTSTATUS refused = STATUS_SUCCESS;
  {
    SpinGuard guard(&device.lock);
    if (device.deleted) {
      refused = STATUS_DEVICE_NOT_CONNECTED;
    } else {
      IoMarkIrpPending(irp);
      IoSetCancelRoutine(irp, CancelRead);
      if (!irp->Cancel || IoSetCancelRoutine(irp, nullptr) == nullptr) {
        InsertTailList(&device.reads, &irp->Tail.Overlay.ListEntry);
      } else {
        refused = STATUS_CANCELLED;
      }
    }
  }
  if (refused == STATUS_DEVICE_NOT_CONNECTED) return Complete(irp, refused);
  if (refused == STATUS_CANCELLED) {
    Complete(irp, refused);
    return STATUS_PENDING;
  }
  InterlockedIncrement(&device.references);  // the read may be over before it is done with, and the device with it
  Pump(device);
  Invite(device);
  Release(&device);
  return STATUS_PENDING;
}

// --- operations ---

VOID NTAPI CancelOperation(DEVICE_OBJECT* object, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  {
    Device& device = *ExtensionOf(object).device;
    SpinGuard guard(&device.lock);
    // The source's part of it goes on, if it is not over.
    for (LIST_ENTRY* entry = device.operations.Flink; entry != &device.operations; entry = entry->Flink) {
      Operation& operation = *CONTAINING_RECORD(entry, Operation, link);
      if (operation.irp == irp) operation.irp = nullptr;
    }
  }
  Complete(irp, STATUS_CANCELLED);
}

void Free(Operation* operation) {
  if (operation->buffer != nullptr) ExFreePoolWithTag(operation->buffer, kTag);
  if (operation->context != nullptr) ExFreePoolWithTag(operation->context, kTag);
  ExFreePoolWithTag(operation, kTag);
}

// What the source saw of it goes; the handle stays known for a while, so that completing it twice is seen.
void Retire(Device& device, Operation* operation) {
  ExFreePoolWithTag(operation->buffer, kTag);
  if (operation->context != nullptr) ExFreePoolWithTag(operation->context, kTag);
  operation->buffer = operation->context = nullptr;
  Operation* oldest = nullptr;
  {
    SpinGuard guard(&device.lock);
    device.done.push_back(operation);
    if (device.done.size() > kMostDone) {
      oldest = device.done.front();
      device.done.pop_front();
    }
  }
  if (oldest != nullptr) Free(oldest);
}

void Begin(Device& device, PIRP irp, PEVT_VHF_ASYNC_OPERATION callback, const char* name, bool from_device) {
  const auto* packet = static_cast<const HID_XFER_PACKET*>(irp->UserBuffer);
  auto* operation = static_cast<Operation*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Operation), kTag));
  if (operation == nullptr) return void(Complete(irp, STATUS_INSUFFICIENT_RESOURCES));
  operation->signature = kAlive;
  operation->device = &device;
  operation->irp = irp;
  operation->from_device = from_device;
  operation->length = packet->reportBufferLen;
  operation->buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, packet->reportBufferLen == 0 ? 1 : packet->reportBufferLen, kTag);
  if (device.context_bytes != 0) operation->context = ExAllocatePool2(POOL_FLAG_NON_PAGED, device.context_bytes, kTag);
  if (operation->buffer == nullptr || (device.context_bytes != 0 && operation->context == nullptr)) {
    Free(operation);
    Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    return;
  }
  std::memcpy(operation->buffer, packet->reportBuffer, packet->reportBufferLen);
  operation->packet = {static_cast<PUCHAR>(operation->buffer), packet->reportBufferLen, packet->reportId};
  bool cancelled;
  {
    SpinGuard guard(&device.lock);
    IoSetCancelRoutine(irp, CancelOperation);
    cancelled = irp->Cancel && IoSetCancelRoutine(irp, nullptr) != nullptr;
    if (!cancelled) {
      ++device.busy;  // the operation's own
      KeClearEvent(&device.quiet);
      InsertTailList(&device.operations, &operation->link);
    }
  }
  if (cancelled) {
    Free(operation);
    Complete(irp, STATUS_CANCELLED);
    return;
  }
  CallSource(device, name, callback, device.client, static_cast<VHFOPERATIONHANDLE>(operation), operation->context, &operation->packet);
}

NTSTATUS Operate(Device& device, PIRP irp, PEVT_VHF_ASYNC_OPERATION callback, const char* name, bool from_device) {
  const auto& control = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  const auto* packet = static_cast<const HID_XFER_PACKET*>(irp->UserBuffer);
  if (packet == nullptr || (from_device ? control.OutputBufferLength : control.InputBufferLength) < sizeof *packet || packet->reportBuffer == nullptr) {
    return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
  }
  if (callback == nullptr) return Complete(irp, STATUS_NOT_SUPPORTED);
  if (!Enter(device)) return Complete(irp, STATUS_DEVICE_NOT_READY);
  IoMarkIrpPending(irp);
  Begin(device, irp, callback, name, from_device);
  Leave(device);
  return STATUS_PENDING;
}

template <class T>
NTSTATUS Tell(PIRP irp, const T& value) {
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof value) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  std::memcpy(irp->UserBuffer, &value, sizeof value);
  return Complete(irp, STATUS_SUCCESS, sizeof value);
}

Device& Known(VHFHANDLE handle, const char* function) {
  if (handle == nullptr) {
    nt::BugCheck(nt::bug::kDriverVerifierDetectedViolation, {0, 0, 0, 0}, fmt::format("{} was given no handle.", function));
  }
  return *static_cast<Device*>(handle);
}

// --- VhfCreate ---

bool Words(const WCHAR* text, USHORT bytes, std::u16string* out) {
  if (bytes == 0) return true;
  if (text == nullptr || bytes % sizeof(WCHAR) != 0) return false;
  out->assign(reinterpret_cast<const char16_t*>(text), bytes / sizeof(WCHAR));
  return true;
}

NTSTATUS Configure(const VHF_CONFIG& config, Device* device) {
  device->client = config.VhfClientContext;
  device->context_bytes = config.OperationContextSize;
  device->vendor = config.VendorID;
  device->product = config.ProductID;
  device->version = config.VersionNumber;
  device->descriptor.assign(config.ReportDescriptor, config.ReportDescriptor + config.ReportDescriptorLength);
  device->callbacks = config;
  if (!Words(config.InstanceID, config.InstanceIDLength, &device->instance_id) ||
      !Words(config.HardwareIDs, config.HardwareIDsLength, &device->hardware_ids)) {
    return STATUS_INVALID_PARAMETER;
  }
  while (!device->instance_id.empty() && device->instance_id.back() == 0) device->instance_id.pop_back();
  if (!device->hardware_ids.empty()) {
    while (!device->hardware_ids.empty() && device->hardware_ids.back() == 0) device->hardware_ids.pop_back();
    device->hardware_ids.append(2, u'\0');
  }
  constexpr GUID kNone = {};
  if (std::memcmp(&config.ContainerID, &kNone, sizeof kNone) != 0) {
    UNICODE_STRING text;
    if (NTSTATUS status = RtlStringFromGUID(config.ContainerID, &text); !NT_SUCCESS(status)) return status;
    device->container_id.assign(reinterpret_cast<const char16_t*>(text.Buffer), text.Length / sizeof(WCHAR));
    RtlFreeUnicodeString(&text);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Create(const VHF_CONFIG& config, DEVICE_OBJECT* source, bool user_mode, VHFHANDLE* handle) {
  Filter* filter = FilterBelow(source);
  if (filter == nullptr) return STATUS_INVALID_DEVICE_REQUEST;  // nobody there to take it
  auto* device = nt::ex::New<Device>();
  if (device == nullptr) {
    Release(filter);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  device->filter = filter;
  KeInitializeSpinLock(&device->lock);
  InitializeListHead(&device->reads);
  InitializeListHead(&device->operations);
  KeInitializeEvent(&device->quiet, NotificationEvent, TRUE);
  if (const nt::CallbackFrame* frame = nt::CurrentThread().callbacks; user_mode && frame != nullptr) device->host = frame->host;
  NTSTATUS status = Configure(config, device);
  if (NT_SUCCESS(status) && device->instance_id.empty()) {
    static constexpr char16_t kDigits[] = u"0123456789ABCDEF";
    SpinGuard guard(&filter->lock);
    const size_t number = filter->made++;
    for (int shift = 12; shift >= 0; shift -= 4) device->instance_id += kDigits[number >> shift & 15];
  }
  if (NT_SUCCESS(status)) status = MakeObject(device);
  if (!NT_SUCCESS(status)) {
    device->references = 1;
    Release(device);
    return status;
  }
  *handle = device;
  return STATUS_SUCCESS;
}

bool Good(const VHF_CONFIG* config, const VHFHANDLE* handle) {
  return config != nullptr && handle != nullptr && config->Size == sizeof *config && config->DeviceObject != nullptr &&
         config->ReportDescriptor != nullptr && config->ReportDescriptorLength != 0;
}

}  // namespace

NTSTATUS Ask(Device& device, PIRP irp) {
  const VHF_CONFIG& source = device.callbacks;
  switch (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_HID_GET_DEVICE_DESCRIPTOR: {
      HID_DESCRIPTOR descriptor = {};
      descriptor.bLength = sizeof descriptor;
      descriptor.bDescriptorType = HID_HID_DESCRIPTOR_TYPE;
      descriptor.bcdHID = HID_REVISION;
      descriptor.bNumDescriptors = 1;
      descriptor.DescriptorList[0] = {HID_REPORT_DESCRIPTOR_TYPE, static_cast<USHORT>(device.descriptor.size())};
      return Tell(irp, descriptor);
    }
    case IOCTL_HID_GET_DEVICE_ATTRIBUTES: {
      HID_DEVICE_ATTRIBUTES attributes = {};
      attributes.Size = sizeof attributes;
      attributes.VendorID = device.vendor;
      attributes.ProductID = device.product;
      attributes.VersionNumber = device.version;
      return Tell(irp, attributes);
    }
    case IOCTL_HID_GET_REPORT_DESCRIPTOR:
      if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength < device.descriptor.size()) {
        return Complete(irp, STATUS_BUFFER_TOO_SMALL);
      }
      std::memcpy(irp->UserBuffer, device.descriptor.data(), device.descriptor.size());
      return Complete(irp, STATUS_SUCCESS, device.descriptor.size());
    case IOCTL_HID_ACTIVATE_DEVICE:
    case IOCTL_HID_DEACTIVATE_DEVICE: return Complete(irp, STATUS_SUCCESS);
    case IOCTL_HID_READ_REPORT: return Read(device, irp);
    case IOCTL_HID_GET_FEATURE: return Operate(device, irp, source.EvtVhfAsyncOperationGetFeature, "EvtVhfAsyncOperationGetFeature", true);
    case IOCTL_HID_SET_FEATURE: return Operate(device, irp, source.EvtVhfAsyncOperationSetFeature, "EvtVhfAsyncOperationSetFeature", false);
    case IOCTL_HID_WRITE_REPORT:
    case IOCTL_HID_SET_OUTPUT_REPORT:
      return Operate(device, irp, source.EvtVhfAsyncOperationWriteReport, "EvtVhfAsyncOperationWriteReport", false);
    case IOCTL_HID_GET_INPUT_REPORT:
      return Operate(device, irp, source.EvtVhfAsyncOperationGetInputReport, "EvtVhfAsyncOperationGetInputReport", true);
    default: return Complete(irp, STATUS_NOT_SUPPORTED);
  }
}

void FailReads(Device& device, NTSTATUS status) {
  for (;;) {
    PIRP irp;
    {
      SpinGuard guard(&device.lock);
      irp = TakeRead(device);
    }
    if (irp == nullptr) return;
    Complete(irp, status);
  }
}

void FailOperations(Device& device) {
  for (;;) {
    PIRP irp = nullptr;
    {
      SpinGuard guard(&device.lock);
      for (LIST_ENTRY* entry = device.operations.Flink; entry != &device.operations && irp == nullptr; entry = entry->Flink) {
        Operation& operation = *CONTAINING_RECORD(entry, Operation, link);
        if (operation.irp == nullptr || IoSetCancelRoutine(operation.irp, nullptr) == nullptr) continue;
        irp = operation.irp;
        operation.irp = nullptr;
      }
    }
    if (irp == nullptr) return;
    Complete(irp, STATUS_DEVICE_NOT_CONNECTED);
  }
}

void ForgetDone(Device& device) {
  for (Operation* operation : device.done) Free(operation);
}

}  // namespace drydock::classes::vhf

using namespace drydock;
using namespace drydock::classes;
using namespace drydock::classes::vhf;

extern "C" {

NTSTATUS VhfCreate(PVHF_CONFIG VhfConfig, PVHFHANDLE VhfHandle) {
  CheckLevel(nullptr, PASSIVE_LEVEL, "VhfCreate");
  return Good(VhfConfig, VhfHandle) ? Create(*VhfConfig, VhfConfig->DeviceObject, false, VhfHandle) : STATUS_INVALID_PARAMETER;
}

NTSTATUS DrydockVhfCreateByFile(PVHF_CONFIG VhfConfig, PVHFHANDLE VhfHandle) {
  if (!Good(VhfConfig, VhfHandle)) return STATUS_INVALID_PARAMETER;
  PVOID file;
  // Where a driver of kernel mode has its device object, this one has the file's handle.
  if (NTSTATUS status = ObReferenceObjectByHandle(VhfConfig->DeviceObject, 0, *IoFileObjectType, KernelMode, &file, nullptr); !NT_SUCCESS(status)) {
    return status;
  }
  const NTSTATUS status = Create(*VhfConfig, IoGetRelatedDeviceObject(static_cast<FILE_OBJECT*>(file)), true, VhfHandle);
  ObDereferenceObject(file);
  return status;
}

NTSTATUS VhfStart(VHFHANDLE VhfHandle) {
  CheckLevel(VhfHandle, PASSIVE_LEVEL, "VhfStart");
  Device& device = Known(VhfHandle, "VhfStart");
  {
    SpinGuard guard(&device.lock);
    if (device.started || device.deleted) return STATUS_INVALID_DEVICE_STATE;
    device.started = true;
  }
  Invite(device);  // the class may wait already
  return STATUS_SUCCESS;
}

VOID VhfDelete(VHFHANDLE VhfHandle, BOOLEAN Wait) {
  CheckLevel(VhfHandle, PASSIVE_LEVEL, "VhfDelete");
  Device& device = Known(VhfHandle, "VhfDelete");
  if (!Wait) nt::Break("VhfDelete was called without Wait, which is reserved; it waits all the same.");
  bool again;
  {
    SpinGuard guard(&device.lock);
    again = device.deleted;
    device.deleted = true;
  }
  if (again) {
    nt::BugCheck(nt::bug::kDriverVerifierDetectedViolation, {0, reinterpret_cast<uint64_t>(VhfHandle), 0, 0}, "VhfDelete was called for a device that is being deleted.");
  }
  Withdraw(&device);
  FailReads(device, STATUS_DEVICE_NOT_CONNECTED);
  KeWaitForSingleObject(&device.quiet, Executive, KernelMode, FALSE, nullptr);
  { SpinGuard guard(&device.lock); }  // who set it has let go of the lock
  if (device.callbacks.EvtVhfCleanup != nullptr) CallSource(device, "EvtVhfCleanup", device.callbacks.EvtVhfCleanup, device.client);
  Release(&device);
}

NTSTATUS VhfReadReportSubmit(VHFHANDLE VhfHandle, PHID_XFER_PACKET HidTransferPacket) {
  CheckLevel(VhfHandle, DISPATCH_LEVEL, "VhfReadReportSubmit");
  Device& device = Known(VhfHandle, "VhfReadReportSubmit");
  if (HidTransferPacket == nullptr || HidTransferPacket->reportBuffer == nullptr || HidTransferPacket->reportBufferLen == 0) {
    return STATUS_INVALID_PARAMETER;
  }
  std::vector<UCHAR> report(HidTransferPacket->reportBuffer, HidTransferPacket->reportBuffer + HidTransferPacket->reportBufferLen);
  {
    SpinGuard guard(&device.lock);
    if (!device.started || device.deleted) return STATUS_DEVICE_NOT_READY;
    if (device.callbacks.EvtVhfReadyForNextReadReport != nullptr) {
      if (!device.invited) return STATUS_INVALID_DEVICE_STATE;  // the source was not asked for it
      device.invited = false;
    }
    if (device.reports.size() >= kMostReports) device.reports.pop_front();
    device.reports.push_back(std::move(report));
  }
  Pump(device);
  return STATUS_SUCCESS;
}

NTSTATUS VhfAsyncOperationComplete(VHFOPERATIONHANDLE VhfOperationHandle, NTSTATUS CompletionStatus) {
  CheckLevel(VhfOperationHandle, DISPATCH_LEVEL, "VhfAsyncOperationComplete");
  auto* operation = static_cast<Operation*>(VhfOperationHandle);
  if (operation == nullptr || __atomic_exchange_n(&operation->signature, kDone, __ATOMIC_ACQ_REL) != kAlive) {
    nt::BugCheck(nt::bug::kDriverVerifierDetectedViolation, {0, reinterpret_cast<uint64_t>(operation), 0, 0},
                 "VhfAsyncOperationComplete was given what is no operation, or one that is complete already.");
  }
  Device& device = *operation->device;
  PIRP irp;
  {
    SpinGuard guard(&device.lock);
    RemoveEntryList(&operation->link);
    irp = operation->irp;
    // Its cancel routine is on its way and completes it.
    if (irp != nullptr && IoSetCancelRoutine(irp, nullptr) == nullptr) irp = nullptr;
  }
  if (irp != nullptr) {
    ULONG_PTR bytes = operation->length;
    if (operation->from_device && NT_SUCCESS(CompletionStatus)) {
      if (operation->packet.reportBufferLen < bytes) bytes = operation->packet.reportBufferLen;
      const auto* packet = static_cast<const HID_XFER_PACKET*>(irp->UserBuffer);
      std::memcpy(packet->reportBuffer, operation->buffer, bytes);
    }
    Complete(irp, CompletionStatus, NT_SUCCESS(CompletionStatus) ? bytes : 0);
  }
  Retire(device, operation);
  Leave(device);
  return STATUS_SUCCESS;
}

}  // extern "C"
