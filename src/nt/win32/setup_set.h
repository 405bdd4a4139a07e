// Device information sets, as the setup functions share them. nt/win32 only.
// Ownership:  a set is a thing of its program (AddThing), found by its handle; its devices stay referenced while it is open. As on Windows, an
//             application that uses one set on several threads at once keeps them apart itself.
// Errors:     FALSE and the last error.
#pragma once

#include <ntddk.h>
#include <windows.h>
#include <setupapi.h>

#include <memory>
#include <string>
#include <vector>

#include "nt/pnp/pnp.h"
#include "nt/win32/program.h"

namespace drydock::nt::win32 {

struct InstallParams {
  DWORD flags = 0, flags_ex = 0;
  HANDLE window = nullptr;
  PSP_FILE_CALLBACK_W handler = nullptr;
  PVOID handler_context = nullptr;
  HSPFILEQ queue = nullptr;
  std::u16string path;
};

struct SetMember {
  pnp::PdoReference pdo{nullptr};  // null: made by SetupDiCreateDeviceInfo, and no device of the machine yet
  GUID setup_class = {};
  std::u16string instance;                // of one that is made
  std::vector<std::string> hardware_ids;  // likewise
  SP_PROPCHANGE_PARAMS change = {};       // SetupDiSetClassInstallParams
  SP_CLASSINSTALL_HEADER params = {};
  InstallParams install;
  std::vector<SetupDriver> drivers[2];  // SPDIT_CLASSDRIVER, SPDIT_COMPATDRIVER
  size_t selected = SIZE_MAX;           // of selected_type's
  DWORD selected_type = 0;
};

struct SetInterface {
  GUID guid;
  size_t member;
  std::u16string path;
};

struct DeviceSet {
  GUID setup_class = {};
  InstallParams install;
  std::vector<SetMember> members;
  std::vector<std::unique_ptr<SetInterface>> interfaces;  // that were asked for; SP_DEVICE_INTERFACE_DATA points to one
};

inline BOOL SetupFail(DWORD error) {
  SetLastError(error);
  return FALSE;
}
// Null: no such set.
std::shared_ptr<DeviceSet> SetOf(HDEVINFO handle);
// The member that `data` describes; SIZE_MAX: none.
size_t MemberOf(const DeviceSet& set, const SP_DEVINFO_DATA* data);
SetMember* FindMember(DeviceSet& set, const SP_DEVINFO_DATA* data);  // null: none
std::u16string PathOf(const SetMember& member);
SetupDevice SetupDeviceOf(const SetMember& member);
// A file queue gets what the member's selected driver copies.
BOOL QueueDriverFiles(SetMember& member);

// --- device_properties.cpp: by numbers of CM_DRP_...; those of SPDRP_ are one less ---
struct PropertyValue {
  DWORD type = REG_NONE;
  std::vector<BYTE> bytes;  // text in UTF-16
};
// False: the device has none.
bool ReadDeviceProperty(DEVICE_OBJECT* pdo, ULONG property, PropertyValue* value);
bool IsDeviceProperty(ULONG property);
bool IsTextProperty(ULONG property);  // unknown ones are
// Win32 errors. No bytes: takes it away. Filters are those of the stack that is built next.
DWORD WriteDeviceProperty(DEVICE_OBJECT* pdo, ULONG property, const BYTE* bytes, DWORD size);
std::vector<std::string> TextsOf(const PropertyValue& value);

}  // namespace drydock::nt::win32
