#include "wdf/target/by_file.h"

#include <string_view>

#include "nt/io/file.h"
#include "nt/kernel.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

bool IsPlainFileName(const WDF_IO_TARGET_OPEN_PARAMS& params) {
  const UNICODE_STRING& name = params.FileName;
  if (!name.Buffer) return name.Length == 0;
  for (USHORT i = 0; i < name.Length / sizeof(WCHAR); ++i) {
    if (name.Buffer[i] == u'\\' || name.Buffer[i] == u'/') return false;
  }
  return true;
}

NTSTATUS OpenLowerStackByFile(Device& device, const UNICODE_STRING& name, PDEVICE_OBJECT* lower, PFILE_OBJECT* file, HANDLE* handle) {
  PDEVICE_OBJECT below = device.attached_to();
  if (!below) return STATUS_INVALID_DEVICE_REQUEST;
  nt::io::OpenOptions options;
  options.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
  options.directly = true;  // IOT-1.21: the lower stack, not the top where this driver would get it itself
  PFILE_OBJECT opened = nullptr;
  NTSTATUS status = nt::io::OpenDevice(
      below, std::u16string_view(reinterpret_cast<const char16_t*>(name.Buffer), name.Length / sizeof(char16_t)), options, &opened);
  if (!NT_SUCCESS(status)) return status;
  HANDLE named = nullptr;
  status = ObOpenObjectByPointer(opened, OBJ_KERNEL_HANDLE, nullptr, 0, *IoFileObjectType, KernelMode, &named);
  if (NT_SUCCESS(status)) {
    ObReferenceObject(opened);
    ObReferenceObject(below);
    *lower = below;
    *file = opened;
    *handle = named;
  }
  nt::io::CloseFile(opened);  // the handle has taken its place
  return status;
}

}  // namespace drydock::wdf
