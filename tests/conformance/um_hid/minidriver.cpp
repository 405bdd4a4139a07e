#include "minidriver.h"

#include <cstring>

#include <ntddk.h>
#include <wdf.h>

#include <hidport.h>

namespace drydock::test::hid {

#ifdef UMDF_VERSION_MAJOR
Mini* um = nullptr;
static Mini& Me() { return *um; }
#else
Mini* km = nullptr;
static Mini& Me() { return *km; }
#endif

namespace {

WDFQUEUE reads = nullptr, kept = nullptr;
std::vector<Bytes> backlog;

constexpr char16_t kTexts[3][16] = {u"the maker", u"the product", u"no. 4711"};

// --- what differs: how a request's buffers are reached ---

#ifdef UMDF_VERSION_MAJOR

NTSTATUS Output(WDFREQUEST request, size_t least, void** buffer, size_t* length) {
  return WdfRequestRetrieveOutputBuffer(request, least, buffer, length);
}
// The report for the device, and its id.
NTSTATUS Incoming(WDFREQUEST request, Call& call) {
  void* buffer;
  size_t length;
  WDF_REQUEST_PARAMETERS parameters;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(request, &parameters);
  call.report_id = static_cast<uint8_t>(parameters.Parameters.DeviceIoControl.OutputBufferLength);
  NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 1, &buffer, &length);
  if (NT_SUCCESS(status)) call.data.assign(static_cast<uint8_t*>(buffer), static_cast<uint8_t*>(buffer) + length);
  return status;
}
// Where a report of the device goes, and which.
NTSTATUS Outgoing(WDFREQUEST request, Call& call, void** buffer, size_t* length) {
  void* id;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(request, 1, &id, nullptr);
  if (!NT_SUCCESS(status)) return status;
  call.report_id = *static_cast<uint8_t*>(id);
  return WdfRequestRetrieveOutputBuffer(request, 1, buffer, length);
}
NTSTATUS Value(WDFREQUEST request, Call& call) {
  void* buffer;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(request, sizeof call.value, &buffer, nullptr);
  if (NT_SUCCESS(status)) std::memcpy(&call.value, buffer, sizeof call.value);
  return status;
}
constexpr ULONG kGetFeature = IOCTL_UMDF_HID_GET_FEATURE, kSetFeature = IOCTL_UMDF_HID_SET_FEATURE,
                kGetInput = IOCTL_UMDF_HID_GET_INPUT_REPORT, kSetOutput = IOCTL_UMDF_HID_SET_OUTPUT_REPORT;

#else

NTSTATUS Output(WDFREQUEST request, size_t least, void** buffer, size_t* length) {
  PIRP irp = WdfRequestWdmGetIrp(request);
  *buffer = irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : irp->UserBuffer;
  const size_t bytes = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
  if (length) *length = bytes;
  return bytes < least ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}
NTSTATUS Incoming(WDFREQUEST request, Call& call) {
  PIRP irp = WdfRequestWdmGetIrp(request);
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength < sizeof(HID_XFER_PACKET)) return STATUS_BUFFER_TOO_SMALL;
  auto& packet = *static_cast<HID_XFER_PACKET*>(irp->UserBuffer);
  call.report_id = packet.reportId;
  call.data.assign(packet.reportBuffer, packet.reportBuffer + packet.reportBufferLen);
  return STATUS_SUCCESS;
}
NTSTATUS Outgoing(WDFREQUEST request, Call& call, void** buffer, size_t* length) {
  PIRP irp = WdfRequestWdmGetIrp(request);
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof(HID_XFER_PACKET)) return STATUS_BUFFER_TOO_SMALL;
  auto& packet = *static_cast<HID_XFER_PACKET*>(irp->UserBuffer);
  call.report_id = packet.reportId;
  *buffer = packet.reportBuffer;
  *length = packet.reportBufferLen;
  return STATUS_SUCCESS;
}
NTSTATUS Value(WDFREQUEST request, Call& call) {
  call.value = PtrToUlong(IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(request))->Parameters.DeviceIoControl.Type3InputBuffer);
  return STATUS_SUCCESS;
}
constexpr ULONG kGetFeature = IOCTL_HID_GET_FEATURE, kSetFeature = IOCTL_HID_SET_FEATURE, kGetInput = IOCTL_HID_GET_INPUT_REPORT,
                kSetOutput = IOCTL_HID_SET_OUTPUT_REPORT;

#endif

// --- the device ---

void Finish(WDFREQUEST request, NTSTATUS status, size_t information = 0) {
  WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? information : 0);
}

void Tell(WDFREQUEST request, const void* data, size_t bytes) {
  void* buffer;
  NTSTATUS status = Output(request, bytes, &buffer, nullptr);
  if (NT_SUCCESS(status)) std::memcpy(buffer, data, bytes);
  Finish(request, status, bytes);
}

// With the queue's lock.
void Feed() {
  WDFREQUEST request;
  while (!backlog.empty() && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(reads, &request))) {
    const Bytes report = backlog.front();
    backlog.erase(backlog.begin());
    Tell(request, report.data(), report.size());
  }
}

void Keep(Call call) {
  std::lock_guard guard(Me().lock);
  Me().calls.push_back(std::move(call));
}

void Control(WDFQUEUE, WDFREQUEST request, size_t output, size_t input, ULONG code) {
  Mini& mini = Me();
  Call call;
  call.code = code;
  call.input = input;
  call.output = output;
  WDF_REQUEST_PARAMETERS parameters;
  WDF_REQUEST_PARAMETERS_INIT(&parameters);
  WdfRequestGetParameters(request, &parameters);
  call.internal = parameters.Type == WdfRequestTypeDeviceControlInternal;
  if (code == mini.refuse) {
    Keep(call);
    return Finish(request, mini.refuse_status);
  }
  if (code == mini.keep) {
    Keep(call);
    WdfRequestForwardToIoQueue(request, kept);
    return;
  }
  void* buffer = nullptr;
  size_t length = 0;
  NTSTATUS status = STATUS_SUCCESS;
  switch (code) {
    case IOCTL_HID_GET_DEVICE_DESCRIPTOR: {
      const HID_DESCRIPTOR descriptor = {9, 0x21, 0x0100, 0, 1, {{0x22, static_cast<USHORT>(ReportDescriptor(mini.ids).size())}}};
      Keep(call);
      return Tell(request, &descriptor, sizeof descriptor);
    }
    case IOCTL_HID_GET_DEVICE_ATTRIBUTES: {
      HID_DEVICE_ATTRIBUTES attributes = {};
      attributes.Size = sizeof attributes;
      attributes.VendorID = 0x1234;
      attributes.ProductID = 0x5678;
      attributes.VersionNumber = 0x0102;
      Keep(call);
      return Tell(request, &attributes, mini.short_attributes ? 8 : sizeof attributes);
    }
    case IOCTL_HID_GET_REPORT_DESCRIPTOR: {
      Bytes descriptor = ReportDescriptor(mini.ids);
      if (mini.broken_report_descriptor) descriptor.back() = 0;
      Keep(call);
      return Tell(request, descriptor.data(), descriptor.size());
    }
    case IOCTL_HID_ACTIVATE_DEVICE:
    case IOCTL_HID_DEACTIVATE_DEVICE:
      Keep(call);
      return Finish(request, STATUS_SUCCESS);
    case IOCTL_HID_READ_REPORT:
      Keep(call);
      status = WdfRequestForwardToIoQueue(request, reads);
      if (!NT_SUCCESS(status)) return Finish(request, status);
      return Feed();
    case IOCTL_HID_WRITE_REPORT:
      status = Incoming(request, call);
      Keep(call);
      if (NT_SUCCESS(status)) backlog.push_back(call.data);
      Finish(request, status, call.data.size());
      return Feed();
    case kSetOutput:
    case kSetFeature:
      status = Incoming(request, call);
      (code == kSetFeature ? mini.feature : mini.last_output) = call.data;
      Keep(call);
      return Finish(request, status, call.data.size());
    case kGetFeature:
    case kGetInput: {
      status = Outgoing(request, call, &buffer, &length);
      call.output = length;
      Keep(call);
      const Bytes& from = code == kGetFeature ? mini.feature : mini.last_output;
      const size_t bytes = length < from.size() ? length : from.size();
      if (NT_SUCCESS(status)) std::memcpy(buffer, from.data(), bytes);
      return Finish(request, status, bytes);
    }
    case IOCTL_HID_GET_STRING:
    case IOCTL_HID_GET_INDEXED_STRING: {
      status = Value(request, call);
      Keep(call);
      const ULONG id = call.value & 0xFFFF;
      const ULONG which = code == IOCTL_HID_GET_STRING ? id - HID_STRING_ID_IMANUFACTURER : id;
      if (!NT_SUCCESS(status) || which > 2) return Finish(request, NT_SUCCESS(status) ? STATUS_INVALID_PARAMETER : status);
      size_t characters = 0;
      while (kTexts[which][characters] != 0) ++characters;
      return Tell(request, kTexts[which], (characters + 1) * sizeof(char16_t));
    }
    default:
      Keep(call);
      return Finish(request, STATUS_NOT_SUPPORTED);
  }
}

NTSTATUS MakeQueue(WDFDEVICE device, WDF_IO_QUEUE_DISPATCH_TYPE type, WDFQUEUE* queue) {
  WDF_IO_QUEUE_CONFIG config;
  WDF_OBJECT_ATTRIBUTES attributes;
  WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
  attributes.SynchronizationScope = WdfSynchronizationScopeQueue;  // a request that is forwarded lets the next one in
  if (type == WdfIoQueueDispatchManual) {
    WDF_IO_QUEUE_CONFIG_INIT(&config, type);
  } else {
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, type);
#ifdef UMDF_VERSION_MAJOR
    config.EvtIoDeviceControl = Control;
#else
    config.EvtIoInternalDeviceControl = Control;
#endif
  }
  return WdfIoQueueCreate(device, &config, &attributes, queue);
}

NTSTATUS DeviceAdd(WDFDRIVER, PWDFDEVICE_INIT init) {
  backlog.clear();
  WdfFdoInitSetFilter(init);
  WDFDEVICE device;
  WDFQUEUE main;
  NTSTATUS status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &device);
  if (NT_SUCCESS(status)) status = MakeQueue(device, WdfIoQueueDispatchManual, &reads);
  if (NT_SUCCESS(status)) status = MakeQueue(device, WdfIoQueueDispatchManual, &kept);
  if (NT_SUCCESS(status)) status = MakeQueue(device, WdfIoQueueDispatchSequential, &main);
  return status;
}

}  // namespace
}  // namespace drydock::test::hid

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  WDF_DRIVER_CONFIG config;
  WDF_DRIVER_CONFIG_INIT(&config, drydock::test::hid::DeviceAdd);
  return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
