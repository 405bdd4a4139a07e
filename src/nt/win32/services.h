// Services, as their keys of the registry describe them. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <string>
#include <vector>

#include <winsvc.h>

namespace drydock::nt::win32 {

inline constexpr char16_t kServices[] = u"SYSTEM\\CurrentControlSet\\Services\\";

struct ServiceConfig {
  std::u16string name;
  DWORD type = SERVICE_KERNEL_DRIVER, start = SERVICE_DEMAND_START, error_control = SERVICE_ERROR_NORMAL;
  std::u16string image, display_name, group;
  std::u16string dependencies;  // each ended by a null; without the list's own
};

// False: there is no service of this name (a key without an image is one only while its driver runs).
bool ReadService(const std::u16string& name, ServiceConfig* config);
bool IsServiceRunning(const ServiceConfig& config);
SERVICE_STATUS_PROCESS StatusOf(const ServiceConfig& config);
std::vector<ServiceConfig> AllServices();

}  // namespace drydock::nt::win32
