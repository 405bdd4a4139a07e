// A driver's interface, asked from the top of a device's stack by the power manager. PASSIVE_LEVEL.
#pragma once

#include <ntddk.h>

namespace drydock::nt::po {

// `interface` begins as INTERFACE does; on success its provider has counted a reference (InterfaceDereference gives it back).
NTSTATUS QueryInterface(DEVICE_OBJECT* device, const GUID& type, USHORT size, USHORT version, INTERFACE* interface);
// Cools a device through what its driver offers for that: active 0 or 1, passive in per cent of its performance; -1: not asked for.
NTSTATUS Cool(DEVICE_OBJECT* device, int engaged, int percent);

}  // namespace drydock::nt::po
