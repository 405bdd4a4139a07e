// Critical sections, slim reader-writer locks, condition variables: words of the driver's memory,
// with their waiters in the parking lot.
#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/ex/reader_writer.h"
#include "nt/ke/drivers_wait.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

using Word = ex::ReaderWriter<uint64_t, 1, 2, 16>;

// The lock word of a critical section is its SpinCount, which nobody reads.
uint64_t* WordOf(PCRITICAL_SECTION section) {
  return reinterpret_cast<uint64_t*>(&section->SpinCount);
}
uint64_t* WordOf(PSRWLOCK lock) { return reinterpret_cast<uint64_t*>(&lock->Ptr); }
uint64_t* WordOf(PCONDITION_VARIABLE variable) {
  return reinterpret_cast<uint64_t*>(&variable->Ptr);
}

HANDLE Me() { return reinterpret_cast<HANDLE>(CurrentThread().thread_id); }
bool IsMine(PCRITICAL_SECTION section) {
  return __atomic_load_n(&section->OwningThread, __ATOMIC_RELAXED) == Me();
}
void Own(PCRITICAL_SECTION section, HANDLE owner) {
  __atomic_store_n(&section->OwningThread, owner, __ATOMIC_RELAXED);
}

[[noreturn]] void NotHeld(const void* lock, const char* function) {
  BugCheck(bug::kSpinLockNotOwned, {reinterpret_cast<uint64_t>(lock), 0, 0, 0},
           fmt::format("{}: the lock at {} is not held that way.", function, lock));
}

// Between the caller's release and its place in the lot a wake changes the number: the wait does
// not begin then.
bool SleepOn(PCONDITION_VARIABLE variable, uint64_t number, DWORD milliseconds) {
  Kernel& kernel = CurrentKernel();
  const rt::Ticks deadline = milliseconds == INFINITE
                                 ? rt::kNever
                                 : kernel.executor.InterruptTime() + TicksOf(milliseconds);
  ke::DriversWait scope;
  ke::WaitInfo info;
  info.what = "condition variable";
  info.object = variable;
  uint64_t* word = WordOf(variable);
  if (kernel.ke->lot.Wait(
          word, [word, number] { return __atomic_load_n(word, __ATOMIC_ACQUIRE) == number; }, info,
          deadline)) {
    return true;
  }
  return __atomic_load_n(word, __ATOMIC_ACQUIRE) != number;
}

void Wake(PCONDITION_VARIABLE variable, size_t count) {
  Kernel& kernel = CurrentKernel();
  __atomic_add_fetch(WordOf(variable), 1, __ATOMIC_RELEASE);
  kernel.ke->lot.Wake(WordOf(variable), count);
  kernel.executor.SchedulePoint();
}

}  // namespace

extern "C" {

VOID InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
  *lpCriticalSection = {};
  lpCriticalSection->LockCount = -1;
}
BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
                                           DWORD dwSpinCount) {
  (void)dwSpinCount;
  InitializeCriticalSection(lpCriticalSection);
  return TRUE;
}
BOOL InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount,
                                 DWORD Flags) {
  (void)Flags;
  return InitializeCriticalSectionAndSpinCount(lpCriticalSection, dwSpinCount);
}
DWORD SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount) {
  (void)lpCriticalSection;
  (void)dwSpinCount;
  return 0;  // nobody spins
}
VOID EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
  if (!IsMine(lpCriticalSection)) {
    ke::DriversWait scope;
    Word::AcquireExclusive(WordOf(lpCriticalSection), "critical section");
    Own(lpCriticalSection, Me());
  }
  ++lpCriticalSection->RecursionCount;
}
BOOL TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
  if (!IsMine(lpCriticalSection)) {
    CurrentKernel().executor.SchedulePoint();
    if (!Word::TryExclusive(WordOf(lpCriticalSection))) return FALSE;
    Own(lpCriticalSection, Me());
  }
  ++lpCriticalSection->RecursionCount;
  return TRUE;
}
VOID LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
  if (!IsMine(lpCriticalSection)) NotHeld(lpCriticalSection, "LeaveCriticalSection");
  if (--lpCriticalSection->RecursionCount != 0) return;
  Own(lpCriticalSection, nullptr);
  Word::ReleaseExclusive(WordOf(lpCriticalSection));
}
VOID DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection) { *lpCriticalSection = {}; }

VOID InitializeSRWLock(PSRWLOCK SRWLock) { SRWLock->Ptr = nullptr; }
VOID AcquireSRWLockExclusive(PSRWLOCK SRWLock) {
  ke::DriversWait scope;
  Word::AcquireExclusive(WordOf(SRWLock), "SRW lock (exclusive)");
}
VOID AcquireSRWLockShared(PSRWLOCK SRWLock) {
  ke::DriversWait scope;
  Word::AcquireShared(WordOf(SRWLock), "SRW lock (shared)");
}
VOID ReleaseSRWLockExclusive(PSRWLOCK SRWLock) {
  if (!Word::ReleaseExclusive(WordOf(SRWLock))) NotHeld(SRWLock, "ReleaseSRWLockExclusive");
}
VOID ReleaseSRWLockShared(PSRWLOCK SRWLock) {
  if (!Word::ReleaseShared(WordOf(SRWLock))) NotHeld(SRWLock, "ReleaseSRWLockShared");
}
BOOLEAN TryAcquireSRWLockExclusive(PSRWLOCK SRWLock) {
  CurrentKernel().executor.SchedulePoint();
  return Word::TryExclusive(WordOf(SRWLock));
}
BOOLEAN TryAcquireSRWLockShared(PSRWLOCK SRWLock) {
  CurrentKernel().executor.SchedulePoint();
  return Word::TryShared(WordOf(SRWLock), false);
}

VOID InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable) {
  ConditionVariable->Ptr = nullptr;
}
BOOL SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable,
                              PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds) {
  const uint64_t number = __atomic_load_n(WordOf(ConditionVariable), __ATOMIC_ACQUIRE);
  LeaveCriticalSection(CriticalSection);
  const bool woken = SleepOn(ConditionVariable, number, dwMilliseconds);
  EnterCriticalSection(CriticalSection);
  if (!woken) SetLastError(ERROR_TIMEOUT);
  return woken;
}
BOOL SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock,
                               DWORD dwMilliseconds, ULONG Flags) {
  const bool shared = (Flags & CONDITION_VARIABLE_LOCKMODE_SHARED) != 0;
  const uint64_t number = __atomic_load_n(WordOf(ConditionVariable), __ATOMIC_ACQUIRE);
  shared ? ReleaseSRWLockShared(SRWLock) : ReleaseSRWLockExclusive(SRWLock);
  const bool woken = SleepOn(ConditionVariable, number, dwMilliseconds);
  shared ? AcquireSRWLockShared(SRWLock) : AcquireSRWLockExclusive(SRWLock);
  if (!woken) SetLastError(ERROR_TIMEOUT);
  return woken;
}
VOID WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable) { Wake(ConditionVariable, 1); }
VOID WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable) {
  Wake(ConditionVariable, SIZE_MAX);
}

}  // extern "C"
