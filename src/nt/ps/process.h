// Processes and threads: what a task of the executor is to NT.
// Called by:  machine (applications, entering OS threads), ex and ke (service threads), PsCreateSystemThread.
// Ownership:  threads and processes are ob objects with a DISPATCHER_HEADER in front; drivers see them as PETHREAD and PEPROCESS. A
//             process stays until the machine ends; ids are not used twice. A Thread made here belongs to its task and ends in
//             EndThread (adopted OS threads) or when the task's entry has returned (spawned ones): its IRPs are cancelled, caches
//             drained, waiters on it satisfied, its task's reference dropped.
// Errors:     out of memory only, which ends the process.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "nt/thread.h"

namespace drydock::nt {

struct Kernel;

struct Process {
  uint64_t header[3] = {};  // DISPATCHER_HEADER: signalled once the process has ended
  Kernel* kernel = nullptr;
  uint64_t id = 0;          // System is 4, others 8, 12, ...: the same in every run of a seed
  std::string name;
  char short_name[16] = {};     // its first 14 characters, as PsGetProcessImageFileName has it
  std::u16string image_path;    // "\\??\\C:\\tool.exe"; empty: only a name is known
  std::u16string command_line;  // empty: the image's name
  uint64_t parent_id = 0;
  void (*terminate)(void* owner, int32_t exit_status) = nullptr;  // ZwTerminateProcess; null: nobody can end it but who made it
  void* owner = nullptr;
  int64_t create_time = 0;      // system time
  std::atomic<int64_t> exit_time{0};
  bool system = false;
  bool local_service = false;  // runs as that account, not as an administrator
  bool wow64 = false;       // a 32-bit process (WdfRequestIsFrom32BitProcess)
  std::atomic<bool> program{false};  // runs code of its own here, whose memory is not all registered (mm/program_memory.h)
  std::atomic<bool> ended{false};
  int32_t exit_status = 0;  // once ended
};

namespace ps {

Process* SystemProcess(Kernel& kernel);
// `refused`: gets the status of a driver that does not want the process, else STATUS_SUCCESS. It is for the caller to end it then.
struct ProcessImage {
  std::u16string path, command_line;
};
Process* CreateProcess(Kernel& kernel, std::string name, ProcessImage image = {}, int32_t* refused = nullptr);
Process* FindProcess(Kernel& kernel, uint64_t id);  // null: none of that id, or it has ended
// The application is over: closes its handles and signals its object. PASSIVE_LEVEL.
void EndProcess(Process* process, int32_t exit_status);

// For an OS thread that enters the machine: the caller stores the result as the user value of Executor::Enter and sets `task`.
Thread* NewThread(Kernel& kernel, Process* process, bool system);
void EndThread(Thread* thread);  // on that thread, before Executor::Leave; may wait for its IRPs, never throws

// A new task with a thread: `entry(argument)` runs at PASSIVE_LEVEL; rt::TaskStopped is caught behind it. `process` null: System.
// A service waits for work for ever by design and is no party to a stall. Join or Detach it with the executor.
rt::Task* SpawnThread(Kernel& kernel, Process* process, const char* name, rt::TaskEntry entry, void* argument, bool service = false);

// Visits all threads in order of their ids, under a lock: the visitor must not wait or call back into ps.
void ForEachThread(Kernel& kernel, void (*visit)(void* context, Thread& thread), void* context);

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
