// Power settings: values by GUID that services, policies and tests set, and that drivers are told of.
// Called by:  machine, on a task with a thread. Drivers come through PoRegisterPowerSettingCallback.
// Order:      callbacks run on a system worker at PASSIVE_LEVEL, one after the other; every change is told once to each registration, the value
//             of the moment of registration first.
// Source:     public documentation of PoRegisterPowerSettingCallback.
#pragma once

#include <string>

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::po {

// A value that is there already is no change.
void SetSetting(Kernel& kernel, const GUID& setting, std::string value);

}  // namespace drydock::nt::po
