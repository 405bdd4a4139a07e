#include "wdf/target/remote_open.h"

#include "nt/pnp/pnp.h"
#include "wdf/device/device.h"
#include "wdf/target/builder.h"
#include "wdf/target/by_file.h"
#include "wdf/target/io_target.h"

namespace drydock::wdf {

void IoTarget::ReleaseOutside() {
  delete remote_;
  remote_ = nullptr;
}
namespace {

// What an open found.
struct Opened {
  PDEVICE_OBJECT device = nullptr;  // referenced
  PFILE_OBJECT file = nullptr;      // referenced
  HANDLE handle = nullptr;

  void GiveBack() {
    if (file) ObDereferenceObject(file);
    if (device) ObDereferenceObject(device);
    if (handle) ZwClose(handle);
    *this = {};
  }
};

// Win32's dispositions, which a UMDF driver gives, as NT's; 0 is none (OP-28).
bool NtDisposition(ULONG win32, ULONG* nt) {
  switch (win32) {
    case 1: *nt = FILE_CREATE; return true;        // CREATE_NEW
    case 2: *nt = FILE_OVERWRITE_IF; return true;  // CREATE_ALWAYS
    case 3: *nt = FILE_OPEN; return true;          // OPEN_EXISTING
    case 4: *nt = FILE_OPEN_IF; return true;       // OPEN_ALWAYS
    case 5: *nt = FILE_OVERWRITE; return true;     // TRUNCATE_EXISTING
    default: return false;
  }
}

// "\\.\COM1", "\\?\C:\x" and "C:\x" lie below \??.
std::u16string NtName(const std::u16string& win32) {
  std::u16string_view rest = win32;
  if (rest.starts_with(u"\\\\.\\") || rest.starts_with(u"\\\\?\\")) {
    rest.remove_prefix(4);
  } else if (rest.starts_with(u"\\")) {
    return win32;
  }
  return std::u16string(u"\\??\\").append(rest);
}

// (U) the host's Win32 error, converted back; the documented one is STATUS_NOT_FOUND for an unknown name (IOT-1.11).
NTSTATUS UmdfStatus(NTSTATUS status) {
  switch (status) {
    case STATUS_OBJECT_NAME_NOT_FOUND:
    case STATUS_OBJECT_PATH_NOT_FOUND:
    case STATUS_NO_SUCH_DEVICE: return STATUS_NOT_FOUND;
    default: return status;
  }
}

NTSTATUS OpenName(const RemoteOpen& values, bool umdf, Opened* opened, ULONG* file_information) {
  ULONG disposition = values.disposition;
  ULONG options = values.options;
  std::u16string name = values.name;
  if (umdf) {
    if (!NtDisposition(values.disposition, &disposition)) return STATUS_INVALID_PARAMETER;
    name = NtName(values.name);
    options = FILE_NON_DIRECTORY_FILE;  // always for overlapped I/O (IOX-35)
  }
  UNICODE_STRING counted;
  counted.Buffer = reinterpret_cast<PWCH>(name.data());
  counted.Length = counted.MaximumLength = USHORT(name.size() * sizeof(char16_t));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &counted, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  IO_STATUS_BLOCK io = {};
  LARGE_INTEGER allocation;
  allocation.QuadPart = values.allocation_size;
  NTSTATUS status = ZwCreateFile(&opened->handle, values.access | SYNCHRONIZE, &attributes, &io, values.has_allocation_size ? &allocation : nullptr,
                                 values.attributes, values.share, disposition, options,
                                 values.ea.empty() ? nullptr : const_cast<unsigned char*>(values.ea.data()), ULONG(values.ea.size()));
  *file_information = ULONG(io.Information);
  if (!NT_SUCCESS(status)) {
    opened->handle = nullptr;
    return umdf ? UmdfStatus(status) : status;
  }
  status = ObReferenceObjectByHandle(opened->handle, 0, *IoFileObjectType, KernelMode, reinterpret_cast<PVOID*>(&opened->file), nullptr);
  if (NT_SUCCESS(status)) {
    opened->device = IoGetRelatedDeviceObject(opened->file);
    if (opened->device) {
      ObReferenceObject(opened->device);
    } else {
      status = STATUS_NO_SUCH_DEVICE;
    }
  }
  if (!NT_SUCCESS(status)) opened->GiveBack();
  return status;
}

NTSTATUS SaveValues(const WDF_IO_TARGET_OPEN_PARAMS& params, RemoteOpen* values) {
  values->name.assign(reinterpret_cast<const char16_t*>(params.TargetDeviceName.Buffer), params.TargetDeviceName.Length / sizeof(char16_t));
  values->access = params.DesiredAccess;
  values->share = params.ShareAccess;
  values->attributes = params.FileAttributes;
  values->disposition = params.CreateDisposition;
  values->options = params.CreateOptions;
  if (params.EaBuffer && params.EaBufferLength) {
    const auto* bytes = static_cast<const unsigned char*>(params.EaBuffer);
    values->ea.assign(bytes, bytes + params.EaBufferLength);
  }
  values->has_allocation_size = params.AllocationSize != nullptr;
  values->allocation_size = params.AllocationSize ? *params.AllocationSize : 0;
  return STATUS_SUCCESS;
}

// IOX-36.
NTSTATUS CheckParams(const WDF_IO_TARGET_OPEN_PARAMS& params, bool umdf) {
  const bool callback = params.EvtIoTargetQueryRemove || params.EvtIoTargetRemoveCanceled || params.EvtIoTargetRemoveComplete;
  switch (int(params.Type)) {
    case WdfIoTargetOpenUseExistingDevice:
      return !umdf && params.TargetDeviceObject && (params.TargetFileObject || !callback) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case WdfIoTargetOpenByName:
      return params.TargetDeviceName.Buffer && params.TargetDeviceName.Length ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case WdfIoTargetOpenReopen: return STATUS_SUCCESS;
    case kOpenLocalTargetByFile: return umdf && !callback && IsPlainFileName(params) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default: return STATUS_INVALID_PARAMETER;
  }
}

void Finish(IoTarget& target, NTSTATUS status, const Opened& opened) {
  const bool success = NT_SUCCESS(status);
  PDEVICE_OBJECT pdo = success ? nt::pnp::PdoOf(opened.device) : nullptr;
  if (pdo) ObReferenceObject(pdo);
  target.FinishOpen(success, opened.device, pdo, opened.file, opened.handle);
  if (success && opened.file) RegisterForRemoval(target, opened.file);
}

}  // namespace

NTSTATUS OpenRemote(IoTarget& target, PWDF_IO_TARGET_OPEN_PARAMS params) {
  DriverGlobals& globals = target.globals();
  if (params->Size != sizeof(*params)) return STATUS_INFO_LENGTH_MISMATCH;
  NTSTATUS status = CheckParams(*params, globals.umdf);
  if (!NT_SUCCESS(status)) return status;
  if (params->Type == WdfIoTargetOpenReopen) return ReopenRemote(target, &params->FileInformation);
  status = target.BeginOpen();
  if (!NT_SUCCESS(status)) return status;

  RemoteOpen& remote = *target.remote();
  UnregisterForRemoval(remote);
  remote = {};  // IOX-35
  Opened opened;
  RemoteOpen values;
  switch (int(params->Type)) {
    case WdfIoTargetOpenUseExistingDevice:
      opened.device = params->TargetDeviceObject;
      ObReferenceObject(opened.device);
      opened.file = params->TargetFileObject;
      if (opened.file) ObReferenceObject(opened.file);
      break;
    case WdfIoTargetOpenByName:
      SaveValues(*params, &values);
      status = OpenName(values, globals.umdf, &opened, &params->FileInformation);
      values.can_reopen = true;
      break;
    default:
      status = OpenLowerStackByFile(target.owner(), params->FileName, &opened.device, &opened.file, &opened.handle);
      break;
  }
  if (NT_SUCCESS(status)) {
    values.query_remove = params->EvtIoTargetQueryRemove;
    values.remove_canceled = params->EvtIoTargetRemoveCanceled;
    values.remove_complete = params->EvtIoTargetRemoveComplete;
    remote = std::move(values);
  }
  Finish(target, status, opened);
  return status;
}

NTSTATUS ReopenRemote(IoTarget& target, ULONG* file_information) {
  NTSTATUS status = target.BeginOpen();
  if (!NT_SUCCESS(status)) return status;
  RemoteOpen& remote = *target.remote();
  Opened opened;
  if (!remote.can_reopen) {
    target.CancelOpen();
    return STATUS_INVALID_DEVICE_REQUEST;  // OP-29
  }
  UnregisterForRemoval(remote);
  status = OpenName(remote, target.globals().umdf, &opened, file_information);
  Finish(target, status, opened);
  return status;
}

void CloseRemote(IoTarget& target, CloseReason reason) {
  RemoteOpen* remote = target.remote();
  if (!remote) return;
  if (reason != CloseReason::kQueryRemove) UnregisterForRemoval(*remote);
  TargetBuilder::Pointers pointers = TargetBuilder::TakePointers(target);
  if (pointers.file) ObDereferenceObject(pointers.file);
  if (pointers.handle) ZwClose(pointers.handle);
  if (pointers.pdo) ObDereferenceObject(pointers.pdo);
  if (pointers.device) ObDereferenceObject(pointers.device);
  if (reason == CloseReason::kDelete) {
    TargetBuilder::SetRemote(target, nullptr);
    delete remote;
  }
}

}  // namespace drydock::wdf
