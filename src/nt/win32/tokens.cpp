// Tokens and privileges of applications: the process's, in which every privilege is granted; shutting the machine down is refused.
#include <string>
#include <string_view>

#include "nt/ob/name_space.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

extern "C" NTSTATUS ZwOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle);

namespace {

// By number, as public headers have them (SE_..._PRIVILEGE).
constexpr struct {
  const char16_t* name;
  ULONG number;
} kPrivileges[] = {
    {u"SeAssignPrimaryTokenPrivilege", 3}, {u"SeLockMemoryPrivilege", 4},     {u"SeIncreaseQuotaPrivilege", 5}, {u"SeTcbPrivilege", 7},
    {u"SeSecurityPrivilege", 8},           {u"SeTakeOwnershipPrivilege", 9},  {u"SeLoadDriverPrivilege", 10},   {u"SeSystemProfilePrivilege", 11},
    {u"SeSystemtimePrivilege", 12},        {u"SeBackupPrivilege", 17},        {u"SeRestorePrivilege", 18},      {u"SeShutdownPrivilege", 19},
    {u"SeDebugPrivilege", 20},             {u"SeAuditPrivilege", 21},         {u"SeChangeNotifyPrivilege", 23}, {u"SeRemoteShutdownPrivilege", 24},
    {u"SeUndockPrivilege", 25},            {u"SeManageVolumePrivilege", 28},  {u"SeImpersonatePrivilege", 29},
};

BOOL Refuse(const char* function) {
  LeaveIfEnded();
  DbgPrint("%s: a machine is not shut down from inside\n", function);
  return Succeeded(STATUS_NOT_SUPPORTED);
}

}  // namespace

extern "C" {

BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle) {
  LeaveIfEnded();
  return Succeeded(ZwOpenProcessTokenEx(ProcessHandle, DesiredAccess, HandleAttributes(), TokenHandle));
}
BOOL LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName, PLUID lpLuid) {
  (void)lpSystemName;
  for (const auto& known : kPrivileges) {
    if (!ob::EqualNames(lpName, known.name)) continue;
    *lpLuid = {known.number, 0};
    return TRUE;
  }
  SetLastError(ERROR_NO_SUCH_PRIVILEGE);
  return FALSE;
}
BOOL LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName, PLUID lpLuid) {
  (void)lpSystemName;
  return LookupPrivilegeValueW(nullptr, Wide(lpName).c_str(), lpLuid);
}
BOOL AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, DWORD BufferLength, PTOKEN_PRIVILEGES PreviousState,
                           PDWORD ReturnLength) {
  (void)DisableAllPrivileges;
  (void)BufferLength;
  LeaveIfEnded();
  if (TokenHandle == nullptr) return Succeeded(STATUS_INVALID_HANDLE);
  if (NewState == nullptr && !DisableAllPrivileges) return Succeeded(STATUS_INVALID_PARAMETER);
  if (PreviousState != nullptr) PreviousState->PrivilegeCount = 0;
  if (ReturnLength != nullptr) *ReturnLength = sizeof(DWORD);
  SetLastError(ERROR_SUCCESS);  // ERROR_NOT_ALL_ASSIGNED would say that some were not
  return TRUE;
}

BOOL InitiateSystemShutdownExW(LPWSTR, LPWSTR, DWORD, BOOL, BOOL, DWORD) { return Refuse("InitiateSystemShutdownEx"); }
BOOL InitiateSystemShutdownExA(LPSTR, LPSTR, DWORD, BOOL, BOOL, DWORD) { return Refuse("InitiateSystemShutdownEx"); }

}  // extern "C"
