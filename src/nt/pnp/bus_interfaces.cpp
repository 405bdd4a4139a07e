#include "nt/pnp/bus_interfaces.h"

#include <cstring>

#include "nt/kernel.h"
#include "nt/pnp/pci.h"
#include "nt/pnp/state.h"
#include "nt/thread.h"

namespace drydock::nt::pnp {
namespace {

constexpr GUID kBus = {0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};
constexpr GUID kReenumerateSelf = {0x2aeb0243, 0x6a6e, 0x486b, {0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06}};
constexpr GUID kPciDevicePresent = {0xd1b82c26, 0xbf49, 0x45ef, {0xb2, 0x16, 0x71, 0xcb, 0xd7, 0x88, 0x9b, 0x57}};
constexpr GUID kD3Cold = {0xb38290e5, 0x3cd0, 0x4f9d, {0x99, 0x37, 0xf5, 0xfe, 0x2b, 0x44, 0xd4, 0x7a}};

DeviceNode& NodeIn(PVOID context) { return *NodeOf(static_cast<DEVICE_OBJECT*>(context)); }

// Each interface begins as INTERFACE does, and holds the device's object.
template <class Interface>
Interface* Begin(DeviceNode& node, const IO_STACK_LOCATION& location, USHORT version) {
  auto* answer = reinterpret_cast<Interface*>(location.Parameters.QueryInterface.Interface);
  std::memset(answer, 0, sizeof *answer);
  answer->Size = sizeof *answer;
  answer->Version = version;
  answer->Context = node.pdo;
  answer->InterfaceReference = [](PVOID context) { ObReferenceObject(context); };
  answer->InterfaceDereference = [](PVOID context) { ObDereferenceObject(context); };
  answer->InterfaceReference(answer->Context);
  return answer;
}

// A bus whose addresses are the processor's. Only a device on PCI has a configuration space.
void FillBus(BUS_INTERFACE_STANDARD& answer) {
  answer.TranslateBusAddress = [](PVOID, PHYSICAL_ADDRESS address, ULONG, PULONG, PPHYSICAL_ADDRESS translated) -> BOOLEAN {
    *translated = address;
    return TRUE;
  };
  answer.GetDmaAdapter = [](PVOID context, DEVICE_DESCRIPTION* description, PULONG registers) {
    return IoGetDmaAdapter(static_cast<PDEVICE_OBJECT>(context), description, registers);
  };
  answer.GetBusData = [](PVOID context, ULONG space, PVOID buffer, ULONG offset, ULONG length) -> ULONG {
    DeviceNode& node = NodeIn(context);
    return node.pci && space == PCI_WHICHSPACE_CONFIG ? node.pci->Read(offset, buffer, length) : 0;
  };
  answer.SetBusData = [](PVOID context, ULONG space, PVOID buffer, ULONG offset, ULONG length) -> ULONG {
    DeviceNode& node = NodeIn(context);
    return node.pci && space == PCI_WHICHSPACE_CONFIG ? node.pci->Write(offset, buffer, length) : 0;
  };
}

// No device of a machine loses its power supply: it is never in D3cold, and says so.
void FillD3Cold(D3COLD_SUPPORT_INTERFACE& answer) {
  answer.SetD3ColdSupport = [](PVOID, BOOLEAN) {};
  answer.GetIdleWakeInfo = [](PVOID context, SYSTEM_POWER_STATE state, PDEVICE_WAKE_DEPTH depth) -> NTSTATUS {
    const DEVICE_CAPABILITIES& capabilities = NodeIn(context).last_capabilities;
    if (state < PowerSystemWorking || state > PowerSystemHibernate) return STATUS_INVALID_PARAMETER;
    const bool wakes = capabilities.DeviceWake != PowerDeviceUnspecified && (state == PowerSystemWorking || state <= capabilities.SystemWake);
    *depth = wakes ? static_cast<DEVICE_WAKE_DEPTH>(DeviceWakeDepthD0 + (capabilities.DeviceWake - PowerDeviceD0)) : DeviceWakeDepthNotWakeable;
    return STATUS_SUCCESS;
  };
  const auto no = [](PVOID, PBOOLEAN supported) -> NTSTATUS {
    *supported = FALSE;
    return STATUS_SUCCESS;
  };
  answer.GetD3ColdCapability = no;
  answer.GetBusDriverD3ColdSupport = no;
  answer.GetLastTransitionStatus = [](PVOID, PD3COLD_LAST_TRANSITION_STATUS status) { *status = LastDStateTransitionD3hot; };
}

bool IsWanted(const PCI_COMMON_HEADER& header, const PCI_DEVICE_PRESENCE_PARAMETERS& wanted) {
  const ULONG flags = wanted.Flags;
  if (flags & PCI_USE_VENDEV_IDS && (header.VendorID != wanted.VendorID || header.DeviceID != wanted.DeviceID)) return false;
  if (flags & PCI_USE_SUBSYSTEM_IDS && (header.u.type0.SubVendorID != wanted.SubVendorID || header.u.type0.SubSystemID != wanted.SubSystemID)) return false;
  if (flags & PCI_USE_REVISION && header.RevisionID != wanted.RevisionID) return false;
  if (flags & PCI_USE_CLASS_SUBCLASS && (header.BaseClass != wanted.BaseClass || header.SubClass != wanted.SubClass)) return false;
  return !(flags & PCI_USE_PROGIF) || header.ProgIf == wanted.ProgIf;
}

// `self`: the asker's place, for those who mean its bus or its device.
BOOLEAN IsPresent(Kernel& kernel, const PciFunction* self, const PCI_DEVICE_PRESENCE_PARAMETERS& wanted) {
  for (const PdoReference& pdo : Devices(kernel)) {
    PciFunction* pci = NodeOf(pdo)->pci.get();
    if (!pci || StateOf(pdo) == NodeState::kSurpriseRemoved) continue;
    if (wanted.Flags & PCI_USE_LOCAL_BUS && (!self || pci->bus != self->bus)) continue;
    if (wanted.Flags & PCI_USE_LOCAL_DEVICE && (!self || pci->bus != self->bus || pci->device != self->device)) continue;
    PCI_COMMON_HEADER header;
    if (pci->Read(0, &header, sizeof header) == sizeof header && IsWanted(header, wanted)) return TRUE;
  }
  return FALSE;
}

void FillPresence(PCI_DEVICE_PRESENT_INTERFACE& answer) {
  answer.IsDevicePresent = [](USHORT vendor, USHORT device, UCHAR revision, USHORT sub_vendor, USHORT sub_system, ULONG flags) -> BOOLEAN {
    PCI_DEVICE_PRESENCE_PARAMETERS wanted = {};
    wanted.Flags = (flags & (PCI_USE_SUBSYSTEM_IDS | PCI_USE_REVISION)) | PCI_USE_VENDEV_IDS;
    wanted.VendorID = vendor;
    wanted.DeviceID = device;
    wanted.RevisionID = revision;
    wanted.SubVendorID = sub_vendor;
    wanted.SubSystemID = sub_system;
    return IsPresent(CurrentKernel(), nullptr, wanted);
  };
  answer.IsDevicePresentEx = [](PVOID context, PPCI_DEVICE_PRESENCE_PARAMETERS wanted) -> BOOLEAN {
    if (wanted->Size < sizeof *wanted || !(wanted->Flags & (PCI_USE_VENDEV_IDS | PCI_USE_CLASS_SUBCLASS))) return FALSE;
    return IsPresent(CurrentKernel(), NodeIn(context).pci.get(), *wanted);
  };
}

}  // namespace

NTSTATUS QueryInterface(DeviceNode& node, IRP* irp, const IO_STACK_LOCATION& location) {
  const auto& query = location.Parameters.QueryInterface;
  const auto is = [&](const GUID& type) { return std::memcmp(query.InterfaceType, &type, sizeof type) == 0; };
  if (is(kBus)) {
    if (query.Size < sizeof(BUS_INTERFACE_STANDARD)) return STATUS_INVALID_PARAMETER;
    FillBus(*Begin<BUS_INTERFACE_STANDARD>(node, location, 1));
  } else if (is(kReenumerateSelf) && node.hooks.reenumerates) {
    if (query.Size < sizeof(REENUMERATE_SELF_INTERFACE_STANDARD)) return STATUS_INVALID_PARAMETER;
    Begin<REENUMERATE_SELF_INTERFACE_STANDARD>(node, location, 1)->SurpriseRemoveAndReenumerateSelf = [](PVOID context) {
      ReenumerateSelf(static_cast<DEVICE_OBJECT*>(context));
    };
  } else if (is(kD3Cold) && node.pci) {
    if (query.Size < sizeof(D3COLD_SUPPORT_INTERFACE)) return STATUS_INVALID_PARAMETER;
    FillD3Cold(*Begin<D3COLD_SUPPORT_INTERFACE>(node, location, D3COLD_SUPPORT_INTERFACE_VERSION));
  } else if (is(kPciDevicePresent) && node.pci) {
    if (query.Size < sizeof(PCI_DEVICE_PRESENT_INTERFACE)) return STATUS_INVALID_PARAMETER;
    FillPresence(*Begin<PCI_DEVICE_PRESENT_INTERFACE>(node, location, PCI_DEVICE_PRESENT_INTERFACE_VERSION));
  } else {
    return irp->IoStatus.Status;  // no interface of this bus
  }
  return STATUS_SUCCESS;
}

NTSTATUS AccessConfig(DeviceNode& node, IRP* irp, const IO_STACK_LOCATION& location) {
  const auto& access = location.Parameters.ReadWriteConfig;
  if (!node.pci) return irp->IoStatus.Status;
  if (access.WhichSpace != PCI_WHICHSPACE_CONFIG) return STATUS_INVALID_DEVICE_REQUEST;
  const bool read = location.MinorFunction == IRP_MN_READ_CONFIG;
  irp->IoStatus.Information =
      read ? node.pci->Read(access.Offset, access.Buffer, access.Length) : node.pci->Write(access.Offset, access.Buffer, access.Length);
  return irp->IoStatus.Information == access.Length ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

std::u16string LocationOf(const PciFunction& pci) {
  const auto decimal = [](uint32_t number) {
    const std::string digits = std::to_string(number);
    return std::u16string(digits.begin(), digits.end());
  };
  return u"PCI bus " + decimal(pci.bus) + u", device " + decimal(pci.device) + u", function " + decimal(pci.function);
}

std::shared_ptr<PciFunction> FindPci(Kernel& kernel, uint32_t bus, uint32_t slot_number) {
  for (const PdoReference& pdo : Devices(kernel)) {
    const std::shared_ptr<PciFunction>& pci = NodeOf(pdo)->pci;
    if (StateOf(pdo) == NodeState::kSurpriseRemoved) continue;  // its place is free
    if (pci && pci->bus == bus && pci->SlotNumber() == (slot_number & 0xFF)) return pci;
  }
  return nullptr;
}

namespace {

// Backwards compatibility, for drivers that look for their device themselves. 2, and a vendor of all ones, where nobody is.
ULONG OfSlot(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length, bool write) {
  if (type != PCIConfiguration) return 0;
  if (auto pci = FindPci(CurrentKernel(), bus, slot)) return write ? pci->Write(offset, buffer, length) : pci->Read(offset, buffer, length);
  if (write || length < sizeof(USHORT)) return 0;
  constexpr USHORT kNobody = PCI_INVALID_VENDORID;
  std::memcpy(buffer, &kNobody, sizeof kNobody);
  return sizeof kNobody;
}

}  // namespace
}  // namespace drydock::nt::pnp

extern "C" {

ULONG HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
  return drydock::nt::pnp::OfSlot(BusDataType, BusNumber, SlotNumber, Buffer, Offset, Length, false);
}
ULONG HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
  return drydock::nt::pnp::OfSlot(BusDataType, BusNumber, SlotNumber, Buffer, Offset, Length, true);
}

}  // extern "C"
