// What a driver may ask about its device: properties and registry keys.
#include <cstring>

#include "nt/cm/registry.h"
#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/interface.h"
#include "nt/io/state.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {
namespace {

constexpr char16_t kControlSet[] = u"\\Registry\\Machine\\System\\CurrentControlSet";

NTSTATUS OpenKey(Kernel& kernel, const std::u16string& path, ACCESS_MASK access, PHANDLE handle) {
  std::shared_ptr<cm::KeyNode> key;
  NTSTATUS status = cm::Walk(kernel, nullptr, path, cm::Missing::kMakeAll, false, &key);
  if (!NT_SUCCESS(status)) return status;
  return cm::OpenHandle(kernel, key, access, OBJ_KERNEL_HANDLE, handle);
}

NTSTATUS Return(const void* data, size_t bytes, ULONG length, void* buffer, ULONG* result) {
  *result = static_cast<ULONG>(bytes);
  if (length < bytes) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(buffer, data, bytes);
  return STATUS_SUCCESS;
}

NTSTATUS ReturnText(const std::u16string& text, ULONG length, void* buffer, ULONG* result) {
  return Return(text.c_str(), (text.size() + 1) * 2, length, buffer, result);
}

NTSTATUS ReturnList(const std::vector<std::u16string>& list, ULONG length, void* buffer, ULONG* result) {
  std::u16string text;
  for (const std::u16string& item : list) {
    text += item;
    text.push_back(u'\0');
  }
  return ReturnText(text, length, buffer, result);  // its own zero ends the list
}

// What setup wrote into the device's key; false: it has no such value.
bool FromRegistry(const DeviceNode& node, const char16_t* name, cm::Value* value) {
  return NT_SUCCESS(cm::GetValue(CurrentKernel(), std::u16string(kControlSet) + u"\\Enum\\" + node.instance_path, name, value));
}

std::u16string TextFromRegistry(const DeviceNode& node, const char16_t* name) {
  cm::Value value;
  std::u16string text;
  if (!FromRegistry(node, name, &value) || value.type != REG_SZ) return text;
  text.resize(value.data.size() / 2);
  std::memcpy(text.data(), value.data.data(), text.size() * 2);
  return text.substr(0, text.find(u'\0'));
}

std::u16string DriverKeyName(const DeviceNode& node) {
  if (std::u16string name = TextFromRegistry(node, u"Driver"); !name.empty()) return name;
  // A class is not known before installation: the service's own place under Control\Class.
  return u"{00000000-0000-0000-0000-000000000000}\\" + (node.function ? node.function->name : std::u16string(u"Raw"));
}

}  // namespace
}  // namespace drydock::nt::pnp

using namespace drydock::nt;

extern "C" {

NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                   PVOID PropertyBuffer, PULONG ResultLength) {
  *ResultLength = 0;
  pnp::DeviceNode* node = pnp::NodeOf(DeviceObject);
  if (!node) return STATUS_INVALID_DEVICE_REQUEST;
  auto number = [&](ULONG value) { return pnp::Return(&value, sizeof value, BufferLength, PropertyBuffer, ResultLength); };
  auto text = [&](const std::u16string& value) { return pnp::ReturnText(value, BufferLength, PropertyBuffer, ResultLength); };
  auto stored = [&](const char16_t* name) {
    cm::Value value;
    if (!pnp::FromRegistry(*node, name, &value)) return STATUS_OBJECT_NAME_NOT_FOUND;
    return pnp::Return(value.data.data(), value.data.size(), BufferLength, PropertyBuffer, ResultLength);
  };
  switch (DeviceProperty) {
    case DevicePropertyDeviceDescription:
    case DevicePropertyFriendlyName: {
      const char16_t* name = DeviceProperty == DevicePropertyFriendlyName ? u"FriendlyName" : u"DeviceDesc";
      std::u16string words = pnp::TextFromRegistry(*node, name);
      // A device that setup described has a friendly name only if it was given one.
      if (words.empty() && DeviceProperty == DevicePropertyFriendlyName && !pnp::TextFromRegistry(*node, u"DeviceDesc").empty())
        return STATUS_OBJECT_NAME_NOT_FOUND;
      return text(words.empty() ? node->text : words);
    }
    case DevicePropertyClassName:
      return stored(u"Class");
    case DevicePropertyClassGuid:
      return stored(u"ClassGUID");
    case DevicePropertyManufacturer:
      return stored(u"Mfg");
    case DevicePropertyLocationInformation:
      if (node->pci) return text(pnp::LocationOf(*node->pci));
      return stored(u"LocationInformation");
    case DevicePropertyHardwareID:
      return pnp::ReturnList(node->hardware_ids, BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyCompatibleIDs:
      if (node->compatible_ids.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
      return pnp::ReturnList(node->compatible_ids, BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyDriverKeyName:
      return text(pnp::DriverKeyName(*node));
    case DevicePropertyPhysicalDeviceObjectName:
      return text(ob::NameOf(node->pdo));
    case DevicePropertyEnumeratorName:
      return text(node->instance_path.substr(0, node->instance_path.find(u'\\')));
    case DevicePropertyLegacyBusType:
      return node->has_bus_information ? number(static_cast<ULONG>(node->bus_information.LegacyBusType)) : STATUS_OBJECT_NAME_NOT_FOUND;
    case DevicePropertyBusNumber:
      return node->has_bus_information ? number(node->bus_information.BusNumber) : STATUS_OBJECT_NAME_NOT_FOUND;
    case DevicePropertyAddress:
      return node->last_capabilities.Address == static_cast<ULONG>(-1) ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                       : number(node->last_capabilities.Address);
    case DevicePropertyUINumber:
      return node->last_capabilities.UINumber == static_cast<ULONG>(-1) ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                        : number(node->last_capabilities.UINumber);
    case DevicePropertyInstallState:
      return number(InstallStateInstalled);
    case DevicePropertyRemovalPolicy:
      return number(node->last_capabilities.SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                    : node->last_capabilities.Removable       ? RemovalPolicyExpectOrderlyRemoval
                                                              : RemovalPolicyExpectNoRemoval);
    case DevicePropertyBootConfiguration:
    case DevicePropertyBootConfigurationTranslated:
    case DevicePropertyAllocatedResources: {
      const std::vector<char>& list =
          DeviceProperty == DevicePropertyBootConfiguration             ? node->resources.boot_raw
          : DeviceProperty == DevicePropertyBootConfigurationTranslated ? node->resources.boot_translated
                                                                        : node->raw_resources;
      if (list.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
      return pnp::Return(list.data(), list.size(), BufferLength, PropertyBuffer, ResultLength);
    }
    case DevicePropertyBusTypeGuid:
      if (!node->has_bus_information) return STATUS_OBJECT_NAME_NOT_FOUND;
      return pnp::Return(&node->bus_information.BusTypeGuid, sizeof(GUID), BufferLength, PropertyBuffer, ResultLength);
    default:
      // As for a device that has no such property; a number that is no property is the caller's mistake.
      return DeviceProperty < DevicePropertyDeviceDescription || DeviceProperty > DevicePropertyContainerID ? STATUS_INVALID_PARAMETER_2
                                                                                                           : STATUS_OBJECT_NAME_NOT_FOUND;
  }
}

NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                       PHANDLE DeviceRegKey) {
  *DeviceRegKey = nullptr;
  pnp::DeviceNode* node = pnp::NodeOf(DeviceObject);
  if (!node) return STATUS_INVALID_DEVICE_REQUEST;
  std::u16string path = pnp::kControlSet;
  switch (DevInstKeyType & (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER)) {
    case PLUGPLAY_REGKEY_DEVICE:
      path += u"\\Enum\\" + node->instance_path + u"\\Device Parameters";
      break;
    case PLUGPLAY_REGKEY_DRIVER:
      path += u"\\Control\\Class\\" + pnp::DriverKeyName(*node);
      break;
    default:
      return STATUS_INVALID_PARAMETER;
  }
  return pnp::OpenKey(CurrentKernel(), path, DesiredAccess, DeviceRegKey);
}

NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                                PHANDLE DeviceInterfaceRegKey) {
  *DeviceInterfaceRegKey = nullptr;
  Kernel& kernel = CurrentKernel();
  std::u16string name(ob::View(SymbolicLinkName));
  if (name.size() > 1) name[1] = u'?';
  std::u16string path;
  {
    io::InterfaceTable& table = *kernel.io->interfaces;
    drydock::rt::LockGuard guard(table.lock);
    for (const io::DeviceInterface& item : table.list) {
      if (!ob::EqualNames(item.name, name)) continue;
      std::u16string link = u"##?#" + item.link.substr(4);
      std::u16string reference = item.name.size() > item.link.size() ? item.name.substr(item.link.size() + 1) : std::u16string();
      path = std::u16string(pnp::kControlSet) + u"\\Control\\DeviceClasses\\" + io::GuidText(item.guid) + u"\\" + link + u"\\#" +
             reference + u"\\Device Parameters";
    }
  }
  if (path.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  return pnp::OpenKey(kernel, path, DesiredAccess, DeviceInterfaceRegKey);
}

NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType, ACCESS_MASK DesiredAccess, ULONG Flags,
                                       PHANDLE DriverRegKey) {
  *DriverRegKey = nullptr;
  io::Driver* driver = io::DriverOf(DriverObject);
  if (!driver || Flags) return STATUS_INVALID_PARAMETER;
  const char16_t* last = RegKeyType == DriverRegKeyParameters ? u"\\Parameters" : u"\\PersistentState";
  return pnp::OpenKey(CurrentKernel(), driver->service_key + last, DesiredAccess, DriverRegKey);
}

}  // extern "C"
