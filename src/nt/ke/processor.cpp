// Processors: one group, one node, as many as the machine's options say; affinity is remembered as "runs on the lowest one".
#include <ntddk.h>

#include "nt/bugcheck.h"
#include "nt/driver_callback.h"
#include "nt/kernel.h"
#include "nt/thread.h"

using namespace drydock::nt;

namespace {

ULONG Count() { return CurrentKernel().options.processors; }
KAFFINITY All() { return Count() >= 64 ? ~KAFFINITY{0} : (KAFFINITY{1} << Count()) - 1; }

void RunOn(KAFFINITY affinity) {
  affinity &= All();
  if (affinity != 0) CurrentThread().processor = static_cast<uint32_t>(__builtin_ctzll(affinity));
}

}  // namespace

extern "C" KAFFINITY KeQueryActiveProcessors(VOID) { return All(); }
extern "C" ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) {
  if (ActiveProcessors) *ActiveProcessors = All();
  return Count();
}
extern "C" ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
  return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? Count() : 0;
}
extern "C" ULONG KeQueryMaximumProcessorCount(VOID) { return Count(); }
extern "C" ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) { return KeQueryActiveProcessorCountEx(GroupNumber); }
extern "C" USHORT KeQueryActiveGroupCount(VOID) { return 1; }
extern "C" USHORT KeQueryMaximumGroupCount(VOID) { return 1; }
extern "C" KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber) { return GroupNumber == 0 ? All() : 0; }
extern "C" USHORT KeQueryHighestNodeNumber(VOID) { return 0; }
extern "C" USHORT KeGetCurrentNodeNumber(VOID) { return 0; }
extern "C" ULONG KeGetCurrentProcessorNumber(VOID) { return CurrentThread().processor; }

extern "C" ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
  const uint32_t number = CurrentThread().processor;
  if (ProcNumber) *ProcNumber = {0, static_cast<UCHAR>(number), 0};
  return number;
}

extern "C" ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber) {
  return ProcNumber->Group == 0 && ProcNumber->Number < Count() ? ProcNumber->Number : ~ULONG{0};
}

extern "C" NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber) {
  if (ProcIndex >= Count()) return STATUS_INVALID_PARAMETER;
  *ProcNumber = {0, static_cast<UCHAR>(ProcIndex), 0};
  return STATUS_SUCCESS;
}

extern "C" ULONG KeGetRecommendedSharedDataAlignment(VOID) { return 64; }

extern "C" KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity) {
  const KAFFINITY previous = KAFFINITY{1} << CurrentThread().processor;
  RunOn(Affinity);
  return previous;
}
extern "C" VOID KeSetSystemAffinityThread(KAFFINITY Affinity) { RunOn(Affinity); }
extern "C" VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity) {
  if (Affinity != 0) RunOn(Affinity);
}
extern "C" VOID KeRevertToUserAffinityThread(VOID) {}

extern "C" VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity) {
  if (PreviousAffinity) {
    *PreviousAffinity = {};
    PreviousAffinity->Mask = KAFFINITY{1} << CurrentThread().processor;
  }
  if (Affinity->Group == 0) RunOn(Affinity->Mask);
}
extern "C" VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity) {
  if (PreviousAffinity->Mask != 0) RunOn(PreviousAffinity->Mask);
}

extern "C" PKTHREAD KeGetCurrentThread(VOID) { return reinterpret_cast<PKTHREAD>(&CurrentThread()); }

extern "C" KPRIORITY KeQueryPriorityThread(PKTHREAD Thread) { return reinterpret_cast<drydock::nt::Thread*>(Thread)->priority; }
extern "C" KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
  return __atomic_exchange_n(&reinterpret_cast<drydock::nt::Thread*>(Thread)->priority, Priority, __ATOMIC_RELAXED);
}
extern "C" LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) {
  auto* thread = reinterpret_cast<drydock::nt::Thread*>(Thread);
  return __atomic_exchange_n(&thread->priority, 8 + Increment, __ATOMIC_RELAXED) - 8;
}

// Every processor runs the function at IPI_LEVEL, the calling one last; here one after the other on this thread.
extern "C" ULONG_PTR KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context) {
  Thread& thread = CurrentThread();
  const uint32_t own = thread.processor;
  const uint8_t irql = thread.irql;
  thread.irql = IPI_LEVEL;
  for (uint32_t processor = 0; processor < Count(); ++processor) {
    if (processor == own) continue;
    thread.processor = processor;
    CallDriver("KIPI_BROADCAST_WORKER", BroadcastFunction, Context);
  }
  thread.processor = own;
  const ULONG_PTR result = CallDriver("KIPI_BROADCAST_WORKER", BroadcastFunction, Context);
  thread.irql = irql;
  return result;
}

// x64 code may always use the floating-point registers; the executors carry them.
extern "C" NTSTATUS KeSaveFloatingPointState(PKFLOATING_SAVE FloatSave) { return STATUS_SUCCESS; }
extern "C" NTSTATUS KeRestoreFloatingPointState(PKFLOATING_SAVE FloatSave) { return STATUS_SUCCESS; }
extern "C" NTSTATUS KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave) {
  *XStateSave = {};
  return STATUS_SUCCESS;
}
extern "C" VOID KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave) {}

// Stacks are large from the start: the callout runs on this one.
extern "C" NTSTATUS KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size) {
  return KeExpandKernelStackAndCalloutEx(Callout, Parameter, Size, TRUE, nullptr);
}
extern "C" NTSTATUS KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN Wait,
                                                    PVOID Context) {
  constexpr SIZE_T kMaximumExpansion = 73'728;  // MAXIMUM_EXPANSION_SIZE
  if (Size > kMaximumExpansion) return STATUS_INVALID_PARAMETER_3;
  CallDriver("EXPAND_STACK_CALLOUT", Callout, Parameter);
  return STATUS_SUCCESS;
}

extern "C" VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count) {
  if (Affinity) {
    *Affinity = {};
    Affinity->Mask = NodeNumber == 0 ? All() : 0;
  }
  if (Count) *Count = NodeNumber == 0 ? static_cast<USHORT>(KeQueryActiveProcessorCount(nullptr)) : 0;
}
extern "C" USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber) { return NodeNumber == 0 ? static_cast<USHORT>(Count()) : 0; }

extern "C" CCHAR KeSetIdealProcessorThread(PKTHREAD Thread, CCHAR Processor) {
  return static_cast<CCHAR>(__atomic_load_n(&reinterpret_cast<drydock::nt::Thread*>(Thread)->processor, __ATOMIC_RELAXED));
}
extern "C" BOOLEAN KeSetKernelStackSwapEnable(BOOLEAN Enable) { return TRUE; }
extern "C" VOID KeFlushIoBuffers(MDL* Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation) {}  // x64 keeps caches coherent

// No processor ever comes or goes: the callback hears of those that are there, if it asked for that.
extern "C" PVOID KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext, ULONG Flags) {
  constexpr ULONG kAddExisting = 1;  // KE_PROCESSOR_CHANGE_ADD_EXISTING
  if (Flags & kAddExisting) {
    for (uint32_t i = 0; i < Count(); ++i) {
      for (auto state : {KeProcessorAddStartNotify, KeProcessorAddCompleteNotify}) {
        KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT context = {};
        context.State = state;
        context.NtNumber = i;
        context.ProcNumber.Number = static_cast<UCHAR>(i);
        NTSTATUS status = STATUS_SUCCESS;
        CallDriver("PROCESSOR_CALLBACK_FUNCTION", CallbackFunction, CallbackContext, &context, &status);
        if (!NT_SUCCESS(status)) return nullptr;
      }
    }
  }
  return reinterpret_cast<PVOID>(CallbackFunction);
}
extern "C" VOID KeDeregisterProcessorChangeCallback(PVOID CallbackHandle) {}

// All processes of a machine share one address space; only "the current process" changes.
extern "C" VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState) {
  Thread& thread = CurrentThread();
  *ApcState = {};
  ApcState->Process = reinterpret_cast<PKPROCESS>(thread.process);
  thread.process = reinterpret_cast<drydock::nt::Process*>(Process);
}
extern "C" VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState) {
  CurrentThread().process = reinterpret_cast<drydock::nt::Process*>(ApcState->Process);
}

// The older form: one level only.
extern "C" VOID KeAttachProcess(PRKPROCESS Process) {
  Thread& thread = CurrentThread();
  auto* process = reinterpret_cast<drydock::nt::Process*>(Process);
  if (process == thread.process) return;
  if (thread.attached_from) {
    BugCheck(0x5, {reinterpret_cast<uint64_t>(process), reinterpret_cast<uint64_t>(thread.process)},  // INVALID_PROCESS_ATTACH_ATTEMPT
             "KeAttachProcess was called on a thread that is attached to another process.");
  }
  thread.attached_from = thread.process;
  thread.process = process;
}
extern "C" VOID KeDetachProcess(VOID) {
  Thread& thread = CurrentThread();
  if (!thread.attached_from) return;
  thread.process = thread.attached_from;
  thread.attached_from = nullptr;
}

// Nobody charges processor time to threads: all of them have used none.
extern "C" ULONG KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime) {
  if (UserTime) *UserTime = 0;
  return 0;
}

extern "C" PVOID IoGetInitialStack(VOID) { return const_cast<char*>(CurrentThread().task->stack_high); }
extern "C" VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit) {
  *LowLimit = reinterpret_cast<ULONG_PTR>(CurrentThread().task->stack_low);
  *HighLimit = reinterpret_cast<ULONG_PTR>(CurrentThread().task->stack_high);
}
extern "C" ULONG_PTR IoGetRemainingStackSize(VOID) {
  return reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0)) - reinterpret_cast<ULONG_PTR>(CurrentThread().task->stack_low);
}
