// Installing driver packages from applications: the machine's driver store takes the INF; the images of its services are those that the
// machine was given (the folder of --images). Used by: applications; implemented in src/nt/win32. Source: public documentation.
#ifndef _INC_NEWDEV
#define _INC_NEWDEV

#include "setupapi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INSTALLFLAG_FORCE 0x00000001
#define INSTALLFLAG_READONLY 0x00000002
#define INSTALLFLAG_NONINTERACTIVE 0x00000004
#define DIIRFLAG_FORCE_INF 0x00000002
BOOL UpdateDriverForPlugAndPlayDevicesA(HANDLE hwndParent, LPCSTR HardwareId, LPCSTR FullInfPath, DWORD InstallFlags, PBOOL bRebootRequired);
BOOL UpdateDriverForPlugAndPlayDevicesW(HANDLE hwndParent, LPCWSTR HardwareId, LPCWSTR FullInfPath, DWORD InstallFlags, PBOOL bRebootRequired);
BOOL DiInstallDriverA(HANDLE hwndParent, LPCSTR InfPath, DWORD Flags, PBOOL NeedReboot);
BOOL DiInstallDriverW(HANDLE hwndParent, LPCWSTR InfPath, DWORD Flags, PBOOL NeedReboot);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define UpdateDriverForPlugAndPlayDevices UpdateDriverForPlugAndPlayDevicesW
#define DiInstallDriver DiInstallDriverW
#else
#define UpdateDriverForPlugAndPlayDevices UpdateDriverForPlugAndPlayDevicesA
#define DiInstallDriver DiInstallDriverA
#endif

#endif  // _INC_NEWDEV
