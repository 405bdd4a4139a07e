// DriverCallback: every call from us into a driver goes through here, so that a loader of foreign images has one place to change (the
// calling convention), a fault in a driver becomes a report, and "returned at another IRQL" is seen at once.
// Called by:  all floors above runtime, on a task with a thread.
// Errors:     a memory fault, a C++ exception that leaves the callback, std::terminate, or a return at another IRQL is a bug check on this thread.
// Cost:       a frame on the stack, a builtin setjmp, two compares.
// Source:     decision 3 and 9 of the architecture.
#pragma once

#include <atomic>
#include <csetjmp>
#include <cstdint>

#include "nt/cxx_failures.h"
#include "runtime/lock.h"

namespace drydock::rt {
struct Task;
}

struct DrydockSehFrame;

namespace drydock::nt {

struct BugCheckData;
struct Process;
struct Thread;
namespace win32 { struct Program; }

// Where drivers of user mode run: their callbacks end together, when one of them goes wrong (wdf/um/host.h). A call into an ended host returns
// at once; one that is under way is left by HostEnded, at the latest at the driver's next wait or framework call.
struct CallbackHost {
  struct Waiting {  // a thread in a wait of a driver's own
    rt::Task* task;
    Waiting* next;
    Waiting** link;
  };
  std::atomic<bool> ended{false};
  std::atomic<uint32_t> inside{0};  // calls under way
  std::atomic<uint64_t> steps{0};   // calls begun or ended so far: progress
  Process* process = nullptr;       // whose the drivers are
  win32::Program* program = nullptr;  // an application of the machine (nt/win32/program.h); null: a driver's host
  rt::Lock lock;
  Waiting* waiting RT_GUARDED_BY(lock) = nullptr;

  void End();                       // sets `ended` and wakes who waits
};
// Thrown through the frames of a driver whose host has ended; the call into it catches it and returns STATUS_DRIVER_PROCESS_TERMINATED, or zero.
struct HostEnded {};

// One call into a driver; a chain from the innermost outwards hangs on the thread.
struct CallbackFrame {
  CallbackFrame* outer;
  const char* name;        // "EvtIoRead", "DriverEntry", "IO_COMPLETION_ROUTINE": static storage
  const void* code;        // the driver's function, for the report
  uint8_t irql;            // at entry
  uint16_t critical_region;  // at entry
  CallbackHost* host;      // of a driver of user mode, else null
  const void* subject;     // with a host: the first argument
  DrydockSehFrame* seh;    // of the call around it: exceptions do not leave a call
  void* owner;             // Kernel::callback_owner's answer: who looks at this call when it returns
  // A fault or std::terminate inside jumps back here and is raised as a bug check from this frame, in ordinary context.
  void* jump[5];
};

enum class IrqlRule : uint8_t {
  kSame,       // must return at the level it was entered (IRQL_UNEXPECTED_VALUE, 0xC8)
  kWorker,     // as kSame, reported as WORKER_THREAD_RETURNED_AT_BAD_IRQL (0xE1)
  kUnchecked,  // callbacks that legally change the level (EvtInterruptSynchronize wrappers and the like)
};

namespace internal {
void EnterCallback(CallbackFrame& frame, const char* name, const void* code, const void* subject);  // pushes
void EnterHost(CallbackFrame& frame, CallbackHost& host, const char* name, const void* code);  // pushes a call into that host
void LeaveCallback(CallbackFrame& frame, IrqlRule rule);                         // pops and checks
[[noreturn]] void RaiseWhatEnded(CallbackFrame& frame);                          // after a fault or std::terminate: pops and bug-checks

inline bool Ended(const CallbackFrame* frame) { return frame && frame->host && frame->host->ended.load(std::memory_order_acquire); }

template <class R>
R EndedResult() {
  if constexpr (__is_same(R, int)) return static_cast<int>(0xC0000450);  // STATUS_DRIVER_PROCESS_TERMINATED
  else if constexpr (!__is_same(R, void)) return R{};
}

struct CallbackScope {  // pops when a stop unwinds through us
  CallbackFrame frame;
  bool left = false;
  CallbackScope(const char* name, const void* code, const void* subject) { EnterCallback(frame, name, code, subject); }
  CallbackScope(CallbackHost& host, const char* name, const void* code) { EnterHost(frame, host, name, code); }
  ~CallbackScope();
};

// The first argument, when it is a pointer or a handle.
inline const void* Subject() { return nullptr; }
template <class First, class... Others>
const void* Subject(First* first, const Others&...) { return (const void*)first; }
template <class First, class... Others>
const void* Subject(const First&, const Others&...) { return nullptr; }
}  // namespace internal

// Calls `function(arguments...)` in the driver.
template <class R, class... P, class... A>
R CallDriver(const char* name, IrqlRule rule, R (*function)(P...), A... arguments) {
  internal::CallbackScope scope(name, reinterpret_cast<const void*>(function), internal::Subject(arguments...));
  if (__builtin_expect(internal::Ended(&scope.frame), 0)) return internal::EndedResult<R>();
  try {
    if (__builtin_setjmp(scope.frame.jump) != 0) internal::RaiseWhatEnded(scope.frame);
    if constexpr (__is_same(R, void)) {
      function(static_cast<P>(arguments)...);
      scope.left = true;
      internal::LeaveCallback(scope.frame, rule);
    } else {
      R result = function(static_cast<P>(arguments)...);
      scope.left = true;
      internal::LeaveCallback(scope.frame, rule);
      return result;
    }
  } catch (...) {
    ExceptionLeft(scope.frame);
    return internal::EndedResult<R>();
  }
}
template <class R, class... P, class... A>
R CallDriver(const char* name, R (*function)(P...), A... arguments) {
  return CallDriver(name, IrqlRule::kSame, function, arguments...);
}

// Calls a function of an application: the same, in its host.
template <class R, class... P, class... A>
R CallApplication(CallbackHost& host, const char* name, R (*function)(P...), A... arguments) {
  internal::CallbackScope scope(host, name, reinterpret_cast<const void*>(function));
  if (__builtin_expect(internal::Ended(&scope.frame), 0)) return internal::EndedResult<R>();
  try {
    if (__builtin_setjmp(scope.frame.jump) != 0) internal::RaiseWhatEnded(scope.frame);
    if constexpr (__is_same(R, void)) {
      function(static_cast<P>(arguments)...);
      scope.left = true;
      internal::LeaveCallback(scope.frame, IrqlRule::kSame);
    } else {
      R result = function(static_cast<P>(arguments)...);
      scope.left = true;
      internal::LeaveCallback(scope.frame, IrqlRule::kSame);
      return result;
    }
  } catch (...) {
    ExceptionLeft(scope.frame);
    return internal::EndedResult<R>();
  }
}

// Makes the process's fault handler known to the kernel once (idempotent): faults inside CallDriver become reports, others keep their
// earlier handler.
void InstallFaultHandler();

}  // namespace drydock::nt
