// A device's way from enumeration to started.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/cm/registry.h"
#include "nt/driver_callback.h"
#include "nt/io/device.h"
#include "nt/io/interface.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/notification.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {
namespace {

size_t BytesOf(const CM_RESOURCE_LIST* list) {
  const auto* at = reinterpret_cast<const char*>(list->List);
  for (ULONG i = 0; i < list->Count; ++i) {
    const auto* full = reinterpret_cast<const CM_FULL_RESOURCE_DESCRIPTOR*>(at);
    at = reinterpret_cast<const char*>(full->PartialResourceList.PartialDescriptors + full->PartialResourceList.Count);
  }
  return static_cast<size_t>(at - reinterpret_cast<const char*>(list));
}

std::vector<char> CopyOf(const CM_RESOURCE_LIST* list) {
  if (!list) return {};
  const char* bytes = reinterpret_cast<const char*>(list);
  return {bytes, bytes + BytesOf(list)};
}

// A string that QUERY_ID or QUERY_DEVICE_TEXT returned in pool.
std::u16string TakeText(ULONG_PTR information) {
  std::u16string text;
  if (!information) return text;
  text = reinterpret_cast<const char16_t*>(information);
  ExFreePoolWithTag(reinterpret_cast<void*>(information), 0);
  return text;
}

std::vector<std::u16string> TakeList(ULONG_PTR information) {
  std::vector<std::u16string> list;
  if (!information) return list;
  for (const auto* at = reinterpret_cast<const char16_t*>(information); *at; at += list.back().size() + 1) list.emplace_back(at);
  ExFreePoolWithTag(reinterpret_cast<void*>(information), 0);
  return list;
}

bool QueryId(DeviceNode& node, BUS_QUERY_ID_TYPE type, ULONG_PTR* information) {
  PnpRequest request;
  request.minor = IRP_MN_QUERY_ID;
  request.at_pdo = true;
  request.context = &type;
  request.fill = [](IO_STACK_LOCATION* location, void* context) {
    location->Parameters.QueryId.IdType = *static_cast<BUS_QUERY_ID_TYPE*>(context);
  };
  NTSTATUS status = SendPnp(node, request);
  *information = NT_SUCCESS(status) ? request.information : 0;
  return NT_SUCCESS(status);
}

void QueryCapabilities(DeviceNode& node, bool at_pdo) {
  DEVICE_CAPABILITIES capabilities = {};
  capabilities.Size = sizeof capabilities;
  capabilities.Version = 1;
  capabilities.Address = static_cast<ULONG>(-1);
  capabilities.UINumber = static_cast<ULONG>(-1);
  PnpRequest request;
  request.minor = IRP_MN_QUERY_CAPABILITIES;
  request.at_pdo = at_pdo;
  request.context = &capabilities;
  request.fill = [](IO_STACK_LOCATION* location, void* context) {
    location->Parameters.DeviceCapabilities.Capabilities = static_cast<DEVICE_CAPABILITIES*>(context);
  };
  if (NT_SUCCESS(SendPnp(node, request)) ) node.last_capabilities = capabilities;
}

// A device that comes back says the same again, as a rule; nothing is written under those who read it.
template <class T>
void Assign(T& field, T&& value) {
  if (field != value) field = std::move(value);
}

void QueryText(DeviceNode& node) {
  PnpRequest request;
  request.minor = IRP_MN_QUERY_DEVICE_TEXT;
  request.at_pdo = true;
  request.fill = [](IO_STACK_LOCATION* location, void*) {
    location->Parameters.QueryDeviceText.DeviceTextType = DeviceTextDescription;
    location->Parameters.QueryDeviceText.LocaleId = 0x409;
  };
  if (NT_SUCCESS(SendPnp(node, request)) && node.parent) {
    Assign(node.text, TakeText(request.information));
  } else if (request.information) {
    TakeText(request.information);
  }
}

// Answers of the bus in pool: what concerns resources is kept.
void QueryPool(DeviceNode& node, UCHAR minor) {
  PnpRequest request;
  request.minor = minor;
  request.at_pdo = true;
  if (!NT_SUCCESS(SendPnp(node, request)) || !request.information) return;
  if (minor == IRP_MN_QUERY_RESOURCES && node.resources.boot_raw.empty()) {
    node.resources.boot_raw = CopyOf(reinterpret_cast<const CM_RESOURCE_LIST*>(request.information));
  } else if (minor == IRP_MN_QUERY_RESOURCE_REQUIREMENTS) {
    KeepRequirements(node, reinterpret_cast<const IO_RESOURCE_REQUIREMENTS_LIST*>(request.information));
  }
  if (minor == IRP_MN_QUERY_BUS_INFORMATION) {
    node.has_bus_information = true;
    node.bus_information = *reinterpret_cast<const PNP_BUS_INFORMATION*>(request.information);
  }
  ExFreePoolWithTag(reinterpret_cast<void*>(request.information), 0);
}

NTSTATUS SendStart(DeviceNode& node) {
  PnpRequest request;
  request.minor = IRP_MN_START_DEVICE;
  request.context = &node;
  request.fill = [](IO_STACK_LOCATION* location, void* context) {
    auto& self = *static_cast<DeviceNode*>(context);
    auto list = [](std::vector<char>& bytes) { return bytes.empty() ? nullptr : reinterpret_cast<CM_RESOURCE_LIST*>(bytes.data()); };
    location->Parameters.StartDevice.AllocatedResources = list(self.raw_resources);
    location->Parameters.StartDevice.AllocatedResourcesTranslated =
        list(self.translated_resources.empty() ? self.raw_resources : self.translated_resources);
  };
  return SendPnp(node, request);
}

std::u16string FourDigits(uint32_t number) {
  std::u16string text = u"0000";
  for (int i = 3; i >= 0; --i, number /= 10) text[static_cast<size_t>(i)] = static_cast<char16_t>(u'0' + number % 10);
  return text;
}

std::u16string Hex(uint32_t number) {
  std::u16string text;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const uint32_t digit = (number >> shift) & 15;
    if (digit || !text.empty() || shift == 0) text.push_back(static_cast<char16_t>(digit < 10 ? u'0' + digit : u'a' + digit - 10));
  }
  return text;
}

// "1&2f8e1c&0&": how deep it lies, a hash of the parent's path.
std::u16string UniquePrefix(const DeviceNode& node) {
  uint32_t depth = 0, hash = 0;
  for (const DeviceNode* at = node.parent; at; at = at->parent) ++depth;
  for (char16_t c : node.parent->instance_path) hash = hash * 31 + c;
  return Hex(depth) + u"&" + Hex(hash) + u"&0&";
}

}  // namespace

void Identify(DeviceNode& node) {
  ULONG_PTR information;
  if (node.parent) {
    std::u16string device_id, instance_id;
    if (QueryId(node, BusQueryDeviceID, &information)) device_id = TakeText(information);
    if (QueryId(node, BusQueryInstanceID, &information)) instance_id = TakeText(information);
    // Without a bus-wide unique id the parent's place in the tree makes it one.
    QueryCapabilities(node, true);
    if (!node.last_capabilities.UniqueID) instance_id = UniquePrefix(node) + instance_id;
    DeviceNode* holder = nullptr;
    if (!TakeName(node, device_id + u"\\" + instance_id, &holder)) {
      if (holder->parent == node.parent && holder->state.load() != NodeState::kSurpriseRemoved) {
        BugCheck(PNP_DETECTED_FATAL_ERROR, {1, reinterpret_cast<uint64_t>(node.pdo)},
                 "A bus reported two devices with the same device and instance id: " + ob::ToUtf8(node.instance_path) + ".");
      }
      // The same device at another place, or before its old self is quite gone: it waits until that is.
      node.last_status = STATUS_OBJECT_NAME_COLLISION;
      rt::LockGuard guard(node.state_of_machine->lock);
      node.duplicate = true;
      node.state_of_machine->duplicates.push_back(&node);
    }
    if (QueryId(node, BusQueryHardwareIDs, &information)) Assign(node.hardware_ids, TakeList(information));
    if (QueryId(node, BusQueryCompatibleIDs, &information)) Assign(node.compatible_ids, TakeList(information));
  }
  // As setup leaves it for the device: its hardware key.
  if (!node.instance_path.empty() && node.instance_path[0] != u'\\')
    cm::MakeKey(CurrentKernel(), u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + node.instance_path + u"\\Device Parameters");
  if (!node.parent) QueryCapabilities(node, true);
  QueryText(node);
  QueryPool(node, IRP_MN_QUERY_RESOURCES);
  QueryPool(node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS);
  QueryPool(node, IRP_MN_QUERY_BUS_INFORMATION);
  node.identified.store(true, std::memory_order_release);
}

// What an INF says of the device objects themselves (DeviceType, DeviceCharacteristics, Exclusive in its HW section) counts for the whole
// stack.
static void ApplyOverrides(DeviceNode& node) {
  const std::u16string key = u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + node.instance_path;
  ULONG type = 0, characteristics = 0, exclusive = 0;
  const bool has_type = cm::GetDword(CurrentKernel(), key, u"DeviceType", &type);
  cm::GetDword(CurrentKernel(), key, u"DeviceCharacteristics", &characteristics);
  cm::GetDword(CurrentKernel(), key, u"Exclusive", &exclusive);
  if (!has_type && !characteristics && !exclusive) return;
  for (DEVICE_OBJECT* device = node.pdo; device; device = device->AttachedDevice) {
    if (has_type) device->DeviceType = type;
    device->Characteristics |= characteristics;
    if (exclusive) device->Flags |= DO_EXCLUSIVE;
  }
}

NTSTATUS BuildStack(DeviceNode& node) {
  if (LacksFunction(node)) {
    for (io::Driver* each : node.drivers) DriverUnused(each);
    return node.last_status = STATUS_NO_SUCH_DEVICE;  // CM_PROB_FAILED_INSTALL; it waits as an unknown device does
  }
  for (io::Driver* driver : node.drivers) {
    PDRIVER_ADD_DEVICE add_device = driver->object->DriverExtension->AddDevice;
    if (!add_device) {
      node.last_status = STATUS_INVALID_DEVICE_REQUEST;
    } else if (driver->own) {
      node.last_status = add_device(driver->object, node.pdo);
    } else {
      node.last_status = CallDriver("DRIVER_ADD_DEVICE", add_device, driver->object, node.pdo);
    }
    if (!NT_SUCCESS(node.last_status)) {
      if (node.pdo->AttachedDevice) SendPnp(node, IRP_MN_REMOVE_DEVICE, STATUS_SUCCESS);
      SetState(node, NodeState::kFailed);
      for (io::Driver* each : node.drivers) DriverUnused(each);  // those that made no device object
      return node.last_status;
    }
  }
  ApplyOverrides(node);
  SetState(node, NodeState::kAdded);
  return STATUS_SUCCESS;
}

NTSTATUS Start(DeviceNode& node) {
  const bool anew = node.state.load() == NodeState::kAdded;  // not after a stop for new resources
  node.last_status = AssignResources(node);
  if (NT_SUCCESS(node.last_status)) node.last_status = SendStart(node);
  if (!NT_SUCCESS(node.last_status)) {
    RemoveChildren(node);  // of a restart that failed
    io::DisableInterfacesOf(node.pdo);
    SendPnp(node, IRP_MN_REMOVE_DEVICE, STATUS_SUCCESS);
    SetState(node, NodeState::kFailed);
    return node.last_status;
  }
  node.ever_started = true;
  node.power = PowerDeviceD0;
  SetState(node, NodeState::kStarted);
  if (anew) NotifyInstance(node, InstanceChange::kStarted);
  io::AnnounceInterfacesOf(node.pdo);
  QueryCapabilities(node, false);
  PnpRequest state;
  state.minor = IRP_MN_QUERY_PNP_DEVICE_STATE;
  SendPnp(node, state);
  EnumerateChildren(node);
  return STATUS_SUCCESS;
}

NTSTATUS AddDevice(Kernel& kernel, const DeviceDescription& description, DEVICE_OBJECT** pdo_out) {
  *pdo_out = nullptr;
  NTSTATUS status = EnsureRootBus(kernel);
  if (!NT_SUCCESS(status)) return status;
  State& state = *kernel.pnp;

  std::u16string instance = description.instance_id;
  if (instance.empty()) {
    uint32_t number;
    {
      rt::LockGuard guard(state.lock);
      number = state.next_instance++;
    }
    instance = u"ROOT\\" + (description.function ? ob::Upcase(description.function->name) : std::u16string(u"RAW")) + u"\\" +
               FourDigits(number);
  }
  Busy busy(state);
  if (instance.find(u'\\') == std::u16string::npos || instance.back() == u'\\') return STATUS_OBJECT_NAME_INVALID;
  DEVICE_OBJECT* pdo;
  status = IoCreateDevice(state.root_bus->object, 0, nullptr, description.hooks.device_type, FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &pdo);
  if (!NT_SUCCESS(status)) return status;
  pdo->StackSize = description.hooks.stack_size;
  pdo->Flags |= DO_BUS_ENUMERATED_DEVICE | description.hooks.device_flags;
  DeviceNode& node = *NewNode(kernel, pdo, nullptr);
  if (!TakeName(node, instance)) {
    SetState(node, NodeState::kRemoved);
    IoDeleteDevice(pdo);
    return STATUS_OBJECT_NAME_COLLISION;
  }
  node.hardware_ids = description.hardware_ids;
  if (node.hardware_ids.empty()) node.hardware_ids.push_back(instance.substr(0, instance.rfind(u'\\')));
  node.compatible_ids = description.compatible_ids;
  node.text = description.device_text;
  if (node.text.empty()) node.text = description.function ? description.function->name : std::u16string(u"Raw device");
  node.hooks = description.hooks;
  node.pci = description.pci;
  node.drivers = description.lower_filters;
  node.function = description.function;
  node.needs_function = description.needs_function;
  if (description.function) node.drivers.push_back(description.function);
  node.drivers.insert(node.drivers.end(), description.upper_filters.begin(), description.upper_filters.end());
  node.resources.boot_raw = CopyOf(description.raw_resources);
  node.resources.boot_translated = CopyOf(description.translated_resources);
  if (description.capabilities) {
    node.has_capabilities = true;
    node.capabilities = *description.capabilities;
  }
  SetState(node, NodeState::kInitialized);
  pdo->Flags &= ~DO_DEVICE_INITIALIZING;
  *pdo_out = pdo;

  Identify(node);
  NotifyInstance(node, InstanceChange::kEnumerated);
  status = BuildStack(node);
  if (NT_SUCCESS(status) && description.start) status = Start(node);
  return status;
}

NTSTATUS StartDevice(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return STATUS_NO_SUCH_DEVICE;
  Busy busy(*node);
  NodeState state = node->state.load();
  if (state != NodeState::kAdded && state != NodeState::kStopped) return STATUS_INVALID_DEVICE_STATE;
  return Start(*node);
}

}  // namespace drydock::nt::pnp
