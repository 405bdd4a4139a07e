// What a Process is made of. machine only.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "drydock/process.h"
#include "machine/image.h"
#include "machine/impl.h"
#include "nt/win32/program.h"
#include "runtime/lock.h"

namespace drydock {

struct Process::Impl {
  Machine::Impl* machine = nullptr;
  std::string path, name;
  bool shown = false;                       // output goes to this process's own besides
  std::string driver_folder;
  std::unique_ptr<machine::Image> image;    // set under Machine::Impl::processes_lock; goes with the machine, after its tasks
  nt::win32::Program program;
  rt::Lock lock;
  std::string output RT_GUARDED_BY(lock), error_output RT_GUARDED_BY(lock);
};

namespace machine {
// process_setup.cpp. "C:\\x\\echo.inf" is a file of the folder that the process's drive is; empty: not there.
std::filesystem::path HostPathOf(const Process::Impl& process, const std::string& name);
// INFs and lists of drivers for the process's setup functions.
void GiveSetup(nt::win32::ProgramSpec* spec);
}  // namespace machine

}  // namespace drydock
