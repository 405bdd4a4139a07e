// The Ps routines for drivers.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/driver_callback.h"
#include "nt/ke/dispatcher.h"
#include "nt/ob/handle_table.h"
#include "nt/ps/left_running.h"
#include "nt/ps/start.h"
#include "nt/ps/state.h"
#include "nt/ps/types.h"

using namespace drydock;
using namespace drydock::nt;

namespace {

struct DriverThread {
  PKSTART_ROUTINE routine;
  void* context;
};

void RunDriverThread(void* argument) {
  const DriverThread start = *static_cast<DriverThread*>(argument);
  delete static_cast<DriverThread*>(argument);
  Thread& thread = CurrentThread();
  try {
    CallDriver("KSTART_ROUTINE", start.routine, start.context);
  } catch (const rt::TaskStopped&) {
    if (!thread.terminating) throw;  // PsTerminateSystemThread comes here too
  }
}

Process* AsProcess(PEPROCESS process) { return reinterpret_cast<Process*>(process); }
Thread* AsThread(PETHREAD thread) { return reinterpret_cast<Thread*>(thread); }
HANDLE IdHandle(uint64_t id) { return reinterpret_cast<HANDLE>(id); }

struct FindThread {
  uint64_t id;
  Thread* found;
};

}  // namespace

extern "C" {

static const POBJECT_TYPE thread_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&ps::kThreadType));
static const POBJECT_TYPE process_type = reinterpret_cast<POBJECT_TYPE>(const_cast<ob::ObjectType*>(&ps::kProcessType));
POBJECT_TYPE* PsThreadType = const_cast<POBJECT_TYPE*>(&thread_type);
POBJECT_TYPE* PsProcessType = const_cast<POBJECT_TYPE*>(&process_type);

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
  Kernel& kernel = CurrentKernel();
  ke::CheckWaitIrql(nullptr, true, "PsCreateSystemThread");
  Process* process = nullptr;
  void* process_body = nullptr;
  if (ProcessHandle != nullptr) {
    NTSTATUS status = ob::ReferenceByHandle(ProcessHandle, 0, &ps::kProcessType, KernelMode, &process_body);
    if (!NT_SUCCESS(status)) return status;
    process = static_cast<Process*>(process_body);
  }
  Thread* thread = nullptr;
  ps::ThreadStart start;
  const std::string name = fmt::format("system thread of {}", CurrentThread().task->name);
  start.name = name.c_str();
  start.entry = &RunDriverThread;
  start.argument = new DriverThread{StartRoutine, StartContext};
  start.process = process;
  start.thread = &thread;
  rt::Task* task = ps::StartThread(kernel, start);
  ps::NoteThread(kernel, thread->thread_id, ps::StartedHere("PsCreateSystemThread", reinterpret_cast<const void*>(StartRoutine)));
  kernel.executor.Detach(task);
  if (process_body) ob::Dereference(process_body);
  if (ClientId) *ClientId = {IdHandle(thread->process->id), IdHandle(thread->thread_id)};
  const ULONG attributes = ObjectAttributes ? ObjectAttributes->Attributes : 0;
  NTSTATUS status = ob::InsertHandle(kernel, thread, DesiredAccess, attributes, ThreadHandle);
  if (!NT_SUCCESS(status)) ob::Dereference(thread);
  kernel.executor.SchedulePoint();
  return status;
}

NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) {
  Thread& thread = CurrentThread();
  if (!thread.system_thread) return STATUS_INVALID_PARAMETER;
  ke::CheckWaitIrql(&thread, true, "PsTerminateSystemThread");
  thread.exit_status = ExitStatus;
  thread.terminating = true;
  throw rt::TaskStopped();
}

BOOLEAN PsIsSystemThread(PETHREAD Thread) { return AsThread(Thread)->system_thread; }
PETHREAD PsGetCurrentThread(VOID) { return reinterpret_cast<PETHREAD>(&CurrentThread()); }
HANDLE PsGetCurrentThreadId(VOID) { return IdHandle(CurrentThread().thread_id); }
HANDLE PsGetCurrentProcessId(VOID) { return IdHandle(EffectiveProcess(CurrentThread())->id); }
PEPROCESS PsGetCurrentProcess(VOID) { return reinterpret_cast<PEPROCESS>(EffectiveProcess(CurrentThread())); }
HANDLE PsGetProcessId(PEPROCESS Process) { return IdHandle(AsProcess(Process)->id); }
HANDLE PsGetThreadId(PETHREAD Thread) { return IdHandle(AsThread(Thread)->thread_id); }
HANDLE PsGetThreadProcessId(PETHREAD Thread) { return IdHandle(AsThread(Thread)->process->id); }
PEPROCESS PsGetThreadProcess(PETHREAD Thread) { return reinterpret_cast<PEPROCESS>(AsThread(Thread)->process); }

NTSTATUS PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS* Process) {
  nt::Process* process = ps::FindProcess(CurrentKernel(), reinterpret_cast<uint64_t>(ProcessId));
  if (process == nullptr) return STATUS_INVALID_PARAMETER;
  ob::Reference(process);
  *Process = reinterpret_cast<PEPROCESS>(process);
  return STATUS_SUCCESS;
}

NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD* Thread) {
  FindThread find{reinterpret_cast<uint64_t>(ThreadId), nullptr};
  ps::ForEachThread(
      CurrentKernel(),
      [](void* context, nt::Thread& thread) {
        auto* find = static_cast<FindThread*>(context);
        // A running thread keeps its own reference until it has left the list.
        if (thread.thread_id == find->id) {
          ob::Reference(&thread);
          find->found = &thread;
        }
      },
      &find);
  if (find.found == nullptr) return STATUS_INVALID_PARAMETER;
  *Thread = reinterpret_cast<PETHREAD>(find.found);
  return STATUS_SUCCESS;
}

BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion) {
  if (MajorVersion) *MajorVersion = 10;
  if (MinorVersion) *MinorVersion = 0;
  if (BuildNumber) *BuildNumber = 22621;
  if (CSDVersion) CSDVersion->Length = 0;
  return FALSE;  // not a checked build
}

}  // extern "C"
