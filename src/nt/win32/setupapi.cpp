// Device information sets: what is present when the set is made. Its devices stay referenced while the set is open.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/io/interface.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

#include <setupapi.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Member {
  pnp::PdoReference pdo;
  GUID setup_class = {};
};

struct Interface {
  GUID guid;
  size_t member;
  std::u16string path;
};

struct Set {
  std::vector<Member> members;
  std::vector<std::unique_ptr<Interface>> interfaces;  // that were asked for; SP_DEVICE_INTERFACE_DATA points to one
};

BOOL Fail(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

std::u16string TextProperty(DEVICE_OBJECT* pdo, DEVICE_REGISTRY_PROPERTY property) {
  char16_t buffer[256] = {};
  ULONG length = 0;
  if (!NT_SUCCESS(IoGetDeviceProperty(pdo, property, sizeof buffer - sizeof(char16_t), buffer, &length))) return {};
  return buffer;
}

bool SameGuid(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

GUID ClassOf(DEVICE_OBJECT* pdo) {
  GUID guid = {};
  UNICODE_STRING string;
  const std::u16string text = TextProperty(pdo, DevicePropertyClassGuid);
  RtlInitUnicodeString(&string, text.c_str());
  if (text.empty() || !NT_SUCCESS(RtlGUIDFromString(&string, &guid))) return {};
  return guid;
}

std::shared_ptr<Set> SetOf(HDEVINFO handle) {
  LeaveIfEnded();
  auto set = std::static_pointer_cast<Set>(FindThing(ProgramFor("a SetupDi function"), handle));
  if (!set) Fail(ERROR_INVALID_HANDLE);
  return set;
}

// The member that `data` describes; SIZE_MAX: none.
size_t MemberOf(const Set& set, const SP_DEVINFO_DATA* data) {
  if (data == nullptr || data->cbSize != sizeof *data || data->Reserved == 0 || data->Reserved > set.members.size()) {
    Fail(ERROR_INVALID_PARAMETER);
    return SIZE_MAX;
  }
  return data->Reserved - 1;
}

void Describe(const Set& set, size_t member, PSP_DEVINFO_DATA data) {
  data->ClassGuid = set.members[member].setup_class;
  data->DevInst = static_cast<DWORD>(member + 1);
  data->Reserved = member + 1;
}

std::vector<std::u16string> InterfacesOf(DEVICE_OBJECT* pdo, const GUID& guid) {
  std::vector<std::u16string> links = io::ListInterfaces(CurrentKernel(), guid, pdo, false);
  for (std::u16string& link : links)
    if (link.starts_with(u"\\??\\")) link[1] = u'\\';
  return links;
}

constexpr struct {
  DWORD win32;
  DEVICE_REGISTRY_PROPERTY nt;
  DWORD type;
} kProperties[] = {
    {SPDRP_DEVICEDESC, DevicePropertyDeviceDescription, REG_SZ},
    {SPDRP_HARDWAREID, DevicePropertyHardwareID, REG_MULTI_SZ},
    {SPDRP_COMPATIBLEIDS, DevicePropertyCompatibleIDs, REG_MULTI_SZ},
    {SPDRP_CLASS, DevicePropertyClassName, REG_SZ},
    {SPDRP_CLASSGUID, DevicePropertyClassGuid, REG_SZ},
    {SPDRP_DRIVER, DevicePropertyDriverKeyName, REG_SZ},
    {SPDRP_MFG, DevicePropertyManufacturer, REG_SZ},
    {SPDRP_FRIENDLYNAME, DevicePropertyFriendlyName, REG_SZ},
    {SPDRP_LOCATION_INFORMATION, DevicePropertyLocationInformation, REG_SZ},
    {SPDRP_PHYSICAL_DEVICE_OBJECT_NAME, DevicePropertyPhysicalDeviceObjectName, REG_SZ},
    {SPDRP_ENUMERATOR_NAME, DevicePropertyEnumeratorName, REG_SZ},
};

BOOL GiveProperty(HDEVINFO handle, PSP_DEVINFO_DATA data, DWORD property, PDWORD type, PBYTE buffer, DWORD size, PDWORD required, bool wide) {
  const auto set = SetOf(handle);
  if (!set) return FALSE;
  const size_t member = MemberOf(*set, data);
  if (member == SIZE_MAX) return FALSE;
  for (const auto& known : kProperties) {
    if (known.win32 != property) continue;
    std::vector<char16_t> text(1024);
    ULONG length = 0;
    if (!NT_SUCCESS(IoGetDeviceProperty(set->members[member].pdo, known.nt, static_cast<ULONG>(text.size() * 2), text.data(), &length)) || length == 0)
      return Fail(ERROR_INVALID_DATA);
    text.resize(length / 2);
    const auto needed = static_cast<DWORD>(wide ? length : length / 2);
    if (type != nullptr) *type = known.type;
    if (required != nullptr) *required = needed;
    if (buffer == nullptr || size < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
    if (wide) std::memcpy(buffer, text.data(), needed);
    else
      for (size_t i = 0; i < text.size(); ++i) buffer[i] = static_cast<BYTE>(text[i]);
    return TRUE;
  }
  return Fail(ERROR_INVALID_DATA);
}

template <class Detail, class Character>
BOOL GiveDetail(HDEVINFO handle, PSP_DEVICE_INTERFACE_DATA data, Detail* detail, DWORD size, PDWORD required, PSP_DEVINFO_DATA device) {
  const auto set = SetOf(handle);
  if (!set) return FALSE;
  if (data == nullptr || data->Reserved == 0 || data->Reserved > set->interfaces.size()) return Fail(ERROR_INVALID_PARAMETER);
  const Interface& found = *set->interfaces[data->Reserved - 1];
  const auto needed = static_cast<DWORD>(offsetof(Detail, DevicePath) + (found.path.size() + 1) * sizeof(Character));
  if (required != nullptr) *required = needed;
  if (device != nullptr) {
    if (device->cbSize != sizeof *device) return Fail(ERROR_INVALID_USER_BUFFER);
    Describe(*set, found.member, device);
  }
  if (detail == nullptr || size < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  if (detail->cbSize != sizeof(Detail)) return Fail(ERROR_INVALID_USER_BUFFER);
  for (size_t i = 0; i <= found.path.size(); ++i) detail->DevicePath[i] = static_cast<Character>(found.path.c_str()[i]);
  return TRUE;
}

}  // namespace

extern "C" {

HDEVINFO SetupDiGetClassDevsW(const GUID* ClassGuid, PCWSTR Enumerator, HANDLE hwndParent, DWORD Flags) {
  (void)hwndParent;
  LeaveIfEnded();
  Program& program = ProgramFor("SetupDiGetClassDevs");
  if (ClassGuid == nullptr && !(Flags & DIGCF_ALLCLASSES)) {
    Fail(ERROR_INVALID_PARAMETER);
    return INVALID_HANDLE_VALUE;
  }
  auto set = std::make_shared<Set>();
  for (pnp::PdoReference& pdo : pnp::Devices(*program.kernel)) {
    const GUID setup_class = ClassOf(pdo);
    if (!(Flags & DIGCF_ALLCLASSES)) {
      if (Flags & DIGCF_DEVICEINTERFACE ? InterfacesOf(pdo, *ClassGuid).empty() : !SameGuid(setup_class, *ClassGuid)) continue;
    }
    const std::u16string instance = pnp::InstancePathOf(pdo);
    if (Enumerator != nullptr && *Enumerator != 0) {
      const std::u16string_view wanted = Enumerator;
      if (instance.size() <= wanted.size() || instance[wanted.size()] != u'\\' || !ob::EqualNames(instance.substr(0, wanted.size()), wanted)) continue;
    }
    set->members.push_back({std::move(pdo), setup_class});
  }
  return AddThing(program, set);
}
HDEVINFO SetupDiGetClassDevsA(const GUID* ClassGuid, PCSTR Enumerator, HANDLE hwndParent, DWORD Flags) {
  return SetupDiGetClassDevsW(ClassGuid, Wide(Enumerator).c_str(), hwndParent, Flags);
}

BOOL SetupDiDestroyDeviceInfoList(HDEVINFO DeviceInfoSet) {
  LeaveIfEnded();
  return DropThing(ProgramFor("SetupDiDestroyDeviceInfoList"), DeviceInfoSet) || Fail(ERROR_INVALID_HANDLE);
}

BOOL SetupDiEnumDeviceInfo(HDEVINFO DeviceInfoSet, DWORD MemberIndex, PSP_DEVINFO_DATA DeviceInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (DeviceInfoData == nullptr || DeviceInfoData->cbSize != sizeof *DeviceInfoData) return Fail(ERROR_INVALID_USER_BUFFER);
  if (MemberIndex >= set->members.size()) return Fail(ERROR_NO_MORE_ITEMS);
  Describe(*set, MemberIndex, DeviceInfoData);
  return TRUE;
}

BOOL SetupDiEnumDeviceInterfaces(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, const GUID* InterfaceClassGuid, DWORD MemberIndex,
                                 PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (DeviceInterfaceData == nullptr || DeviceInterfaceData->cbSize != sizeof *DeviceInterfaceData || InterfaceClassGuid == nullptr)
    return Fail(ERROR_INVALID_PARAMETER);
  size_t only = SIZE_MAX;
  if (DeviceInfoData != nullptr && (only = MemberOf(*set, DeviceInfoData)) == SIZE_MAX) return FALSE;
  DWORD index = 0;
  for (size_t member = 0; member < set->members.size(); ++member) {
    if (only != SIZE_MAX && only != member) continue;
    for (std::u16string& path : InterfacesOf(set->members[member].pdo, *InterfaceClassGuid)) {
      if (index++ != MemberIndex) continue;
      set->interfaces.push_back(std::make_unique<Interface>(Interface{*InterfaceClassGuid, member, std::move(path)}));
      DeviceInterfaceData->InterfaceClassGuid = *InterfaceClassGuid;
      DeviceInterfaceData->Flags = SPINT_ACTIVE;
      DeviceInterfaceData->Reserved = set->interfaces.size();
      return TRUE;
    }
  }
  return Fail(ERROR_NO_MORE_ITEMS);
}

BOOL SetupDiGetDeviceInterfaceDetailW(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                      PSP_DEVICE_INTERFACE_DETAIL_DATA_W DeviceInterfaceDetailData, DWORD DeviceInterfaceDetailDataSize,
                                      PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData) {
  return GiveDetail<SP_DEVICE_INTERFACE_DETAIL_DATA_W, WCHAR>(DeviceInfoSet, DeviceInterfaceData, DeviceInterfaceDetailData,
                                                              DeviceInterfaceDetailDataSize, RequiredSize, DeviceInfoData);
}
BOOL SetupDiGetDeviceInterfaceDetailA(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                      PSP_DEVICE_INTERFACE_DETAIL_DATA_A DeviceInterfaceDetailData, DWORD DeviceInterfaceDetailDataSize,
                                      PDWORD RequiredSize, PSP_DEVINFO_DATA DeviceInfoData) {
  return GiveDetail<SP_DEVICE_INTERFACE_DETAIL_DATA_A, CHAR>(DeviceInfoSet, DeviceInterfaceData, DeviceInterfaceDetailData,
                                                             DeviceInterfaceDetailDataSize, RequiredSize, DeviceInfoData);
}

BOOL SetupDiGetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property, PDWORD PropertyRegDataType,
                                       PBYTE PropertyBuffer, DWORD PropertyBufferSize, PDWORD RequiredSize) {
  return GiveProperty(DeviceInfoSet, DeviceInfoData, Property, PropertyRegDataType, PropertyBuffer, PropertyBufferSize, RequiredSize, true);
}
BOOL SetupDiGetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property, PDWORD PropertyRegDataType,
                                       PBYTE PropertyBuffer, DWORD PropertyBufferSize, PDWORD RequiredSize) {
  return GiveProperty(DeviceInfoSet, DeviceInfoData, Property, PropertyRegDataType, PropertyBuffer, PropertyBufferSize, RequiredSize, false);
}

BOOL SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PWSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
                                 PDWORD RequiredSize) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  const size_t member = MemberOf(*set, DeviceInfoData);
  if (member == SIZE_MAX) return FALSE;
  const std::u16string path = pnp::InstancePathOf(set->members[member].pdo);
  if (RequiredSize != nullptr) *RequiredSize = static_cast<DWORD>(path.size() + 1);
  if (DeviceInstanceId == nullptr || DeviceInstanceIdSize <= path.size()) return Fail(ERROR_INSUFFICIENT_BUFFER);
  std::memcpy(DeviceInstanceId, path.c_str(), (path.size() + 1) * sizeof(WCHAR));
  return TRUE;
}
BOOL SetupDiGetDeviceInstanceIdA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
                                 PDWORD RequiredSize) {
  WCHAR wide[512];
  DWORD length = 0;
  if (!SetupDiGetDeviceInstanceIdW(DeviceInfoSet, DeviceInfoData, wide, 512, &length)) return FALSE;
  if (RequiredSize != nullptr) *RequiredSize = length;
  if (DeviceInstanceId == nullptr || DeviceInstanceIdSize < length) return Fail(ERROR_INSUFFICIENT_BUFFER);
  for (DWORD i = 0; i < length; ++i) DeviceInstanceId[i] = static_cast<CHAR>(wide[i]);
  return TRUE;
}

}  // extern "C"
