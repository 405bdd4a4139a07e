// Named devices with a security descriptor in words (SDDL). Used by: drivers. src/nt/io provides the function.
// Source: public documentation.
#ifndef _WDMSEC_H_
#define _WDMSEC_H_

#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

NTSTATUS IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                              ULONG DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                              PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                              PDEVICE_OBJECT *DeviceObject);
#define WdmlibIoCreateDeviceSecure IoCreateDeviceSecure

#ifdef DRYDOCK_DRIVER_BUILD
// Each image has its own copies, as on Windows (there from a library).
#define DRYDOCK_SDDL(name, text)                                                                              \
  static const UNICODE_STRING name __attribute__((unused)) = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWSTR)text};
DRYDOCK_SDDL(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R,
             L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
             L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)")
DRYDOCK_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
             L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)")
#undef DRYDOCK_SDDL
#endif

#ifdef __cplusplus
}
#endif

#endif  // _WDMSEC_H_
