// Install parameters of devices and of whole sets, and what a set is for.
#include <cstring>

#include "nt/ob/name_space.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/text.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

// Of the device, or with none of the set; null: no such device.
InstallParams* ParamsOf(DeviceSet& set, const SP_DEVINFO_DATA* data) {
  if (data == nullptr) return &set.install;
  SetMember* member = FindMember(set, data);
  return member != nullptr ? &member->install : nullptr;
}

template <class Params>
BOOL Get(HDEVINFO handle, PSP_DEVINFO_DATA data, Params* to) {
  const auto set = SetOf(handle);
  const InstallParams* from = set ? ParamsOf(*set, data) : nullptr;
  if (from == nullptr) return FALSE;
  if (to == nullptr || to->cbSize != sizeof *to) return SetupFail(ERROR_INVALID_USER_BUFFER);
  *to = {};
  to->cbSize = sizeof *to;
  to->Flags = from->flags;
  to->FlagsEx = from->flags_ex;
  to->hwndParent = from->window;
  to->InstallMsgHandler = from->handler;
  to->InstallMsgHandlerContext = from->handler_context;
  to->FileQueue = from->queue;
  GiveText(from->path, to->DriverPath, MAX_PATH);
  return TRUE;
}

template <class Params>
BOOL Set(HDEVINFO handle, PSP_DEVINFO_DATA data, const Params* from, std::u16string path) {
  const auto set = SetOf(handle);
  InstallParams* to = set ? ParamsOf(*set, data) : nullptr;
  if (to == nullptr) return FALSE;
  to->flags = from->Flags;
  to->flags_ex = from->FlagsEx;
  to->window = from->hwndParent;
  to->handler = from->InstallMsgHandler;
  to->handler_context = from->InstallMsgHandlerContext;
  to->queue = from->FileQueue;
  to->path = std::move(path);
  return TRUE;
}

template <class Detail>
BOOL GiveListDetail(HDEVINFO handle, Detail* detail) {
  const auto set = SetOf(handle);
  if (!set) return FALSE;
  if (detail == nullptr || detail->cbSize != sizeof *detail) return SetupFail(ERROR_INVALID_USER_BUFFER);
  *detail = {};
  detail->cbSize = sizeof *detail;
  detail->ClassGuid = set->setup_class;
  return TRUE;
}

}  // namespace

extern "C" {

BOOL SetupDiGetDeviceInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_W DeviceInstallParams) {
  return Get(DeviceInfoSet, DeviceInfoData, DeviceInstallParams);
}
BOOL SetupDiGetDeviceInstallParamsA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_A DeviceInstallParams) {
  return Get(DeviceInfoSet, DeviceInfoData, DeviceInstallParams);
}
BOOL SetupDiSetDeviceInstallParamsW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_W DeviceInstallParams) {
  if (DeviceInstallParams == nullptr || DeviceInstallParams->cbSize != sizeof *DeviceInstallParams) return SetupFail(ERROR_INVALID_USER_BUFFER);
  return Set(DeviceInfoSet, DeviceInfoData, DeviceInstallParams, DeviceInstallParams->DriverPath);
}
BOOL SetupDiSetDeviceInstallParamsA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSP_DEVINSTALL_PARAMS_A DeviceInstallParams) {
  if (DeviceInstallParams == nullptr || DeviceInstallParams->cbSize != sizeof *DeviceInstallParams) return SetupFail(ERROR_INVALID_USER_BUFFER);
  return Set(DeviceInfoSet, DeviceInfoData, DeviceInstallParams, ob::ToUtf16(DeviceInstallParams->DriverPath));
}
BOOL SetupDiGetDeviceInfoListDetailW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_LIST_DETAIL_DATA_W DeviceInfoSetDetailData) {
  return GiveListDetail(DeviceInfoSet, DeviceInfoSetDetailData);
}
BOOL SetupDiGetDeviceInfoListDetailA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_LIST_DETAIL_DATA_A DeviceInfoSetDetailData) {
  return GiveListDetail(DeviceInfoSet, DeviceInfoSetDetailData);
}

}  // extern "C"
