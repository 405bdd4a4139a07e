#include "wdf/device/names.h"

#include <cstring>

#include "wdf/device/pnp_power.h"
#include "wdf/misc/string_object.h"

namespace drydock::wdf {
namespace {

// The NT name of a WDM device object.
NTSTATUS NameOf(PDEVICE_OBJECT wdm, std::u16string* name) {
  alignas(OBJECT_NAME_INFORMATION) char buffer[1024];
  auto* info = reinterpret_cast<OBJECT_NAME_INFORMATION*>(buffer);
  ULONG needed = 0;
  NTSTATUS status = ObQueryNameString(wdm, info, sizeof(buffer), &needed);
  if (!NT_SUCCESS(status)) return status;
  name->assign(TextOf(&info->Name));
  return name->empty() ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

}  // namespace

NTSTATUS DeviceNames::DeviceName(std::u16string* name) const {
  return NT_SUCCESS(NameOf(device_.wdm(), name)) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS DeviceNames::CreateSymbolicLink(std::u16string_view name) {
  if (name.empty() || !link_.empty()) return STATUS_INVALID_DEVICE_REQUEST;
  std::u16string target;
  // INI-33: for an unnamed FDO the link points to the PDO's name.
  const bool own = device_.init().named() || device_.kind() != DeviceKind::kFdo;
  NTSTATUS status = NameOf(own ? device_.wdm() : device_.pdo(), &target);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING link = Counted(name);
  UNICODE_STRING to = Counted(target);
  status = IoCreateSymbolicLink(&link, &to);
  if (NT_SUCCESS(status)) link_.assign(name);
  return status;
}

void DeviceNames::DeleteSymbolicLink() {
  if (link_.empty()) return;
  UNICODE_STRING link = Counted(link_);
  IoDeleteSymbolicLink(&link);
  link_.clear();
}

bool DeviceNames::Find(const GUID& type, const UNICODE_STRING* reference, size_t* index) const {
  const std::u16string_view wanted = TextOf(reference);
  for (size_t i = 0; i < interfaces_.size(); ++i) {
    if (std::memcmp(&interfaces_[i].type, &type, sizeof(GUID)) != 0 || interfaces_[i].reference != wanted) continue;
    *index = i;
    return true;
  }
  return false;
}

NTSTATUS DeviceNames::Register(Interface& entry) {
  UNICODE_STRING reference = Counted(entry.reference);
  UNICODE_STRING link = {};
  NTSTATUS status = IoRegisterDeviceInterface(device_.pdo(), &entry.type, entry.reference.empty() ? nullptr : &reference, &link);
  if (!NT_SUCCESS(status)) return status;
  entry.link.assign(TextOf(&link));
  RtlFreeUnicodeString(&link);
  return STATUS_SUCCESS;
}

NTSTATUS DeviceNames::CreateInterface(const GUID& type, const UNICODE_STRING* reference) {
  if (device_.is_control()) return STATUS_INVALID_DEVICE_REQUEST;
  Interface entry;
  if (!device_.globals().MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  entry.type = type;
  entry.reference.assign(TextOf(reference));
  if (entry.reference.find_first_of(u"\\/") != std::u16string::npos) return STATUS_OBJECT_NAME_INVALID;  // INI-36
  if (!device_.is_pdo() || device_.begun_start()) {
    NTSTATUS status = Register(entry);
    if (!NT_SUCCESS(status)) return status;
  }
  // INI-34: made after the start, it stays disabled until somebody enables it.
  entry.automatic = device_.pnp().pnp_state() != WdfDevStatePnpStarted;
  interfaces_.push_back(std::move(entry));
  return STATUS_SUCCESS;
}

void DeviceNames::SetInterfaceState(const GUID& type, const UNICODE_STRING* reference, bool enabled, bool ends_automatic) {
  size_t index;
  if (!Find(type, reference, &index)) return;
  Interface& entry = interfaces_[index];
  if (ends_automatic) entry.automatic = false;
  entry.wanted = enabled;
  if (entry.link.empty() || entry.enabled == enabled) return;
  UNICODE_STRING link = Counted(entry.link);
  if (NT_SUCCESS(IoSetDeviceInterfaceState(&link, enabled))) entry.enabled = enabled;
}

NTSTATUS DeviceNames::InterfaceLink(const GUID& type, const UNICODE_STRING* reference, std::u16string* link) {
  if (device_.is_control()) return STATUS_INVALID_DEVICE_REQUEST;
  size_t index;
  if (!Find(type, reference, &index)) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (interfaces_[index].link.empty()) return STATUS_INVALID_DEVICE_STATE;
  *link = interfaces_[index].link;
  return STATUS_SUCCESS;
}

NTSTATUS DeviceNames::EnableInterfaces() {
  for (Interface& entry : interfaces_) {
    if (entry.link.empty()) {
      NTSTATUS status = Register(entry);
      if (!NT_SUCCESS(status)) return status;
    }
    if (entry.enabled || !(entry.automatic || entry.wanted)) continue;
    UNICODE_STRING link = Counted(entry.link);
    NTSTATUS status = IoSetDeviceInterfaceState(&link, TRUE);
    if (!NT_SUCCESS(status)) return status;
    entry.enabled = true;
  }
  return STATUS_SUCCESS;
}

void DeviceNames::DisableInterfaces() {
  for (Interface& entry : interfaces_) {
    if (!entry.enabled) continue;
    UNICODE_STRING link = Counted(entry.link);
    IoSetDeviceInterfaceState(&link, FALSE);
    entry.enabled = false;
  }
}

}  // namespace drydock::wdf
