// Shared objects with the hardware of a device.
#include "drydock/module.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "machine/impl.h"
#include "machine/module.h"

namespace drydock {
namespace machine {

std::shared_ptr<DeviceModule> LoadModule(const std::string& path, const ModuleSetup& setup) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw Error(fmt::format("{}: there is no such file", path));
  // Never closed: what the module made (functions in a model, threads) may be in use to the very end of the machine.
  void* library = dlopen(path.find('/') == std::string::npos ? ("./" + path).c_str() : path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    const char* words = dlerror();
    throw Error(fmt::format("{}: cannot be loaded: {}", path, words ? words : "?"));
  }
  const auto* version = static_cast<const uint32_t*>(dlsym(library, "drydock_device_module_version"));
  const auto make = reinterpret_cast<void (*)(const ModuleSetup*, std::shared_ptr<DeviceModule>*)>(dlsym(library, "drydock_make_device_module"));
  if (!version || !make) throw Error(fmt::format("{}: no device module: DRYDOCK_DEVICE_MODULE of drydock/module.h makes one", path));
  if (*version != DRYDOCK_DEVICE_MODULE_VERSION)
    throw Error(fmt::format("{}: a device module of version {}, made for another Drydock; this one takes version {}", path, *version, DRYDOCK_DEVICE_MODULE_VERSION));
  std::shared_ptr<DeviceModule> module;
  try {
    make(&setup, &module);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path, error.what()));
  } catch (const std::exception& error) {
    throw Error(fmt::format("{}: the module could not be made: {}", path, error.what()));
  }
  if (!module) throw Error(fmt::format("{}: drydock_make_device_module made nothing", path));
  return module;
}

}  // namespace machine

DeviceModule* FindModule(Machine& machine, const std::string& device) {
  auto found = machine.impl()->modules.find(device);
  return found == machine.impl()->modules.end() ? nullptr : found->second.get();
}

}  // namespace drydock
