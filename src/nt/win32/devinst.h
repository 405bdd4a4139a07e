// Numbers of device instances: an application's own, by instance path. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>
#include <cfgmgr32.h>

#include <string>

#include "nt/pnp/pnp.h"
#include "nt/win32/program.h"

namespace drydock::nt::win32 {

inline constexpr char16_t kRootInstance[] = u"HTREE\\ROOT\\0";
uint32_t DevInstOf(Program& program, const std::u16string& instance_path);
// Empty: nobody has that number.
std::u16string InstanceOf(Program& program, uint32_t number);
// The present device, or null.
pnp::PdoReference DeviceOf(Program& program, uint32_t number);
CONFIGRET ResultOf(NTSTATUS status);

}  // namespace drydock::nt::win32
