#include "nt/io/interface.h"

#include <cstdio>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/state.h"
#include "nt/io/trace_kinds.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/notification.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::io {
namespace {

constexpr ULONG kTag = 0x66497049;  // 'IpIf'

bool SameGuid(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// The link of a device and class: what an interface's name is without its reference.
std::u16string LinkName(DEVICE_OBJECT* pdo, const GUID& guid) {
  std::u16string link = u"\\??\\" + pnp::InstancePathOf(pdo);
  for (size_t i = 4; i < link.size(); ++i) {
    if (link[i] == u'\\') link[i] = u'#';
  }
  return link + u"#" + GuidText(guid);
}

// Also accepts the Win32 form \\?\..., as IoSetDeviceInterfaceState callers may have it from user mode.
std::u16string Normalized(std::u16string_view name) {
  std::u16string text(name);
  if (text.size() > 3 && text[0] == u'\\' && text[2] == u'?') text[1] = u'?';
  return text;
}

// A pool buffer with a terminating zero behind `string`.
bool CopyToPool(const std::u16string& text, UNICODE_STRING* string) {
  size_t bytes = text.size() * 2;
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, bytes + 2, kTag);
  if (!buffer) return false;
  std::memcpy(buffer, text.data(), bytes);
  string->Buffer = static_cast<PWCH>(buffer);
  string->Length = static_cast<USHORT>(bytes);
  string->MaximumLength = static_cast<USHORT>(bytes + 2);
  return true;
}

NTSTATUS SetState(Kernel& kernel, std::u16string_view name, bool enable) {
  InterfaceTable& table = *kernel.io->interfaces;
  std::u16string wanted = Normalized(name);
  std::u16string link;
  DEVICE_OBJECT* pdo = nullptr;
  GUID guid = {};
  bool others = false;  // another interface shares the link
  bool told = true;
  {
    rt::LockGuard guard(table.lock);
    DeviceInterface* found = nullptr;
    for (DeviceInterface& item : table.list) {
      if (ob::EqualNames(item.name, wanted)) found = &item;
    }
    if (!found) return STATUS_OBJECT_NAME_NOT_FOUND;
    if (found->enabled == enable) return enable ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_NOT_FOUND;
    for (DeviceInterface& item : table.list) {
      if (&item != found && item.enabled && item.link == found->link) others = true;
    }
    if (enable && (ExtensionOf(found->pdo)->flags & (kDeletePending | kUnlinked))) return STATUS_INVALID_DEVICE_REQUEST;
    found->enabled = enable;
    // Arrivals wait for the end of IRP_MN_START_DEVICE; before it the device cannot be opened.
    if (enable) found->unannounced = (ExtensionOf(found->pdo)->flags & kStartPending) != 0;
    told = !found->unannounced;
    found->unannounced = found->unannounced && enable;
    link = found->link;
    pdo = found->pdo;
    guid = found->guid;
  }
  if (!others) {
    if (enable) {
      NTSTATUS status = ob::CreateSymbolicLink(kernel, link, ob::NameOf(pdo), true);
      if (!NT_SUCCESS(status)) {
        rt::LockGuard guard(table.lock);
        for (DeviceInterface& item : table.list) {
          if (ob::EqualNames(item.name, wanted)) item.enabled = false;
        }
        return status;
      }
    } else {
      ob::DeleteSymbolicLink(kernel, link);
    }
  }
  if (kernel.events.enabled()) RecordEvent(kernel, kInterfaceState, TraceId(pdo), enable);
  if (told) pnp::NotifyInterfaceChange(kernel, guid, wanted, enable);
  return STATUS_SUCCESS;
}

}  // namespace

std::u16string GuidText(const GUID& guid) {
  char text[40];
  std::snprintf(text, sizeof text, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", static_cast<unsigned>(guid.Data1), guid.Data2,
                guid.Data3, guid.Data4[0], guid.Data4[1], guid.Data4[2], guid.Data4[3], guid.Data4[4], guid.Data4[5], guid.Data4[6],
                guid.Data4[7]);
  return ob::ToUtf16(text);
}

std::vector<std::u16string> ListInterfaces(Kernel& kernel, const GUID& guid, DEVICE_OBJECT* pdo, bool also_disabled) {
  std::vector<std::u16string> names;
  InterfaceTable& table = *kernel.io->interfaces;
  rt::LockGuard guard(table.lock);
  for (const DeviceInterface& item : table.list) {
    if (SameGuid(item.guid, guid) && (!pdo || item.pdo == pdo) && (also_disabled || (item.enabled && !item.unannounced))) names.push_back(item.name);
  }
  return names;
}

void AnnounceInterfacesOf(DEVICE_OBJECT* pdo) {
  Kernel& kernel = CurrentKernel();
  std::vector<std::pair<GUID, std::u16string>> arrived;
  {
    InterfaceTable& table = *kernel.io->interfaces;
    rt::LockGuard guard(table.lock);
    for (DeviceInterface& item : table.list) {
      if (item.pdo != pdo || !item.unannounced) continue;
      item.unannounced = false;
      arrived.emplace_back(item.guid, item.name);
    }
  }
  for (const auto& [guid, name] : arrived) pnp::NotifyInterfaceChange(kernel, guid, name, true);
}

void DisableInterfacesOf(DEVICE_OBJECT* pdo) {
  Kernel& kernel = CurrentKernel();
  for (;;) {
    std::u16string name;
    {
      InterfaceTable& table = *kernel.io->interfaces;
      rt::LockGuard guard(table.lock);
      for (const DeviceInterface& item : table.list) {
        if (item.pdo == pdo && item.enabled) name = item.name;
      }
    }
    if (name.empty()) return;
    SetState(kernel, name, false);
  }
}

}  // namespace drydock::nt::io

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID* InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName) {
  if (!pnp::IsPdo(PhysicalDeviceObject)) return STATUS_INVALID_DEVICE_REQUEST;
  std::u16string_view reference = ob::View(ReferenceString);
  if (reference.find(u'\\') != std::u16string_view::npos || reference.find(u'/') != std::u16string_view::npos) {
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  io::DeviceInterface item;
  item.guid = *InterfaceClassGuid;
  item.pdo = PhysicalDeviceObject;
  item.link = io::LinkName(PhysicalDeviceObject, *InterfaceClassGuid);
  item.name = item.link;
  if (!reference.empty()) item.name += u"\\" + std::u16string(reference);
  item.enabled = false;
  std::u16string name = item.name;
  {
    io::InterfaceTable& table = *CurrentKernel().io->interfaces;
    drydock::rt::LockGuard guard(table.lock);
    bool known = false;
    for (io::DeviceInterface& other : table.list) {
      if (!ob::EqualNames(other.name, name)) continue;
      // The same device in a later life keeps its registration; its physical device object may be a new one.
      if (!other.enabled) other.pdo = PhysicalDeviceObject;
      name = other.name;
      known = true;
    }
    if (!known) table.list.push_back(std::move(item));
  }
  return io::CopyToPool(name, SymbolicLinkName) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) {
  if (!SymbolicLinkName || !SymbolicLinkName->Buffer) return STATUS_INVALID_PARAMETER;
  return io::SetState(CurrentKernel(), ob::View(SymbolicLinkName), Enable != FALSE);
}

NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID* InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags,
                                     PZZWSTR* SymbolicLinkList) {
  *SymbolicLinkList = nullptr;
  std::u16string list;
  for (const std::u16string& name : io::ListInterfaces(CurrentKernel(), *InterfaceClassGuid, PhysicalDeviceObject,
                                                       (Flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE) != 0)) {
    list += name;
    list.push_back(u'\0');
  }
  UNICODE_STRING buffer;  // one more zero ends the list
  if (!io::CopyToPool(list, &buffer)) return STATUS_INSUFFICIENT_RESOURCES;
  *SymbolicLinkList = reinterpret_cast<PZZWSTR>(buffer.Buffer);
  return STATUS_SUCCESS;
}

// An interface of another class on the same device with the same reference string.
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName, const GUID* AliasInterfaceClassGuid,
                                         PUNICODE_STRING AliasSymbolicLinkName) {
  std::u16string wanted = io::Normalized(ob::View(SymbolicLinkName));
  std::u16string alias;
  {
    io::InterfaceTable& table = *CurrentKernel().io->interfaces;
    drydock::rt::LockGuard guard(table.lock);
    const io::DeviceInterface* self = nullptr;
    for (const io::DeviceInterface& item : table.list) {
      if (ob::EqualNames(item.name, wanted)) self = &item;
    }
    if (!self) return STATUS_OBJECT_NAME_NOT_FOUND;
    for (const io::DeviceInterface& item : table.list) {
      if (item.pdo == self->pdo && io::SameGuid(item.guid, *AliasInterfaceClassGuid) &&
          item.name.substr(item.link.size()) == self->name.substr(self->link.size())) {
        alias = item.name;
      }
    }
  }
  if (alias.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  return io::CopyToPool(alias, AliasSymbolicLinkName) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

}  // extern "C"
