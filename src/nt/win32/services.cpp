// The service control manager: services are keys of the machine's registry; starting one loads its driver.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/services.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

struct Service {
  std::u16string name;  // empty: the manager
};

SC_HANDLE Fail(DWORD error) {
  CurrentThread().last_error = error;
  return nullptr;
}
BOOL Refuse(DWORD error) {
  CurrentThread().last_error = error;
  return FALSE;
}

std::shared_ptr<Service> ServiceOf(SC_HANDLE handle) {
  auto found = std::static_pointer_cast<Service>(FindThing(ProgramFor("a service function"), handle));
  if (!found) CurrentThread().last_error = ERROR_INVALID_HANDLE;
  return found;
}
// What an open handle of a service stands for; one that was deleted meanwhile is told as Windows does.
bool ConfigOf(SC_HANDLE handle, ServiceConfig* config) {
  LeaveIfEnded();
  const auto service = ServiceOf(handle);
  if (!service) return false;
  if (service->name.empty()) return Refuse(ERROR_INVALID_HANDLE);
  if (ReadService(service->name, config)) return true;
  return Refuse(ERROR_SERVICE_MARKED_FOR_DELETE);
}

LSTATUS SetText(HKEY key, PCWSTR name, const std::u16string& text, DWORD type) {
  return RegSetValueExW(key, name, 0, type, reinterpret_cast<const BYTE*>(text.c_str()),
                        static_cast<DWORD>((text.size() + 1) * sizeof(char16_t)));
}
LSTATUS SetNumber(HKEY key, PCWSTR name, DWORD number) {
  return RegSetValueExW(key, name, 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number);
}
std::u16string TextOf(HKEY key, PCWSTR name) {
  DWORD size = 0;
  if (RegQueryValueExW(key, name, nullptr, nullptr, nullptr, &size) != ERROR_SUCCESS) return {};
  std::u16string text(size / sizeof(char16_t) + 1, u'\0');
  if (RegQueryValueExW(key, name, nullptr, nullptr, reinterpret_cast<BYTE*>(text.data()), &size) != ERROR_SUCCESS) return {};
  text.resize(size / sizeof(char16_t));
  while (!text.empty() && text.back() == 0) text.pop_back();
  return text;
}
DWORD NumberOf(HKEY key, PCWSTR name, DWORD otherwise) {
  DWORD number = 0, size = sizeof number, type = 0;
  const bool good = RegQueryValueExW(key, name, nullptr, &type, reinterpret_cast<BYTE*>(&number), &size) == ERROR_SUCCESS && type == REG_DWORD;
  return good ? number : otherwise;
}

// A list of names, each ended, the last twice, becomes names each ended.
std::u16string NamesOf(PCWSTR list) {
  std::u16string names;
  while (list != nullptr && *list != 0) {
    const std::u16string_view name = list;
    names.append(name).push_back(u'\0');
    list += name.size() + 1;
  }
  return names;
}
std::u16string WideNames(LPCSTR list) {
  std::u16string names;
  while (list != nullptr && *list != 0) {
    const std::string_view name = list;
    names += ob::ToUtf16(name) + u'\0';
    list += name.size() + 1;
  }
  return names + u'\0';
}

void WriteConfig(HKEY key, const ServiceConfig& config) {
  SetText(key, u"ImagePath", config.image, REG_EXPAND_SZ);
  if (!config.display_name.empty()) SetText(key, u"DisplayName", config.display_name, REG_SZ);
  if (!config.group.empty()) SetText(key, u"Group", config.group, REG_SZ);
  if (!config.dependencies.empty()) SetText(key, u"DependOnService", config.dependencies, REG_MULTI_SZ);
  SetNumber(key, u"Type", config.type);
  SetNumber(key, u"Start", config.start);
  SetNumber(key, u"ErrorControl", config.error_control);
}

void Describe(const ServiceConfig& config, LPSERVICE_STATUS status) {
  const SERVICE_STATUS_PROCESS all = StatusOf(config);
  std::memcpy(status, &all, sizeof *status);  // it begins with the same fields
}

void Append(std::u16string& to, const std::u16string& text) { to.append(text).push_back(u'\0'); }
void Append(std::string& to, const std::u16string& text) { to.append(ob::ToUtf8(text)).push_back('\0'); }

// Structures at the front of the caller's buffer, their texts at its end.
template <class Character>
class Room {
 public:
  Room(void* buffer, DWORD size) : front_(static_cast<BYTE*>(buffer)), back_(front_ + size / sizeof(Character) * sizeof(Character)) {}
  static DWORD Length(const std::u16string& text) {
    std::basic_string<Character> copy;
    Append(copy, text);
    return static_cast<DWORD>(copy.size() * sizeof(Character));
  }
  Character* Put(const std::u16string& text) {
    std::basic_string<Character> copy;
    Append(copy, text);
    back_ -= copy.size() * sizeof(Character);
    std::memcpy(back_, copy.data(), copy.size() * sizeof(Character));
    return reinterpret_cast<Character*>(back_);
  }

 private:
  BYTE* front_;
  BYTE* back_;
};

template <class Config, class Character>
BOOL GiveConfig(SC_HANDLE handle, Config* to, DWORD size, LPDWORD needed) {
  ServiceConfig config;
  if (!ConfigOf(handle, &config)) return FALSE;
  if (needed == nullptr) return Refuse(ERROR_INVALID_PARAMETER);
  const std::u16string* texts[] = {&config.image, &config.group, &config.dependencies, &config.display_name};
  DWORD bytes = sizeof(Config) + Room<Character>::Length({});
  for (const std::u16string* text : texts) bytes += Room<Character>::Length(*text);
  bytes += sizeof(Character);  // an odd end of the buffer
  *needed = bytes;
  if (to == nullptr || size < bytes) return Refuse(ERROR_INSUFFICIENT_BUFFER);
  Room<Character> room(to, size);
  *to = {};
  to->dwServiceType = config.type;
  to->dwStartType = config.start;
  to->dwErrorControl = config.error_control;
  to->lpBinaryPathName = room.Put(config.image);
  to->lpLoadOrderGroup = room.Put(config.group);
  to->lpDependencies = room.Put(config.dependencies);
  to->lpServiceStartName = room.Put({});
  to->lpDisplayName = room.Put(config.display_name.empty() ? config.name : config.display_name);
  return TRUE;
}

// As many as fit, from the caller's place on.
template <class Entry, class Character>
BOOL GiveServices(SC_HANDLE handle, DWORD type, DWORD state, void* buffer, DWORD size, LPDWORD needed, LPDWORD returned, LPDWORD resume) {
  LeaveIfEnded();
  if (!ServiceOf(handle)) return FALSE;
  if (needed == nullptr || returned == nullptr || (state & SERVICE_STATE_ALL) == 0) return Refuse(ERROR_INVALID_PARAMETER);
  auto* entries = static_cast<Entry*>(buffer);
  Room<Character> room(buffer, buffer == nullptr ? 0 : size);
  DWORD index = 0, used = sizeof(Character), left = 0;
  const DWORD from = resume != nullptr ? *resume : 0;
  *returned = 0;
  for (const ServiceConfig& config : AllServices()) {
    const bool running = IsServiceRunning(config);
    if ((config.type & type) == 0 || (state & (running ? SERVICE_ACTIVE : SERVICE_INACTIVE)) == 0) continue;
    if (index++ < from) continue;
    const std::u16string& shown = config.display_name.empty() ? config.name : config.display_name;
    const auto bytes = static_cast<DWORD>(sizeof(Entry) + Room<Character>::Length(config.name) + Room<Character>::Length(shown));
    if (left != 0 || buffer == nullptr || used + bytes > size) {
      left += bytes;
      continue;
    }
    used += bytes;
    Entry& entry = entries[(*returned)++];
    entry.lpServiceName = room.Put(config.name);
    entry.lpDisplayName = room.Put(shown);
    entry.ServiceStatusProcess = StatusOf(config);
  }
  *needed = left != 0 ? left + static_cast<DWORD>(sizeof(Character)) : 0;
  if (resume != nullptr) *resume = left != 0 ? from + *returned : 0;
  return left == 0 || Refuse(ERROR_MORE_DATA);
}

SC_HANDLE MakeService(SC_HANDLE manager, ServiceConfig config, PCWSTR name, PCWSTR image) {
  LeaveIfEnded();
  if (!ServiceOf(manager)) return nullptr;
  if (name == nullptr || *name == 0 || std::u16string_view(name).find_first_of(u"/\\") != std::u16string_view::npos) return Fail(ERROR_INVALID_NAME);
  if (image == nullptr || *image == 0) return Fail(ERROR_INVALID_PARAMETER);
  if (config.type != SERVICE_KERNEL_DRIVER && config.type != SERVICE_FILE_SYSTEM_DRIVER) return Fail(ERROR_NOT_SUPPORTED);
  config.name = name;
  config.image = image;
  const std::u16string path = kServices + config.name;
  HKEY key;
  DWORD made;
  if (const LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, &made))
    return Fail(static_cast<DWORD>(error));
  const bool complete = made == REG_OPENED_EXISTING_KEY && RegQueryValueExW(key, u"ImagePath", nullptr, nullptr, nullptr, nullptr) == ERROR_SUCCESS;
  if (!complete) WriteConfig(key, config);
  RegCloseKey(key);
  if (complete) return Fail(ERROR_SERVICE_EXISTS);
  return AddThing(ProgramFor("CreateService"), std::make_shared<Service>(Service{config.name}));
}

}  // namespace

namespace drydock::nt::win32 {

// Its driver object is there: what the manager calls running.
bool IsServiceRunning(const ServiceConfig& config) {
  const std::u16string name = u"\\Driver\\" + config.name;
  ob::ParseContext context;
  context.kernel = &CurrentKernel();
  void* body = nullptr;
  if (!NT_SUCCESS(ob::Lookup(context, nullptr, name, &body))) return false;
  ob::Dereference(body);
  return true;
}

bool ReadService(const std::u16string& name, ServiceConfig* config) {
  *config = {};
  config->name = name;
  HKEY key;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, (kServices + name).c_str(), 0, KEY_READ, &key) != ERROR_SUCCESS) return false;
  config->image = TextOf(key, u"ImagePath");
  config->display_name = TextOf(key, u"DisplayName");
  config->group = TextOf(key, u"Group");
  config->dependencies = TextOf(key, u"DependOnService");
  if (!config->dependencies.empty()) config->dependencies += u'\0';
  config->type = NumberOf(key, u"Type", SERVICE_KERNEL_DRIVER);
  config->start = NumberOf(key, u"Start", SERVICE_DEMAND_START);
  config->error_control = NumberOf(key, u"ErrorControl", SERVICE_ERROR_NORMAL);
  RegCloseKey(key);
  return !config->image.empty() || IsServiceRunning(*config);
}

SERVICE_STATUS_PROCESS StatusOf(const ServiceConfig& config) {
  const bool running = IsServiceRunning(config);
  SERVICE_STATUS_PROCESS status = {};
  status.dwServiceType = config.type;
  status.dwCurrentState = running ? SERVICE_RUNNING : SERVICE_STOPPED;
  status.dwControlsAccepted = running ? SERVICE_ACCEPT_STOP : 0;
  return status;
}

std::vector<ServiceConfig> AllServices() {
  std::vector<ServiceConfig> services;
  HKEY key;
  std::u16string path = kServices;
  path.pop_back();
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, KEY_READ, &key) != ERROR_SUCCESS) return services;
  WCHAR name[260];
  for (DWORD index = 0, length = 260; RegEnumKeyExW(key, index, name, &length, nullptr, nullptr, nullptr, nullptr) == ERROR_SUCCESS; ++index, length = 260) {
    ServiceConfig config;
    if (ReadService(name, &config)) services.push_back(std::move(config));
  }
  RegCloseKey(key);
  return services;
}

}  // namespace drydock::nt::win32

extern "C" {

SC_HANDLE OpenSCManagerW(LPCWSTR lpMachineName, LPCWSTR lpDatabaseName, DWORD dwDesiredAccess) {
  (void)lpDatabaseName;
  (void)dwDesiredAccess;
  Program& program = ProgramFor("OpenSCManager");
  LeaveIfEnded();
  if (lpMachineName != nullptr && *lpMachineName != 0) return Fail(ERROR_ACCESS_DENIED);  // there is one machine
  return AddThing(program, std::make_shared<Service>());
}
SC_HANDLE OpenSCManagerA(LPCSTR lpMachineName, LPCSTR lpDatabaseName, DWORD dwDesiredAccess) {
  return OpenSCManagerW(Wide(lpMachineName).c_str(), Wide(lpDatabaseName).c_str(), dwDesiredAccess);
}

SC_HANDLE CreateServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, LPCWSTR lpDisplayName, DWORD dwDesiredAccess, DWORD dwServiceType,
                         DWORD dwStartType, DWORD dwErrorControl, LPCWSTR lpBinaryPathName, LPCWSTR lpLoadOrderGroup, LPDWORD lpdwTagId,
                         LPCWSTR lpDependencies, LPCWSTR, LPCWSTR) {
  (void)dwDesiredAccess;
  if (lpdwTagId != nullptr) *lpdwTagId = 0;
  ServiceConfig config;
  config.type = dwServiceType;
  config.start = dwStartType;
  config.error_control = dwErrorControl;
  if (lpDisplayName != nullptr) config.display_name = lpDisplayName;
  if (lpLoadOrderGroup != nullptr) config.group = lpLoadOrderGroup;
  config.dependencies = NamesOf(lpDependencies);
  return MakeService(hSCManager, std::move(config), lpServiceName, lpBinaryPathName);
}
SC_HANDLE CreateServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, LPCSTR lpDisplayName, DWORD dwDesiredAccess, DWORD dwServiceType,
                         DWORD dwStartType, DWORD dwErrorControl, LPCSTR lpBinaryPathName, LPCSTR lpLoadOrderGroup, LPDWORD lpdwTagId,
                         LPCSTR lpDependencies, LPCSTR, LPCSTR) {
  return CreateServiceW(hSCManager, Wide(lpServiceName).c_str(), Wide(lpDisplayName).c_str(), dwDesiredAccess, dwServiceType,
                        dwStartType, dwErrorControl, Wide(lpBinaryPathName).c_str(), Wide(lpLoadOrderGroup).c_str(), lpdwTagId,
                        WideNames(lpDependencies).c_str(), nullptr, nullptr);
}

SC_HANDLE OpenServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, DWORD dwDesiredAccess) {
  (void)dwDesiredAccess;
  LeaveIfEnded();
  if (!ServiceOf(hSCManager)) return nullptr;
  if (lpServiceName == nullptr || *lpServiceName == 0) return Fail(ERROR_INVALID_NAME);
  ServiceConfig config;
  if (!ReadService(lpServiceName, &config)) return Fail(ERROR_SERVICE_DOES_NOT_EXIST);
  return AddThing(ProgramFor("OpenService"), std::make_shared<Service>(Service{config.name}));
}
SC_HANDLE OpenServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, DWORD dwDesiredAccess) {
  return OpenServiceW(hSCManager, Wide(lpServiceName).c_str(), dwDesiredAccess);
}

BOOL StartServiceW(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCWSTR* lpServiceArgVectors) {
  (void)dwNumServiceArgs;
  (void)lpServiceArgVectors;
  Program& program = ProgramFor("StartService");
  ServiceConfig config;
  if (!ConfigOf(hService, &config)) return FALSE;
  if (IsServiceRunning(config)) return Refuse(ERROR_SERVICE_ALREADY_RUNNING);
  if (config.start == SERVICE_DISABLED) return Refuse(ERROR_SERVICE_DISABLED);
  if (!program.spec.load_driver) return Succeeded(STATUS_NOT_SUPPORTED);
  return Succeeded(program.spec.load_driver(program.spec.context, ob::ToUtf8(config.name), ob::ToUtf8(config.image)));
}
BOOL StartServiceA(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCSTR*) { return StartServiceW(hService, dwNumServiceArgs, nullptr); }

BOOL QueryServiceStatus(SC_HANDLE hService, LPSERVICE_STATUS lpServiceStatus) {
  ServiceConfig config;
  if (!ConfigOf(hService, &config)) return FALSE;
  Describe(config, lpServiceStatus);
  return TRUE;
}
BOOL QueryServiceStatusEx(SC_HANDLE hService, SC_STATUS_TYPE InfoLevel, LPBYTE lpBuffer, DWORD cbBufSize, LPDWORD pcbBytesNeeded) {
  ServiceConfig config;
  if (!ConfigOf(hService, &config)) return FALSE;
  if (InfoLevel != SC_STATUS_PROCESS_INFO) return Refuse(ERROR_INVALID_LEVEL);
  if (pcbBytesNeeded == nullptr) return Refuse(ERROR_INVALID_PARAMETER);
  const SERVICE_STATUS_PROCESS status = StatusOf(config);
  *pcbBytesNeeded = sizeof status;
  if (lpBuffer == nullptr || cbBufSize < sizeof status) return Refuse(ERROR_INSUFFICIENT_BUFFER);
  std::memcpy(lpBuffer, &status, sizeof status);
  return TRUE;
}
BOOL QueryServiceConfigW(SC_HANDLE hService, LPQUERY_SERVICE_CONFIGW lpServiceConfig, DWORD cbBufSize, LPDWORD pcbBytesNeeded) {
  return GiveConfig<QUERY_SERVICE_CONFIGW, WCHAR>(hService, lpServiceConfig, cbBufSize, pcbBytesNeeded);
}
BOOL QueryServiceConfigA(SC_HANDLE hService, LPQUERY_SERVICE_CONFIGA lpServiceConfig, DWORD cbBufSize, LPDWORD pcbBytesNeeded) {
  return GiveConfig<QUERY_SERVICE_CONFIGA, CHAR>(hService, lpServiceConfig, cbBufSize, pcbBytesNeeded);
}
BOOL ChangeServiceConfigW(SC_HANDLE hService, DWORD dwServiceType, DWORD dwStartType, DWORD dwErrorControl, LPCWSTR lpBinaryPathName,
                          LPCWSTR lpLoadOrderGroup, LPDWORD lpdwTagId, LPCWSTR lpDependencies, LPCWSTR, LPCWSTR, LPCWSTR lpDisplayName) {
  ServiceConfig config;
  if (!ConfigOf(hService, &config)) return FALSE;
  if (lpdwTagId != nullptr) *lpdwTagId = 0;
  if (dwServiceType != SERVICE_NO_CHANGE) config.type = dwServiceType;
  if (dwStartType != SERVICE_NO_CHANGE) config.start = dwStartType;
  if (dwErrorControl != SERVICE_NO_CHANGE) config.error_control = dwErrorControl;
  if (lpBinaryPathName != nullptr) config.image = lpBinaryPathName;
  if (lpLoadOrderGroup != nullptr) config.group = lpLoadOrderGroup;
  if (lpDependencies != nullptr) config.dependencies = NamesOf(lpDependencies);
  if (lpDisplayName != nullptr) config.display_name = lpDisplayName;
  HKEY key;
  if (const LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, (kServices + config.name).c_str(), 0, KEY_ALL_ACCESS, &key))
    return Refuse(static_cast<DWORD>(error));
  WriteConfig(key, config);
  RegCloseKey(key);
  return TRUE;
}
BOOL ChangeServiceConfigA(SC_HANDLE hService, DWORD dwServiceType, DWORD dwStartType, DWORD dwErrorControl, LPCSTR lpBinaryPathName,
                          LPCSTR lpLoadOrderGroup, LPDWORD lpdwTagId, LPCSTR lpDependencies, LPCSTR, LPCSTR, LPCSTR lpDisplayName) {
  return ChangeServiceConfigW(hService, dwServiceType, dwStartType, dwErrorControl, Wide(lpBinaryPathName).c_str(), Wide(lpLoadOrderGroup).c_str(),
                              lpdwTagId, lpDependencies != nullptr ? WideNames(lpDependencies).c_str() : nullptr, nullptr, nullptr,
                              Wide(lpDisplayName).c_str());
}
BOOL EnumServicesStatusExW(SC_HANDLE hSCManager, SC_ENUM_TYPE InfoLevel, DWORD dwServiceType, DWORD dwServiceState, LPBYTE lpServices,
                           DWORD cbBufSize, LPDWORD pcbBytesNeeded, LPDWORD lpServicesReturned, LPDWORD lpResumeHandle, LPCWSTR) {
  if (InfoLevel != SC_ENUM_PROCESS_INFO) return Refuse(ERROR_INVALID_LEVEL);
  return GiveServices<ENUM_SERVICE_STATUS_PROCESSW, WCHAR>(hSCManager, dwServiceType, dwServiceState, lpServices, cbBufSize, pcbBytesNeeded,
                                                           lpServicesReturned, lpResumeHandle);
}
BOOL EnumServicesStatusExA(SC_HANDLE hSCManager, SC_ENUM_TYPE InfoLevel, DWORD dwServiceType, DWORD dwServiceState, LPBYTE lpServices,
                           DWORD cbBufSize, LPDWORD pcbBytesNeeded, LPDWORD lpServicesReturned, LPDWORD lpResumeHandle, LPCSTR) {
  if (InfoLevel != SC_ENUM_PROCESS_INFO) return Refuse(ERROR_INVALID_LEVEL);
  return GiveServices<ENUM_SERVICE_STATUS_PROCESSA, CHAR>(hSCManager, dwServiceType, dwServiceState, lpServices, cbBufSize, pcbBytesNeeded,
                                                          lpServicesReturned, lpResumeHandle);
}

BOOL ControlService(SC_HANDLE hService, DWORD dwControl, LPSERVICE_STATUS lpServiceStatus) {
  Program& program = ProgramFor("ControlService");
  ServiceConfig config;
  if (!ConfigOf(hService, &config)) return FALSE;
  if (!IsServiceRunning(config)) return Refuse(ERROR_SERVICE_NOT_ACTIVE);
  if (dwControl == SERVICE_CONTROL_STOP) {
    const NTSTATUS status = program.spec.unload_driver ? program.spec.unload_driver(program.spec.context, ob::ToUtf8(config.name))
                                                       : STATUS_NOT_SUPPORTED;
    if (!NT_SUCCESS(status)) return Refuse(status == STATUS_INVALID_DEVICE_REQUEST ? ERROR_INVALID_SERVICE_CONTROL : ErrorOf(status));
  } else if (dwControl != SERVICE_CONTROL_INTERROGATE) {
    return Refuse(ERROR_INVALID_SERVICE_CONTROL);
  }
  if (lpServiceStatus != nullptr) Describe(config, lpServiceStatus);
  return TRUE;
}

BOOL DeleteService(SC_HANDLE hService) {
  ServiceConfig config;
  if (!ConfigOf(hService, &config)) return FALSE;
  HKEY key;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, (kServices + config.name).c_str(), 0, KEY_ALL_ACCESS, &key) != ERROR_SUCCESS)
    return Refuse(ERROR_SERVICE_MARKED_FOR_DELETE);
  // Its driver may run on, and has values of its own there; what makes it a service goes.
  for (PCWSTR value : {u"ImagePath", u"DisplayName", u"Group", u"DependOnService", u"Type", u"Start", u"ErrorControl"}) RegDeleteValueW(key, value);
  RegCloseKey(key);
  return TRUE;
}

BOOL CloseServiceHandle(SC_HANDLE hSCObject) {
  LeaveIfEnded();
  if (DropThing(ProgramFor("CloseServiceHandle"), hSCObject)) return TRUE;
  return Succeeded(STATUS_INVALID_HANDLE);
}

}  // extern "C"
