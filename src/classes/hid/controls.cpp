// What applications ask for besides input reports: output and feature reports, texts, facts about the collection.
#include <algorithm>
#include <cstring>

#include "classes/hid/hid.h"

namespace drydock::classes::hid {
namespace {

constexpr ULONG kLongestPoll = 10'000;  // ms
constexpr ULONG kEnglish = 0x0409;
constexpr ULONG kLeastReports = 2, kMostReports = 512;  // of a file's queue, as documented for HidD_SetNumInputBuffers

// A report buffer of an application: the id, which is 0 where the device has none, and the data.
struct ReportBuffer {
  UCHAR* bytes = nullptr;
  ULONG length = 0;
};

const Child* ChildOf(PIRP irp) { return ExtensionOf(IoGetCurrentIrpStackLocation(irp)->DeviceObject).child; }

// STATUS_SUCCESS: the buffer is long enough for the report that its first byte names.
NTSTATUS Check(const Hid& hid, const Child* child, ReportType type, const ReportBuffer& buffer) {
  if (buffer.bytes == nullptr || buffer.length == 0) return STATUS_INVALID_BUFFER_SIZE;
  const bool has = child == nullptr || Has(child->header(), type, buffer.bytes[0]);
  const size_t longest = child == nullptr ? hid.layout.LongestOf(type) : child->header().report_bytes[static_cast<size_t>(type)];
  const size_t bytes = has ? hid.layout.BytesOf(type, buffer.bytes[0]) : 0;
  if (bytes == 0) return longest == 0 ? STATUS_INVALID_DEVICE_REQUEST : STATUS_INVALID_PARAMETER;
  return buffer.length < bytes ? STATUS_INVALID_BUFFER_SIZE : STATUS_SUCCESS;
}

// The minidriver sees the id in the buffer only where the device has ids.
ULONG SkippedOf(const Hid& hid) { return hid.layout.uses_ids ? 0 : 1; }

ULONG_PTR Nothing(const Exchange&, ULONG_PTR) { return 0; }
ULONG_PTR WholeReport(const Exchange& exchange, ULONG_PTR) { return exchange.transfer.input_length + SkippedOf(*exchange.hid); }
ULONG_PTR Moved(const Exchange& exchange, ULONG_PTR information) {
  // The first byte is the application's, whatever the minidriver left there.
  const Transfer& transfer = exchange.transfer;
  static_cast<UCHAR*>(transfer.output)[-static_cast<ptrdiff_t>(SkippedOf(*exchange.hid))] = transfer.report_id;
  return information == 0 ? 0 : information + SkippedOf(*exchange.hid);
}
ULONG_PTR AsIs(const Exchange&, ULONG_PTR information) { return information; }

NTSTATUS Pass(Hid& hid, PIRP irp, const Transfer& transfer, ULONG_PTR (*finish)(const Exchange&, ULONG_PTR)) {
  Exchange* exchange = NewExchange(hid, transfer);
  return exchange == nullptr ? Complete(irp, STATUS_INSUFFICIENT_RESOURCES) : SendFor(irp, exchange, finish);
}

NTSTATUS ToDevice(Hid& hid, PIRP irp, ULONG code, ReportType type, const ReportBuffer& buffer, ULONG_PTR (*finish)(const Exchange&, ULONG_PTR)) {
  if (NTSTATUS status = Check(hid, ChildOf(irp), type, buffer); !NT_SUCCESS(status)) return Complete(irp, status);
  const ULONG skipped = SkippedOf(hid);
  return Pass(hid, irp,
              {.code = code,
               .report_id = buffer.bytes[0],
               .input = buffer.bytes + skipped,
               .input_length = static_cast<ULONG>(hid.layout.BytesOf(type, buffer.bytes[0])) - skipped},
              finish);
}

NTSTATUS FromDevice(Hid& hid, PIRP irp, ULONG code, ReportType type, const ReportBuffer& buffer) {
  if (NTSTATUS status = Check(hid, ChildOf(irp), type, buffer); !NT_SUCCESS(status)) return Complete(irp, status);
  const ULONG skipped = SkippedOf(hid);
  return Pass(hid, irp,
              {.code = code,
               .report_id = buffer.bytes[0],
               .output = buffer.bytes + skipped,
               .output_length = static_cast<ULONG>(hid.layout.BytesOf(type, buffer.bytes[0])) - skipped},
              Moved);
}

ReportBuffer OutputOf(PIRP irp, const IO_STACK_LOCATION& location) {
  void* bytes = irp->MdlAddress == nullptr ? nullptr : MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
  return {static_cast<UCHAR*>(bytes), location.Parameters.DeviceIoControl.OutputBufferLength};
}

NTSTATUS Text(Hid& hid, PIRP irp, ULONG code, ULONG value, const ReportBuffer& output) {
  if (output.bytes == nullptr || output.length == 0) return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
  return Pass(hid, irp, {.code = code, .output = output.bytes, .output_length = output.length, .value = value}, AsIs);
}

template <class T>
NTSTATUS Tell(PIRP irp, const IO_STACK_LOCATION& location, const T& value) {
  if (location.Parameters.DeviceIoControl.OutputBufferLength < sizeof value) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
  std::memcpy(irp->AssociatedIrp.SystemBuffer, &value, sizeof value);
  return Complete(irp, STATUS_SUCCESS, sizeof value);
}

NTSTATUS SetQueue(Hid& hid, Reader& reader, PIRP irp, ULONG count) {
  if (count < kLeastReports || count > kMostReports) return Complete(irp, STATUS_INVALID_PARAMETER);
  {
    SpinGuard guard(&hid.lock);
    reader.most_reports = count;
    while (reader.reports.size() > count) reader.reports.pop_front();
  }
  return Complete(irp, STATUS_SUCCESS);
}

bool NeedsFile(ULONG code) {
  return code == IOCTL_HID_GET_DRIVER_CONFIG || code == IOCTL_HID_SET_DRIVER_CONFIG || code == IOCTL_GET_NUM_DEVICE_INPUT_BUFFERS ||
         code == IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS || code == IOCTL_HID_FLUSH_QUEUE;
}

}  // namespace

NTSTATUS NTAPI DispatchWrite(DEVICE_OBJECT* device, PIRP irp) {
  Hid& hid = HidOf(device);
  void* bytes = irp->MdlAddress == nullptr ? nullptr : MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
  const ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
  return ToDevice(hid, irp, IOCTL_HID_WRITE_REPORT, ReportType::kOutput, {static_cast<UCHAR*>(bytes), length}, WholeReport);
}

NTSTATUS NTAPI DispatchControl(DEVICE_OBJECT* device, PIRP irp) {
  Hid& hid = HidOf(device);
  IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  const auto& control = location.Parameters.DeviceIoControl;
  auto* reader = location.FileObject == nullptr ? nullptr : static_cast<Reader*>(location.FileObject->FsContext);
  const ReportBuffer input = {static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer), control.InputBufferLength};
  // Drivers above a collection may ask without a file; applications have one. What concerns a file's queue needs one.
  const bool internal = location.MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
  if (!hid.started || (reader == nullptr && !internal)) return Complete(irp, STATUS_DEVICE_NOT_READY);
  if (reader == nullptr && NeedsFile(control.IoControlCode)) return Complete(irp, STATUS_PRIVILEGE_NOT_HELD);
  const Child& child = ExtensionOf(device).child == nullptr ? *hid.children.front() : *ExtensionOf(device).child;
  switch (control.IoControlCode) {
    case IOCTL_HID_GET_FEATURE:
      return FromDevice(hid, irp, IOCTL_HID_GET_FEATURE, ReportType::kFeature, OutputOf(irp, location));
    case IOCTL_HID_GET_INPUT_REPORT:
      return FromDevice(hid, irp, IOCTL_HID_GET_INPUT_REPORT, ReportType::kInput, OutputOf(irp, location));
    case IOCTL_HID_SET_FEATURE:
      return ToDevice(hid, irp, IOCTL_HID_SET_FEATURE, ReportType::kFeature, input, Nothing);
    case IOCTL_HID_SET_OUTPUT_REPORT:
      return ToDevice(hid, irp, IOCTL_HID_SET_OUTPUT_REPORT, ReportType::kOutput, input, Nothing);
    case IOCTL_HID_GET_MANUFACTURER_STRING:
      return Text(hid, irp, IOCTL_HID_GET_STRING, HID_STRING_ID_IMANUFACTURER | kEnglish << 16, OutputOf(irp, location));
    case IOCTL_HID_GET_PRODUCT_STRING:
      return Text(hid, irp, IOCTL_HID_GET_STRING, HID_STRING_ID_IPRODUCT | kEnglish << 16, OutputOf(irp, location));
    case IOCTL_HID_GET_SERIALNUMBER_STRING:
      return Text(hid, irp, IOCTL_HID_GET_STRING, HID_STRING_ID_ISERIALNUMBER | kEnglish << 16, OutputOf(irp, location));
    case IOCTL_HID_GET_INDEXED_STRING: {
      ULONG index;
      if (input.bytes == nullptr || input.length < sizeof index) return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
      std::memcpy(&index, input.bytes, sizeof index);
      return Text(hid, irp, IOCTL_HID_GET_INDEXED_STRING, (index & 0xFFFF) | kEnglish << 16, OutputOf(irp, location));
    }
    case IOCTL_HID_GET_COLLECTION_INFORMATION: {
      HID_COLLECTION_INFORMATION information = {};
      information.DescriptorSize = static_cast<ULONG>(child.preparsed.size());
      information.Polled = hid.mini != nullptr && hid.mini->polled;
      information.VendorID = hid.attributes.VendorID;
      information.ProductID = hid.attributes.ProductID;
      information.VersionNumber = hid.attributes.VersionNumber;
      return Tell(irp, location, information);
    }
    case IOCTL_HID_GET_COLLECTION_DESCRIPTOR: {  // METHOD_NEITHER: the caller's own address, in the caller's context
      if (irp->UserBuffer == nullptr || control.OutputBufferLength < child.preparsed.size()) return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
      std::memcpy(irp->UserBuffer, child.preparsed.data(), child.preparsed.size());
      return Complete(irp, STATUS_SUCCESS, child.preparsed.size());
    }
    case IOCTL_HID_GET_HARDWARE_ID: {
      const ReportBuffer output = OutputOf(irp, location);
      const std::u16string ids = HardwareIdsOf(child);
      if (output.bytes == nullptr || output.length < ids.size() * sizeof(WCHAR)) return Complete(irp, STATUS_BUFFER_TOO_SMALL);
      std::memcpy(output.bytes, ids.data(), ids.size() * sizeof(WCHAR));
      return Complete(irp, STATUS_SUCCESS, ids.size() * sizeof(WCHAR));
    }
    case IOCTL_HID_GET_DRIVER_CONFIG: {
      const HID_DRIVER_CONFIG config = {sizeof config, reader->most_reports};
      return Tell(irp, location, config);
    }
    case IOCTL_HID_SET_DRIVER_CONFIG: {
      HID_DRIVER_CONFIG config;
      if (input.bytes == nullptr || input.length < sizeof config) return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
      std::memcpy(&config, input.bytes, sizeof config);
      return config.Size != sizeof config ? Complete(irp, STATUS_INVALID_PARAMETER) : SetQueue(hid, *reader, irp, config.RingBufferSize);
    }
    case IOCTL_HID_GET_POLL_FREQUENCY_MSEC: {
      if (hid.mini == nullptr || !hid.mini->polled) return Complete(irp, STATUS_INVALID_PARAMETER);
      const auto milliseconds = static_cast<ULONG>(__atomic_load_n(&hid.poll_milliseconds, __ATOMIC_RELAXED));
      return Tell(irp, location, milliseconds);
    }
    case IOCTL_HID_SET_POLL_FREQUENCY_MSEC: {
      ULONG milliseconds;
      if (hid.mini == nullptr || !hid.mini->polled) return Complete(irp, STATUS_INVALID_PARAMETER);
      if (input.bytes == nullptr || input.length < sizeof milliseconds) return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
      std::memcpy(&milliseconds, input.bytes, sizeof milliseconds);
      __atomic_store_n(&hid.poll_milliseconds, static_cast<LONG>(std::min(milliseconds, kLongestPoll)), __ATOMIC_RELAXED);
      return Complete(irp, STATUS_SUCCESS);
    }
    case IOCTL_GET_NUM_DEVICE_INPUT_BUFFERS:
      return Tell(irp, location, reader->most_reports);
    case IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS: {
      ULONG count;
      if (input.bytes == nullptr || input.length < sizeof count) return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
      std::memcpy(&count, input.bytes, sizeof count);
      return SetQueue(hid, *reader, irp, count);
    }
    case IOCTL_HID_FLUSH_QUEUE:
      FlushReports(hid, *reader);
      return Complete(irp, STATUS_SUCCESS);
    default:
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace drydock::classes::hid
