// (U) Folders where a driver keeps files over restarts: one of the driver, one of each device, made at first asking.
// Where:      on the volume C: of the machine (a mapped folder), C:\Windows\System32\drivers\DriverData\<service>, and below it a folder with
//             the device's instance path, '#' for '\'. The place is ours; the documentation promises only that it lasts. Paths are Win32's.
// Errors:     a machine without a C: has none: the status of opening it.
#include <string>

#include "nt/pnp/pnp.h"
#include "wdf/ddi.h"
#include "wdf/device/device.h"
#include "wdf/driver/driver.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

constexpr char16_t kRoot[] = u"C:\\Windows\\System32\\drivers\\DriverData";

NTSTATUS MakeFolder(const std::u16string& path) {
  std::u16string name = u"\\??\\" + path;
  UNICODE_STRING counted = Counted(name);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &counted, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  IO_STATUS_BLOCK result = {};
  HANDLE folder = nullptr;
  NTSTATUS status = ZwCreateFile(&folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &result, nullptr, FILE_ATTRIBUTE_NORMAL,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN_IF,
                                 FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, nullptr, 0);
  if (NT_SUCCESS(status)) ZwClose(folder);
  return status;
}

NTSTATUS MakeFolders(const std::u16string& path) {
  for (size_t end = path.find(u'\\', 3);; end = path.find(u'\\', end + 1)) {
    NTSTATUS status = MakeFolder(path.substr(0, end));
    if (!NT_SUCCESS(status) || end == std::u16string::npos) return status;
  }
}

NTSTATUS Give(const std::u16string& path, StringObject& string) {
  NTSTATUS status = MakeFolders(path);
  return NT_SUCCESS(status) ? string.Assign(path) : status;
}

std::u16string FolderOf(const DriverGlobals& globals) {
  return std::u16string(kRoot) + u"\\" + std::u16string(globals.service_name.begin(), globals.service_name.end());
}

}  // namespace

NTSTATUS WdfDriverRetrieveDriverDataDirectoryString(DriverGlobals& globals, WDFDRIVER, WDFSTRING String) {
  return Give(FolderOf(globals), *FromHandle<StringObject>(globals, String));
}

NTSTATUS WdfDeviceRetrieveDeviceDirectoryString(DriverGlobals& globals, WDFDEVICE Device, WDFSTRING String) {
  StringObject& string = *FromHandle<StringObject>(globals, String);
  PDEVICE_OBJECT pdo = FromHandle<wdf::Device>(globals, Device)->pdo();
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  std::u16string instance = nt::pnp::InstancePathOf(pdo);
  for (char16_t& c : instance) {
    if (c == u'\\') c = u'#';
  }
  return Give(FolderOf(globals) + u"\\" + instance, string);
}

}  // namespace drydock::wdf::ddi
