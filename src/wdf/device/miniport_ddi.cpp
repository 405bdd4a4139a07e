// WdfDeviceMiniportCreate and WdfDriverMiniportUnload: drivers whose port driver owns devices and requests. DRV-15, DRV-16.
#include "wdf/ddi.h"
#include "wdf/device/builder.h"
#include "wdf/driver/binding.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {

NTSTATUS WdfDeviceMiniportCreate(DriverGlobals& globals, WDFDRIVER Driver, PWDF_OBJECT_ATTRIBUTES Attributes, PDEVICE_OBJECT DeviceObject,
                                 PDEVICE_OBJECT AttachedDeviceObject, PDEVICE_OBJECT Pdo, WDFDEVICE* Device) {
  FromHandle<wdf::Driver>(globals, Driver);
  *Device = nullptr;
  wdf::Device* device = nullptr;
  const NTSTATUS status = DeviceBuilder::CreateMiniport(globals, {DeviceObject, AttachedDeviceObject, Pdo}, Attributes, &device);
  if (NT_SUCCESS(status)) *Device = reinterpret_cast<WDFDEVICE>(device->handle());
  return status;
}

void WdfDriverMiniportUnload(DriverGlobals& globals, WDFDRIVER Driver) {
  FromHandle<wdf::Driver>(globals, Driver);
  DriverBinding::MiniportUnload(globals);
}

}  // namespace drydock::wdf::ddi
