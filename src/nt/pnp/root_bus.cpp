// The root bus: the driver of root-enumerated physical device objects. It answers what a bus answers, and hands everything else to
// the hooks of the device's model.
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/io/device.h"
#include "nt/io/driver.h"
#include "nt/io/irp.h"
#include "nt/kernel.h"
#include "nt/pnp/bus_interfaces.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pci.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {
namespace {

constexpr ULONG kTag = 0x42706E50;  // 'PnpB'

NTSTATUS Complete(IRP* irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IofCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

// A pool copy of a string (or, with `multi`, of a list ended by an empty string), as QUERY_ID and QUERY_DEVICE_TEXT return it.
NTSTATUS ReturnText(IRP* irp, const std::u16string& text, bool multi) {
  size_t bytes = (text.size() + (multi ? 2 : 1)) * 2;
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, text.data(), text.size() * 2);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(buffer);
  return STATUS_SUCCESS;
}

std::u16string Joined(const std::vector<std::u16string>& list) {
  std::u16string text;
  for (const std::u16string& item : list) {
    text += item;
    text.push_back(u'\0');
  }
  return text;
}

NTSTATUS QueryId(DeviceNode& node, IRP* irp, BUS_QUERY_ID_TYPE type) {
  size_t slash = node.instance_path.rfind(u'\\');
  switch (type) {
    case BusQueryDeviceID:
      return ReturnText(irp, node.instance_path.substr(0, slash), false);
    case BusQueryInstanceID:
      return ReturnText(irp, node.instance_path.substr(slash + 1), false);
    case BusQueryHardwareIDs:
      return ReturnText(irp, Joined(node.hardware_ids), true);
    case BusQueryCompatibleIDs:
      return node.compatible_ids.empty() ? irp->IoStatus.Status : ReturnText(irp, Joined(node.compatible_ids), true);
    default:
      return irp->IoStatus.Status;
  }
}

NTSTATUS QueryCapabilities(DeviceNode& node, DEVICE_CAPABILITIES* answer) {
  if (!answer || answer->Version != 1 || answer->Size < sizeof(DEVICE_CAPABILITIES)) return STATUS_UNSUCCESSFUL;
  if (node.has_capabilities) {
    USHORT size = answer->Size;
    *answer = node.capabilities;
    answer->Size = size;
    answer->Version = 1;
    if (node.pci) answer->Address = node.pci->Address();
    return STATUS_SUCCESS;
  }
  for (DEVICE_POWER_STATE& state : answer->DeviceState) state = PowerDeviceD3;
  answer->DeviceState[PowerSystemUnspecified] = PowerDeviceUnspecified;
  answer->DeviceState[PowerSystemWorking] = PowerDeviceD0;
  answer->SystemWake = PowerSystemUnspecified;
  answer->DeviceWake = PowerDeviceUnspecified;
  answer->UniqueID = 1;
  answer->RawDeviceOK = node.function == nullptr && !node.needs_function;
  answer->Removable = 0;
  if (node.pci) answer->Address = node.pci->Address();
  return STATUS_SUCCESS;
}

NTSTATUS QueryResources(DeviceNode& node, IRP* irp) {
  const std::vector<char>& list = node.resources.boot_raw;
  if (list.empty()) return irp->IoStatus.Status;
  void* copy = ExAllocatePool2(POOL_FLAG_PAGED, list.size(), kTag);
  if (!copy) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(copy, list.data(), list.size());
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(copy);
  return STATUS_SUCCESS;
}

NTSTATUS QueryRequirements(DeviceNode& node, IRP* irp) {
  const std::vector<char>& fixed = node.resources.boot_raw;
  if (fixed.empty()) return irp->IoStatus.Status;
  const std::vector<char> list = RequirementsOf(reinterpret_cast<const CM_RESOURCE_LIST*>(fixed.data()));
  void* copy = ExAllocatePool2(POOL_FLAG_PAGED, list.size(), kTag);
  if (!copy) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(copy, list.data(), list.size());
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(copy);
  return STATUS_SUCCESS;
}

NTSTATUS QueryTargetRelation(DEVICE_OBJECT* pdo, IRP* irp) {
  auto* relations = static_cast<DEVICE_RELATIONS*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(DEVICE_RELATIONS), kTag));
  if (!relations) return STATUS_INSUFFICIENT_RESOURCES;
  ob::Reference(pdo);
  relations->Count = 1;
  relations->Objects[0] = pdo;
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(relations);
  return STATUS_SUCCESS;
}

NTSTATUS QueryBusInformation(const DeviceNode& node, IRP* irp) {
  auto* answer = static_cast<PNP_BUS_INFORMATION*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(PNP_BUS_INFORMATION), kTag));
  if (!answer) return STATUS_INSUFFICIENT_RESOURCES;
  if (node.pci) {
    // GUID_BUS_TYPE_PCI
    answer->BusTypeGuid = {0xC8EBDFB0, 0xB510, 0x11D0, {0x80, 0xE5, 0x00, 0xA0, 0xC9, 0x25, 0x42, 0xE3}};
    answer->LegacyBusType = PCIBus;
    answer->BusNumber = node.pci->bus;
  } else {
    // GUID_BUS_TYPE_INTERNAL
    answer->BusTypeGuid = {0x1530EA73, 0x086B, 0x11D1, {0xA0, 0x9F, 0x00, 0xC0, 0x4F, 0xC3, 0x40, 0xB1}};
    answer->LegacyBusType = PNPBus;
    answer->BusNumber = 0;
  }
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(answer);
  return STATUS_SUCCESS;
}

NTSTATUS DispatchPnp(PDEVICE_OBJECT pdo, PIRP irp) {
  DeviceNode& node = *NodeOf(pdo);
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  if (node.hooks.pnp) {
    NTSTATUS status = node.hooks.pnp(node.hooks.context, pdo, irp);
    if (status != STATUS_NOT_SUPPORTED) return Complete(irp, status);
  }
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
    case IRP_MN_DEVICE_ENUMERATED:
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
      return Complete(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_ID:
      return Complete(irp, QueryId(node, irp, location->Parameters.QueryId.IdType));
    case IRP_MN_QUERY_CAPABILITIES:
      return Complete(irp, QueryCapabilities(node, location->Parameters.DeviceCapabilities.Capabilities));
    case IRP_MN_QUERY_DEVICE_TEXT:
      if (location->Parameters.QueryDeviceText.DeviceTextType == DeviceTextLocationInformation && node.pci)
        return Complete(irp, ReturnText(irp, LocationOf(*node.pci), false));
      if (location->Parameters.QueryDeviceText.DeviceTextType != DeviceTextDescription) break;
      return Complete(irp, ReturnText(irp, node.text, false));
    case IRP_MN_QUERY_INTERFACE:
      return Complete(irp, QueryInterface(node, irp, *location));
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG:
      return Complete(irp, AccessConfig(node, irp, *location));
    case IRP_MN_QUERY_RESOURCES:
      return Complete(irp, QueryResources(node, irp));
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
      return Complete(irp, QueryRequirements(node, irp));
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      if (location->Parameters.QueryDeviceRelations.Type != TargetDeviceRelation) break;
      return Complete(irp, QueryTargetRelation(pdo, irp));
    case IRP_MN_QUERY_BUS_INFORMATION:
      return Complete(irp, QueryBusInformation(node, irp));
    default:
      break;
  }
  // What a bus does not know keeps the status that it came with.
  return Complete(irp, irp->IoStatus.Status);
}

void CancelWaitWake(PDEVICE_OBJECT pdo, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  DeviceNode& node = *NodeOf(pdo);
  {
    rt::LockGuard guard(node.state_of_machine->lock);
    if (node.wait_wake == irp) node.wait_wake = nullptr;
  }
  Complete(irp, STATUS_CANCELLED);
}

NTSTATUS PendWaitWake(DeviceNode& node, IRP* irp) {
  bool busy;
  {
    rt::LockGuard guard(node.state_of_machine->lock);
    busy = node.wait_wake != nullptr;
    if (!busy) node.wait_wake = irp;
  }
  if (busy) return Complete(irp, STATUS_DEVICE_BUSY);
  IoMarkIrpPending(irp);
  IoSetCancelRoutine(irp, CancelWaitWake);
  if (io::IsCancelled(irp) && IoSetCancelRoutine(irp, nullptr)) {
    {
      rt::LockGuard guard(node.state_of_machine->lock);
      node.wait_wake = nullptr;
    }
    Complete(irp, STATUS_CANCELLED);
  }
  return STATUS_PENDING;
}

NTSTATUS DispatchPower(PDEVICE_OBJECT pdo, PIRP irp) {
  DeviceNode& node = *NodeOf(pdo);
  IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(irp);
  if (node.hooks.pnp) {
    NTSTATUS status = node.hooks.pnp(node.hooks.context, pdo, irp);
    if (status != STATUS_NOT_SUPPORTED) return Complete(irp, status);
  }
  switch (location->MinorFunction) {
    case IRP_MN_SET_POWER:
      if (location->Parameters.Power.Type == DevicePowerState) {
        PoSetPowerState(pdo, DevicePowerState, location->Parameters.Power.State);
        if (node.pci) node.pci->SetPower(static_cast<uint32_t>(location->Parameters.Power.State.DeviceState - PowerDeviceD0));
      }
      return Complete(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_POWER:
      return Complete(irp, STATUS_SUCCESS);
    case IRP_MN_WAIT_WAKE:
      return PendWaitWake(node, irp);
    default:
      return Complete(irp, irp->IoStatus.Status);
  }
}

NTSTATUS DispatchSystemControl(PDEVICE_OBJECT, PIRP irp) { return Complete(irp, irp->IoStatus.Status); }

NTSTATUS DispatchOther(PDEVICE_OBJECT pdo, PIRP irp) {
  DeviceNode& node = *NodeOf(pdo);
  if (node.hooks.dispatch) return node.hooks.dispatch(node.hooks.context, pdo, irp);
  UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  irp->IoStatus.Information = 0;
  bool harmless = major == IRP_MJ_CREATE || major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE;
  return Complete(irp, harmless ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}

void SetUp(DRIVER_OBJECT* driver) {
  for (auto& dispatch : driver->MajorFunction) dispatch = DispatchOther;
  driver->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
  driver->MajorFunction[IRP_MJ_POWER] = DispatchPower;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = DispatchSystemControl;
}

}  // namespace

void* HookContextOf(const DEVICE_OBJECT* pdo) { return NodeOf(pdo)->hooks.context; }

NTSTATUS EnsureRootBus(Kernel& kernel) {
  State& state = *kernel.pnp;
  if (state.root_bus) return STATUS_SUCCESS;
  return io::CreateOwnDriver(kernel, u"PnpManager", SetUp, &state.root_bus);
}

bool TriggerWake(DEVICE_OBJECT* pdo) {
  DeviceNode* node = NodeOf(pdo);
  if (!node) return false;
  IRP* irp;
  {
    rt::LockGuard guard(node->state_of_machine->lock);
    irp = node->wait_wake;
    // Whoever takes the routine back has the request.
    if (!irp || !IoSetCancelRoutine(irp, nullptr)) return false;
    node->wait_wake = nullptr;
  }
  Complete(irp, STATUS_SUCCESS);
  return true;
}

}  // namespace drydock::nt::pnp
