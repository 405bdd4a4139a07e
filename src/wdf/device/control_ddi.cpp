// Control devices (K).
#include "wdf/ddi.h"
#include "wdf/device/builder.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/factory.h"

namespace drydock::wdf::ddi {

PWDFDEVICE_INIT WdfControlDeviceInitAllocate(DriverGlobals& globals, WDFDRIVER, const UNICODE_STRING* SDDLString) {
  wdf::DeviceInit* init = DeviceBuilder::NewInit(globals, DeviceKind::kControl);
  if (!init) return nullptr;
  init->sddl.assign(TextOf(SDDLString));
  LendInit(init);
  return reinterpret_cast<PWDFDEVICE_INIT>(init);
}

void WdfControlDeviceInitSetShutdownNotification(DriverGlobals&, PWDFDEVICE_INIT DeviceInit, PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification,
                                                 UCHAR Flags) {
  InitFrom(DeviceInit).shutdown_notification = Notification;
  InitFrom(DeviceInit).shutdown_flags = Flags;
}

void WdfControlFinishInitializing(DriverGlobals& globals, WDFDEVICE Device) {
  wdf::Device* device = FromHandle<wdf::Device>(globals, Device);
  if (!device->is_control()) {
    Break(globals, "WdfControlFinishInitializing on a device that is no control device was ignored");
    return;
  }
  DeviceBuilder::FinishControl(*device);
}

}  // namespace drydock::wdf::ddi
