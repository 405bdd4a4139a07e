#include "nt/ps/notify.h"

#include <ntddk.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "nt/driver_callback.h"
#include "nt/ke/state.h"
#include "nt/ob/name_space.h"
#include "nt/ps/state.h"
#include "nt/thread.h"

namespace drydock::nt::ps {

struct Notify {
  NotifyKind kind;
  void* routine;
  uint32_t running = 0;  // under the state's lock, as are its place in the list and `inside`
  const Thread* inside = nullptr;  // who runs it last
};

namespace {

constexpr size_t kMaxNotify = 64;  // of processes, of threads and of images, as on Windows

HANDLE IdHandle(uint64_t id) { return reinterpret_cast<HANDLE>(id); }

UNICODE_STRING View(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * 2);
  return {bytes, static_cast<USHORT>(bytes + 2), reinterpret_cast<PWCH>(text.data())};
}

// Which of the three lists a kind counts to.
int ListOf(NotifyKind kind) { return kind <= NotifyKind::kProcessEx ? 0 : kind <= NotifyKind::kUserThread ? 1 : 2; }

NTSTATUS Add(NotifyKind kind, void* routine) {
  State& state = *CurrentKernel().ps;
  rt::LockGuard guard(state.lock);
  size_t alike = 0;
  for (const auto& one : state.notify) {
    if (ListOf(one->kind) != ListOf(kind)) continue;
    ++alike;
    // The same process routine twice is refused; thread and image routines may be told twice.
    if (ListOf(kind) == 0 && one->kind == kind && one->routine == routine) return STATUS_INVALID_PARAMETER;
  }
  if (alike == kMaxNotify) return ListOf(kind) == 0 ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
  state.notify.push_back(std::make_shared<Notify>(Notify{kind, routine}));
  state.has_notify.store(true, std::memory_order_release);
  return STATUS_SUCCESS;
}

template <class IsIt>
NTSTATUS Remove(void* routine, IsIt is_it) {
  Kernel& kernel = CurrentKernel();
  State& state = *kernel.ps;
  std::shared_ptr<Notify> gone;
  {
    rt::LockGuard guard(state.lock);
    auto found = std::find_if(state.notify.begin(), state.notify.end(),
                              [&](const auto& one) { return one->routine == routine && is_it(one->kind); });
    if (found == state.notify.end()) return STATUS_PROCEDURE_NOT_FOUND;
    gone = *found;
    state.notify.erase(found);
  }
  const Thread* me = &CurrentThread();
  auto busy = [&] {
    rt::LockGuard guard(state.lock);
    return gone->running != 0 && gone->inside != me;
  };
  ke::WaitInfo info;
  info.what = "a notification to return";
  while (busy()) kernel.ke->lot.Wait(gone.get(), busy, info);
  return STATUS_SUCCESS;
}

// Calls `tell` for each routine that `wanted` picks.
template <class Wanted, class Tell>
void TellAll(Kernel& kernel, Wanted wanted, Tell tell) {
  State& state = *kernel.ps;
  if (!state.has_notify.load(std::memory_order_acquire)) return;
  Thread* thread = CurrentThreadOrNull();
  if (!thread) return;  // the machine is being made
  std::vector<std::shared_ptr<Notify>> told;
  {
    rt::LockGuard guard(state.lock);
    for (auto& one : state.notify) {
      if (!wanted(one->kind)) continue;
      ++one->running;
      one->inside = thread;
      told.push_back(one);
    }
  }
  size_t done = 0;
  auto leave = [&](Notify& one) {
    bool last;
    {
      rt::LockGuard guard(state.lock);
      last = --one.running == 0;
    }
    if (last) state.kernel.ke->lot.Wake(&one, SIZE_MAX);
  };
  struct LeaveRest {  // a stop unwinds through us
    std::vector<std::shared_ptr<Notify>>& told;
    size_t& done;
    decltype(leave)& leave_one;
    ~LeaveRest() {
      for (; done < told.size(); ++done) leave_one(*told[done]);
    }
  } rest{told, done, leave};
  for (; done < told.size();) {
    tell(*told[done]);
    leave(*told[done]);
    ++done;
  }
}

}  // namespace

int32_t TellProcess(Process* process, bool create) {
  const Thread* thread = CurrentThreadOrNull();
  const Process* parent = thread ? thread->process : nullptr;
  const HANDLE id = IdHandle(process->id);
  const HANDLE parent_id = IdHandle(create ? (parent ? parent->id : 0) : process->parent_id);
  if (create) process->parent_id = parent ? parent->id : 0;
  int32_t creation = STATUS_SUCCESS;
  TellAll(*process->kernel, [](NotifyKind kind) { return ListOf(kind) == 0; },
          [&](const Notify& notify) {
            if (notify.kind == NotifyKind::kProcess) {
              CallDriver("CREATE_PROCESS_NOTIFY_ROUTINE", reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE>(notify.routine), parent_id, id,
                         static_cast<BOOLEAN>(create));
              return;
            }
            std::u16string name = process->image_path.empty() ? ob::ToUtf16(process->name) : process->image_path;
            std::u16string command = process->command_line.empty() ? name : process->command_line;
            UNICODE_STRING name_view = View(name), command_view = View(command);
            PS_CREATE_NOTIFY_INFO info{};
            info.Size = sizeof info;
            info.FileOpenNameAvailable = TRUE;
            info.ParentProcessId = parent_id;
            info.CreatingThreadId = {parent_id, IdHandle(CurrentThread().thread_id)};
            info.ImageFileName = &name_view;
            info.CommandLine = &command_view;
            info.CreationStatus = creation;
            CallDriver("CREATE_PROCESS_NOTIFY_ROUTINE_EX", reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE_EX>(notify.routine),
                       reinterpret_cast<PEPROCESS>(process), id, create ? &info : nullptr);
            if (create && !NT_SUCCESS(info.CreationStatus)) creation = info.CreationStatus;
          });
  return creation;
}

void TellThread(Thread& thread, bool create) {
  const HANDLE process = IdHandle(thread.process->id), id = IdHandle(thread.thread_id);
  const bool of_user = !thread.process->system;
  TellAll(*thread.kernel,
          [&](NotifyKind kind) { return kind == NotifyKind::kThread || (kind == NotifyKind::kUserThread && of_user); },
          [&](const Notify& notify) {
            CallDriver("CREATE_THREAD_NOTIFY_ROUTINE", reinterpret_cast<PCREATE_THREAD_NOTIFY_ROUTINE>(notify.routine), process, id,
                       static_cast<BOOLEAN>(create));
          });
}

void TellImage(Kernel& kernel, Process* process, std::u16string_view name, const void* base, size_t bytes) {
  TellAll(kernel, [](NotifyKind kind) { return kind == NotifyKind::kImage; },
          [&](const Notify& notify) {
            std::u16string text(name);
            UNICODE_STRING view = View(text);
            IMAGE_INFO info{};
            info.ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT;
            info.SystemModeImage = process == nullptr;
            info.ImageBase = const_cast<void*>(base);
            info.ImageSize = bytes;
            CallDriver("LOAD_IMAGE_NOTIFY_ROUTINE", reinterpret_cast<PLOAD_IMAGE_NOTIFY_ROUTINE>(notify.routine), &view,
                       IdHandle(process ? process->id : 0), &info);
          });
}

}  // namespace drydock::nt::ps

using namespace drydock::nt;
using ps::NotifyKind;

namespace {

NTSTATUS ChangeProcess(NotifyKind kind, void* routine, BOOLEAN remove) {
  return remove ? ps::Remove(routine, [kind](NotifyKind one) { return one == kind; }) : ps::Add(kind, routine);
}

}  // namespace

extern "C" {

NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove) {
  return ChangeProcess(NotifyKind::kProcess, reinterpret_cast<void*>(NotifyRoutine), Remove);
}
NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove) {
  return ChangeProcess(NotifyKind::kProcessEx, reinterpret_cast<void*>(NotifyRoutine), Remove);
}
NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation, BOOLEAN Remove) {
  if (NotifyType != PsCreateProcessNotifySubsystems) return STATUS_INVALID_PARAMETER;
  return ChangeProcess(NotifyKind::kProcessEx, NotifyInformation, Remove);
}

NTSTATUS PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
  return ps::Add(NotifyKind::kThread, reinterpret_cast<void*>(NotifyRoutine));
}
NTSTATUS PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation) {
  switch (NotifyType) {
    case PsCreateThreadNotifyNonSystem: return ps::Add(NotifyKind::kUserThread, NotifyInformation);
    case PsCreateThreadNotifySubsystems: return ps::Add(NotifyKind::kThread, NotifyInformation);
    default: return STATUS_INVALID_PARAMETER;
  }
}
NTSTATUS PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
  return ps::Remove(reinterpret_cast<void*>(NotifyRoutine), [](NotifyKind one) { return ps::ListOf(one) == 1; });
}

NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
  return ps::Add(NotifyKind::kImage, reinterpret_cast<void*>(NotifyRoutine));
}
NTSTATUS PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags) {
  if (Flags & ~ULONG_PTR{PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE}) return STATUS_INVALID_PARAMETER_2;
  return ps::Add(NotifyKind::kImage, reinterpret_cast<void*>(NotifyRoutine));
}
NTSTATUS PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
  return ps::Remove(reinterpret_cast<void*>(NotifyRoutine), [](NotifyKind one) { return one == NotifyKind::kImage; });
}

}  // extern "C"
