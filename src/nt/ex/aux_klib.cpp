// The auxiliary kernel-mode library (aux_klib.h).
//
// Modules:   the kernel first, then the drivers that are loaded, in the order of their loading.
// Firmware:  a machine has the tables that its registry has, where Windows itself keeps them: SMBIOS is SMBiosData of the service mssmbios's
//            key Data, ACPI tables are HARDWARE\ACPI\<signature>\<oem>\<table>\<revision>, value 00000000.
// Narrowed:  the provider FIRM has no tables.
#include <aux_klib.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/modules.h"
#include "nt/ex/state.h"
#include "nt/io/driver.h"
#include "nt/io/state.h"
#include "nt/ke/state.h"
#include "nt/kernel.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

constexpr ULONG kAcpi = 'ACPI', kRaw = 'FIRM', kSmbios = 'RSMB';
constexpr char kKernelPath[] = "\\SystemRoot\\system32\\ntoskrnl.exe";
constexpr int kDeepest = 3;  // keys below a table's signature
constexpr ULONG kLongestName = 256;

void CheckUse(const char* function) {
  if (!CurrentKernel().ex->aux_klib_initialized.load(std::memory_order_acquire)) {
    BugCheck(bug::kDriverVerifierDetectedViolation, {0, 0, 0, 0}, fmt::format("{} was called before AuxKlibInitialize.", function));
  }
}

// A registry key for reading; closes itself.
class Key {
 public:
  Key(HANDLE parent, const std::u16string& path) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, reinterpret_cast<PCWSTR>(path.c_str()));
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, parent, nullptr);
    if (!NT_SUCCESS(ZwOpenKey(&handle_, KEY_READ, &attributes))) handle_ = nullptr;
  }
  ~Key() {
    if (handle_ != nullptr) ZwClose(handle_);
  }
  Key(const Key&) = delete;
  HANDLE handle() const { return handle_; }

  // Of the subkey; empty: no more.
  std::u16string Child(ULONG index) const {
    alignas(KEY_BASIC_INFORMATION) UCHAR room[sizeof(KEY_BASIC_INFORMATION) + kLongestName * sizeof(WCHAR)];
    const auto& found = *reinterpret_cast<const KEY_BASIC_INFORMATION*>(room);
    ULONG length;
    if (handle_ == nullptr || !NT_SUCCESS(ZwEnumerateKey(handle_, index, KeyBasicInformation, room, sizeof room, &length))) return {};
    return std::u16string(reinterpret_cast<const char16_t*>(found.Name), found.NameLength / sizeof(WCHAR));
  }
  bool Bytes(const char16_t* value_name, std::vector<UCHAR>* bytes) const {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, reinterpret_cast<PCWSTR>(value_name));
    ULONG length = 0;
    if (handle_ == nullptr || ZwQueryValueKey(handle_, &name, KeyValuePartialInformation, nullptr, 0, &length) != STATUS_BUFFER_TOO_SMALL) return false;
    std::vector<UCHAR> room(length);
    auto& value = *reinterpret_cast<KEY_VALUE_PARTIAL_INFORMATION*>(room.data());
    if (!NT_SUCCESS(ZwQueryValueKey(handle_, &name, KeyValuePartialInformation, room.data(), length, &length)) || value.Type != REG_BINARY) return false;
    bytes->assign(value.Data, value.Data + value.DataLength);
    return true;
  }

 private:
  HANDLE handle_ = nullptr;
};

constexpr char16_t kAcpiKey[] = u"\\Registry\\Machine\\HARDWARE\\ACPI";
constexpr char16_t kSmbiosKey[] = u"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Services\\mssmbios\\Data";

bool FindTable(const Key& key, int depth, std::vector<UCHAR>* bytes) {
  if (key.Bytes(u"00000000", bytes)) return true;
  std::u16string child;
  for (ULONG i = 0; depth < kDeepest && !(child = key.Child(i)).empty(); ++i) {
    if (FindTable(Key(key.handle(), child), depth + 1, bytes)) return true;
  }
  return false;
}

// Four characters, the first in the lowest byte, as they stand in a table.
std::u16string NameOf(ULONG id) {
  std::u16string name;
  for (int i = 0; i < 4; ++i) name += static_cast<char16_t>(id >> 8 * i & 0xFF);
  return name;
}

NTSTATUS Give(const void* bytes, size_t size, PVOID buffer, ULONG length, PULONG returned) {
  if (returned != nullptr) *returned = static_cast<ULONG>(size);
  if (buffer == nullptr || length < size) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(buffer, bytes, size);
  return STATUS_SUCCESS;
}

}  // namespace

std::vector<ex::Module> ex::LoadedModules() {
  Kernel& kernel = CurrentKernel();
  std::vector<Module> modules;
  {
    rt::LockGuard guard(kernel.io->lock);
    for (const io::Driver* driver = kernel.io->drivers; driver != nullptr; driver = driver->next) {
      if (driver->own || driver->image_start == nullptr) continue;
      std::string path = "\\SystemRoot\\System32\\drivers\\";
      for (char16_t c : driver->name) path += c < 0x80 ? static_cast<char>(c) : '_';
      modules.push_back({driver->image_start, static_cast<uint32_t>(driver->image_size), path + ".sys"});
    }
  }
  std::reverse(modules.begin(), modules.end());
  modules.insert(modules.begin(), {reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(&AuxKlibInitialize) & ~uintptr_t{0xFFF}), 0x1000, kKernelPath});
  return modules;
}

extern "C" {

NTSTATUS AuxKlibInitialize(VOID) {
  CurrentKernel().ex->aux_klib_initialized.store(true, std::memory_order_release);
  return STATUS_SUCCESS;
}

NTSTATUS AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo) {
  CheckUse("AuxKlibQueryModuleInformation");
  if (BufferSize == nullptr || (ElementSize != sizeof(AUX_MODULE_BASIC_INFO) && ElementSize != sizeof(AUX_MODULE_EXTENDED_INFO))) {
    return STATUS_INVALID_PARAMETER;
  }
  const std::vector<ex::Module> modules = ex::LoadedModules();
  const auto needed = static_cast<ULONG>(modules.size() * ElementSize);
  const bool fits = *BufferSize >= needed;
  *BufferSize = needed;
  if (QueryInfo == nullptr) return STATUS_SUCCESS;
  if (!fits) return STATUS_BUFFER_TOO_SMALL;
  auto* out = static_cast<UCHAR*>(QueryInfo);
  for (const ex::Module& module : modules) {
    auto& basic = *reinterpret_cast<AUX_MODULE_BASIC_INFO*>(out);
    basic.ImageBase = const_cast<void*>(module.base);
    if (ElementSize == sizeof(AUX_MODULE_EXTENDED_INFO)) {
      auto& extended = *reinterpret_cast<AUX_MODULE_EXTENDED_INFO*>(out);
      extended.ImageSize = module.size;
      const std::string path = module.path.substr(0, AUX_KLIB_MODULE_PATH_LEN - 1);
      const size_t slash = path.rfind('\\');
      extended.FileNameOffset = static_cast<USHORT>(slash == std::string::npos ? 0 : slash + 1);
      std::memset(extended.FullPathName, 0, sizeof extended.FullPathName);
      std::memcpy(extended.FullPathName, path.data(), path.size());
    }
    out += ElementSize;
  }
  return STATUS_SUCCESS;
}

PIMAGE_EXPORT_DIRECTORY AuxKlibGetImageExportDirectory(PVOID) {
  CheckUse("AuxKlibGetImageExportDirectory");
  return nullptr;
}

NTSTATUS AuxKlibGetBugCheckData(PKBUGCHECK_DATA BugCheckData) {
  CheckUse("AuxKlibGetBugCheckData");
  if (BugCheckData->BugCheckDataSize != sizeof *BugCheckData) return STATUS_INFO_LENGTH_MISMATCH;
  const nt::BugCheckData* data = CurrentKernel().ke->bug_check.load(std::memory_order_acquire);
  if (data == nullptr) return STATUS_UNSUCCESSFUL;  // there was none
  BugCheckData->BugCheckCode = data->code;
  BugCheckData->Parameter1 = data->parameters[0];
  BugCheckData->Parameter2 = data->parameters[1];
  BugCheckData->Parameter3 = data->parameters[2];
  BugCheckData->Parameter4 = data->parameters[3];
  return STATUS_SUCCESS;
}

NTSTATUS AuxKlibGetSystemFirmwareTable(ULONG FirmwareTableProviderSignature, ULONG FirmwareTableID, PVOID FirmwareTableBuffer, ULONG BufferLength,
                                       PULONG ReturnLength) {
  CheckUse("AuxKlibGetSystemFirmwareTable");
  if (ReturnLength != nullptr) *ReturnLength = 0;
  std::vector<UCHAR> table;
  switch (FirmwareTableProviderSignature) {
    case kSmbios:
      if (!Key(nullptr, kSmbiosKey).Bytes(u"SMBiosData", &table)) return STATUS_NOT_FOUND;
      break;
    case kAcpi:
      if (!FindTable(Key(nullptr, std::u16string(kAcpiKey) + u"\\" + NameOf(FirmwareTableID)), 0, &table)) return STATUS_NOT_FOUND;
      break;
    case kRaw: return STATUS_NOT_FOUND;
    default: return STATUS_NOT_IMPLEMENTED;
  }
  return Give(table.data(), table.size(), FirmwareTableBuffer, BufferLength, ReturnLength);
}

NTSTATUS AuxKlibEnumerateSystemFirmwareTables(ULONG FirmwareTableProviderSignature, PVOID FirmwareTableBuffer, ULONG BufferLength, PULONG ReturnLength) {
  CheckUse("AuxKlibEnumerateSystemFirmwareTables");
  if (ReturnLength != nullptr) *ReturnLength = 0;
  std::vector<ULONG> ids;
  if (FirmwareTableProviderSignature == kSmbios) {
    std::vector<UCHAR> table;
    if (Key(nullptr, kSmbiosKey).Bytes(u"SMBiosData", &table)) ids.push_back(0);
  } else if (FirmwareTableProviderSignature == kAcpi) {
    const Key tables(nullptr, kAcpiKey);
    std::u16string name;
    for (ULONG i = 0; !(name = tables.Child(i)).empty(); ++i) {
      ULONG id = 0;
      for (size_t k = 0; k < 4 && k < name.size(); ++k) id |= static_cast<ULONG>(name[k] & 0xFF) << 8 * k;
      ids.push_back(id);
    }
  } else if (FirmwareTableProviderSignature != kRaw) {
    return STATUS_NOT_IMPLEMENTED;
  }
  if (ids.empty()) return STATUS_SUCCESS;
  return Give(ids.data(), ids.size() * sizeof(ULONG), FirmwareTableBuffer, BufferLength, ReturnLength);
}

}  // extern "C"
