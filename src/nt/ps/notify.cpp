// Processes that come and go, as drivers are told of them; and what a process says of itself.
// Called by:  ps (TellProcess), PASSIVE_LEVEL, no lock held. Order: of registration; each routine is told once of each end.
// Removal:    returns when no call of the routine is under way on another thread. A routine must not remove itself (a wait without end on Windows;
//             here it is removed at once).
// Source:     public documentation of PsSetCreateProcessNotifyRoutine, its Ex form and SeLocateProcessImageName.
#include <ntddk.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "nt/driver_callback.h"
#include "nt/ke/state.h"
#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/ps/state.h"
#include "nt/thread.h"

namespace drydock::nt::ps {

struct ProcessNotify {
  PCREATE_PROCESS_NOTIFY_ROUTINE plain;  // one of the two
  PCREATE_PROCESS_NOTIFY_ROUTINE_EX extended;
  uint32_t running = 0;  // under the state's lock, as are its place in the list and `inside`
  const Thread* inside = nullptr;  // who runs it last
};

namespace {

constexpr size_t kMaxNotify = 64;  // as on Windows

HANDLE IdHandle(uint64_t id) { return reinterpret_cast<HANDLE>(id); }

// As the object manager names images: without a path, for the machine's processes have none.
std::u16string ImageName(const Process& process) { return ob::ToUtf16(process.name); }

UNICODE_STRING View(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * 2);
  return {bytes, static_cast<USHORT>(bytes + 2), reinterpret_cast<PWCH>(text.data())};
}

void Call(ProcessNotify& notify, Process* process, const Process* parent, bool create) {
  const HANDLE id = IdHandle(process->id), parent_id = IdHandle(parent ? parent->id : 0);
  if (notify.plain) {
    CallDriver("CREATE_PROCESS_NOTIFY_ROUTINE", notify.plain, parent_id, id, static_cast<BOOLEAN>(create));
    return;
  }
  std::u16string name = ImageName(*process);
  UNICODE_STRING view = View(name);
  PS_CREATE_NOTIFY_INFO info{};
  info.Size = sizeof info;
  info.FileOpenNameAvailable = TRUE;
  info.ParentProcessId = parent_id;
  info.CreatingThreadId = {parent_id, IdHandle(CurrentThread().thread_id)};
  info.ImageFileName = &view;
  info.CommandLine = &view;
  info.CreationStatus = STATUS_SUCCESS;
  CallDriver("CREATE_PROCESS_NOTIFY_ROUTINE_EX", notify.extended, reinterpret_cast<PEPROCESS>(process), id, create ? &info : nullptr);
}

NTSTATUS Change(PCREATE_PROCESS_NOTIFY_ROUTINE plain, PCREATE_PROCESS_NOTIFY_ROUTINE_EX extended, bool remove) {
  Kernel& kernel = CurrentKernel();
  State& state = *kernel.ps;
  std::shared_ptr<ProcessNotify> gone;
  {
    rt::LockGuard guard(state.lock);
    auto found = std::find_if(state.process_notify.begin(), state.process_notify.end(),
                              [&](const auto& one) { return one->plain == plain && one->extended == extended; });
    if (!remove) {
      if (found != state.process_notify.end() || state.process_notify.size() == kMaxNotify) return STATUS_INVALID_PARAMETER;
      state.process_notify.push_back(std::make_shared<ProcessNotify>(ProcessNotify{plain, extended}));
      return STATUS_SUCCESS;
    }
    if (found == state.process_notify.end()) return STATUS_PROCEDURE_NOT_FOUND;
    gone = *found;
    state.process_notify.erase(found);
  }
  const Thread* me = &CurrentThread();
  auto busy = [&] {
    rt::LockGuard guard(state.lock);
    return gone->running != 0 && gone->inside != me;
  };
  ke::WaitInfo info;
  info.what = "a process notification to return";
  while (busy()) kernel.ke->lot.Wait(gone.get(), busy, info);
  return STATUS_SUCCESS;
}

}  // namespace

void TellProcess(Process* process, bool create) {
  Thread* thread = CurrentThreadOrNull();
  if (!thread) return;  // the machine is being made
  State& state = *process->kernel->ps;
  std::vector<std::shared_ptr<ProcessNotify>> told;
  {
    rt::LockGuard guard(state.lock);
    told = state.process_notify;
    for (auto& one : told) {
      ++one->running;
      one->inside = thread;
    }
  }
  for (auto& one : told) {
    Call(*one, process, thread->process, create);
    bool last;
    {
      rt::LockGuard guard(state.lock);
      last = --one->running == 0;
    }
    if (last) state.kernel.ke->lot.Wake(one.get(), SIZE_MAX);
  }
}

}  // namespace drydock::nt::ps

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove) {
  return ps::Change(NotifyRoutine, nullptr, Remove);
}
NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove) {
  return ps::Change(nullptr, NotifyRoutine, Remove);
}
NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation, BOOLEAN Remove) {
  if (NotifyType != PsCreateProcessNotifySubsystems) return STATUS_INVALID_PARAMETER;
  return ps::Change(nullptr, reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE_EX>(NotifyInformation), Remove);
}

NTSTATUS PsGetProcessExitStatus(PEPROCESS Process) {
  auto* process = reinterpret_cast<nt::Process*>(Process);
  return process->ended.load() ? process->exit_status : STATUS_PENDING;
}
PVOID PsGetProcessWow64Process(PEPROCESS Process) {
  auto* process = reinterpret_cast<nt::Process*>(Process);
  return process->wow64 ? process : nullptr;
}
BOOLEAN PsIsThreadTerminating(PETHREAD Thread) { return reinterpret_cast<nt::Thread*>(Thread)->terminating; }

PCHAR PsGetProcessImageFileName(PEPROCESS Process) { return reinterpret_cast<nt::Process*>(Process)->name.data(); }

// The caller frees the string and its text with one ExFreePool.
NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING* ImageFileName) {
  std::u16string name = ps::ImageName(*reinterpret_cast<nt::Process*>(Process));
  const size_t bytes = (name.size() + 1) * 2;
  auto* string = static_cast<UNICODE_STRING*>(ExAllocatePoolZero(PagedPool, sizeof(UNICODE_STRING) + bytes, 'iPeS'));
  if (!string) return STATUS_INSUFFICIENT_RESOURCES;
  string->Buffer = reinterpret_cast<PWCH>(string + 1);
  string->Length = static_cast<USHORT>(bytes - 2);
  string->MaximumLength = static_cast<USHORT>(bytes);
  std::memcpy(string->Buffer, name.c_str(), bytes);
  *ImageFileName = string;
  return STATUS_SUCCESS;
}

}  // extern "C"
