// Device interfaces: the persistent names under which a device's functions are found, and their symbolic links.
// Called by:  drivers through IoRegisterDeviceInterface and relatives, pnp (removal), machine (lists). PASSIVE_LEVEL.
// Names:      \??\ROOT#ECHO#0000#{guid} plus "\reference": instance path with '#' for '\', class GUID in lower case. While enabled the part
//             without the reference is a symbolic link to the physical device object's name.
// Source:     public documentation of the device interface DDIs; INI-33 to INI-37.
#pragma once

#include <string>
#include <vector>

#include <ntddk.h>

#include "runtime/lock.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::io {

struct DeviceInterface {
  GUID guid;
  DEVICE_OBJECT* pdo;
  std::u16string link;       // without reference: the symbolic link
  std::u16string name;       // with reference: what drivers see
  bool enabled;
  bool unannounced = false;  // enabled by a device that is not started yet: it cannot be opened, so nobody hears of it
};

struct InterfaceTable {
  rt::Lock lock;
  std::vector<DeviceInterface> list RT_GUARDED_BY(lock);  // in order of registration
};

// Enabled ones of a class that can be opened, in order of registration: one that a device enables while it starts is among them when it is
// started. `pdo` null: of all devices.
std::vector<std::u16string> ListInterfaces(Kernel& kernel, const GUID& guid, DEVICE_OBJECT* pdo, bool also_disabled);
// A device is started, and may be opened from now: the interfaces that it enabled on the way are told.
void AnnounceInterfacesOf(DEVICE_OBJECT* pdo);
// A device goes: what it left enabled is disabled; its registrations stay (they are persistent).
void DisableInterfacesOf(DEVICE_OBJECT* pdo);

std::u16string GuidText(const GUID& guid);  // {xxxxxxxx-xxxx-...}, lower case

}  // namespace drydock::nt::io
