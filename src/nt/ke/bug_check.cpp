// KeBugCheck and the callbacks that run when the machine stops.
#include <fmt/format.h>

#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/ke/state.h"
#include "nt/thread.h"

namespace drydock::nt::ke {

void RunBugCheckCallbacks(Kernel& kernel, const BugCheckData& data) {
  State& state = *kernel.ke;
  state.bug_check.store(&data, std::memory_order_release);
  Thread& thread = CurrentThread();
  const uint8_t irql = thread.irql;
  thread.irql = HIGH_LEVEL;
  for (;;) {
    KBUGCHECK_CALLBACK_RECORD* record;
    {
      rt::LockGuard guard(state.callbacks_lock);
      if (IsListEmpty(&state.bug_check_callbacks)) break;
      record = CONTAINING_RECORD(RemoveHeadList(&state.bug_check_callbacks), KBUGCHECK_CALLBACK_RECORD, Entry);
      record->State = BufferStarted;
    }
    try {
      CallDriver("KBUGCHECK_CALLBACK_ROUTINE", IrqlRule::kUnchecked, record->CallbackRoutine, record->Buffer, record->Length);
      record->State = BufferFinished;
    } catch (const rt::TaskStopped&) {
      // It failed itself: the first failure is the one that is told.
    }
  }
  thread.irql = irql;
  state.bug_check.store(nullptr, std::memory_order_release);
}

}  // namespace drydock::nt::ke

using namespace drydock;
using namespace drydock::nt;

extern "C" VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                             ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) {
  BugCheck(BugCheckCode, {BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4},
           fmt::format("The driver called KeBugCheckEx({:#x}, {:#x}, {:#x}, {:#x}, {:#x}).", BugCheckCode, BugCheckParameter1,
                       BugCheckParameter2, BugCheckParameter3, BugCheckParameter4));
}

extern "C" VOID KeBugCheck(ULONG BugCheckCode) {
  BugCheck(BugCheckCode, {}, fmt::format("The driver called KeBugCheck({:#x}).", BugCheckCode));
}

extern "C" BOOLEAN KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord, PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine,
                                              PVOID Buffer, ULONG Length, PUCHAR Component) {
  ke::State& state = *CurrentKernel().ke;
  rt::LockGuard guard(state.callbacks_lock);
  if (CallbackRecord->State != BufferEmpty) return FALSE;
  CallbackRecord->CallbackRoutine = CallbackRoutine;
  CallbackRecord->Buffer = Buffer;
  CallbackRecord->Length = Length;
  CallbackRecord->Component = Component;
  CallbackRecord->State = BufferInserted;
  InsertTailList(&state.bug_check_callbacks, &CallbackRecord->Entry);
  return TRUE;
}

extern "C" BOOLEAN KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord) {
  ke::State& state = *CurrentKernel().ke;
  rt::LockGuard guard(state.callbacks_lock);
  if (CallbackRecord->State != BufferInserted) return FALSE;
  RemoveEntryList(&CallbackRecord->Entry);
  CallbackRecord->State = BufferEmpty;
  return TRUE;
}

// There is no dump file to add data to: the records are kept, the routines never called.
extern "C" BOOLEAN KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord,
                                                    PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine, KBUGCHECK_CALLBACK_REASON Reason,
                                                    PUCHAR Component) {
  ke::State& state = *CurrentKernel().ke;
  rt::LockGuard guard(state.callbacks_lock);
  if (CallbackRecord->State != BufferEmpty) return FALSE;
  CallbackRecord->CallbackRoutine = CallbackRoutine;
  CallbackRecord->Reason = Reason;
  CallbackRecord->Component = Component;
  CallbackRecord->State = BufferInserted;
  InsertTailList(&state.bug_check_reason_callbacks, &CallbackRecord->Entry);
  return TRUE;
}

extern "C" BOOLEAN KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord) {
  ke::State& state = *CurrentKernel().ke;
  rt::LockGuard guard(state.callbacks_lock);
  if (CallbackRecord->State != BufferInserted) return FALSE;
  RemoveEntryList(&CallbackRecord->Entry);
  CallbackRecord->State = BufferEmpty;
  return TRUE;
}
