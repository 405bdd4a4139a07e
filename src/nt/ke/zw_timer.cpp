// Timers by handle. A procedure call at expiry is not there: no thread here takes asynchronous procedure calls.
#include <ntddk.h>

#include "nt/dbg/refusal.h"
#include "nt/kernel.h"
#include "nt/ob/attributes.h"
#include "nt/ob/handle_table.h"

using namespace drydock::nt;

namespace {

const ob::ObjectType kTimerType = {
    .name = "Timer",
    .on_last_handle = nullptr,
    .on_close = [](void* body) { KeCancelTimer(static_cast<PKTIMER>(body)); },
    .discard = nullptr,
    .parse = nullptr,
    .wait_offset = 0,
    .all_access = TIMER_ALL_ACCESS,
};

}  // namespace

extern "C" {

NTSTATUS ZwCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType) {
  *TimerHandle = nullptr;
  if (TimerType != NotificationTimer && TimerType != SynchronizationTimer) return STATUS_INVALID_PARAMETER_4;
  ob::Attributes attributes;
  const NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  auto* timer = ob::CreateObject<KTIMER>(CurrentKernel(), kTimerType);
  if (!timer) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeTimerEx(timer, TimerType);
  return ob::InsertWithHandle(CurrentKernel(), timer, attributes, DesiredAccess, TimerHandle);
}

NTSTATUS ZwOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  *TimerHandle = nullptr;
  ob::Attributes attributes;
  const NTSTATUS status = attributes.Take(ObjectAttributes);
  if (!NT_SUCCESS(status)) return status;
  return ob::OpenByName(CurrentKernel(), attributes, kTimerType, DesiredAccess, TimerHandle);
}

NTSTATUS ZwSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine, PVOID TimerContext, BOOLEAN ResumeTimer,
                    LONG Period, PBOOLEAN PreviousState) {
  (void)TimerContext;
  if (TimerApcRoutine) return DRYDOCK_REFUSE(STATUS_NOT_SUPPORTED, "APC routines of timers are not called");
  if (Period < 0) return STATUS_INVALID_PARAMETER_6;
  void* timer;
  const NTSTATUS status = ob::ReferenceByHandle(TimerHandle, TIMER_MODIFY_STATE, &kTimerType, KernelMode, &timer);
  if (!NT_SUCCESS(status)) return status;
  if (PreviousState) *PreviousState = KeReadStateTimer(static_cast<PKTIMER>(timer));
  KeSetTimerEx(static_cast<PKTIMER>(timer), *DueTime, Period, nullptr);
  ob::Dereference(timer);
  return ResumeTimer ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;  // it does not wake a sleeping system
}

NTSTATUS ZwCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState) {
  void* timer;
  const NTSTATUS status = ob::ReferenceByHandle(TimerHandle, TIMER_MODIFY_STATE, &kTimerType, KernelMode, &timer);
  if (!NT_SUCCESS(status)) return status;
  if (CurrentState) *CurrentState = KeReadStateTimer(static_cast<PKTIMER>(timer));
  KeCancelTimer(static_cast<PKTIMER>(timer));
  ob::Dereference(timer);
  return STATUS_SUCCESS;
}

}  // extern "C"
