// Processes and threads: what a task of the executor is to NT.
// Called by:  machine (applications, entering OS threads), ex and ke (service threads), PsCreateSystemThread.
// Ownership:  ps::State owns processes; a Thread made here belongs to its task and is freed by EndThread (adopted OS threads) or when the
//             task's entry has returned (spawned ones): its IRPs are cancelled, caches drained, waiters on the thread object satisfied.
// Errors:     out of memory only, which ends the process.
#pragma once

#include <cstdint>
#include <string>

#include "nt/thread.h"

namespace drydock::nt {

struct Kernel;

struct Process {
  Kernel* kernel = nullptr;
  uint64_t id = 0;          // System is 4, others 8, 12, ...: the same in every run of a seed
  std::string name;
  bool system = false;
  bool wow64 = false;       // a 32-bit process (WdfRequestIsFrom32BitProcess)
};

namespace ps {

Process* SystemProcess(Kernel& kernel);
Process* CreateProcess(Kernel& kernel, std::string name);

// For an OS thread that enters the machine: the caller stores the result as the user value of Executor::Enter and sets `task`.
Thread* NewThread(Kernel& kernel, Process* process, bool system);
void EndThread(Thread* thread);  // on that thread, before Executor::Leave

// A new task with a thread: `entry(argument)` runs at PASSIVE_LEVEL; rt::TaskStopped is caught behind it. `process` null: System.
// A service waits for work for ever by design and is no party to a stall.
rt::Task* SpawnThread(Kernel& kernel, Process* process, const char* name, rt::TaskEntry entry, void* argument, bool service = false);

// The calling thread counts as a system thread of the System process inside this scope.
class SystemThreadScope {
 public:
  explicit SystemThreadScope(Thread& thread);
  ~SystemThreadScope();
  SystemThreadScope(const SystemThreadScope&) = delete;

 private:
  Thread& thread_;
  bool was_system_;
  Process* process_;
};

}  // namespace ps
}  // namespace drydock::nt
