// Lists of drivers of a device, from the machine's packages; file queues, which take what a driver copies.
#include <algorithm>
#include <cstring>
#include <memory>

#include "nt/driver_callback.h"
#include "nt/ob/name_space.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/text.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct FileQueue {
  std::vector<std::u16string> targets;
};

std::shared_ptr<FileQueue> QueueOf(HSPFILEQ handle) {
  LeaveIfEnded();
  auto queue = std::static_pointer_cast<FileQueue>(FindThing(ProgramFor("a file queue"), handle));
  if (!queue) SetupFail(ERROR_INVALID_HANDLE);
  return queue;
}

bool IsType(DWORD type) { return type == SPDIT_CLASSDRIVER || type == SPDIT_COMPATDRIVER; }

FILETIME TimeOf(uint64_t date) {
  SYSTEMTIME time = {};
  time.wYear = static_cast<WORD>(date / 10000);
  time.wMonth = static_cast<WORD>(date / 100 % 100);
  time.wDay = static_cast<WORD>(date % 100);
  FILETIME moment = {};
  if (date != 0) SystemTimeToFileTime(&time, &moment);
  return moment;
}

template <size_t N>
void Put(const std::string& text, WCHAR (&to)[N]) {
  std::u16string wide = ob::ToUtf16(text);
  wide.resize(std::min(wide.size(), N - 1));
  GiveText(wide, to, N);
}

void Describe(const SetupDriver& driver, DWORD type, size_t index, SP_DRVINFO_DATA_W* data) {
  *data = {};
  data->cbSize = sizeof *data;
  data->DriverType = type;
  data->Reserved = index + 1;
  Put(driver.description, data->Description);
  Put(driver.manufacturer, data->MfgName);
  Put(driver.provider, data->ProviderName);
  data->DriverDate = TimeOf(driver.date);
  data->DriverVersion = driver.version;
}

// What `data` tells, of the device's lists; no data: the selected one.
const SetupDriver* DriverOf(SetMember& member, const SP_DRVINFO_DATA_W* data, size_t* index, DWORD* type) {
  *type = data != nullptr ? data->DriverType : member.selected_type;
  *index = data != nullptr ? data->Reserved - 1 : member.selected;
  if ((data != nullptr && data->cbSize != sizeof *data) || !IsType(*type)) {
    SetupFail(data != nullptr ? ERROR_INVALID_USER_BUFFER : ERROR_NO_DRIVER_SELECTED);
    return nullptr;
  }
  const auto& list = member.drivers[*type - 1];
  if (*index < list.size()) return &list[*index];
  SetupFail(data != nullptr ? ERROR_INVALID_PARAMETER : ERROR_NO_DRIVER_SELECTED);
  return nullptr;
}

}  // namespace

namespace drydock::nt::win32 {

BOOL QueueDriverFiles(SetMember& member) {
  size_t index;
  DWORD type;
  const SetupDriver* driver = DriverOf(member, nullptr, &index, &type);
  const auto queue = driver != nullptr ? QueueOf(member.install.queue) : nullptr;
  if (!queue) return FALSE;
  for (const std::string& file : driver->files) queue->targets.push_back(ob::ToUtf16(file));
  return TRUE;
}

}  // namespace drydock::nt::win32

extern "C" {

BOOL SetupDiBuildDriverInfoList(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD DriverType) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  if (!IsType(DriverType)) return SetupFail(ERROR_INVALID_PARAMETER);
  Program& program = ProgramFor("SetupDiBuildDriverInfoList");
  if (program.spec.drivers_for == nullptr) return SetupFail(ERROR_NOT_SUPPORTED);
  std::vector<SetupDriver> drivers = program.spec.drivers_for(program.spec.context, SetupDeviceOf(*member));
  if (member->install.flags_ex & DI_FLAGSEX_INSTALLEDDRIVER) std::erase_if(drivers, [](const SetupDriver& one) { return !one.installed; });
  member->drivers[DriverType - 1] = std::move(drivers);
  if (member->selected_type == DriverType) member->selected = SIZE_MAX;
  member->install.flags |= DriverType == SPDIT_CLASSDRIVER ? DI_DIDCLASS : DI_DIDCOMPAT;
  return TRUE;
}
BOOL SetupDiDestroyDriverInfoList(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD DriverType) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  if (!IsType(DriverType)) return SetupFail(ERROR_INVALID_PARAMETER);
  member->drivers[DriverType - 1].clear();
  if (member->selected_type == DriverType) member->selected = SIZE_MAX;
  member->install.flags &= ~(DriverType == SPDIT_CLASSDRIVER ? DI_DIDCLASS : DI_DIDCOMPAT);
  return TRUE;
}
BOOL SetupDiEnumDriverInfoW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD DriverType, DWORD MemberIndex,
                            PSP_DRVINFO_DATA_W DriverInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  if (!IsType(DriverType)) return SetupFail(ERROR_INVALID_PARAMETER);
  if (DriverInfoData == nullptr || DriverInfoData->cbSize != sizeof *DriverInfoData) return SetupFail(ERROR_INVALID_USER_BUFFER);
  const auto& list = member->drivers[DriverType - 1];
  if (MemberIndex >= list.size()) return SetupFail(ERROR_NO_MORE_ITEMS);
  Describe(list[MemberIndex], DriverType, MemberIndex, DriverInfoData);
  return TRUE;
}
BOOL SetupDiGetDriverInfoDetailW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData,
                                 PSP_DRVINFO_DETAIL_DATA_W DriverInfoDetailData, DWORD DriverInfoDetailDataSize, PDWORD RequiredSize) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  size_t index;
  DWORD type;
  const SetupDriver* driver = member != nullptr ? DriverOf(*member, DriverInfoData, &index, &type) : nullptr;
  if (driver == nullptr) return FALSE;
  // The hardware id, then the compatible ones, each with its end, and one more.
  std::u16string ids = ob::ToUtf16(driver->hardware_id) + u'\0';
  const size_t compatible = ids.size();
  for (const std::string& id : driver->compatible_ids) ids += ob::ToUtf16(id) + u'\0';
  ids += u'\0';
  const auto needed = static_cast<DWORD>(offsetof(SP_DRVINFO_DETAIL_DATA_W, HardwareID) + ids.size() * sizeof(WCHAR));
  if (RequiredSize != nullptr) *RequiredSize = needed;
  if (DriverInfoDetailData == nullptr) return SetupFail(ERROR_INSUFFICIENT_BUFFER);
  if (DriverInfoDetailDataSize < sizeof *DriverInfoDetailData || DriverInfoDetailData->cbSize != sizeof *DriverInfoDetailData)
    return SetupFail(ERROR_INVALID_USER_BUFFER);
  *DriverInfoDetailData = {};
  DriverInfoDetailData->cbSize = sizeof *DriverInfoDetailData;
  DriverInfoDetailData->InfDate = TimeOf(driver->date);
  DriverInfoDetailData->CompatIDsOffset = driver->compatible_ids.empty() ? 0 : static_cast<DWORD>(compatible);
  DriverInfoDetailData->CompatIDsLength = driver->compatible_ids.empty() ? 0 : static_cast<DWORD>(ids.size() - compatible);
  Put(driver->section, DriverInfoDetailData->SectionName);
  Put("C:\\Windows\\INF\\" + driver->inf, DriverInfoDetailData->InfFileName);
  Put(driver->description, DriverInfoDetailData->DrvDescription);
  // As much of the ids as there is room for.
  const size_t room = (DriverInfoDetailDataSize - offsetof(SP_DRVINFO_DETAIL_DATA_W, HardwareID)) / sizeof(WCHAR);
  std::memcpy(DriverInfoDetailData->HardwareID, ids.data(), std::min(room, ids.size()) * sizeof(WCHAR));
  if (needed <= DriverInfoDetailDataSize) return TRUE;
  DriverInfoDetailData->HardwareID[room - 1] = 0;
  return SetupFail(ERROR_INSUFFICIENT_BUFFER);
}
BOOL SetupDiGetDriverInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData,
                                    PSP_DRVINSTALL_PARAMS DriverInstallParams) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  size_t index;
  DWORD type;
  const SetupDriver* driver = member != nullptr ? DriverOf(*member, DriverInfoData, &index, &type) : nullptr;
  if (driver == nullptr) return FALSE;
  if (DriverInstallParams == nullptr || DriverInstallParams->cbSize != sizeof *DriverInstallParams) return SetupFail(ERROR_INVALID_USER_BUFFER);
  *DriverInstallParams = {};
  DriverInstallParams->cbSize = sizeof *DriverInstallParams;
  DriverInstallParams->Rank = driver->rank;
  DriverInstallParams->Flags = (type == SPDIT_CLASSDRIVER ? DNF_CLASS_DRIVER : DNF_COMPATIBLE_DRIVER) | (driver->installed ? DNF_INSTALLEDDRIVER : 0);
  return TRUE;
}
// No driver: none is selected.
BOOL SetupDiSetSelectedDriverW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  size_t index = SIZE_MAX;
  DWORD type = 0;
  if (DriverInfoData != nullptr && DriverOf(*member, DriverInfoData, &index, &type) == nullptr) return FALSE;
  member->selected = index;
  member->selected_type = type;
  return TRUE;
}
BOOL SetupDiGetSelectedDriverW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DRVINFO_DATA_W DriverInfoData) {
  const auto set = SetOf(DeviceInfoSet);
  SetMember* member = set ? FindMember(*set, DeviceInfoData) : nullptr;
  if (member == nullptr) return FALSE;
  if (DriverInfoData == nullptr || DriverInfoData->cbSize != sizeof *DriverInfoData) return SetupFail(ERROR_INVALID_USER_BUFFER);
  size_t index;
  DWORD type;
  const SetupDriver* driver = DriverOf(*member, nullptr, &index, &type);
  if (driver == nullptr) return FALSE;
  Describe(*driver, type, index, DriverInfoData);
  return TRUE;
}

HSPFILEQ SetupOpenFileQueue(VOID) {
  LeaveIfEnded();
  return AddThing(ProgramFor("SetupOpenFileQueue"), std::make_shared<FileQueue>());
}
BOOL SetupCloseFileQueue(HSPFILEQ QueueHandle) {
  LeaveIfEnded();
  return DropThing(ProgramFor("SetupCloseFileQueue"), QueueHandle) || SetupFail(ERROR_INVALID_HANDLE);
}
// *Result 1: the whole queue was seen; 0: the callback ended it.
BOOL SetupScanFileQueueW(HSPFILEQ FileQueue, DWORD Flags, HANDLE Window, PSP_FILE_CALLBACK_W CallbackRoutine, PVOID CallbackContext, PDWORD Result) {
  (void)Window;
  const auto queue = QueueOf(FileQueue);
  if (!queue) return FALSE;
  if (Result == nullptr || (Flags & SPQ_SCAN_USE_CALLBACKEX)) return SetupFail(ERROR_INVALID_PARAMETER);
  *Result = 0;
  if (Flags & SPQ_SCAN_USE_CALLBACK) {
    if (CallbackRoutine == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
    for (const std::u16string& target : queue->targets) {
      const DWORD error = CallbackRoutine(CallbackContext, SPFILENOTIFY_QUEUESCAN, reinterpret_cast<UINT_PTR>(target.c_str()), 0);
      if (error != ERROR_SUCCESS) return SetupFail(error);
    }
  }
  *Result = 1;
  return TRUE;
}

}  // extern "C"
