// Functions of a PDO and of static children: WdfPdo..., WdfFdo... (static list); ejection and removal relations.
#include "nt/ob/object.h"
#include "wdf/bus/bus.h"
#include "wdf/bus/relations.h"
#include "wdf/ddi.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

NTSTATUS RelationList::Add(PDEVICE_OBJECT pdo) {
  nt::ob::Reference(pdo);
  rt::LockGuard guard(lock_);
  devices_.push_back(pdo);
  return STATUS_SUCCESS;
}

void RelationList::Remove(PDEVICE_OBJECT pdo) {
  {
    rt::LockGuard guard(lock_);
    size_t i = 0;
    while (i < devices_.size() && devices_[i] != pdo) ++i;
    if (i == devices_.size()) return;
    devices_.erase(devices_.begin() + static_cast<ptrdiff_t>(i));
  }
  nt::ob::Dereference(pdo);
}

void RelationList::Clear() {
  for (PDEVICE_OBJECT pdo : Take()) nt::ob::Dereference(pdo);
}

std::vector<PDEVICE_OBJECT> RelationList::Take() {
  std::vector<PDEVICE_OBJECT> devices;
  rt::LockGuard guard(lock_);
  devices.swap(devices_);
  return devices;
}

NTSTATUS RelationList::AddTo(PIRP irp) {
  std::vector<PDEVICE_OBJECT> devices;
  {
    rt::LockGuard guard(lock_);
    if (devices_.empty()) return STATUS_SUCCESS;
    devices = devices_;
    for (PDEVICE_OBJECT pdo : devices) nt::ob::Reference(pdo);
  }
  if (bus::AppendRelations(irp, devices)) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
  }
  for (PDEVICE_OBJECT pdo : devices) nt::ob::Dereference(pdo);
  return STATUS_INSUFFICIENT_RESOURCES;
}

namespace ddi {
namespace {

Device& DeviceOf(DriverGlobals& globals, WDFDEVICE handle) { return *FromHandle<Device>(globals, handle); }
WDFDEVICE HandleOf(Device* device) { return device ? reinterpret_cast<WDFDEVICE>(device->handle()) : nullptr; }

// BUS-28: what is asked of a PDO's description.
template <class Ask>
NTSTATUS OfDescription(DriverGlobals& globals, WDFDEVICE handle, Ask ask) {
  Device& device = DeviceOf(globals, handle);
  if (!device.is_pdo()) return STATUS_INVALID_PARAMETER;
  PdoPart* part = PdoPart::Of(device);
  return part->list ? ask(*part->list, device) : STATUS_INVALID_DEVICE_REQUEST;
}

// The static list of an FDO; null, with a break: another kind of device.
ChildList* StaticList(DriverGlobals& globals, WDFDEVICE fdo, const char* words) {
  Device& device = DeviceOf(globals, fdo);
  ChildList* list = bus::StaticListOf(device);
  if (!list) Break(globals, words);
  return list;
}

RelationList* Relations(DriverGlobals& globals, WDFDEVICE handle, bool ejection) {
  Device& device = DeviceOf(globals, handle);
  if (device.is_pdo()) return ejection ? &PdoPart::Of(device)->ejection : &PdoPart::Of(device)->removal;
  return !ejection && Children::Of(device) ? &Children::Of(device)->removal : nullptr;
}

}  // namespace

// --- static children ---

NTSTATUS WdfFdoAddStaticChild(DriverGlobals& globals, WDFDEVICE Fdo, WDFDEVICE Child) {
  wdf::Device& fdo = DeviceOf(globals, Fdo);
  wdf::Device& child = DeviceOf(globals, Child);
  if (fdo.kind() != DeviceKind::kFdo || !child.is_pdo() || PdoPart::Of(child)->parent != &fdo) return STATUS_INVALID_PARAMETER;
  ChildList* list = bus::StaticListOf(fdo);
  return list ? list->AddStatic(child) : STATUS_INSUFFICIENT_RESOURCES;
}

void WdfFdoLockStaticChildListForIteration(DriverGlobals& globals, WDFDEVICE Fdo) {
  if (ChildList* list = StaticList(globals, Fdo, "WdfFdoLockStaticChildListForIteration on a device that is no FDO was ignored")) list->Begin(false);
}

WDFDEVICE WdfFdoRetrieveNextStaticChild(DriverGlobals& globals, WDFDEVICE Fdo, WDFDEVICE PreviousChild, ULONG Flags) {
  ChildList* list = StaticList(globals, Fdo, "WdfFdoRetrieveNextStaticChild on a device that is no FDO was ignored");
  if (!list || Flags == 0 || (Flags & ~static_cast<ULONG>(WdfRetrieveAllChildren)) != 0) return nullptr;
  return HandleOf(list->NextStatic(PreviousChild ? &DeviceOf(globals, PreviousChild) : nullptr, Flags));
}

void WdfFdoUnlockStaticChildListFromIteration(DriverGlobals& globals, WDFDEVICE Fdo) {
  ChildList* list = StaticList(globals, Fdo, "WdfFdoUnlockStaticChildListFromIteration on a device that is no FDO was ignored");
  if (list && !list->End(false)) Break(globals, "WdfFdoUnlockStaticChildListFromIteration without a lock was ignored");
}

// --- the PDO ---

NTSTATUS WdfPdoMarkMissing(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (!device.is_pdo()) return STATUS_INVALID_PARAMETER;
  PdoPart* part = PdoPart::Of(device);
  return part->list ? part->list->MarkMissing(device) : STATUS_NO_SUCH_DEVICE;
}

void WdfPdoRequestEject(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device& device = DeviceOf(globals, Device);
  if (!device.is_pdo()) {
    Break(globals, "WdfPdoRequestEject on a device that is no PDO was ignored");
    return;
  }
  IoRequestDeviceEject(device.wdm());
}

NTSTATUS WdfPdoRetrieveIdentificationDescription(DriverGlobals& globals, WDFDEVICE Device,
                                                 PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription) {
  return OfDescription(globals, Device, [&](ChildList& list, wdf::Device& pdo) { return list.RetrieveId(pdo, IdentificationDescription); });
}

NTSTATUS WdfPdoRetrieveAddressDescription(DriverGlobals& globals, WDFDEVICE Device, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription) {
  return OfDescription(globals, Device, [&](ChildList& list, wdf::Device& pdo) { return list.RetrieveAddress(pdo, AddressDescription); });
}

NTSTATUS WdfPdoUpdateAddressDescription(DriverGlobals& globals, WDFDEVICE Device, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription) {
  return OfDescription(globals, Device, [&](ChildList& list, wdf::Device& pdo) { return list.UpdateAddress(pdo, AddressDescription); });
}

void WdfDeviceSetBusInformationForChildren(DriverGlobals& globals, WDFDEVICE Device, PPNP_BUS_INFORMATION BusInformation) {
  Children* children = Children::Of(DeviceOf(globals, Device));
  if (!children) {
    Break(globals, "WdfDeviceSetBusInformationForChildren on a device that is no FDO was ignored");
    return;
  }
  rt::LockGuard guard(children->lock);
  children->bus_information = *BusInformation;
  children->bus_information_set = true;
}

// --- relations ---

NTSTATUS WdfPdoAddEjectionRelationsPhysicalDevice(DriverGlobals& globals, WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice) {
  RelationList* relations = Relations(globals, Device, true);
  if (!relations || !PhysicalDevice) return STATUS_INVALID_PARAMETER;
  return globals.MayAllocate() ? relations->Add(PhysicalDevice) : STATUS_INSUFFICIENT_RESOURCES;
}

void WdfPdoRemoveEjectionRelationsPhysicalDevice(DriverGlobals& globals, WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice) {
  if (RelationList* relations = Relations(globals, Device, true)) relations->Remove(PhysicalDevice);
}

void WdfPdoClearEjectionRelationsDevices(DriverGlobals& globals, WDFDEVICE Device) {
  if (RelationList* relations = Relations(globals, Device, true)) relations->Clear();
}

NTSTATUS WdfDeviceAddRemovalRelationsPhysicalDevice(DriverGlobals& globals, WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice) {
  RelationList* relations = Relations(globals, Device, false);
  if (!relations || !PhysicalDevice) return STATUS_INVALID_PARAMETER;
  return globals.MayAllocate() ? relations->Add(PhysicalDevice) : STATUS_INSUFFICIENT_RESOURCES;
}

void WdfDeviceRemoveRemovalRelationsPhysicalDevice(DriverGlobals& globals, WDFDEVICE Device, PDEVICE_OBJECT PhysicalDevice) {
  if (RelationList* relations = Relations(globals, Device, false)) relations->Remove(PhysicalDevice);
}

void WdfDeviceClearRemovalRelationsDevices(DriverGlobals& globals, WDFDEVICE Device) {
  if (RelationList* relations = Relations(globals, Device, false)) relations->Clear();
}

}  // namespace ddi
}  // namespace drydock::wdf
