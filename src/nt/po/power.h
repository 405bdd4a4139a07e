// The power manager: what the machine does to devices and to the whole system. Drivers come through the Po functions.
// Called by:  machine, wdf (the constant), PASSIVE_LEVEL, on a task with a thread.
// Order:      device power IRPs of one device go one after the other. System sleep: queries and Sx from the leaves of the device tree to its roots,
//             each waited for; S0 to all from the roots on, then all are waited for: devices power up side by side, and who depends on its
//             parent waits for that by itself.
// Failures:   a refused query brings everybody back to S0 and ends with the refusal.
// Source:     public documentation of IRP_MJ_POWER; PWR-15, PWR-16, PWR-53, DEVX-45.
#pragma once

#include <ntddk.h>

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::po {

// Parameters.Power.SystemContext of device power IRPs that the machine sends without being asked by a driver.
inline constexpr ULONG kSentByMachine = 0x44726479;

// The system state that the machine is in, or on its way to.
SYSTEM_POWER_STATE SystemState(Kernel& kernel);

}  // namespace drydock::nt::po
