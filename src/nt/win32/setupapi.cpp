// Device information sets: what is present when the set is made. Its devices stay referenced while the set is open.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/io/interface.h"
#include "nt/ob/name_space.h"
#include "nt/pnp/node.h"
#include "nt/pnp/pnp.h"
#include "nt/thread.h"
#include "nt/win32/devinst.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/win32.h"

#include <cfgmgr32.h>
#include <newdev.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

BOOL Fail(DWORD error) { return SetupFail(error); }
using Member = SetMember;
using Interface = SetInterface;
using Set = DeviceSet;

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

}  // namespace

namespace drydock::nt::win32 {

std::shared_ptr<DeviceSet> SetOf(HDEVINFO handle) {
  LeaveIfEnded();
  auto set = std::static_pointer_cast<DeviceSet>(FindThing(ProgramFor("a SetupDi function"), handle));
  if (!set) SetupFail(ERROR_INVALID_HANDLE);
  return set;
}

size_t MemberOf(const DeviceSet& set, const SP_DEVINFO_DATA* data) {
  if (data == nullptr || data->cbSize != sizeof *data || data->Reserved == 0 || data->Reserved > set.members.size()) {
    SetupFail(ERROR_INVALID_PARAMETER);
    return SIZE_MAX;
  }
  return data->Reserved - 1;
}
SetMember* FindMember(DeviceSet& set, const SP_DEVINFO_DATA* data) {
  const size_t index = MemberOf(set, data);
  return index == SIZE_MAX ? nullptr : &set.members[index];
}

std::u16string PathOf(const SetMember& member) { return member.pdo ? pnp::InstancePathOf(member.pdo) : member.instance; }

SetupDevice SetupDeviceOf(const SetMember& member) {
  SetupDevice device;
  device.instance = ob::ToUtf8(PathOf(member));
  device.hardware_ids = member.hardware_ids;
  PropertyValue value;
  if (member.pdo && ReadDeviceProperty(member.pdo, CM_DRP_HARDWAREID, &value)) device.hardware_ids = TextsOf(value);
  if (member.pdo && ReadDeviceProperty(member.pdo, CM_DRP_COMPATIBLEIDS, &value)) device.compatible_ids = TextsOf(value);
  return device;
}

}  // namespace drydock::nt::win32

namespace {

void Describe(const Set& set, size_t member, PSP_DEVINFO_DATA data) {
  data->ClassGuid = set.members[member].setup_class;
  data->DevInst = DevInstOf(ProgramFor("a SetupDi function"), PathOf(set.members[member]));
  data->Reserved = member + 1;
}

std::vector<std::u16string> InterfacesOf(DEVICE_OBJECT* pdo, const GUID& guid) {
  std::vector<std::u16string> links = io::ListInterfaces(CurrentKernel(), guid, pdo, false);
  for (std::u16string& link : links)
    if (link.starts_with(u"\\??\\")) link[1] = u'\\';
  return links;
}

BOOL GiveProperty(HDEVINFO handle, PSP_DEVINFO_DATA data, DWORD property, PDWORD type, PBYTE buffer, DWORD size, PDWORD required, bool wide) {
  const auto set = SetOf(handle);
  if (!set) return FALSE;
  const size_t member = MemberOf(*set, data);
  if (member == SIZE_MAX) return FALSE;
  if (!set->members[member].pdo) return Fail(ERROR_INVALID_DATA);
  PropertyValue value;
  if (!IsDeviceProperty(property + 1)) return Fail(ERROR_INVALID_REG_PROPERTY);
  if (!ReadDeviceProperty(set->members[member].pdo, property + 1, &value)) return Fail(ERROR_INVALID_DATA);
  const bool narrow = !wide && value.type != REG_DWORD;
  const auto needed = static_cast<DWORD>(narrow ? value.bytes.size() / 2 : value.bytes.size());
  if (type != nullptr) *type = value.type;
  if (required != nullptr) *required = needed;
  if (buffer == nullptr || size < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  for (DWORD i = 0; i < needed; ++i) buffer[i] = value.bytes[narrow ? 2 * i : i];
  return TRUE;
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
  if (ClassGuid != nullptr && !(Flags & DIGCF_DEVICEINTERFACE)) set->setup_class = *ClassGuid;
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
    Member member;
    member.pdo = std::move(pdo);
    member.setup_class = setup_class;
    set->members.push_back(std::move(member));
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
    if (!set->members[member].pdo) continue;
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

BOOL SetupDiGetDevicePropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, const DEVPROPKEY* PropertyKey, DEVPROPTYPE* PropertyType,
                               PBYTE PropertyBuffer, DWORD PropertyBufferSize, PDWORD RequiredSize, DWORD Flags) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set || MemberOf(*set, DeviceInfoData) == SIZE_MAX) return FALSE;
  if (Flags != 0) return Fail(ERROR_INVALID_FLAGS);
  if (PropertyKey == nullptr || PropertyType == nullptr || (PropertyBuffer == nullptr && PropertyBufferSize != 0)) return Fail(ERROR_INVALID_PARAMETER);
  ULONG size = PropertyBufferSize;
  const CONFIGRET result = CM_Get_DevNode_PropertyW(DeviceInfoData->DevInst, PropertyKey, PropertyType, PropertyBuffer, &size, 0);
  if (RequiredSize != nullptr) *RequiredSize = size;
  return result == CR_SUCCESS || Fail(CM_MapCrToWin32Err(result, ERROR_INVALID_DATA));
}

BOOL SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PWSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
                                 PDWORD RequiredSize) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  const size_t member = MemberOf(*set, DeviceInfoData);
  if (member == SIZE_MAX) return FALSE;
  const std::u16string path = PathOf(set->members[member]);
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

// --- sets that are filled by hand, and changes ---

HDEVINFO SetupDiCreateDeviceInfoList(const GUID* ClassGuid, HANDLE hwndParent) {
  (void)hwndParent;
  LeaveIfEnded();
  auto set = std::make_shared<Set>();
  if (ClassGuid != nullptr) set->setup_class = *ClassGuid;
  return AddThing(ProgramFor("SetupDiCreateDeviceInfoList"), set);
}

BOOL SetupDiOpenDeviceInfoW(HDEVINFO DeviceInfoSet, PCWSTR DeviceInstanceId, HANDLE hwndParent, DWORD OpenFlags, PSP_DEVINFO_DATA DeviceInfoData) {
  (void)hwndParent;
  (void)OpenFlags;
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (DeviceInstanceId == nullptr || (DeviceInfoData != nullptr && DeviceInfoData->cbSize != sizeof *DeviceInfoData)) return Fail(ERROR_INVALID_PARAMETER);
  size_t member = 0;
  while (member < set->members.size() && !ob::EqualNames(PathOf(set->members[member]), DeviceInstanceId)) ++member;
  if (member == set->members.size()) {
    pnp::PdoReference pdo(pnp::FindDevice(CurrentKernel(), DeviceInstanceId));
    if (pdo == nullptr) return Fail(ERROR_NO_SUCH_DEVINST);
    Member added;
    added.setup_class = ClassOf(pdo);
    added.pdo = std::move(pdo);
    set->members.push_back(std::move(added));
  }
  if (DeviceInfoData != nullptr) Describe(*set, member, DeviceInfoData);
  return TRUE;
}
BOOL SetupDiOpenDeviceInfoA(HDEVINFO DeviceInfoSet, PCSTR DeviceInstanceId, HANDLE hwndParent, DWORD OpenFlags, PSP_DEVINFO_DATA DeviceInfoData) {
  return SetupDiOpenDeviceInfoW(DeviceInfoSet, Wide(DeviceInstanceId).c_str(), hwndParent, OpenFlags, DeviceInfoData);
}

BOOL SetupDiCreateDeviceInfoW(HDEVINFO DeviceInfoSet, PCWSTR DeviceName, const GUID* ClassGuid, PCWSTR DeviceDescription, HANDLE hwndParent,
                              DWORD CreationFlags, PSP_DEVINFO_DATA DeviceInfoData) {
  (void)DeviceDescription;
  (void)hwndParent;
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (DeviceName == nullptr || *DeviceName == 0 || ClassGuid == nullptr) return Fail(ERROR_INVALID_PARAMETER);
  std::u16string instance = DeviceName;
  if (CreationFlags & DICD_GENERATE_ID) {
    // The next number that nobody has.
    for (unsigned number = 0;; ++number) {
      std::string digits = std::to_string(number);
      instance = u"ROOT\\" + ob::Upcase(DeviceName) + u"\\" + ob::ToUtf16(std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits);
      bool taken = pnp::PdoReference(pnp::FindDevice(CurrentKernel(), instance)) != nullptr;
      for (const Member& member : set->members) taken = taken || ob::EqualNames(PathOf(member), instance);
      if (!taken) break;
    }
  } else if (pnp::PdoReference(pnp::FindDevice(CurrentKernel(), instance)) != nullptr) {
    return Fail(ERROR_DEVINST_ALREADY_EXISTS);
  }
  Member made;
  made.setup_class = *ClassGuid;
  made.instance = instance;
  set->members.push_back(std::move(made));
  if (DeviceInfoData != nullptr) {
    if (DeviceInfoData->cbSize != sizeof *DeviceInfoData) return Fail(ERROR_INVALID_USER_BUFFER);
    Describe(*set, set->members.size() - 1, DeviceInfoData);
  }
  return TRUE;
}
BOOL SetupDiCreateDeviceInfoA(HDEVINFO DeviceInfoSet, PCSTR DeviceName, const GUID* ClassGuid, PCSTR DeviceDescription, HANDLE hwndParent,
                              DWORD CreationFlags, PSP_DEVINFO_DATA DeviceInfoData) {
  return SetupDiCreateDeviceInfoW(DeviceInfoSet, Wide(DeviceName).c_str(), ClassGuid, Wide(DeviceDescription).c_str(), hwndParent, CreationFlags, DeviceInfoData);
}
BOOL SetupDiDeleteDeviceInfo(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  const size_t member = MemberOf(*set, DeviceInfoData);
  if (member == SIZE_MAX) return FALSE;
  // Others keep their places, which applications hold.
  set->members[member] = Member();
  return TRUE;
}

// Narrowed: the hardware ids of a device that is being made; of one that is there its ids, filters, flags and friendly name, which its key keeps.
BOOL SetupDiSetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property, const BYTE* PropertyBuffer,
                                       DWORD PropertyBufferSize) {
  const auto set = SetOf(DeviceInfoSet);
  Member* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  if (member->pdo) {
    const DWORD error = WriteDeviceProperty(member->pdo, Property + 1, PropertyBuffer, PropertyBufferSize);
    return error == ERROR_SUCCESS || Fail(error);
  }
  if (Property != SPDRP_HARDWAREID || PropertyBuffer == nullptr) return Fail(ERROR_NOT_SUPPORTED);
  member->hardware_ids = TextsOf({REG_MULTI_SZ, {PropertyBuffer, PropertyBuffer + PropertyBufferSize}});
  return TRUE;
}
BOOL SetupDiSetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property, const BYTE* PropertyBuffer,
                                       DWORD PropertyBufferSize) {
  if (PropertyBuffer == nullptr || !IsTextProperty(Property + 1))
    return SetupDiSetDeviceRegistryPropertyW(DeviceInfoSet, DeviceInfoData, Property, PropertyBuffer, PropertyBufferSize);
  std::u16string wide;
  for (DWORD i = 0; i < PropertyBufferSize; ++i) wide += PropertyBuffer[i];
  return SetupDiSetDeviceRegistryPropertyW(DeviceInfoSet, DeviceInfoData, Property, reinterpret_cast<const BYTE*>(wide.data()),
                                           static_cast<DWORD>(wide.size() * sizeof(char16_t)));
}

BOOL SetupDiSetClassInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_CLASSINSTALL_HEADER ClassInstallParams,
                                   DWORD ClassInstallParamsSize) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  const size_t member = MemberOf(*set, DeviceInfoData);
  if (member == SIZE_MAX) return FALSE;
  if (ClassInstallParams == nullptr) {
    set->members[member].params = {};
    return TRUE;
  }
  if (ClassInstallParamsSize < sizeof *ClassInstallParams || ClassInstallParams->cbSize != sizeof *ClassInstallParams) return Fail(ERROR_INVALID_USER_BUFFER);
  set->members[member].params = *ClassInstallParams;
  if (ClassInstallParams->InstallFunction == DIF_PROPERTYCHANGE) {
    if (ClassInstallParamsSize < sizeof(SP_PROPCHANGE_PARAMS)) return Fail(ERROR_INVALID_USER_BUFFER);
    set->members[member].change = *reinterpret_cast<const SP_PROPCHANGE_PARAMS*>(ClassInstallParams);
  }
  return TRUE;
}

BOOL SetupDiRegisterDeviceInfo(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Flags, PVOID CompareProc, PVOID CompareContext,
                               PSP_DEVINFO_DATA DupDeviceInfoData) {
  (void)Flags;
  (void)CompareProc;
  (void)CompareContext;
  (void)DupDeviceInfoData;
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  const size_t index = MemberOf(*set, DeviceInfoData);
  if (index == SIZE_MAX) return FALSE;
  Member& member = set->members[index];
  if (member.pdo) return TRUE;
  if (member.hardware_ids.empty()) return Fail(ERROR_INVALID_DATA);
  // It becomes a device of the machine as soon as there is a package for it.
  Program& program = ProgramFor("SetupDiRegisterDeviceInfo");
  rt::LockGuard guard(program.lock);
  program.registered_devices.push_back({member.instance, member.hardware_ids});
  return TRUE;
}

// A refusal is no failure: the device goes on, and the caller's parameters say that the change needs the computer to start anew.
static BOOL Changed(NTSTATUS status, Member& member) {
  if (status != STATUS_PLUGPLAY_QUERY_VETOED) return Succeeded(status);
  member.install.flags |= DI_NEEDREBOOT;
  return TRUE;
}

BOOL SetupDiChangeState(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  Member* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  if (!member->pdo) return Fail(ERROR_DEVINFO_NOT_REGISTERED);
  if (member->params.InstallFunction != DIF_PROPERTYCHANGE) return Fail(ERROR_NO_CLASSINSTALL_PARAMS);
  const bool disabled = pnp::StateOf(member->pdo) == pnp::NodeState::kDisabled;
  NTSTATUS status = STATUS_SUCCESS;
  switch (member->change.StateChange) {
    case DICS_ENABLE:
    case DICS_START: status = disabled ? pnp::EnableDevice(member->pdo) : STATUS_SUCCESS; break;
    case DICS_DISABLE:
    case DICS_STOP: status = disabled ? STATUS_SUCCESS : pnp::DisableDevice(member->pdo); break;
    case DICS_PROPCHANGE:
      status = disabled ? STATUS_SUCCESS : pnp::DisableDevice(member->pdo);
      if (NT_SUCCESS(status) && !disabled) status = pnp::EnableDevice(member->pdo);
      break;
    default: return Fail(ERROR_INVALID_PARAMETER);
  }
  return Changed(status, *member);
}
BOOL SetupDiRestartDevices(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData) {
  SP_PROPCHANGE_PARAMS change = {{sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, DICS_PROPCHANGE, DICS_FLAG_GLOBAL, 0};
  return SetupDiSetClassInstallParamsW(DeviceInfoSet, DeviceInfoData, &change.ClassInstallHeader, sizeof change) &&
         SetupDiChangeState(DeviceInfoSet, DeviceInfoData);
}
BOOL SetupDiRemoveDevice(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  const size_t index = MemberOf(*set, DeviceInfoData);
  if (index == SIZE_MAX) return FALSE;
  Member& member = set->members[index];
  if (member.pdo) return Changed(pnp::Remove(member.pdo), member);
  Program& program = ProgramFor("SetupDiRemoveDevice");
  rt::LockGuard guard(program.lock);
  std::erase_if(program.registered_devices, [&](const auto& each) { return each.instance == member.instance; });
  return TRUE;
}
BOOL SetupDiCallClassInstaller(DI_FUNCTION InstallFunction, HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData) {
  switch (InstallFunction) {
    case DIF_PROPERTYCHANGE: return SetupDiChangeState(DeviceInfoSet, DeviceInfoData);
    case DIF_REMOVE: return SetupDiRemoveDevice(DeviceInfoSet, DeviceInfoData);
    case DIF_INSTALLDEVICEFILES: {
      const auto set = SetOf(DeviceInfoSet);
      Member* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
      return member != nullptr && QueueDriverFiles(*member);
    }
    case DIF_ALLOW_INSTALL: return TRUE;
    case DIF_REGISTERDEVICE: return SetupDiRegisterDeviceInfo(DeviceInfoSet, DeviceInfoData, 0, nullptr, nullptr, nullptr);
    default: return Fail(ERROR_DI_DO_DEFAULT);
  }
}

HKEY SetupDiOpenDevRegKey(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Scope, DWORD HwProfile, DWORD KeyType, REGSAM samDesired) {
  (void)Scope;
  (void)HwProfile;
  const auto none = static_cast<HKEY>(INVALID_HANDLE_VALUE);
  const auto set = SetOf(DeviceInfoSet);
  if (!set) return none;
  const size_t index = MemberOf(*set, DeviceInfoData);
  if (index == SIZE_MAX) return none;
  if (!set->members[index].pdo) return Fail(ERROR_DEVINFO_NOT_REGISTERED), none;
  std::u16string path = u"SYSTEM\\CurrentControlSet\\";
  if (KeyType == DIREG_DEV) path += u"Enum\\" + PathOf(set->members[index]) + u"\\Device Parameters";
  else path += u"Control\\Class\\" + TextProperty(set->members[index].pdo, DevicePropertyDriverKeyName);
  HKEY key;
  const LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, samDesired, &key);
  if (error == ERROR_SUCCESS) return key;
  Fail(error == ERROR_FILE_NOT_FOUND ? ERROR_KEY_DOES_NOT_EXIST : static_cast<DWORD>(error));
  return none;
}

}  // extern "C"
