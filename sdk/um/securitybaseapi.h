// Tokens and privileges, as far as programs ask for one before they do something: everybody here is an administrator, and has every privilege.
// Used by: applications; implemented in src/nt/win32/tokens.cpp. Source: public documentation.
#ifndef _SECURITYBASE_H_
#define _SECURITYBASE_H_

#include "minwinbase.h"
#include "winnt.h"
#include "reason.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DRYDOCK_TOKEN_PRIVILEGES
#define DRYDOCK_TOKEN_PRIVILEGES
typedef struct _TOKEN_PRIVILEGES {
  ULONG PrivilegeCount;
  LUID_AND_ATTRIBUTES Privileges[ANYSIZE_ARRAY];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;
#endif
#ifndef TOKEN_QUERY
#define TOKEN_ASSIGN_PRIMARY 0x0001
#define TOKEN_DUPLICATE 0x0002
#define TOKEN_IMPERSONATE 0x0004
#define TOKEN_QUERY 0x0008
#define TOKEN_QUERY_SOURCE 0x0010
#define TOKEN_ADJUST_PRIVILEGES 0x0020
#define TOKEN_ADJUST_GROUPS 0x0040
#define TOKEN_ADJUST_DEFAULT 0x0080
#endif
#ifndef SE_PRIVILEGE_ENABLED
#define SE_PRIVILEGE_ENABLED_BY_DEFAULT 0x00000001
#define SE_PRIVILEGE_ENABLED 0x00000002
#define SE_PRIVILEGE_REMOVED 0x00000004
#endif
#define DRYDOCK_PRIVILEGE_NAME(text) TEXT(text)
#define SE_DEBUG_NAME DRYDOCK_PRIVILEGE_NAME("SeDebugPrivilege")
#define SE_SHUTDOWN_NAME DRYDOCK_PRIVILEGE_NAME("SeShutdownPrivilege")
#define SE_LOAD_DRIVER_NAME DRYDOCK_PRIVILEGE_NAME("SeLoadDriverPrivilege")
#define SE_BACKUP_NAME DRYDOCK_PRIVILEGE_NAME("SeBackupPrivilege")
#define SE_RESTORE_NAME DRYDOCK_PRIVILEGE_NAME("SeRestorePrivilege")
#define SE_SECURITY_NAME DRYDOCK_PRIVILEGE_NAME("SeSecurityPrivilege")
#define SE_TAKE_OWNERSHIP_NAME DRYDOCK_PRIVILEGE_NAME("SeTakeOwnershipPrivilege")
#define SE_SYSTEMTIME_NAME DRYDOCK_PRIVILEGE_NAME("SeSystemtimePrivilege")
#define SE_INCREASE_QUOTA_NAME DRYDOCK_PRIVILEGE_NAME("SeIncreaseQuotaPrivilege")
#define SE_LOCK_MEMORY_NAME DRYDOCK_PRIVILEGE_NAME("SeLockMemoryPrivilege")
#define SE_TCB_NAME DRYDOCK_PRIVILEGE_NAME("SeTcbPrivilege")

BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle);
BOOL LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName, PLUID lpLuid);
BOOL LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName, PLUID lpLuid);
BOOL AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, DWORD BufferLength,
                           PTOKEN_PRIVILEGES PreviousState, PDWORD ReturnLength);

// The machine does not end by itself: these are refused with ERROR_NOT_SUPPORTED, and a line in the debug log says so.
#define REASON_SWINSTALL (SHTDN_REASON_MAJOR_SOFTWARE | SHTDN_REASON_MINOR_INSTALLATION)
#define REASON_HWINSTALL (SHTDN_REASON_MAJOR_HARDWARE | SHTDN_REASON_MINOR_INSTALLATION)
#define REASON_PLANNED_FLAG SHTDN_REASON_FLAG_PLANNED
BOOL InitiateSystemShutdownExA(LPSTR lpMachineName, LPSTR lpMessage, DWORD dwTimeout, BOOL bForceAppsClosed, BOOL bRebootAfterShutdown,
                               DWORD dwReason);
BOOL InitiateSystemShutdownExW(LPWSTR lpMachineName, LPWSTR lpMessage, DWORD dwTimeout, BOOL bForceAppsClosed, BOOL bRebootAfterShutdown,
                               DWORD dwReason);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define LookupPrivilegeValue LookupPrivilegeValueW
#define InitiateSystemShutdownEx InitiateSystemShutdownExW
#else
#define LookupPrivilegeValue LookupPrivilegeValueA
#define InitiateSystemShutdownEx InitiateSystemShutdownExA
#endif

#endif  // _SECURITYBASE_H_
