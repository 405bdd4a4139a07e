#include "nt/ke/mutant.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/raise.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/wait.h"
#include "nt/trace.h"

namespace drydock::nt::ke {
namespace {

LIST_ENTRY* OwnedList(Thread& thread) { return reinterpret_cast<LIST_ENTRY*>(thread.wait->owned_mutants); }

}  // namespace

bool OwnMutant(KMUTANT& mutant, Thread& thread) {
  if (mutant.Header.SignalState != 0) return false;  // once more by its owner
  InsertTailList(OwnedList(thread), &mutant.MutantListEntry);
  thread.critical_region += mutant.ApcDisable;
  const bool abandoned = mutant.Abandoned;
  mutant.Abandoned = FALSE;
  return abandoned;
}

void LeaveMutants(Thread& thread) {
  LIST_ENTRY* list = OwnedList(thread);
  while (list->Flink != list) {
    auto* mutant = CONTAINING_RECORD(list->Flink, KMUTANT, MutantListEntry);
    if (mutant->ApcDisable != 0) break;
    const bool all = LockForSignal(*thread.kernel, mutant->Header);
    RemoveEntryList(&mutant->MutantListEntry);
    mutant->OwnerThread = nullptr;
    mutant->Abandoned = TRUE;
    SetSignalState(mutant->Header, 1);
    SignalAndUnlock(*thread.kernel, mutant->Header, all);
  }
  if (list->Flink == list) return;
  auto* mutant = CONTAINING_RECORD(list->Flink, KMUTANT, MutantListEntry);
  BugCheck(bug::kThreadTerminateHeldMutex, {reinterpret_cast<uint64_t>(&thread), reinterpret_cast<uint64_t>(mutant), 0, 0},
           fmt::format("Thread {} \"{}\" ended while it owned the mutex at {}.", thread.thread_id, thread.task->name,
                       static_cast<void*>(mutant)));
}

}  // namespace drydock::nt::ke

using namespace drydock::nt;

extern "C" VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) {
  if (Kernel* kernel = CurrentKernelOrNull()) ForgetTraceId(*kernel, Mutex);
  ke::InitializeHeader(Mutex->Header, ke::kMutant, sizeof(KMUTANT), 1);
  Mutex->MutantListEntry = {};
  Mutex->OwnerThread = nullptr;
  Mutex->Abandoned = FALSE;
  Mutex->ApcDisable = 1;
}

extern "C" LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) {
  // Wait promises a wait to come; without a dispatcher lock to keep, it changes nothing.
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  ke::CheckHeader(Mutex->Header);
  if (Mutex->OwnerThread != ke::AsKthread(&thread)) {
    ex::RaiseStatus(STATUS_MUTANT_NOT_OWNED,
                    fmt::format("KeReleaseMutex was called by thread {}, which does not own the mutex (its owner is {}).",
                                thread.thread_id,
                                Mutex->OwnerThread ? fmt::format("thread {}", ke::AsThread(Mutex->OwnerThread)->thread_id)
                                                   : std::string("nobody")));
  }
  const bool all = ke::LockForSignal(kernel, Mutex->Header);
  const LONG previous = Mutex->Header.SignalState;
  LONG id = 0;
  if (kernel.events.enabled()) id = static_cast<LONG>(TraceIdOf(kernel, Mutex));
  if (previous == 0) {
    RemoveEntryList(&Mutex->MutantListEntry);
    thread.critical_region -= Mutex->ApcDisable;
    Mutex->OwnerThread = nullptr;
  }
  ke::SetSignalState(Mutex->Header, previous + 1);
  ke::SignalAndUnlock(kernel, Mutex->Header, all);
  RecordEvent(kernel, kEventSignal, id, ke::kMutant, previous + 1);
  kernel.executor.SchedulePoint();
  return previous;
}

extern "C" LONG KeReadStateMutex(PRKMUTEX Mutex) { return __atomic_load_n(&Mutex->Header.SignalState, __ATOMIC_ACQUIRE); }

// Mutants as such differ from mutexes in that normal kernel APCs stay enabled, and in that an owner that ends abandons them.
extern "C" VOID KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner) {
  KeInitializeMutex(Mutant, 0);
  Mutant->ApcDisable = 0;
  if (InitialOwner) ke::WaitForSingle(Mutant->Header);
}

extern "C" LONG KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait) {
  return KeReleaseMutex(Mutant, Wait);
}

extern "C" LONG KeReadStateMutant(PRKMUTANT Mutant) { return KeReadStateMutex(Mutant); }
