// Setup classes: what the registry knows of them (Control\Class).
#include <cstring>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/win32/program.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr char16_t kClasses[] = u"SYSTEM\\CurrentControlSet\\Control\\Class";
constexpr char16_t kInterfaces[] = u"SYSTEM\\CurrentControlSet\\Control\\DeviceClasses";

struct SetupClass {
  GUID guid;
  std::u16string key;  // {guid}
};

std::u16string TextOf(const std::u16string& key, const char16_t* value) {
  HKEY opened;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, (std::u16string(kClasses) + u"\\" + key).c_str(), 0, KEY_QUERY_VALUE, &opened) != ERROR_SUCCESS) return {};
  char16_t text[512] = {};
  DWORD size = sizeof text - sizeof(char16_t), type = 0;
  const LSTATUS error = RegQueryValueExW(opened, value, nullptr, &type, reinterpret_cast<BYTE*>(text), &size);
  RegCloseKey(opened);
  return error == ERROR_SUCCESS && (type == REG_SZ || type == REG_EXPAND_SZ) ? std::u16string(text) : std::u16string();
}

std::vector<SetupClass> AllClasses() {
  LeaveIfEnded();
  std::vector<SetupClass> classes;
  HKEY key;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, kClasses, 0, KEY_ENUMERATE_SUB_KEYS, &key) != ERROR_SUCCESS) return classes;
  for (DWORD i = 0;; ++i) {
    char16_t name[64];
    DWORD length = 64;
    if (RegEnumKeyExW(key, i, name, &length, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS) break;
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    SetupClass one = {{}, name};
    if (NT_SUCCESS(RtlGUIDFromString(&text, &one.guid))) classes.push_back(std::move(one));
  }
  RegCloseKey(key);
  return classes;
}

std::u16string KeyOf(const GUID& guid) {
  for (const SetupClass& one : AllClasses())
    if (std::memcmp(&one.guid, &guid, sizeof guid) == 0) return one.key;
  return {};
}

BOOL GiveGuids(const std::vector<GUID>& guids, LPGUID list, DWORD size, PDWORD required) {
  if (required == nullptr || (list == nullptr && size != 0)) return SetupFail(ERROR_INVALID_PARAMETER);
  *required = static_cast<DWORD>(guids.size());
  for (size_t i = 0; i < guids.size() && i < size; ++i) list[i] = guids[i];
  return guids.size() <= size || SetupFail(ERROR_INSUFFICIENT_BUFFER);
}

template <class Character>
BOOL GiveName(const std::u16string& text, Character* buffer, DWORD size, PDWORD required) {
  const DWORD needed = static_cast<DWORD>((sizeof(Character) == 2 ? text.size() : ob::ToUtf8(text).size()) + 1);
  if (required != nullptr) *required = needed;
  if (buffer == nullptr || size < needed) return SetupFail(ERROR_INSUFFICIENT_BUFFER);
  GiveText(text, buffer, size);
  return TRUE;
}

template <class Character>
BOOL GiveClassName(const GUID* guid, Character* buffer, DWORD size, PDWORD required) {
  if (guid == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  const std::u16string key = KeyOf(*guid), name = key.empty() ? std::u16string() : TextOf(key, u"Class");
  return name.empty() ? SetupFail(ERROR_INVALID_CLASS) : GiveName(name, buffer, size, required);
}

// What its INF says (the key's own value), else its name.
template <class Character>
BOOL GiveDescription(const GUID* guid, Character* buffer, DWORD size, PDWORD required) {
  if (guid == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  const std::u16string key = KeyOf(*guid);
  if (key.empty()) return SetupFail(ERROR_INVALID_CLASS);
  std::u16string text;
  for (const char16_t* value : {u"", u"ClassDesc", u"Class"})
    if (text.empty()) text = TextOf(key, value);
  return GiveName(text, buffer, size, required);
}

}  // namespace

extern "C" {

BOOL SetupDiBuildClassInfoList(DWORD Flags, LPGUID ClassGuidList, DWORD ClassGuidListSize, PDWORD RequiredSize) {
  (void)Flags;
  std::vector<GUID> guids;
  for (const SetupClass& one : AllClasses()) guids.push_back(one.guid);
  return GiveGuids(guids, ClassGuidList, ClassGuidListSize, RequiredSize);
}
BOOL SetupDiClassGuidsFromNameW(PCWSTR ClassName, LPGUID ClassGuidList, DWORD ClassGuidListSize, PDWORD RequiredSize) {
  if (ClassName == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  std::vector<GUID> guids;
  for (const SetupClass& one : AllClasses())
    if (ob::EqualNames(TextOf(one.key, u"Class"), ClassName)) guids.push_back(one.guid);
  return GiveGuids(guids, ClassGuidList, ClassGuidListSize, RequiredSize);
}
BOOL SetupDiClassGuidsFromNameA(PCSTR ClassName, LPGUID ClassGuidList, DWORD ClassGuidListSize, PDWORD RequiredSize) {
  return SetupDiClassGuidsFromNameW(Wide(ClassName).c_str(), ClassGuidList, ClassGuidListSize, RequiredSize);
}
BOOL SetupDiClassNameFromGuidW(const GUID* ClassGuid, PWSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize) {
  return GiveClassName(ClassGuid, ClassName, ClassNameSize, RequiredSize);
}
BOOL SetupDiClassNameFromGuidA(const GUID* ClassGuid, PSTR ClassName, DWORD ClassNameSize, PDWORD RequiredSize) {
  return GiveClassName(ClassGuid, ClassName, ClassNameSize, RequiredSize);
}
BOOL SetupDiGetClassDescriptionW(const GUID* ClassGuid, PWSTR ClassDescription, DWORD ClassDescriptionSize, PDWORD RequiredSize) {
  return GiveDescription(ClassGuid, ClassDescription, ClassDescriptionSize, RequiredSize);
}
BOOL SetupDiGetClassDescriptionA(const GUID* ClassGuid, PSTR ClassDescription, DWORD ClassDescriptionSize, PDWORD RequiredSize) {
  return GiveDescription(ClassGuid, ClassDescription, ClassDescriptionSize, RequiredSize);
}

HKEY SetupDiOpenClassRegKeyExW(const GUID* ClassGuid, REGSAM samDesired, DWORD Flags, PCWSTR MachineName, PVOID Reserved) {
  (void)MachineName;
  (void)Reserved;
  LeaveIfEnded();
  std::u16string path = Flags & DIOCR_INTERFACE ? kInterfaces : kClasses;
  if (ClassGuid != nullptr) {
    UNICODE_STRING text;
    if (!NT_SUCCESS(RtlStringFromGUID(*ClassGuid, &text))) return static_cast<HKEY>(INVALID_HANDLE_VALUE);
    path += u"\\" + std::u16string(text.Buffer, text.Length / sizeof(char16_t));
    RtlFreeUnicodeString(&text);
  }
  HKEY key;
  const LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, samDesired, &key);
  if (error == ERROR_SUCCESS) return key;
  SetupFail(error == ERROR_FILE_NOT_FOUND ? ERROR_INVALID_CLASS : static_cast<DWORD>(error));
  return static_cast<HKEY>(INVALID_HANDLE_VALUE);
}
HKEY SetupDiOpenClassRegKeyExA(const GUID* ClassGuid, REGSAM samDesired, DWORD Flags, PCSTR MachineName, PVOID Reserved) {
  (void)MachineName;
  return SetupDiOpenClassRegKeyExW(ClassGuid, samDesired, Flags, nullptr, Reserved);
}
HKEY SetupDiOpenClassRegKey(const GUID* ClassGuid, REGSAM samDesired) {
  return SetupDiOpenClassRegKeyExW(ClassGuid, samDesired, DIOCR_INSTALLER, nullptr, nullptr);
}

}  // extern "C"
