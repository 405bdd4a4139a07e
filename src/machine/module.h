// Loads the shared object that a machine description names as a device's model (drydock/module.h).
// Called by:  machine/build.cpp. Throws Error, PATH: words.
#pragma once

#include <memory>
#include <string>

#include "drydock/module.h"

namespace drydock::machine {

std::shared_ptr<DeviceModule> LoadModule(const std::string& path, const ModuleSetup& setup);

}  // namespace drydock::machine
