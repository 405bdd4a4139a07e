// One-time initialisation. The low two bits of the word are the state, the rest the waiters' list or, once done, the context.
// IRQL: PASSIVE_LEVEL up to APC_LEVEL when it may wait.
#include <ntddk.h>

#include <atomic>

#include "nt/driver_callback.h"

namespace {

enum : ULONG_PTR { kUntouched = 0, kRunning = 1, kDone = 2, kAsync = 3, kStateMask = 3 };

struct Waiter {
  Waiter* next;
  KEVENT event;
};

std::atomic_ref<ULONG_PTR> Word(PRTL_RUN_ONCE once) { return std::atomic_ref<ULONG_PTR>(reinterpret_cast<ULONG_PTR&>(once->Ptr)); }

void Wake(ULONG_PTR word) {
  for (auto* waiter = reinterpret_cast<Waiter*>(word & ~kStateMask); waiter;) {
    Waiter* next = waiter->next;  // the waiter's stack is gone once it runs
    KeSetEvent(&waiter->event, 0, FALSE);
    waiter = next;
  }
}

void WaitForRunner(PRTL_RUN_ONCE once, ULONG_PTR word) {
  Waiter waiter;
  KeInitializeEvent(&waiter.event, NotificationEvent, FALSE);
  while ((word & kStateMask) == kRunning) {
    waiter.next = reinterpret_cast<Waiter*>(word & ~kStateMask);
    if (Word(once).compare_exchange_weak(word, reinterpret_cast<ULONG_PTR>(&waiter) | kRunning)) {
      KeWaitForSingleObject(&waiter.event, Executive, KernelMode, FALSE, nullptr);
      return;
    }
  }
}

}  // namespace

extern "C" {

VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce) { RunOnce->Ptr = nullptr; }

NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID* Context) {
  if (Flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC)) return STATUS_INVALID_PARAMETER_2;
  if ((Flags & RTL_RUN_ONCE_CHECK_ONLY) && (Flags & RTL_RUN_ONCE_ASYNC)) return STATUS_INVALID_PARAMETER_2;
  auto word = Word(RunOnce);
  for (;;) {
    ULONG_PTR seen = word.load();
    if ((seen & kStateMask) == kDone) {
      if (Context) *Context = reinterpret_cast<PVOID>(seen & ~kStateMask);
      return STATUS_SUCCESS;
    }
    if (Flags & RTL_RUN_ONCE_CHECK_ONLY) return STATUS_UNSUCCESSFUL;
    if ((seen & kStateMask) == kUntouched) {
      if (word.compare_exchange_strong(seen, (Flags & RTL_RUN_ONCE_ASYNC) ? kAsync : kRunning)) return STATUS_PENDING;
    } else if ((seen & kStateMask) == kAsync) {
      return (Flags & RTL_RUN_ONCE_ASYNC) ? STATUS_PENDING : STATUS_INVALID_PARAMETER_2;  // several may try at once
    } else if (Flags & RTL_RUN_ONCE_ASYNC) {
      return STATUS_INVALID_PARAMETER_2;
    } else {
      WaitForRunner(RunOnce, seen);
    }
  }
}

NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) {
  const bool failed = (Flags & RTL_RUN_ONCE_INIT_FAILED) != 0, async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;
  if ((Flags & ~(RTL_RUN_ONCE_INIT_FAILED | RTL_RUN_ONCE_ASYNC)) || (failed && async)) return STATUS_INVALID_PARAMETER_2;
  auto context = reinterpret_cast<ULONG_PTR>(Context);
  if ((context & kStateMask) || (failed && Context)) return STATUS_INVALID_PARAMETER_3;
  auto word = Word(RunOnce);
  if (async) {
    ULONG_PTR expected = kAsync;
    if (word.compare_exchange_strong(expected, context | kDone)) return STATUS_SUCCESS;
    return (expected & kStateMask) == kDone ? STATUS_OBJECT_NAME_COLLISION : STATUS_UNSUCCESSFUL;  // another was first
  }
  if ((word.load() & kStateMask) != kRunning) return STATUS_UNSUCCESSFUL;
  Wake(word.exchange(failed ? kUntouched : context | kDone));
  return STATUS_SUCCESS;
}

NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID* Context) {
  PVOID context = nullptr;
  NTSTATUS status = RtlRunOnceBeginInitialize(RunOnce, 0, Context);
  if (status != STATUS_PENDING) return status;
  if (drydock::nt::CallDriver("InitFn", InitFn, RunOnce, Parameter, &context)) {
    status = RtlRunOnceComplete(RunOnce, 0, context);
    if (NT_SUCCESS(status) && Context) *Context = context;
    return status;
  }
  RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, nullptr);
  return STATUS_UNSUCCESSFUL;
}

}  // extern "C"
