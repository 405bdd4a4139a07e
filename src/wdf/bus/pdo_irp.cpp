// What a PDO answers as the bottom of its stack: who it is, what it is called, what it can do (IRPs that change no state).
#include <cstring>

#include "nt/driver_callback.h"
#include "nt/io/irp.h"
#include "nt/io/sync_irp.h"
#include "nt/ob/object.h"
#include "wdf/bus/bus.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

constexpr ULONG kTag = 0x42786644;  // 'DfxB'

// A pool copy of a string (or, with `multi`, of a list ended by an empty string), as QUERY_ID and QUERY_DEVICE_TEXT return it.
NTSTATUS ReturnText(PIRP irp, const std::u16string& text, bool multi) {
  const size_t bytes = (text.size() + (multi ? 2 : 1)) * sizeof(char16_t);
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, text.data(), text.size() * sizeof(char16_t));
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

NTSTATUS QueryId(const PdoInit& pdo, PIRP irp) {
  const NTSTATUS unknown = irp->IoStatus.Status;
  auto single = [&](const std::u16string& text) { return text.empty() ? unknown : ReturnText(irp, text, false); };
  switch (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryId.IdType) {
    case BusQueryDeviceID: return single(pdo.device_id);
    case BusQueryInstanceID: return single(pdo.instance_id);
    case BusQueryContainerID: return single(pdo.container_id);
    case BusQueryHardwareIDs: return pdo.hardware_ids.empty() ? unknown : ReturnText(irp, Joined(pdo.hardware_ids), true);
    case BusQueryCompatibleIDs: return pdo.compatible_ids.empty() ? unknown : ReturnText(irp, Joined(pdo.compatible_ids), true);
    default: return unknown;
  }
}

// BUS-27: the asked locale, else the default one.
NTSTATUS QueryDeviceText(const PdoInit& pdo, PIRP irp) {
  const auto& asked = IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceText;
  const DeviceText* found = nullptr;
  for (const DeviceText& text : pdo.texts) {
    if (text.locale == asked.LocaleId) {
      found = &text;
      break;
    }
    if (text.locale == pdo.default_locale && !found) found = &text;
  }
  if (!found) return irp->IoStatus.Status;
  switch (asked.DeviceTextType) {
    case DeviceTextDescription: return ReturnText(irp, found->description, false);
    case DeviceTextLocationInformation: return ReturnText(irp, found->location, false);
    default: return irp->IoStatus.Status;
  }
}

NTSTATUS QueryBusInformation(Device& parent, PIRP irp) {
  PNP_BUS_INFORMATION information;
  {
    Children* children = Children::Of(parent);
    if (!children) return irp->IoStatus.Status;
    rt::LockGuard guard(children->lock);
    if (!children->bus_information_set) return irp->IoStatus.Status;
    information = children->bus_information;
  }
  void* buffer = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(information), kTag);
  if (!buffer) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, &information, sizeof(information));
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(buffer);
  return STATUS_SUCCESS;
}

NTSTATUS QueryTargetRelation(Device& pdo, PIRP irp) {
  auto* relations = static_cast<DEVICE_RELATIONS*>(ExAllocatePool2(POOL_FLAG_PAGED, sizeof(DEVICE_RELATIONS), kTag));
  if (!relations) return STATUS_INSUFFICIENT_RESOURCES;
  nt::ob::Reference(pdo.wdm());
  relations->Count = 1;
  relations->Objects[0] = pdo.wdm();
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(relations);
  return STATUS_SUCCESS;
}

// BUS-33: no callback counts as a failing one.
NTSTATUS SetLock(Device& device, PIRP irp) {
  auto callback = device.init().pdo_init->callbacks.EvtDeviceSetLock;
  if (!callback) return STATUS_INVALID_DEVICE_REQUEST;
  return nt::CallDriver("EvtDeviceSetLock", callback, reinterpret_cast<WDFDEVICE>(device.handle()),
                        IoGetCurrentIrpStackLocation(irp)->Parameters.SetLock.Lock);
}

}  // namespace

namespace bus {

bool AnswerPdo(Device& device, PIRP irp, NTSTATUS* status) {
  const PdoInit& pdo = *device.init().pdo_init;
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_QUERY_ID: *status = QueryId(pdo, irp); break;
    case IRP_MN_QUERY_DEVICE_TEXT: *status = QueryDeviceText(pdo, irp); break;
    case IRP_MN_QUERY_BUS_INFORMATION: *status = QueryBusInformation(*PdoPart::Of(device)->parent, irp); break;
    case IRP_MN_SET_LOCK: *status = SetLock(device, irp); break;
    case IRP_MN_DEVICE_ENUMERATED: *status = STATUS_SUCCESS; break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      if (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type != TargetDeviceRelation) return false;
      *status = QueryTargetRelation(device, irp);
      break;
    default: return false;
  }
  CompleteIrp(irp, *status, irp->IoStatus.Information);
  return true;
}

// What the bus says of a PDO before the driver's own capabilities are applied (DEVX-43): the parent's states, nothing else.
void BaseCapabilities(Device& device, DEVICE_CAPABILITIES* capabilities) {
  Device& parent = *PdoPart::Of(device)->parent;
  DEVICE_CAPABILITIES of_parent = {};
  of_parent.Size = sizeof(of_parent);
  of_parent.Version = 1;
  of_parent.Address = of_parent.UINumber = 0xFFFFFFFF;
  if (PDEVICE_OBJECT top = parent.wdm() ? IoGetAttachedDeviceReference(parent.wdm()) : nullptr) {
    if (PIRP irp = nt::io::NewSystemIrp(top, IRP_MJ_PNP, IRP_MN_QUERY_CAPABILITIES)) {
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      IoGetNextIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities = &of_parent;
      nt::io::SendAndWait(top, irp);
      nt::io::FreeIrp(irp);
    }
    nt::ob::Dereference(top);
  }
  for (int i = PowerSystemWorking; i < PowerSystemMaximum; ++i) capabilities->DeviceState[i] = of_parent.DeviceState[i];
  capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
  const bool raw = device.init().pdo_init->raw;
  capabilities->RawDeviceOK = raw;
  capabilities->SilentInstall = raw;
  capabilities->UniqueID = false;
}

}  // namespace bus
}  // namespace drydock::wdf
