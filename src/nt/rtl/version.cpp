// The version that a machine answers with: Windows 11 22H2 (10.0.22621), the one whose frameworks are 1.33 and 2.33.
#include <ntddk.h>


namespace {

constexpr ULONG kMajor = 10, kMinor = 0, kBuild = 22621, kPlatformNt = 2, kProductProfessional = 0x30;
constexpr UCHAR kWorkstation = 1;
constexpr USHORT kSingleUserTerminal = 0x100;
constexpr ULONG kNtddi = 0x0A00000C;  // NTDDI_WIN10_NI

// The condition of one field: three bits each, the lowest field first.
ULONG ConditionOf(ULONGLONG mask, ULONG type) {
  ULONG field = static_cast<ULONG>(__builtin_ctz(type));
  return static_cast<ULONG>(mask >> (field * VER_NUM_BITS_PER_CONDITION_MASK)) & VER_CONDITION_MASK;
}

bool Holds(ULONG condition, ULONG ours, ULONG asked) {
  switch (condition) {
    case VER_EQUAL: return ours == asked;
    case VER_GREATER: return ours > asked;
    case VER_GREATER_EQUAL: return ours >= asked;
    case VER_LESS: return ours < asked;
    case VER_LESS_EQUAL: return ours <= asked;
    default: return false;
  }
}

}  // namespace

extern "C" {

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) {
  RTL_OSVERSIONINFOW& info = *VersionInformation;
  info.dwMajorVersion = kMajor;
  info.dwMinorVersion = kMinor;
  info.dwBuildNumber = kBuild;
  info.dwPlatformId = kPlatformNt;
  info.szCSDVersion[0] = 0;
  if (info.dwOSVersionInfoSize != sizeof(RTL_OSVERSIONINFOEXW)) return STATUS_SUCCESS;
  auto& more = reinterpret_cast<RTL_OSVERSIONINFOEXW&>(info);
  more.wServicePackMajor = more.wServicePackMinor = 0;
  more.wSuiteMask = kSingleUserTerminal;
  more.wProductType = kWorkstation;
  more.wReserved = 0;
  return STATUS_SUCCESS;
}

ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition) {
  if (TypeMask == 0) return ConditionMask;
  // One field at a time: of several, the highest, as the macro's order of tests has it.
  ULONG field = 31 - static_cast<ULONG>(__builtin_clz(TypeMask));
  return ConditionMask | static_cast<ULONGLONG>(Condition & VER_CONDITION_MASK) << (field * VER_NUM_BITS_PER_CONDITION_MASK);
}

NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask) {
  if (TypeMask == 0 || ConditionMask == 0) return STATUS_INVALID_PARAMETER;
  RTL_OSVERSIONINFOEXW own = {};
  own.dwOSVersionInfoSize = sizeof own;
  RtlGetVersion(reinterpret_cast<PRTL_OSVERSIONINFOW>(&own));
  if (TypeMask & VER_SUITENAME) {
    ULONG condition = ConditionOf(ConditionMask, VER_SUITENAME);
    if (condition != VER_AND && condition != VER_OR) return STATUS_INVALID_PARAMETER;
    USHORT common = own.wSuiteMask & VersionInfo->wSuiteMask;
    if (condition == VER_AND ? common != VersionInfo->wSuiteMask : common == 0 && VersionInfo->wSuiteMask != 0)
      return STATUS_REVISION_MISMATCH;
  }
  struct Field {
    ULONG type, ours, asked;
  };
  const Field kAlone[] = {{VER_PRODUCT_TYPE, own.wProductType, VersionInfo->wProductType},
                {VER_BUILDNUMBER, own.dwBuildNumber, VersionInfo->dwBuildNumber},
                {VER_PLATFORM_ID_VALUE, own.dwPlatformId, VersionInfo->dwPlatformId}};
  // Major, minor and service pack are one number of several places: a place decides only when those before it are equal.
  const Field kPlaces[] = {{VER_MAJORVERSION, own.dwMajorVersion, VersionInfo->dwMajorVersion},
                                         {VER_MINORVERSION, own.dwMinorVersion, VersionInfo->dwMinorVersion},
                                         {VER_SERVICEPACKMAJOR, own.wServicePackMajor, VersionInfo->wServicePackMajor},
                                         {VER_SERVICEPACKMINOR, own.wServicePackMinor, VersionInfo->wServicePackMinor}};
  for (const auto& field : kAlone) {
    if (!(TypeMask & field.type)) continue;
    if (!Holds(ConditionOf(ConditionMask, field.type), field.ours, field.asked)) return STATUS_REVISION_MISMATCH;
  }
  ULONG condition = 0;
  bool held = true;
  for (const auto& place : kPlaces) {
    if (!(TypeMask & place.type)) continue;
    if (condition == 0) condition = ConditionOf(ConditionMask, place.type);  // the first place's rules the rest
    held = Holds(condition, place.ours, place.asked);
    if (place.ours != place.asked) break;
  }
  return held ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version) {
  if (Version & 0xFF00) return FALSE;  // a service pack is asked for by the other function
  return (kNtddi & 0xFFFF0000) > (Version & 0xFFFF0000) || ((kNtddi & 0xFFFF0000) == (Version & 0xFFFF0000) && (kNtddi & 0xFF) >= (Version & 0xFF));
}

BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version) {
  return (Version & 0xFFFF0000) == (kNtddi & 0xFFFF0000) && (Version & 0xFF00) == 0;
}

BOOLEAN RtlGetProductInfo(ULONG OSMajorVersion, ULONG OSMinorVersion, ULONG SpMajorVersion, ULONG SpMinorVersion,
                          PULONG ReturnedProductType) {
  if (!ReturnedProductType) return FALSE;
  *ReturnedProductType = OSMajorVersion < 6 ? 0 : kProductProfessional;
  return OSMajorVersion >= 6;
}

BOOLEAN RtlIsStateSeparationEnabled(VOID) { return FALSE; }

}  // extern "C"
