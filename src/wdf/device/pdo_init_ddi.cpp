// WdfPdoInit... setters (K). Reporting the children to the PnP manager belongs to the bus enumeration room.
#include "wdf/ddi.h"
#include "wdf/device/builder.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {
namespace {

// BUS-26: an FDO's init is refused.
PdoInit* PdoOf(PWDFDEVICE_INIT init) { return InitFrom(init).kind == DeviceKind::kPdo ? InitFrom(init).pdo_init.get() : nullptr; }

template <class Set>
NTSTATUS With(PWDFDEVICE_INIT init, Set set) {
  PdoInit* pdo = PdoOf(init);
  if (!pdo) return STATUS_INVALID_DEVICE_REQUEST;
  set(*pdo);
  return STATUS_SUCCESS;
}

// For what is copied.
template <class Set>
NTSTATUS Copying(DriverGlobals& globals, PWDFDEVICE_INIT init, Set set) {
  if (PdoOf(init) && !globals.MayAllocate()) return STATUS_INSUFFICIENT_RESOURCES;
  return With(init, set);
}

}  // namespace

PWDFDEVICE_INIT WdfPdoInitAllocate(DriverGlobals& globals, WDFDEVICE ParentDevice) {
  wdf::Device* parent = FromHandle<wdf::Device>(globals, ParentDevice);
  if (parent->kind() != DeviceKind::kFdo) return nullptr;
  wdf::DeviceInit* init = DeviceBuilder::NewInit(globals, DeviceKind::kPdo);
  if (!init) return nullptr;
  init->parent = parent;
  init->pdo_init = std::make_unique<PdoInit>();
  LendInit(init);
  return reinterpret_cast<PWDFDEVICE_INIT>(init);
}

void WdfPdoInitSetEventCallbacks(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PWDF_PDO_EVENT_CALLBACKS DispatchTable) {
  PdoInit* pdo = PdoOf(DeviceInit);
  if (!pdo || DispatchTable->Size != sizeof(WDF_PDO_EVENT_CALLBACKS)) {
    Break(globals, "WdfPdoInitSetEventCallbacks with a wrong Size or for a device that is no PDO was ignored");
    return;
  }
  pdo->callbacks = *DispatchTable;
}

NTSTATUS WdfPdoInitAssignDeviceID(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceID) {
  return Copying(globals, DeviceInit, [&](PdoInit& pdo) { pdo.device_id.assign(TextOf(DeviceID)); });
}

NTSTATUS WdfPdoInitAssignInstanceID(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING InstanceID) {
  return Copying(globals, DeviceInit, [&](PdoInit& pdo) { pdo.instance_id.assign(TextOf(InstanceID)); });
}

NTSTATUS WdfPdoInitAssignContainerID(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING ContainerID) {
  return Copying(globals, DeviceInit, [&](PdoInit& pdo) { pdo.container_id.assign(TextOf(ContainerID)); });
}

NTSTATUS WdfPdoInitAddHardwareID(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING HardwareID) {
  return Copying(globals, DeviceInit, [&](PdoInit& pdo) { pdo.hardware_ids.emplace_back(TextOf(HardwareID)); });
}

NTSTATUS WdfPdoInitAddCompatibleID(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING CompatibleID) {
  return Copying(globals, DeviceInit, [&](PdoInit& pdo) { pdo.compatible_ids.emplace_back(TextOf(CompatibleID)); });
}

NTSTATUS WdfPdoInitAddDeviceText(DriverGlobals& globals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceDescription, PCUNICODE_STRING DeviceLocation,
                                 LCID LocaleId) {
  return Copying(globals, DeviceInit, [&](PdoInit& pdo) {
    pdo.texts.push_back({std::u16string(TextOf(DeviceDescription)), std::u16string(TextOf(DeviceLocation)), LocaleId});
  });
}

void WdfPdoInitSetDefaultLocale(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, LCID LocaleId) {
  if (PdoInit* pdo = PdoOf(DeviceInit)) pdo->default_locale = LocaleId;
}

NTSTATUS WdfPdoInitAssignRawDevice(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, const GUID* DeviceClassGuid) {
  if (!PdoOf(DeviceInit)) return STATUS_INVALID_PARAMETER;  // INI-39
  return With(DeviceInit, [&](PdoInit& pdo) {
    pdo.raw = true;
    pdo.raw_class = *DeviceClassGuid;
  });
}

void WdfPdoInitAllowForwardingRequestToParent(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) {
  if (PdoInit* pdo = PdoOf(DeviceInit)) pdo->forward_to_parent = true;
}

void WdfPdoInitRemovePowerDependencyOnParent(DriverGlobals&, PWDFDEVICE_INIT DeviceInit) {
  if (PdoInit* pdo = PdoOf(DeviceInit)) pdo->power_dependency_on_parent = false;
}

WDFDEVICE WdfPdoGetParent(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device* device = FromHandle<wdf::Device>(globals, Device);
  return device->is_pdo() ? reinterpret_cast<WDFDEVICE>(device->init().parent->handle()) : nullptr;  // BUS-25
}

}  // namespace drydock::wdf::ddi
