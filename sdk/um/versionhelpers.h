// Questions about the system's version, made of VerifyVersionInfo. Used by: applications. Source: public documentation.
#ifndef _VERSIONHELPERS_H_INCLUDED_
#define _VERSIONHELPERS_H_INCLUDED_

#include "windows.h"

#define VERSIONHELPERAPI FORCEINLINE BOOL

VERSIONHELPERAPI IsWindowsVersionOrGreater(WORD wMajorVersion, WORD wMinorVersion, WORD wServicePackMajor) {
  OSVERSIONINFOEXW version = {0};
  const DWORDLONG mask = VerSetConditionMask(
      VerSetConditionMask(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), VER_MINORVERSION, VER_GREATER_EQUAL),
      VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL);
  version.dwOSVersionInfoSize = sizeof(version);
  version.dwMajorVersion = wMajorVersion;
  version.dwMinorVersion = wMinorVersion;
  version.wServicePackMajor = wServicePackMajor;
  return VerifyVersionInfoW(&version, VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR, mask) != FALSE;
}
#define DRYDOCK_VERSION_HELPER(name, major, minor, pack) \
  VERSIONHELPERAPI name(VOID) { return IsWindowsVersionOrGreater(major, minor, pack); }
DRYDOCK_VERSION_HELPER(IsWindowsXPOrGreater, 5, 1, 0)
DRYDOCK_VERSION_HELPER(IsWindowsXPSP1OrGreater, 5, 1, 1)
DRYDOCK_VERSION_HELPER(IsWindowsXPSP2OrGreater, 5, 1, 2)
DRYDOCK_VERSION_HELPER(IsWindowsXPSP3OrGreater, 5, 1, 3)
DRYDOCK_VERSION_HELPER(IsWindowsVistaOrGreater, 6, 0, 0)
DRYDOCK_VERSION_HELPER(IsWindowsVistaSP1OrGreater, 6, 0, 1)
DRYDOCK_VERSION_HELPER(IsWindowsVistaSP2OrGreater, 6, 0, 2)
DRYDOCK_VERSION_HELPER(IsWindows7OrGreater, 6, 1, 0)
DRYDOCK_VERSION_HELPER(IsWindows7SP1OrGreater, 6, 1, 1)
DRYDOCK_VERSION_HELPER(IsWindows8OrGreater, 6, 2, 0)
DRYDOCK_VERSION_HELPER(IsWindows8Point1OrGreater, 6, 3, 0)
DRYDOCK_VERSION_HELPER(IsWindowsThresholdOrGreater, 10, 0, 0)
DRYDOCK_VERSION_HELPER(IsWindows10OrGreater, 10, 0, 0)
#undef DRYDOCK_VERSION_HELPER
VERSIONHELPERAPI IsWindowsServer(VOID) {
  OSVERSIONINFOEXW version = {0};
  version.dwOSVersionInfoSize = sizeof(version);
  version.wProductType = VER_NT_WORKSTATION;
  return !VerifyVersionInfoW(&version, VER_PRODUCT_TYPE, VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL));
}

#endif  // _VERSIONHELPERS_H_INCLUDED_
