// DriverBinding: one driver's tie to the framework from WdfVersionBind to WdfVersionUnbind, and what WdfDriverCreate makes of it.
// Called by:  the driver's entry stub (WdfVersionBind/Unbind, exported with C linkage), WdfDriverCreate, the WDM routines installed in the
//             DRIVER_OBJECT. PASSIVE_LEVEL.
// Errors:     binding to an unknown component STATUS_INVALID_PARAMETER; to a newer version than ours, or another major one,
//             STATUS_REVISION_MISMATCH; class extensions STATUS_NOT_SUPPORTED. The reason is printed in the debug log.
// Source:     DRV-*, DEVX-8, DEVX-9, DEVX-11, DEVX-47 (0x10).
#pragma once

#include <string>
#include <string_view>

#include "wdf/driver/driver.h"
#include "wdf/framework.h"

namespace drydock::wdf {

inline constexpr uint16_t kKmdfMinor = 33;
inline constexpr uint16_t kUmdfMinor = 33;

// The default pool tag by DEVX-9, from WDF_DRIVER_CONFIG::DriverPoolTag and the service name.
uint32_t DefaultPoolTag(uint32_t configured, std::string_view service_name);

// The last part of a service key path, in ASCII; other characters become '?'.
std::string ServiceName(const UNICODE_STRING* registry_path);

struct DriverBinding {
  static NTSTATUS CreateDriver(DriverGlobals& globals, PDRIVER_OBJECT wdm, const UNICODE_STRING* registry_path,
                               const WDF_OBJECT_ATTRIBUTES* attributes, const WDF_DRIVER_CONFIG* config, Driver** out);
  static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT wdm, PDEVICE_OBJECT pdo);
  static VOID NTAPI Unload(PDRIVER_OBJECT wdm);
  // EvtDriverUnload, then the driver object and all below it (DRV-16).
  static void MiniportUnload(DriverGlobals& globals);
};

// The globals of a driver bound in the current machine; null: not one of ours.
DriverGlobals* GlobalsOf(PDRIVER_OBJECT wdm);

}  // namespace drydock::wdf
