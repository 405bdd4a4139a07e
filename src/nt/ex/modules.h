// The modules of the system: the kernel first, then the drivers that are loaded, in the order of their loading.
// Called by:  what tells drivers of them (aux_klib.cpp, system_information.cpp); PASSIVE_LEVEL.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drydock::nt::ex {

struct Module {
  const void* base;
  uint32_t size;
  std::string path;  // "\\SystemRoot\\System32\\drivers\\echo.sys"
};
std::vector<Module> LoadedModules();

}  // namespace drydock::nt::ex
