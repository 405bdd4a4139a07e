// Driver-defined interfaces, both ways: WdfDeviceAddQueryInterface answers IRP_MN_QUERY_INTERFACE, WdfFdoQueryForInterface asks.
// Source: BUS-36 to BUS-41, O-31.
#include "wdf/bus/query_interface.h"

#include <cstring>

#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "nt/io/sync_irp.h"
#include "nt/ob/object.h"
#include "wdf/bus/bus.h"
#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {
namespace {

// {2AEB0243-6A6E-486B-82FC-D815F6B97006}
constexpr GUID kReenumerateSelf = {0x2AEB0243, 0x6A6E, 0x486B, {0x82, 0xFC, 0xD8, 0x15, 0xF6, 0xB9, 0x70, 0x06}};

bool Equal(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof(GUID)) == 0; }

NTSTATUS SendQuery(PDEVICE_OBJECT device, const GUID& type, PINTERFACE interface, USHORT size, USHORT version, PVOID data) {
  PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device);
  PIRP irp = nt::io::NewSystemIrp(top, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE);
  if (!irp) {
    nt::ob::Dereference(top);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  auto& parameters = IoGetNextIrpStackLocation(irp)->Parameters.QueryInterface;
  parameters.InterfaceType = &type;
  parameters.Size = size;
  parameters.Version = version;
  parameters.Interface = interface;
  parameters.InterfaceSpecificData = data;
  nt::io::SendAndWait(top, irp);
  const NTSTATUS status = irp->IoStatus.Status;
  nt::io::FreeIrp(irp);
  nt::ob::Dereference(top);
  return status;
}

// --- GUID_REENUMERATE_SELF_INTERFACE_STANDARD: a PDO that its bus can make anew (BUS-21) ---

VOID NTAPI ReferenceSelf(PVOID context) { static_cast<Device*>(context)->AddRef(); }
VOID NTAPI DereferenceSelf(PVOID context) { static_cast<Device*>(context)->Release(); }
VOID NTAPI ReenumerateSelf(PVOID context) {
  Device& device = *static_cast<Device*>(context);
  PdoPart* part = PdoPart::Of(device);
  if (part->list) part->list->Reenumerate(device);
}

struct ReenumerateSelfInterface {  // REENUMERATE_SELF_INTERFACE_STANDARD
  USHORT Size, Version;
  PVOID Context;
  VOID(NTAPI* InterfaceReference)(PVOID);
  VOID(NTAPI* InterfaceDereference)(PVOID);
  VOID(NTAPI* SurpriseRemoveAndReenumerateSelf)(PVOID);
};

bool AnswerReenumerate(Device& device, const IO_STACK_LOCATION& stack) {
  PdoPart* part = device.is_pdo() ? PdoPart::Of(device) : nullptr;
  if (!part || !part->list || part->list->is_static()) return false;
  if (stack.Parameters.QueryInterface.Size < sizeof(ReenumerateSelfInterface) || stack.Parameters.QueryInterface.Version < 1) return false;
  auto* interface = reinterpret_cast<ReenumerateSelfInterface*>(stack.Parameters.QueryInterface.Interface);
  *interface = {sizeof(ReenumerateSelfInterface), 1, &device, ReferenceSelf, DereferenceSelf, ReenumerateSelf};
  device.AddRef();
  return true;
}

}  // namespace

NTSTATUS QueryInterfaces::Check(const WDF_QUERY_INTERFACE_CONFIG& config) {
  if (config.Size != sizeof(config)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!config.InterfaceType) return STATUS_INVALID_PARAMETER;
  if (config.ImportInterface && !config.EvtDeviceProcessQueryInterfaceRequest) return STATUS_INVALID_PARAMETER;
  if (!config.ImportInterface && !config.Interface && !config.SendQueryToParentStack) return STATUS_INVALID_PARAMETER;
  if (config.Interface && config.Interface->Size < sizeof(INTERFACE)) return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

NTSTATUS QueryInterfaces::Add(const WDF_QUERY_INTERFACE_CONFIG& config) {
  Entry entry;
  entry.type = *config.InterfaceType;
  entry.to_parent = config.SendQueryToParentStack;
  entry.import = config.ImportInterface;
  entry.callback = config.EvtDeviceProcessQueryInterfaceRequest;
  if (config.Interface) {
    const char* bytes = reinterpret_cast<const char*>(config.Interface);
    entry.bytes.assign(bytes, bytes + config.Interface->Size);
  }
  rt::LockGuard guard(lock_);
  // The newest of one type counts.
  for (Entry& known : entries_) {
    if (Equal(known.type, entry.type)) {
      known = std::move(entry);
      return STATUS_SUCCESS;
    }
  }
  entries_.push_back(std::move(entry));
  return STATUS_SUCCESS;
}

bool QueryInterfaces::Find(const GUID& type, Entry* entry) {
  rt::LockGuard guard(lock_);
  for (const Entry& known : entries_) {
    if (!Equal(known.type, type)) continue;
    *entry = known;
    return true;
  }
  return false;
}

namespace bus {

bool AnswerQueryInterface(Device& device, PIRP irp, NTSTATUS* status) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  const GUID& type = *stack.Parameters.QueryInterface.InterfaceType;
  PINTERFACE interface = stack.Parameters.QueryInterface.Interface;
  QueryInterfaces::Entry entry;
  auto* known = static_cast<QueryInterfaces*>(device.query_interfaces.get());
  if (!known || !known->Find(type, &entry)) {
    if (Equal(type, kReenumerateSelf) && AnswerReenumerate(device, stack)) irp->IoStatus.Status = STATUS_SUCCESS;
    return false;
  }
  const INTERFACE* registered = entry.bytes.empty() ? nullptr : reinterpret_cast<const INTERFACE*>(entry.bytes.data());
  if (registered &&
      (registered->Size > stack.Parameters.QueryInterface.Size || registered->Version > stack.Parameters.QueryInterface.Version)) {
    *status = CompleteIrp(irp, STATUS_INVALID_BUFFER_SIZE, irp->IoStatus.Information);
    return true;
  }
  NTSTATUS result = irp->IoStatus.Status;
  if (!entry.import && registered) {
    std::memcpy(interface, registered, registered->Size);
    result = STATUS_SUCCESS;
  }
  if (entry.callback) {
    GUID copy = type;
    result = nt::CallDriver("EvtDeviceProcessQueryInterfaceRequest", entry.callback, reinterpret_cast<WDFDEVICE>(device.handle()), &copy, interface,
                            stack.Parameters.QueryInterface.InterfaceSpecificData);
  }
  if (!NT_SUCCESS(result) && result != STATUS_NOT_SUPPORTED) {
    *status = CompleteIrp(irp, result, irp->IoStatus.Information);
    return true;
  }
  if (NT_SUCCESS(result)) {
    irp->IoStatus.Status = result;
    if (!entry.import && registered && interface->InterfaceReference) {
      nt::CallDriver("InterfaceReference", interface->InterfaceReference, interface->Context);
    }
  }
  if (!entry.to_parent || !device.is_pdo()) return false;
  // BUS-40: the top of the parent's stack may add to it; without an answer there ours stands.
  Device& parent = *PdoPart::Of(device)->parent;
  const NTSTATUS above = parent.wdm() ? SendQuery(parent.wdm(), type, interface, stack.Parameters.QueryInterface.Size,
                                                  stack.Parameters.QueryInterface.Version, stack.Parameters.QueryInterface.InterfaceSpecificData)
                                      : STATUS_NOT_SUPPORTED;
  if (above != STATUS_NOT_SUPPORTED) irp->IoStatus.Status = above;
  return false;
}

}  // namespace bus

namespace ddi {

NTSTATUS WdfDeviceAddQueryInterface(DriverGlobals& globals, WDFDEVICE Device, PWDF_QUERY_INTERFACE_CONFIG InterfaceConfig) {
  wdf::Device& device = *FromHandle<wdf::Device>(globals, Device);
  NTSTATUS status = QueryInterfaces::Check(*InterfaceConfig);
  if (!NT_SUCCESS(status)) return status;
  if (!device.query_interfaces) return STATUS_INVALID_DEVICE_REQUEST;  // a control device
  if (!globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  return static_cast<QueryInterfaces*>(device.query_interfaces.get())->Add(*InterfaceConfig);
}

NTSTATUS WdfFdoQueryForInterface(DriverGlobals& globals, WDFDEVICE Fdo, LPCGUID InterfaceType, PINTERFACE Interface, USHORT Size, USHORT Version,
                                 PVOID InterfaceSpecificData) {
  wdf::Device& device = *FromHandle<wdf::Device>(globals, Fdo);
  if (device.kind() != DeviceKind::kFdo) return STATUS_INVALID_PARAMETER;
  return SendQuery(device.wdm(), *InterfaceType, Interface, Size, Version, InterfaceSpecificData);
}

}  // namespace ddi
}  // namespace drydock::wdf
