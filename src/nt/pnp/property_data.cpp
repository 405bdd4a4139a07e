// Unified device properties: values by key that drivers set on a device or an interface and read back; the bus's own under DEVPKEY_Device_.
// IRQL: PASSIVE_LEVEL. Errors: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BUFFER_TOO_SMALL, STATUS_NO_SUCH_DEVICE.
#include <cstring>
#include <map>
#include <string>
#include <tuple>

#include "nt/io/device.h"
#include "nt/io/interface.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/property_data.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {
namespace {

// DEVPKEY_Device_: {A45C254E-DF1C-4EFD-8020-67D146A850E0}, numbered.
constexpr GUID kDeviceProperties = {0xA45C254E, 0xDF1C, 0x4EFD, {0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0}};
// DEVPKEY_Device_InstanceId: {78C34FC8-104A-4ACA-9EA4-524D52996E57}, 256.
constexpr GUID kInstanceProperties = {0x78C34FC8, 0x104A, 0x4ACA, {0x9E, 0xA4, 0x52, 0x4D, 0x52, 0x99, 0x6E, 0x57}};

constexpr ULONG kTypeString = 0x12;
constexpr ULONG kTypeStringList = 0x2012;

bool SameGuid(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

PropertyName NameOf(const DEVPROPKEY& key, LCID locale) {
  PropertyName name{};
  std::memcpy(name.guid, &key.fmtid, sizeof key.fmtid);
  name.number = static_cast<uint32_t>(key.pid);
  name.locale = locale;
  return name;
}

PropertyValue TextValue(const std::u16string& text) {
  PropertyValue value{kTypeString, {}};
  const char* bytes = reinterpret_cast<const char*>(text.c_str());
  value.data.assign(bytes, bytes + (text.size() + 1) * 2);
  return value;
}

PropertyValue ListValue(const std::vector<std::u16string>& list) {
  std::u16string text;
  for (const std::u16string& item : list) {
    text += item;
    text.push_back(u'\0');
  }
  PropertyValue value = TextValue(text);
  value.type = kTypeStringList;
  return value;
}

// What the bus knows without being told.
bool BuiltIn(const DeviceNode& node, const DEVPROPKEY& key, PropertyValue* value) {
  if (SameGuid(key.fmtid, kInstanceProperties) && key.pid == 256) {
    *value = TextValue(node.instance_path);
    return true;
  }
  if (!SameGuid(key.fmtid, kDeviceProperties)) return false;
  switch (key.pid) {
    case 2:  // DeviceDesc
    case 14:  // FriendlyName
      *value = TextValue(node.text);
      return true;
    case 3:  // HardwareIds
      *value = ListValue(node.hardware_ids);
      return true;
    case 4:  // CompatibleIds
      if (node.compatible_ids.empty()) return false;
      *value = ListValue(node.compatible_ids);
      return true;
    case 6:  // Service
      if (!node.function) return false;
      *value = TextValue(node.function->name);
      return true;
    case 16:  // PDOName
      *value = TextValue(ob::NameOf(node.pdo));
      return true;
    case 24:  // EnumeratorName
      *value = TextValue(node.instance_path.substr(0, node.instance_path.find(u'\\')));
      return true;
    default:
      return false;
  }
}

NTSTATUS Return(const PropertyValue& value, ULONG size, void* data, ULONG* required, ULONG* type) {
  if (required) *required = static_cast<ULONG>(value.data.size());
  if (type) *type = value.type;
  if (size < value.data.size()) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(data, value.data.data(), value.data.size());
  return STATUS_SUCCESS;
}

NTSTATUS Get(State& state, const std::u16string& owner, const DEVPROPKEY& key, LCID locale, PropertyValue* value) {
  rt::LockGuard guard(state.lock);
  auto of_owner = state.properties.find(owner);
  if (of_owner == state.properties.end()) return STATUS_OBJECT_NAME_NOT_FOUND;
  auto found = of_owner->second.find(NameOf(key, locale));
  if (found == of_owner->second.end()) return STATUS_OBJECT_NAME_NOT_FOUND;
  *value = found->second;
  return STATUS_SUCCESS;
}

// A null value of size 0 takes the property away.
NTSTATUS Set(State& state, const std::u16string& owner, const DEVPROPKEY& key, LCID locale, ULONG type, ULONG size, const void* data) {
  rt::LockGuard guard(state.lock);
  auto& of_owner = state.properties[owner];
  if (!data && size == 0) return of_owner.erase(NameOf(key, locale)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
  if (!data) return STATUS_INVALID_PARAMETER;
  const char* bytes = static_cast<const char*>(data);
  of_owner[NameOf(key, locale)] = {type, {bytes, bytes + size}};
  return STATUS_SUCCESS;
}

// The interface's registered name; empty: unknown.
std::u16string InterfaceName(Kernel& kernel, PUNICODE_STRING link) {
  std::u16string name(ob::View(link));
  if (name.size() > 1) name[1] = u'?';
  io::InterfaceTable& table = *kernel.io->interfaces;
  rt::LockGuard guard(table.lock);
  for (const io::DeviceInterface& item : table.list) {
    if (ob::EqualNames(item.name, name)) return item.name;
  }
  return {};
}

}  // namespace
}  // namespace drydock::nt::pnp

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY* PropertyKey, LCID Lcid, ULONG Flags, ULONG Size, PVOID Data,
                                       PULONG RequiredSize, PDEVPROPTYPE Type) {
  (void)Flags;
  pnp::DeviceNode* node = pnp::NodeOf(Pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  pnp::PropertyValue value;
  NTSTATUS status = pnp::Get(*node->state_of_machine, node->instance_path, *PropertyKey, Lcid, &value);
  if (!NT_SUCCESS(status) && pnp::BuiltIn(*node, *PropertyKey, &value)) status = STATUS_SUCCESS;
  return NT_SUCCESS(status) ? pnp::Return(value, Size, Data, RequiredSize, Type) : status;
}

NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY* PropertyKey, LCID Lcid, ULONG Flags, DEVPROPTYPE Type,
                                       ULONG Size, PVOID Data) {
  (void)Flags;  // everything lasts as long as the machine
  pnp::DeviceNode* node = pnp::NodeOf(Pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  return pnp::Set(*node->state_of_machine, node->instance_path, *PropertyKey, Lcid, Type, Size, Data);
}

NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY* PropertyKey, LCID Lcid, ULONG Flags,
                                                ULONG Size, PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type) {
  (void)Flags;
  Kernel& kernel = CurrentKernel();
  std::u16string name = pnp::InterfaceName(kernel, SymbolicLinkName);
  if (name.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  pnp::PropertyValue value;
  NTSTATUS status = pnp::Get(*kernel.pnp, name, *PropertyKey, Lcid, &value);
  return NT_SUCCESS(status) ? pnp::Return(value, Size, Data, RequiredSize, Type) : status;
}

NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY* PropertyKey, LCID Lcid, ULONG Flags,
                                                DEVPROPTYPE Type, ULONG Size, PVOID Data) {
  (void)Flags;
  Kernel& kernel = CurrentKernel();
  std::u16string name = pnp::InterfaceName(kernel, SymbolicLinkName);
  if (name.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  return pnp::Set(*kernel.pnp, name, *PropertyKey, Lcid, Type, Size, Data);
}

}  // extern "C"
