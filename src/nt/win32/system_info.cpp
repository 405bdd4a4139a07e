// What an application asks about the system: version, processors, name; and text by format.
#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <string>

#include "nt/rtl/format.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

#include <winternl.h>
#undef ZwQuerySystemInformation  // for applications it is the other name

extern "C" NTSTATUS ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength, PULONG ReturnLength);

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr ULONG kPage = 4096, kGranularity = 65536;
constexpr ULONG_PTR kLowest = 0x10000, kHighest = 0x7FFFFFFEFFFF;
constexpr char16_t kComputer[] = u"DRYDOCK";

template <class Character>
BOOL GiveComputerName(Character* buffer, LPDWORD size) {
  const DWORD length = buffer != nullptr ? GiveText(kComputer, buffer, *size) : sizeof kComputer / 2;
  const bool fits = buffer != nullptr && length < *size;
  *size = length;
  if (!fits) CurrentThread().last_error = ERROR_BUFFER_OVERFLOW;
  return fits;
}

// Compares numbers only; the form of the text before them is left aside.
template <class Info>
BOOL Verify(const Info* info, DWORD mask, DWORDLONG conditions) {
  OSVERSIONINFOEXW wide = {};
  wide.dwOSVersionInfoSize = sizeof wide;
  wide.dwMajorVersion = info->dwMajorVersion;
  wide.dwMinorVersion = info->dwMinorVersion;
  wide.dwBuildNumber = info->dwBuildNumber;
  wide.dwPlatformId = info->dwPlatformId;
  wide.wServicePackMajor = info->wServicePackMajor;
  wide.wServicePackMinor = info->wServicePackMinor;
  wide.wSuiteMask = info->wSuiteMask;
  wide.wProductType = info->wProductType;
  const NTSTATUS status = RtlVerifyVersionInfo(&wide, mask, conditions);
  if (status == STATUS_SUCCESS) return TRUE;
  CurrentThread().last_error = status == STATUS_REVISION_MISMATCH ? ERROR_OLD_WIN_VERSION : ERROR_BAD_ARGUMENTS;
  return FALSE;
}

}  // namespace

extern "C" {

BOOL GetVersionExW(LPOSVERSIONINFOW lpVersionInformation) {
  if (lpVersionInformation->dwOSVersionInfoSize < sizeof(OSVERSIONINFOW)) {
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return FALSE;
  }
  return Succeeded(RtlGetVersion(lpVersionInformation));
}
BOOL GetVersionExA(LPOSVERSIONINFOA lpVersionInformation) {
  OSVERSIONINFOEXW wide = {};
  wide.dwOSVersionInfoSize = sizeof wide;
  const bool more = lpVersionInformation->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXA);
  if (!more && lpVersionInformation->dwOSVersionInfoSize != sizeof(OSVERSIONINFOA)) {
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return FALSE;
  }
  if (!GetVersionExW(reinterpret_cast<LPOSVERSIONINFOW>(&wide))) return FALSE;
  lpVersionInformation->dwMajorVersion = wide.dwMajorVersion;
  lpVersionInformation->dwMinorVersion = wide.dwMinorVersion;
  lpVersionInformation->dwBuildNumber = wide.dwBuildNumber;
  lpVersionInformation->dwPlatformId = wide.dwPlatformId;
  lpVersionInformation->szCSDVersion[0] = 0;
  if (more) {
    auto& rest = *reinterpret_cast<OSVERSIONINFOEXA*>(lpVersionInformation);
    rest.wServicePackMajor = wide.wServicePackMajor;
    rest.wServicePackMinor = wide.wServicePackMinor;
    rest.wSuiteMask = wide.wSuiteMask;
    rest.wProductType = wide.wProductType;
    rest.wReserved = 0;
  }
  return TRUE;
}
BOOL VerifyVersionInfoW(LPOSVERSIONINFOEXW lpVersionInformation, DWORD dwTypeMask, DWORDLONG dwlConditionMask) {
  return Verify(lpVersionInformation, dwTypeMask, dwlConditionMask);
}
BOOL VerifyVersionInfoA(LPOSVERSIONINFOEXA lpVersionInformation, DWORD dwTypeMask, DWORDLONG dwlConditionMask) {
  return Verify(lpVersionInformation, dwTypeMask, dwlConditionMask);
}

VOID GetSystemInfo(LPSYSTEM_INFO lpSystemInfo) {
  const ULONG processors = KeQueryActiveProcessorCount(nullptr);
  *lpSystemInfo = {};
  lpSystemInfo->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
  lpSystemInfo->dwPageSize = kPage;
  lpSystemInfo->lpMinimumApplicationAddress = reinterpret_cast<LPVOID>(kLowest);
  lpSystemInfo->lpMaximumApplicationAddress = reinterpret_cast<LPVOID>(kHighest);
  lpSystemInfo->dwNumberOfProcessors = processors;
  lpSystemInfo->dwActiveProcessorMask = processors >= 64 ? ~DWORD_PTR{0} : (DWORD_PTR{1} << processors) - 1;
  lpSystemInfo->dwProcessorType = 8664;  // PROCESSOR_AMD_X8664
  lpSystemInfo->dwAllocationGranularity = kGranularity;
  lpSystemInfo->wProcessorLevel = 6;
}
VOID GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo) { GetSystemInfo(lpSystemInfo); }
BOOL GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize) { return GiveComputerName(lpBuffer, nSize); }
BOOL GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize) { return GiveComputerName(lpBuffer, nSize); }
int lstrlenA(LPCSTR lpString) { return lpString != nullptr ? static_cast<int>(std::strlen(lpString)) : 0; }
int lstrlenW(LPCWSTR lpString) { return lpString != nullptr ? static_cast<int>(std::char_traits<char16_t>::length(lpString)) : 0; }
VOID GetLocalTime(LPSYSTEMTIME lpSystemTime) { GetSystemTime(lpSystemTime); }

NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength,
                                  PULONG ReturnLength) {
  return ZwQuerySystemInformation(SystemInformationClass, SystemInformation, SystemInformationLength, ReturnLength);
}
NTSTATUS NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
  LeaveIfEnded();
  const NTSTATUS status = ZwWaitForSingleObject(Handle, Alertable, Timeout);
  LeaveIfEnded();
  return status;
}

int wvsprintfA(LPSTR buffer, LPCSTR format, va_list arguments) {
  return static_cast<int>(std::min<size_t>(rtl::FormatA(buffer, 1024, format, arguments), 1023));
}
int wvsprintfW(LPWSTR buffer, LPCWSTR format, va_list arguments) {
  return static_cast<int>(std::min<size_t>(rtl::FormatW(buffer, 1024, format, arguments), 1023));
}
int wsprintfA(LPSTR buffer, LPCSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = wvsprintfA(buffer, format, arguments);
  va_end(arguments);
  return length;
}
int wsprintfW(LPWSTR buffer, LPCWSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = wvsprintfW(buffer, format, arguments);
  va_end(arguments);
  return length;
}

}  // extern "C"
