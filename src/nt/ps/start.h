// Starting service threads of the NT floor with everything that can be chosen. Others use ps::SpawnThread.
#pragma once

#include "nt/ps/process.h"

namespace drydock::nt::ps {

struct ThreadStart {
  const char* name = "thread";      // copied
  rt::TaskEntry entry = nullptr;    // ours; calls into a driver by CallDriver
  void* argument = nullptr;
  bool service = false;             // waits for work for ever: no party to a stall
  Process* process = nullptr;       // null: System
  bool system_thread = true;
  uint8_t irql = 0;                 // runs at this level
  uint32_t processor = UINT32_MAX;  // UINT32_MAX: by turns
  Thread** thread = nullptr;        // gets the thread, referenced once more for the caller
};
rt::Task* StartThread(Kernel& kernel, const ThreadStart& start);

}  // namespace drydock::nt::ps
