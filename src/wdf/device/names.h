// DeviceNames: the symbolic link and the device interfaces of one device.
// Called by:  WdfDeviceCreateSymbolicLink, WdfDevice...Interface... functions, the PnP machine. PASSIVE_LEVEL.
// Ownership:  Device. The link is deleted with the device or at its surprise removal; interfaces are disabled then.
// Errors:     STATUS_INVALID_DEVICE_REQUEST (empty or second link, control device), STATUS_OBJECT_NAME_NOT_FOUND (no such interface),
//             STATUS_OBJECT_NAME_INVALID (separator in a reference string), STATUS_INVALID_DEVICE_STATE (PDO not yet started).
// Source:     INI-33 to INI-37, DEVX-27 to DEVX-29.
#pragma once

#include <string>
#include <vector>

#include "runtime/lock.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

struct DeviceNames {
  explicit DeviceNames(Device& device) : device_(device) {}
  DeviceNames(const DeviceNames&) = delete;

  // STATUS_INVALID_PARAMETER for an unnamed device (DEVX-29).
  NTSTATUS DeviceName(std::u16string* name) const;
  NTSTATUS CreateSymbolicLink(std::u16string_view name);
  void DeleteSymbolicLink();

  NTSTATUS CreateInterface(const GUID& type, const UNICODE_STRING* reference);
  // Unknown interfaces are ignored. `ends_automatic`: the Ex form, which switches the automatic enabling off for good.
  void SetInterfaceState(const GUID& type, const UNICODE_STRING* reference, bool enabled, bool ends_automatic);
  NTSTATUS InterfaceLink(const GUID& type, const UNICODE_STRING* reference, std::u16string* link);

  NTSTATUS EnableInterfaces();  // at the end of the first start
  void DisableInterfaces();

 private:
  struct Interface {
    GUID type;
    std::u16string reference;
    std::u16string link;       // empty: not registered yet
    bool enabled = false;
    bool automatic = true;
    bool wanted = false;
  };
  NTSTATUS Register(Interface& entry);
  bool Find(const GUID& type, const UNICODE_STRING* reference, size_t* index) const;

  Device& device_;
  std::u16string link_;
  std::vector<Interface> interfaces_;
};

}  // namespace drydock::wdf
