#include "wdf/driver/binding.h"

#include <fmt/format.h>
#include <wdfldr.h>

#include <algorithm>
#include <cstring>

#include "nt/bugcheck.h"
#include "nt/cm/registry.h"
#include "nt/driver_callback.h"
#include "nt/io/driver.h"
#include "runtime/assert.h"
#include "wdf/device/builder.h"
#include "wdf/device/device_init.h"
#include "wdf/driver/leaks.h"
#include "wdf/entry/tables.h"
#include "wdf/misc/string_object.h"
#include "wdf/object/disposal.h"
#include "wdf/object/factory.h"
#include "wdf/trace.h"
#include "wdf/um/host.h"

namespace drydock::wdf {
namespace {

bool SameText(const WCHAR* text, const char* ascii) {
  for (; *ascii; ++text, ++ascii) {
    if (*text != static_cast<WCHAR>(*ascii)) return false;
  }
  return *text == 0;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void Print(const std::string& line) { DbgPrint("%s\n", line.c_str()); }

std::u16string WudfServiceKey(const DriverGlobals& globals) {
  std::u16string path = u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\WUDF\\Services\\";
  path.append(globals.service_name.begin(), globals.service_name.end());
  return path;
}

// The directives of a UMDF driver's INF, as installation leaves them in the registry.
void ReadDirectives(DriverGlobals& globals) {
  nt::Kernel& kernel = globals.framework->kernel;
  const std::u16string path = WudfServiceKey(globals);
  ULONG value = 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfKernelModeClientPolicy", &value)) globals.directives.allow_kernel_mode_clients = value != 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfFileObjectPolicy", &value)) globals.directives.allow_unknown_file_objects = value != 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfMethodNeitherAction", &value)) globals.directives.copy_method_neither = value != 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfDirectHardwareAccess", &value)) globals.directives.allow_direct_hardware = value != 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfRegisterAccessMode", &value)) globals.directives.map_registers = value != 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfHostProcessSharing", &value)) globals.directives.share_host = value != 0;
  if (nt::cm::GetDword(kernel, path, u"UmdfImpersonationLevel", &value)) globals.directives.impersonation_level = value;
}

NTSTATUS Bind(PDRIVER_OBJECT wdm, PUNICODE_STRING registry_path, PWDF_BIND_INFO info, PWDF_COMPONENT_GLOBALS* component_globals) {
  if (!wdm || !info || !component_globals || info->Size != sizeof(WDF_BIND_INFO) || !info->Component || !info->FuncTable) {
    return STATUS_INVALID_PARAMETER;
  }
  const bool umdf = SameText(info->Component, "UmdfLibrary");
  const std::string name = ServiceName(registry_path);
  if (!umdf && !SameText(info->Component, "KmdfLibrary")) {
    Print(fmt::format("{}: asks for a framework library that does not exist here", name));
    return STATUS_INVALID_PARAMETER;
  }
  const ULONG major = umdf ? 2 : 1;
  const ULONG minor = umdf ? kUmdfMinor : kKmdfMinor;
  const size_t functions = umdf ? kUmdfTableCount : kKmdfTableCount;
  if (info->Version.Major != major || info->Version.Minor > minor || info->FuncCount > functions) {
    Print(fmt::format("{}: built for {} {}.{}, this framework is {}.{}", name, umdf ? "UMDF" : "KMDF", info->Version.Major, info->Version.Minor,
                      major, minor));
    return STATUS_REVISION_MISMATCH;
  }

  Framework& framework = CurrentFramework();
  auto* globals = new DriverGlobals;
  globals->framework = &framework;
  globals->umdf = umdf;
  globals->version_major = static_cast<uint16_t>(major);
  globals->version_minor = static_cast<uint16_t>(info->Version.Minor);
  globals->wdm_driver = wdm;
  globals->service_name = name;
  globals->table = umdf ? kUmdfTable : kKmdfTable;
  globals->shared.DisplaceDriverUnload = TRUE;
  globals->pool_tag = DefaultPoolTag(0, name);
  globals->shared.DriverTag = globals->pool_tag;
  std::strncpy(globals->shared.DriverName, name.c_str(), sizeof(globals->shared.DriverName) - 1);
  {
    rt::LockGuard guard(framework.drivers_lock);
    framework.drivers.push_back(globals);
  }
  *info->FuncTable = const_cast<WDFFUNC*>(reinterpret_cast<const WDFFUNC*>(globals->table));
  info->Module = &framework;
  *component_globals = reinterpret_cast<PWDF_COMPONENT_GLOBALS>(&globals->shared);
  RecordEvent(framework, trace::kDriverBind, major, info->Version.Minor, umdf);
  return STATUS_SUCCESS;
}

}  // namespace

std::string ServiceName(const UNICODE_STRING* registry_path) {
  std::string name;
  if (!registry_path || !registry_path->Buffer) return name;
  const size_t length = registry_path->Length / sizeof(WCHAR);
  size_t begin = length;
  while (begin > 0 && registry_path->Buffer[begin - 1] != '\\') --begin;
  for (size_t i = begin; i < length; ++i) {
    const WCHAR c = registry_path->Buffer[i];
    name += c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?';
  }
  return name;
}

uint32_t DefaultPoolTag(uint32_t configured, std::string_view name) {
  constexpr uint32_t kUnset = 'D' | 'd' << 8 | 'k' << 16 | uint32_t{' '} << 24;
  if (configured != 0 && configured != kUnset) return configured;
  if (name.size() >= 3 && Lower(name[0]) == 'w' && Lower(name[1]) == 'd' && Lower(name[2]) == 'f') name.remove_prefix(3);
  if (name.size() <= 2) name = "FxDr";
  uint32_t tag = 0;
  for (size_t i = 0; i < 4 && i < name.size(); ++i) tag |= static_cast<uint32_t>(static_cast<unsigned char>(name[i])) << (8 * i);
  return tag;
}

Driver& DriverOf(DriverGlobals& globals) {
  RT_ASSERT(globals.driver != nullptr);
  return *globals.driver;
}

Object* DefaultParent(DriverGlobals& globals) {
  if (__builtin_expect(globals.driver == nullptr, 0)) {
    Violation(globals, ViolationKind::kBadHandle, 0, 0, "A framework function that needs the driver object was called before WdfDriverCreate.");
  }
  return globals.driver;
}

DriverGlobals* GlobalsOf(PDRIVER_OBJECT wdm) {
  Framework* framework = CurrentFrameworkOrNull();
  if (!framework || !wdm) return nullptr;
  rt::LockGuard guard(framework->drivers_lock);
  for (DriverGlobals* globals : framework->drivers) {
    if (globals->wdm_driver == wdm) return globals;
  }
  return nullptr;
}

NTSTATUS DriverBinding::CreateDriver(DriverGlobals& globals, PDRIVER_OBJECT wdm, const UNICODE_STRING* registry_path,
                                     const WDF_OBJECT_ATTRIBUTES* attributes, const WDF_DRIVER_CONFIG* config, Driver** out) {
  constexpr ULONG kKnownFlags = WdfDriverInitNonPnpDriver | WdfDriverInitNoDispatchOverride;
  if (globals.driver) return STATUS_DRIVER_INTERNAL_ERROR;
  if (config->Size != sizeof(WDF_DRIVER_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (config->DriverInitFlags & ~kKnownFlags) return STATUS_INVALID_PARAMETER;
  const bool non_pnp = (config->DriverInitFlags & WdfDriverInitNonPnpDriver) != 0;
  if (non_pnp && config->EvtDriverDeviceAdd) return STATUS_INVALID_PARAMETER;

  ReadVerifierOptions(globals, reinterpret_cast<const char16_t*>(registry_path->Buffer), registry_path->Length / sizeof(WCHAR));
  if (globals.umdf) ReadDirectives(globals);
  globals.pool_tag = DefaultPoolTag(config->DriverPoolTag, globals.service_name);
  globals.shared.DriverTag = globals.pool_tag;

  Driver* driver = nullptr;
  NTSTATUS status = CreateObject(globals, ObjectType::kDriver, attributes, nullptr, &driver);
  if (!NT_SUCCESS(status)) return status;
  driver->wdm_ = wdm;
  driver->config_ = *config;
  driver->lock_.Initialize(globals, driver->passive_callbacks());
  // A terminated copy: WdfDriverGetRegistryPath hands it out.
  driver->registry_path_.assign(reinterpret_cast<const char16_t*>(registry_path->Buffer), registry_path->Length / sizeof(WCHAR));

  globals.driver = driver;
  globals.shared.Driver = reinterpret_cast<WDFDRIVER>(driver->handle());
  globals.shared.DriverFlags = config->DriverInitFlags | (globals.verifier ? WdfVerifierOn : 0) | (globals.options.verify_on ? WdfVerifyOn : 0);

  if (!(config->DriverInitFlags & WdfDriverInitNoDispatchOverride)) {
    for (PDRIVER_DISPATCH& entry : wdm->MajorFunction) entry = &DispatchWdm;
    if (config->EvtDriverDeviceAdd) wdm->DriverExtension->AddDevice = &AddDevice;
    if (!non_pnp || config->EvtDriverUnload) wdm->DriverUnload = &Unload;
  }
  if (nt::io::Driver* known = nt::io::DriverOf(wdm)) known->wdf = driver;
  *out = driver;
  return STATUS_SUCCESS;
}

// DRV-11 to DRV-13, DEVX-11.
NTSTATUS DriverBinding::AddDevice(PDRIVER_OBJECT wdm, PDEVICE_OBJECT pdo) {
  DriverGlobals* globals = GlobalsOf(wdm);
  RT_ASSERT(globals && globals->driver);
  DeviceInit* init = DeviceBuilder::NewInit(*globals, DeviceKind::kFdo);
  if (!init) return STATUS_INSUFFICIENT_RESOURCES;
  init->pdo = pdo;
  DeviceAddScope scope(init);
  um::Host* host = globals->umdf ? globals->framework->hosts->ForStack(*globals, pdo) : nullptr;
  globals->adding_to = pdo;
  globals->adding_in = host;
  NTSTATUS status = nt::CallDriver("EvtDriverDeviceAdd", globals->driver->config_.EvtDriverDeviceAdd,
                                   reinterpret_cast<WDFDRIVER>(globals->driver->handle()), reinterpret_cast<PWDFDEVICE_INIT>(init));
  globals->adding_in = nullptr;
  Device* device = scope.created();
  if (host && !device) globals->framework->hosts->StackLeft(*host, pdo);
  if (NT_SUCCESS(status)) {
    if (device) DeviceBuilder::DeviceAddReturned(*device);
    return status;
  }
  const bool filter = scope.filter();
  if (device) DeviceBuilder::DeleteAfterFailedAdd(*device);
  return filter ? STATUS_SUCCESS : status;
}

VOID DriverBinding::Unload(PDRIVER_OBJECT wdm) {
  DriverGlobals* globals = GlobalsOf(wdm);
  RT_ASSERT(globals && globals->driver);
  if (auto* callback = globals->driver->config_.EvtDriverUnload) {
    nt::CallDriver("EvtDriverUnload", callback, reinterpret_cast<WDFDRIVER>(globals->driver->handle()));
  }
}

static void EndDriverObject(DriverGlobals& globals) {
  Driver* driver = globals.driver;
  if (!driver) return;
  if (nt::io::Driver* known = nt::io::DriverOf(globals.wdm_driver)) known->wdf = nullptr;
  driver->Delete();
  if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
    globals.background.Drain();
    globals.framework->disposal->Drain();
  }
  globals.driver = nullptr;
  globals.shared.Driver = nullptr;
}

void DriverBinding::MiniportUnload(DriverGlobals& globals) {
  Unload(globals.wdm_driver);
  EndDriverObject(globals);
}

void EndBinding(DriverGlobals& globals) {
  Framework& framework = *globals.framework;
  EndDriverObject(globals);
  ReportLeaks(globals);
  ReportLentInits(globals);
  {
    rt::LockGuard guard(framework.drivers_lock);
    auto& drivers = framework.drivers;
    drivers.erase(std::remove(drivers.begin(), drivers.end(), &globals), drivers.end());
    framework.ended.emplace_back(&globals);  // what leaked still points to its globals
  }
}

}  // namespace drydock::wdf

using namespace drydock::wdf;  // NOLINT: the loader's C entry points

extern "C" {

NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, PWDF_BIND_INFO BindInfo,
                              PWDF_COMPONENT_GLOBALS* ComponentGlobals) {
  return Bind(DriverObject, RegistryPath, BindInfo, ComponentGlobals);
}

NTSTATUS NTAPI WdfVersionUnbind(PUNICODE_STRING, PWDF_BIND_INFO, PWDF_COMPONENT_GLOBALS ComponentGlobals) {
  if (!ComponentGlobals) return STATUS_INVALID_PARAMETER;
  EndBinding(GlobalsFrom(reinterpret_cast<PWDF_DRIVER_GLOBALS>(ComponentGlobals)));
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI WdfVersionBindClass(PWDF_BIND_INFO, PWDF_COMPONENT_GLOBALS*, PWDF_CLASS_BIND_INFO) {
  DbgPrint("this driver asks for a class extension of the framework; class extensions are not available here\n");
  return STATUS_NOT_SUPPORTED;
}

VOID NTAPI WdfVersionUnbindClass(PWDF_BIND_INFO, PWDF_COMPONENT_GLOBALS, PWDF_CLASS_BIND_INFO) {}

}  // extern "C"
