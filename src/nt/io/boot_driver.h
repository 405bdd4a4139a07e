// What early-launch anti-malware drivers hear while the system starts its boot drivers: which are about to be initialized, with what is known
// of them, and what they think of each.
// Called by:  machine, on a task with a thread, PASSIVE_LEVEL. Drivers come through IoRegisterBootDriverCallback.
// Source:     public documentation of BOOT_DRIVER_CALLBACK_FUNCTION.
#pragma once

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::io {

// Tells every registered driver, in order of registration.
void TellBootStatus(Kernel& kernel, BDCB_STATUS_UPDATE_TYPE status);
// Likewise; `image` is what each of them gets, its Classification unknown at first. The gravest answer counts.
BDCB_CLASSIFICATION ClassifyBootImage(Kernel& kernel, const BDCB_IMAGE_INFORMATION& image);

}  // namespace drydock::nt::io
