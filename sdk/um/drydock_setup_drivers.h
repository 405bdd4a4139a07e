// Driver lists, file queues, INF files and install parameters of the setup functions. Part of setupapi.h. Used by: applications; implemented in
// src/nt/win32 on the machine's driver store. Layouts of Windows x64. Source: public documentation.
#ifndef DRYDOCK_SETUP_DRIVERS_H
#define DRYDOCK_SETUP_DRIVERS_H

#include "windows.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef PVOID HINF, HSPFILEQ;
// Windows are not there; the setup functions take null for their owner.
#ifndef DRYDOCK_HWND
#define DRYDOCK_HWND
typedef HANDLE HWND;
#endif
typedef UINT(CALLBACK *PSP_FILE_CALLBACK_A)(PVOID Context, UINT Notification, UINT_PTR Param1, UINT_PTR Param2);
typedef UINT(CALLBACK *PSP_FILE_CALLBACK_W)(PVOID Context, UINT Notification, UINT_PTR Param1, UINT_PTR Param2);
#define MAX_INF_STRING_LENGTH 4096
#define SP_MAX_MACHINENAME_LENGTH (MAX_PATH + 3)

// --- install parameters of a device, or of a set (no device) ---
#define DI_SHOWALL 0x00000007
#define DI_NOVCP 0x00000008
#define DI_DIDCOMPAT 0x00000010
#define DI_DIDCLASS 0x00000020
#define DI_DRIVERPAGE_ADDED 0x00000800
#define DI_DISABLED 0x00000800
#define DI_ENUMSINGLEINF 0x00010000
#define DI_DONOTCALLCONFIGMG 0x00020000
#define DI_CLASSINSTALLPARAMS 0x00100000
#define DI_QUIETINSTALL 0x00800000
#define DI_NOFILECOPY 0x01000000
#define DI_PROPERTIES_CHANGE 0x00004000
#define DI_FLAGSEX_CI_FAILED 0x00000004
#define DI_FLAGSEX_DIDINFOLIST 0x00000010
#define DI_FLAGSEX_DIDCOMPATINFO 0x00000020
#define DI_FLAGSEX_ALLOWEXCLUDEDDRVS 0x00000800
#define DI_FLAGSEX_INSTALLEDDRIVER 0x04000000
#define DI_FLAGSEX_NO_CLASSLIST_NODE_MERGE 0x08000000
typedef struct _SP_DEVINSTALL_PARAMS_A {
  DWORD cbSize;
  DWORD Flags;
  DWORD FlagsEx;
  HANDLE hwndParent;
  PSP_FILE_CALLBACK_A InstallMsgHandler;
  PVOID InstallMsgHandlerContext;
  HSPFILEQ FileQueue;
  ULONG_PTR ClassInstallReserved;
  DWORD Reserved;
  CHAR DriverPath[MAX_PATH];
} SP_DEVINSTALL_PARAMS_A, *PSP_DEVINSTALL_PARAMS_A;
typedef struct _SP_DEVINSTALL_PARAMS_W {
  DWORD cbSize;
  DWORD Flags;
  DWORD FlagsEx;
  HANDLE hwndParent;
  PSP_FILE_CALLBACK_W InstallMsgHandler;
  PVOID InstallMsgHandlerContext;
  HSPFILEQ FileQueue;
  ULONG_PTR ClassInstallReserved;
  DWORD Reserved;
  WCHAR DriverPath[MAX_PATH];
} SP_DEVINSTALL_PARAMS_W, *PSP_DEVINSTALL_PARAMS_W;
typedef struct _SP_DEVINFO_LIST_DETAIL_DATA_A {
  DWORD cbSize;
  GUID ClassGuid;
  HANDLE RemoteMachineHandle;
  CHAR RemoteMachineName[SP_MAX_MACHINENAME_LENGTH];
} SP_DEVINFO_LIST_DETAIL_DATA_A, *PSP_DEVINFO_LIST_DETAIL_DATA_A;
typedef struct _SP_DEVINFO_LIST_DETAIL_DATA_W {
  DWORD cbSize;
  GUID ClassGuid;
  HANDLE RemoteMachineHandle;
  WCHAR RemoteMachineName[SP_MAX_MACHINENAME_LENGTH];
} SP_DEVINFO_LIST_DETAIL_DATA_W, *PSP_DEVINFO_LIST_DETAIL_DATA_W;
BOOL SetupDiGetDeviceInstallParamsA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_A DeviceInstallParams);
BOOL SetupDiGetDeviceInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_W DeviceInstallParams);
BOOL SetupDiSetDeviceInstallParamsA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_A DeviceInstallParams);
BOOL SetupDiSetDeviceInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_W DeviceInstallParams);
BOOL SetupDiGetDeviceInfoListDetailA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_LIST_DETAIL_DATA_A DeviceInfoSetDetailData);
BOOL SetupDiGetDeviceInfoListDetailW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_LIST_DETAIL_DATA_W DeviceInfoSetDetailData);

// --- setup classes ---
#define DIBCI_NOINSTALLCLASS 0x00000001
#define DIBCI_NODISPLAYCLASS 0x00000002
#define DIOCR_INSTALLER 0x00000001
#define DIOCR_INTERFACE 0x00000002
// The classes that the registry has (Control\Class).
BOOL SetupDiBuildClassInfoList(DWORD Flags, LPGUID ClassGuidList, DWORD ClassGuidListSize, PDWORD RequiredSize);
BOOL SetupDiClassGuidsFromNameA(PCSTR ClassName, LPGUID ClassGuidList, DWORD ClassGuidListSize, PDWORD RequiredSize);
BOOL SetupDiClassGuidsFromNameW(PCWSTR ClassName, LPGUID ClassGuidList, DWORD ClassGuidListSize, PDWORD RequiredSize);
BOOL SetupDiClassNameFromGuidA(const GUID *ClassGuid, PSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize);
BOOL SetupDiClassNameFromGuidW(const GUID *ClassGuid, PWSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize);
BOOL SetupDiGetClassDescriptionA(const GUID *ClassGuid, PSTR ClassDescription, DWORD ClassDescriptionSize, PDWORD RequiredSize);
BOOL SetupDiGetClassDescriptionW(const GUID *ClassGuid, PWSTR ClassDescription, DWORD ClassDescriptionSize, PDWORD RequiredSize);
HKEY SetupDiOpenClassRegKey(const GUID *ClassGuid, REGSAM samDesired);
HKEY SetupDiOpenClassRegKeyExA(const GUID *ClassGuid, REGSAM samDesired, DWORD Flags, PCSTR MachineName, PVOID Reserved);
HKEY SetupDiOpenClassRegKeyExW(const GUID *ClassGuid, REGSAM samDesired, DWORD Flags, PCWSTR MachineName, PVOID Reserved);
BOOL SetupDiGetINFClassA(PCSTR InfName, LPGUID ClassGuid, PSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize);
BOOL SetupDiGetINFClassW(PCWSTR InfName, LPGUID ClassGuid, PWSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize);

// --- lists of drivers: those of the machine's packages that fit the device, or the one that is installed ---
#define SPDIT_NODRIVER 0x00000000
#define SPDIT_CLASSDRIVER 0x00000001
#define SPDIT_COMPATDRIVER 0x00000002
#define DNF_EXCLUDEFROMLIST 0x00000004
#define DNF_CLASS_DRIVER 0x00000020
#define DNF_COMPATIBLE_DRIVER 0x00000040
#define DNF_INET_DRIVER 0x00000080
#define DNF_OLD_INET_DRIVER 0x00000400
#define DNF_BAD_DRIVER 0x00000800
#define DNF_INF_IS_SIGNED 0x00002000
#define DNF_OEM_F6_INF 0x00004000
#define DNF_BASIC_DRIVER 0x00010000
#define DNF_AUTHENTICODE_SIGNED 0x00020000
#define DNF_INSTALLEDDRIVER 0x00040000
typedef struct _SP_DRVINFO_DATA_V2_W {
  DWORD cbSize;
  DWORD DriverType;
  ULONG_PTR Reserved;
  WCHAR Description[LINE_LEN];
  WCHAR MfgName[LINE_LEN];
  WCHAR ProviderName[LINE_LEN];
  FILETIME DriverDate;
  DWORDLONG DriverVersion;
} SP_DRVINFO_DATA_V2_W, *PSP_DRVINFO_DATA_V2_W, SP_DRVINFO_DATA_W, *PSP_DRVINFO_DATA_W;
typedef struct _SP_DRVINFO_DETAIL_DATA_W {
  DWORD cbSize;
  FILETIME InfDate;
  DWORD CompatIDsOffset;
  DWORD CompatIDsLength;
  ULONG_PTR Reserved;
  WCHAR SectionName[LINE_LEN];
  WCHAR InfFileName[MAX_PATH];
  WCHAR DrvDescription[LINE_LEN];
  WCHAR HardwareID[ANYSIZE_ARRAY];
} SP_DRVINFO_DETAIL_DATA_W, *PSP_DRVINFO_DETAIL_DATA_W;
typedef struct _SP_DRVINSTALL_PARAMS {
  DWORD cbSize;
  DWORD Rank;
  DWORD Flags;
  DWORD_PTR PrivateData;
  DWORD Reserved;
} SP_DRVINSTALL_PARAMS, *PSP_DRVINSTALL_PARAMS;
BOOL SetupDiBuildDriverInfoList(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD DriverType);
BOOL SetupDiDestroyDriverInfoList(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD DriverType);
BOOL SetupDiEnumDriverInfoW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD DriverType, DWORD MemberIndex,
                            PSP_DRVINFO_DATA_W DriverInfoData);
BOOL SetupDiGetDriverInfoDetailW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData,
                                 PSP_DRVINFO_DETAIL_DATA_W DriverInfoDetailData, DWORD DriverInfoDetailDataSize, PDWORD RequiredSize);
BOOL SetupDiGetDriverInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData,
                                    PSP_DRVINSTALL_PARAMS DriverInstallParams);
BOOL SetupDiSetSelectedDriverW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData);
BOOL SetupDiGetSelectedDriverW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData);

// --- file queues: filled by DIF_INSTALLDEVICEFILES with what the selected driver copies; scanned, never carried out ---
#define SPFILENOTIFY_QUEUESCAN 0x0000000f
#define SPQ_SCAN_FILE_PRESENCE 0x00000001
#define SPQ_SCAN_FILE_VALIDITY 0x00000002
#define SPQ_SCAN_USE_CALLBACK 0x00000004
#define SPQ_SCAN_USE_CALLBACKEX 0x00000008
#define SPQ_SCAN_INFORM_USER 0x00000010
#define SPQ_SCAN_PRUNE_COPY_QUEUE 0x00000020
HSPFILEQ SetupOpenFileQueue(VOID);
BOOL SetupCloseFileQueue(HSPFILEQ QueueHandle);
BOOL SetupScanFileQueueW(HSPFILEQ FileQueue, DWORD Flags, HANDLE Window, PSP_FILE_CALLBACK_W CallbackRoutine, PVOID CallbackContext,
                         PDWORD Result);

// --- INF files ---
#define INF_STYLE_NONE 0x00000000
#define INF_STYLE_OLDNT 0x00000001
#define INF_STYLE_WIN4 0x00000002
#define SPOST_NONE 0
#define SPOST_PATH 1
#define SPOST_URL 2
#define SP_COPY_NOOVERWRITE 0x00000008
#define SP_COPY_OEMINF_CATALOG_ONLY 0x00040000
#define SUOI_FORCEDELETE 0x00000001
typedef struct _INFCONTEXT {
  PVOID Inf;
  PVOID CurrentInf;
  UINT Section;
  UINT Line;
} INFCONTEXT, *PINFCONTEXT;
typedef struct _SP_ALTPLATFORM_INFO_V2 {
  DWORD cbSize;
  DWORD Platform;
  DWORD MajorVersion;
  DWORD MinorVersion;
  WORD ProcessorArchitecture;
  WORD Flags;
  DWORD FirstValidatedMajorVersion;
  DWORD FirstValidatedMinorVersion;
} SP_ALTPLATFORM_INFO_V2, *PSP_ALTPLATFORM_INFO_V2, SP_ALTPLATFORM_INFO, *PSP_ALTPLATFORM_INFO;
typedef struct _SP_INF_SIGNER_INFO_V2_W {
  DWORD cbSize;
  WCHAR CatalogFile[MAX_PATH];
  WCHAR DigitalSigner[MAX_PATH];
  WCHAR DigitalSignerVersion[MAX_PATH];
  DWORD SignerScore;
} SP_INF_SIGNER_INFO_V2_W, *PSP_INF_SIGNER_INFO_V2_W, SP_INF_SIGNER_INFO_W, *PSP_INF_SIGNER_INFO_W;
// By a path, or by its published name (oem0.inf) in C:\Windows\INF.
HINF SetupOpenInfFileW(PCWSTR FileName, PCWSTR InfClass, DWORD InfStyle, PUINT ErrorLine);
HINF SetupOpenInfFileA(PCSTR FileName, PCSTR InfClass, DWORD InfStyle, PUINT ErrorLine);
VOID SetupCloseInfFile(HINF InfHandle);
BOOL SetupFindFirstLineW(HINF InfHandle, PCWSTR Section, PCWSTR Key, PINFCONTEXT Context);
BOOL SetupFindFirstLineA(HINF InfHandle, PCSTR Section, PCSTR Key, PINFCONTEXT Context);
BOOL SetupFindNextLine(PINFCONTEXT ContextIn, PINFCONTEXT ContextOut);
BOOL SetupFindNextMatchLineW(PINFCONTEXT ContextIn, PCWSTR Key, PINFCONTEXT ContextOut);
BOOL SetupGetStringFieldW(PINFCONTEXT Context, DWORD FieldIndex, PWSTR ReturnBuffer, DWORD ReturnBufferSize, PDWORD RequiredSize);
BOOL SetupGetStringFieldA(PINFCONTEXT Context, DWORD FieldIndex, PSTR ReturnBuffer, DWORD ReturnBufferSize, PDWORD RequiredSize);
BOOL SetupGetIntField(PINFCONTEXT Context, DWORD FieldIndex, PINT IntegerValue);
DWORD SetupGetFieldCount(PINFCONTEXT Context);
LONG SetupGetLineCountW(HINF InfHandle, PCWSTR Section);
BOOL SetupGetLineByIndexW(HINF InfHandle, PCWSTR Section, DWORD Index, PINFCONTEXT Context);
BOOL SetupCopyOEMInfA(PCSTR SourceInfFileName, PCSTR OEMSourceMediaLocation, DWORD OEMSourceMediaType, DWORD CopyStyle,
                      PSTR DestinationInfFileName, DWORD DestinationInfFileNameSize, PDWORD RequiredSize, PSTR *DestinationInfFileNameComponent);
BOOL SetupCopyOEMInfW(PCWSTR SourceInfFileName, PCWSTR OEMSourceMediaLocation, DWORD OEMSourceMediaType, DWORD CopyStyle,
                      PWSTR DestinationInfFileName, DWORD DestinationInfFileNameSize, PDWORD RequiredSize, PWSTR *DestinationInfFileNameComponent);
BOOL SetupSetNonInteractiveMode(BOOL NonInteractiveFlag);
BOOL SetupGetNonInteractiveMode(VOID);

#ifdef __cplusplus
}
#endif

// There is one machine, whose name is not looked at.
#define SetupDiBuildClassInfoListExW(flags, list, size, required, machine, reserved) SetupDiBuildClassInfoList(flags, list, size, required)
#define SetupDiBuildClassInfoListExA(flags, list, size, required, machine, reserved) SetupDiBuildClassInfoList(flags, list, size, required)
#define SetupDiClassGuidsFromNameExW(name, list, size, required, machine, reserved) SetupDiClassGuidsFromNameW(name, list, size, required)
#define SetupDiClassGuidsFromNameExA(name, list, size, required, machine, reserved) SetupDiClassGuidsFromNameA(name, list, size, required)
#define SetupDiClassNameFromGuidExW(guid, name, size, required, machine, reserved) SetupDiClassNameFromGuidW(guid, name, size, required)
#define SetupDiClassNameFromGuidExA(guid, name, size, required, machine, reserved) SetupDiClassNameFromGuidA(guid, name, size, required)
#define SetupDiGetClassDescriptionExW(guid, text, size, required, machine, reserved) SetupDiGetClassDescriptionW(guid, text, size, required)
#define SetupDiGetClassDescriptionExA(guid, text, size, required, machine, reserved) SetupDiGetClassDescriptionA(guid, text, size, required)
#define SetupDiCreateDeviceInfoListExW(guid, window, machine, reserved) SetupDiCreateDeviceInfoList(guid, window)
#define SetupDiCreateDeviceInfoListExA(guid, window, machine, reserved) SetupDiCreateDeviceInfoList(guid, window)
#define SetupDiGetClassDevsExA(guid, enumerator, window, flags, set, machine, reserved) SetupDiGetClassDevsA(guid, enumerator, window, flags)
#define SetupDiGetClassDevsExW(guid, enumerator, window, flags, set, machine, reserved) SetupDiGetClassDevsW(guid, enumerator, window, flags)

#ifdef UNICODE
#define DRYDOCK_SETUP_NAME(name) name##W
typedef SP_DEVINSTALL_PARAMS_W SP_DEVINSTALL_PARAMS, *PSP_DEVINSTALL_PARAMS;
typedef SP_DEVINFO_LIST_DETAIL_DATA_W SP_DEVINFO_LIST_DETAIL_DATA, *PSP_DEVINFO_LIST_DETAIL_DATA;
#define PSP_FILE_CALLBACK PSP_FILE_CALLBACK_W
#else
#define DRYDOCK_SETUP_NAME(name) name##A
typedef SP_DEVINSTALL_PARAMS_A SP_DEVINSTALL_PARAMS, *PSP_DEVINSTALL_PARAMS;
typedef SP_DEVINFO_LIST_DETAIL_DATA_A SP_DEVINFO_LIST_DETAIL_DATA, *PSP_DEVINFO_LIST_DETAIL_DATA;
#define PSP_FILE_CALLBACK PSP_FILE_CALLBACK_A
#endif
#define SetupDiGetDeviceInstallParams DRYDOCK_SETUP_NAME(SetupDiGetDeviceInstallParams)
#define SetupDiSetDeviceInstallParams DRYDOCK_SETUP_NAME(SetupDiSetDeviceInstallParams)
#define SetupDiGetDeviceInfoListDetail DRYDOCK_SETUP_NAME(SetupDiGetDeviceInfoListDetail)
#define SetupDiClassGuidsFromName DRYDOCK_SETUP_NAME(SetupDiClassGuidsFromName)
#define SetupDiClassNameFromGuid DRYDOCK_SETUP_NAME(SetupDiClassNameFromGuid)
#define SetupDiGetClassDescription DRYDOCK_SETUP_NAME(SetupDiGetClassDescription)
#define SetupDiOpenClassRegKeyEx DRYDOCK_SETUP_NAME(SetupDiOpenClassRegKeyEx)
#define SetupDiGetINFClass DRYDOCK_SETUP_NAME(SetupDiGetINFClass)
#define SetupDiBuildClassInfoListEx DRYDOCK_SETUP_NAME(SetupDiBuildClassInfoListEx)
#define SetupDiClassGuidsFromNameEx DRYDOCK_SETUP_NAME(SetupDiClassGuidsFromNameEx)
#define SetupDiClassNameFromGuidEx DRYDOCK_SETUP_NAME(SetupDiClassNameFromGuidEx)
#define SetupDiGetClassDescriptionEx DRYDOCK_SETUP_NAME(SetupDiGetClassDescriptionEx)
#define SetupDiCreateDeviceInfoListEx DRYDOCK_SETUP_NAME(SetupDiCreateDeviceInfoListEx)
#define SetupDiGetClassDevsEx DRYDOCK_SETUP_NAME(SetupDiGetClassDevsEx)
#define SetupOpenInfFile DRYDOCK_SETUP_NAME(SetupOpenInfFile)
#define SetupFindFirstLine DRYDOCK_SETUP_NAME(SetupFindFirstLine)
#define SetupGetStringField DRYDOCK_SETUP_NAME(SetupGetStringField)
#define SetupCopyOEMInf DRYDOCK_SETUP_NAME(SetupCopyOEMInf)
// These exist for UTF-16 only.
typedef SP_DRVINFO_DATA_W SP_DRVINFO_DATA, *PSP_DRVINFO_DATA;
typedef SP_DRVINFO_DETAIL_DATA_W SP_DRVINFO_DETAIL_DATA, *PSP_DRVINFO_DETAIL_DATA;
typedef SP_INF_SIGNER_INFO_W SP_INF_SIGNER_INFO, *PSP_INF_SIGNER_INFO;
#define SetupDiEnumDriverInfo SetupDiEnumDriverInfoW
#define SetupDiGetDriverInfoDetail SetupDiGetDriverInfoDetailW
#define SetupDiGetDriverInstallParams SetupDiGetDriverInstallParamsW
#define SetupDiSetSelectedDriver SetupDiSetSelectedDriverW
#define SetupDiGetSelectedDriver SetupDiGetSelectedDriverW
#define SetupScanFileQueue SetupScanFileQueueW
#define SetupFindNextMatchLine SetupFindNextMatchLineW
#define SetupGetLineCount SetupGetLineCountW
#define SetupGetLineByIndex SetupGetLineByIndexW

#endif  // DRYDOCK_SETUP_DRIVERS_H
