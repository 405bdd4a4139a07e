// DeviceBuilder: from PWDFDEVICE_INIT to a device in its stack, and the way back.
// Called by:  the driver room (AddDevice), WdfDeviceCreate, control devices, removal. PASSIVE_LEVEL.
// Errors:     Create in this order: STATUS_INVALID_DEVICE_STATE (init used before), attribute errors, STATUS_INVALID_SECURITY_DESCR (SDDL or class
//             without a name), STATUS_INVALID_DEVICE_REQUEST (file-object scope, self target on a PDO or control device), the I/O manager's
//             (STATUS_OBJECT_NAME_COLLISION leaves the init as it was), STATUS_NO_SUCH_DEVICE (nothing to attach to). A failed call changes nothing.
// Source:     INI-01 to INI-08, DRV-11 to DRV-13, OP-22, O-40, IOX-2, DEVX-11, DEVX-41.
#pragma once

#include "wdf/device/device.h"

namespace drydock::wdf {

// One EvtDriverDeviceAdd under way: remembers what came of the init it was given.
struct DeviceAddScope {
  explicit DeviceAddScope(DeviceInit* the_init) : init(the_init) { init->add_scope = this; }
  ~DeviceAddScope() {
    if (!device) delete init;
  }
  DeviceAddScope(const DeviceAddScope&) = delete;
  Device* created() const { return device; }
  bool filter() const { return device ? device->is_filter() : init->filter; }

  DeviceInit* init;
  Device* device = nullptr;
};

struct DeviceBuilder {
  static DeviceInit* NewInit(DriverGlobals& globals, DeviceKind kind);
  // WdfDeviceInitFree.
  static void FreeInit(DeviceInit* init);
  static NTSTATUS Create(DriverGlobals& globals, DeviceInit* init, const WDF_OBJECT_ATTRIBUTES* attributes, Device** out);
  // WdfDeviceMiniportCreate: around the port driver's device objects, which stay its own.
  struct MiniportStack {
    PDEVICE_OBJECT device, attached_to, pdo;  // the latter two may be null
  };
  static NTSTATUS CreateMiniport(DriverGlobals& globals, const MiniportStack& stack, const WDF_OBJECT_ATTRIBUTES* attributes, Device** out);
  static void DeviceAddReturned(Device& device);
  static void DeleteAfterFailedAdd(Device& device);
  // Takes the WDM device object out of its stack and deletes it. After the framework object was cleaned up.
  static void DeleteWdm(Device& device);
  static void FinishControl(Device& device);

 private:
  static NTSTATUS CheckInit(DriverGlobals& globals, const DeviceInit& init, const WDF_OBJECT_ATTRIBUTES* attributes);
  static NTSTATUS CheckFileScope(const Device& device, const DeviceInit& init);
  static NTSTATUS CreateWdm(Device& device, const DeviceInit& init);
  static NTSTATUS Attach(Device& device, const DeviceInit& init);
  static NTSTATUS CreateTargets(Device& device, const DeviceInit& init);
  static void RegisterForShutdown(Device& device, const DeviceInit& init);
  static void ResolveIoTypes(Device& device, const DeviceInit& init);
};

}  // namespace drydock::wdf
