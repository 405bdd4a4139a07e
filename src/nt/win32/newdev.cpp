// Installing packages from applications: DiInstallDriver, UpdateDriverForPlugAndPlayDevices.
#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/win32/names.h"
#include "nt/win32/setup_set.h"
#include "nt/win32/win32.h"

#include <newdev.h>

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

extern "C" {

BOOL DiInstallDriverW(HANDLE hwndParent, LPCWSTR InfPath, DWORD Flags, PBOOL NeedReboot) {
  (void)hwndParent;
  (void)Flags;
  LeaveIfEnded();
  Program& program = ProgramFor("DiInstallDriver");
  if (InfPath == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  if (NeedReboot != nullptr) *NeedReboot = FALSE;
  if (program.spec.install_package == nullptr) return SetupFail(ERROR_NOT_SUPPORTED);
  const DWORD error = program.spec.install_package(program.spec.context, ob::ToUtf8(FullNameOf(InfPath)));
  return error == ERROR_SUCCESS || SetupFail(error);
}
BOOL DiInstallDriverA(HANDLE hwndParent, LPCSTR InfPath, DWORD Flags, PBOOL NeedReboot) {
  return DiInstallDriverW(hwndParent, Wide(InfPath).c_str(), Flags, NeedReboot);
}

// The package goes into the store; devices that were registered for that id are made, those that have it start anew.
BOOL UpdateDriverForPlugAndPlayDevicesW(HANDLE hwndParent, LPCWSTR HardwareId, LPCWSTR FullInfPath, DWORD InstallFlags, PBOOL bRebootRequired) {
  if (HardwareId == nullptr) return SetupFail(ERROR_INVALID_PARAMETER);
  if (!DiInstallDriverW(hwndParent, FullInfPath, 0, bRebootRequired)) return FALSE;
  Program& program = ProgramFor("UpdateDriverForPlugAndPlayDevices");
  const std::u16string wanted = HardwareId;
  std::vector<Program::RegisteredDevice> made;
  {
    rt::LockGuard guard(program.lock);
    auto& list = program.registered_devices;
    for (size_t i = list.size(); i-- > 0;) {
      bool fits = false;
      for (const std::string& id : list[i].hardware_ids) fits = fits || ob::EqualNames(ob::ToUtf16(id), wanted);
      if (!fits) continue;
      made.insert(made.begin(), list[i]);
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  size_t count = made.size();
  for (Program::RegisteredDevice& device : made) {
    const DWORD error = program.spec.add_root_device(program.spec.context, device.hardware_ids, &device.instance);
    if (error != ERROR_SUCCESS) return SetupFail(error);
  }
  const std::string inf = ob::ToUtf8(FullNameOf(FullInfPath));
  for (pnp::PdoReference& pdo : pnp::Devices(*program.kernel)) {
    SetMember member;
    member.pdo = std::move(pdo);
    const SetupDevice device = SetupDeviceOf(member);
    bool fits = false, is_new = false;
    for (const auto* ids : {&device.hardware_ids, &device.compatible_ids})
      for (const std::string& id : *ids) fits = fits || ob::EqualNames(ob::ToUtf16(id), wanted);
    for (const Program::RegisteredDevice& each : made) is_new = is_new || ob::EqualNames(each.instance, pnp::InstancePathOf(member.pdo));
    if (!fits || is_new) continue;
    ++count;
    const DWORD error = program.spec.choose_driver(program.spec.context, device, inf, InstallFlags & INSTALLFLAG_FORCE);
    if (error == ERROR_NO_MORE_ITEMS) continue;  // what it has is better
    if (error != ERROR_SUCCESS) return SetupFail(error);
    if (pnp::StateOf(member.pdo) == pnp::NodeState::kDisabled) continue;
    NTSTATUS status = pnp::DisableDevice(member.pdo);
    if (status == STATUS_PLUGPLAY_QUERY_VETOED) {
      if (bRebootRequired != nullptr) *bRebootRequired = TRUE;
      continue;
    }
    if (NT_SUCCESS(status)) status = pnp::EnableDevice(member.pdo);
    if (!NT_SUCCESS(status)) return Succeeded(status);
  }
  return count != 0 || SetupFail(ERROR_NO_SUCH_DEVINST);
}
BOOL UpdateDriverForPlugAndPlayDevicesA(HANDLE hwndParent, LPCSTR HardwareId, LPCSTR FullInfPath, DWORD InstallFlags, PBOOL bRebootRequired) {
  return UpdateDriverForPlugAndPlayDevicesW(hwndParent, Wide(HardwareId).c_str(), Wide(FullInfPath).c_str(), InstallFlags, bRebootRequired);
}

}  // extern "C"
