// Properties of a device that are values of its key and not answers of its bus, by their SPDRP_ numbers (those of CM_DRP_ are one higher).
// Called by:  the functions of setupapi and cfgmgr32. Errors: codes of winerror.h.
// Source:     public documentation of SetupDiSetDeviceRegistryProperty.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <string>
#include <vector>

#include "nt/kernel.h"

namespace drydock::nt::win32 {

// ERROR_INVALID_DATA: it has no such value. ERROR_INVALID_REG_PROPERTY: no such property is kept here.
DWORD ReadDeviceValue(Kernel& kernel, const std::u16string& instance, DWORD property, DWORD* type, std::vector<char>* data);
// `data` null: the value goes. Filters are those of the stack that is built next.
DWORD WriteDeviceValue(Kernel& kernel, const std::u16string& instance, DWORD property, const void* data, DWORD bytes);
bool IsTextOfDevice(DWORD property);

}  // namespace drydock::nt::win32
