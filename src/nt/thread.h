// Thread: what NT knows of a task (KTHREAD/ETHREAD behind the driver's opaque PKTHREAD). One per task, made by ps.
// Called by:  all floors, for the current thread only, unless a comment says "any".
// Ownership:  an ob object (PKTHREAD and PETHREAD point to it) made by ps; one reference is the running task's, others belong to handles
//             and ObReferenceObject. After its end it stays as a signalled object with `task` null.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "nt/driver_callback.h"
#include "runtime/executor.h"

struct DrydockSehFrame;

namespace drydock::nt {

struct Kernel;
struct Process;
struct Impersonation;  // nt/se/impersonation.h
struct Termination;    // nt/cxx_failures.cpp
void DeleteTermination(Termination* termination);
namespace ke { struct WaitInfo; struct ThreadWaitState; }
namespace io { struct IrpCache; }

struct Thread {
  uint64_t header[3] = {};              // DISPATCHER_HEADER: signalled once the thread has ended
  Kernel* kernel = nullptr;
  rt::Task* task = nullptr;
  uint8_t irql = 0;                     // KIRQL: PASSIVE_LEVEL 0, APC_LEVEL 1, DISPATCH_LEVEL 2, device levels 3..
  bool system_thread = true;            // false: belongs to a user-mode process (RequestorMode of its I/O is UserMode)
  bool drivers_wait = false;            // the wait that begins is a driver's own (nt/ke/drivers_wait.h)
  bool in_dpc = false;                  // runs a DPC routine
  bool terminating = false;             // PsTerminateSystemThread was called
  uint16_t critical_region = 0;         // KeEnterCriticalRegion count
  uint16_t guarded_region = 0;          // KeEnterGuardedRegion count
  uint32_t spin_locks_held = 0;
  uint32_t processor = 0;               // KeGetCurrentProcessorNumber
  Process* process = nullptr;           // never null once running
  Process* attached_from = nullptr;     // KeAttachProcess: whose it is
  const Impersonation* impersonation = nullptr;  // whom it acts for; null: its own process
  CallbackFrame* callbacks = nullptr;   // innermost call into a driver
  std::unique_ptr<ThrownFrom> thrown_from;  // nt/cxx_failures.h, as is the next
  std::unique_ptr<Termination, void (*)(Termination*)> termination{nullptr, &DeleteTermination};
  DrydockSehFrame* seh = nullptr;       // innermost __try of that call (nt/ex/seh.h)
  void* wdf = nullptr;                  // wdf::ThreadState, made and freed by the framework (caches, held callback locks)
  void (*free_wdf)(void*) = nullptr;
  io::IrpCache* irp_cache = nullptr;    // freed by io when the thread ends
  ke::ThreadWaitState* wait = nullptr;  // ke's own
  void* top_level_irp = nullptr;        // IoSetTopLevelIrp
  std::atomic<void*> device_to_verify{nullptr};  // IoSetHardErrorOrVerifyDevice
  const void* activity = nullptr;       // IoSetActivityIdThread: a GUID of the caller's
  // LIST_ENTRY of IRPs that belong to this thread (cancelled at its end), as two raw pointers: io's own.
  void* irp_list[2] = {nullptr, nullptr};
  bool announced = false;               // drivers were told of it and will be told of its end
  int64_t create_time = 0;              // system time
  uint64_t thread_id = 0;               // PsGetCurrentThreadId, a multiple of 4
  int32_t exit_status = 0;
  int32_t priority = 8;                 // what KeSetPriorityThread stored; does not steer anything
  uint32_t last_error = 0;              // SetLastError of a user-mode driver
  Thread* previous = nullptr;           // ps: the running ones, in order of id
  Thread* next = nullptr;
};

inline Thread* CurrentThreadOrNull() {
  rt::Task* task = rt::CurrentTask();
  return task ? static_cast<Thread*>(task->user) : nullptr;
}
// Whose code runs: inside a driver of user mode its host's, else the thread's own process.
inline Process* EffectiveProcess(const Thread& thread) {
  return thread.callbacks && thread.callbacks->host ? thread.callbacks->host->process : thread.process;
}
inline Thread& CurrentThread() { return *CurrentThreadOrNull(); }  // a driver only runs on one

}  // namespace drydock::nt
