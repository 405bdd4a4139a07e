#include "nt/ke/dpc.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/state.h"
#include "nt/ps/start.h"
#include "nt/trace.h"

namespace drydock::nt::ke {
namespace {

void CheckDpc(const KDPC* dpc) {
  if (__builtin_expect((dpc->Type == kDpcType || dpc->Type == kThreadedDpcType) && dpc->DeferredRoutine != nullptr, 1)) return;
  BugCheck(bug::kTimerOrDpcInvalid, {1, reinterpret_cast<uint64_t>(dpc), 0, 0},
           fmt::format("The DPC at {} was never initialised, or was overwritten.", static_cast<const void*>(dpc)));
}

struct PoppedDpc {
  KDPC* dpc;  // only its address: may be gone
  PKDEFERRED_ROUTINE routine;
  void* context;
  void* argument1;
  void* argument2;
  uint32_t trace_id;
};

bool Pop(DpcQueue& queue, PoppedDpc& popped) {
  rt::LockGuard guard(queue.lock);
  if (IsListEmpty(&queue.list)) return false;
  KDPC* dpc = CONTAINING_RECORD(RemoveHeadList(&queue.list), KDPC, DpcListEntry);
  popped = {dpc, dpc->DeferredRoutine, dpc->DeferredContext, dpc->SystemArgument1, dpc->SystemArgument2, 0};
  queue.running = dpc;
  __atomic_store_n(&dpc->DpcData, nullptr, __ATOMIC_RELEASE);
  return true;
}

void Finish(DpcQueue& queue) {
  {
    rt::LockGuard guard(queue.lock);
    queue.running = nullptr;
    ++queue.finished;
  }
  queue.kernel->ke->lot.Wake(&queue, SIZE_MAX);
}

void ServeDpcs(void* argument) {
  auto& queue = *static_cast<DpcQueue*>(argument);
  Kernel& kernel = *queue.kernel;
  Thread& thread = CurrentThread();
  {
    // Before the first look at the list: who comes later knows whom to wake.
    rt::LockGuard guard(queue.lock);
    queue.service = thread.task;
  }
  PoppedDpc popped;
  WaitInfo idle;
  idle.what = "DPCs to run";
  for (;;) {
    if (!Pop(queue, popped)) {
      ParkFor(idle);
      continue;
    }
    RecordEvent(kernel, kEventDpcRun, TraceIdOf(kernel, popped.dpc), queue.processor);
    thread.in_dpc = true;
    CallDriver("DPC routine", popped.routine, popped.dpc, popped.context, popped.argument1, popped.argument2);
    thread.in_dpc = false;
    Finish(queue);
    kernel.executor.SchedulePoint();
  }
}

DpcQueue& QueueFor(Kernel& kernel, const KDPC& dpc, uint32_t processor) {
  auto& queues = kernel.ke->dpc_queues;
  if (dpc.Type == kThreadedDpcType) return *queues.back();
  const uint32_t count = static_cast<uint32_t>(queues.size() - 1);
  return *queues[dpc.Number >= kTargetBias ? (dpc.Number - kTargetBias) % count : processor % count];
}

// The queue that a KDPC is in, locked; null: in none.
DpcQueue* LockQueueOf(const KDPC* dpc) RT_NO_ANALYSIS {
  for (;;) {
    auto* queue = static_cast<DpcQueue*>(__atomic_load_n(&dpc->DpcData, __ATOMIC_ACQUIRE));
    if (queue == nullptr) return nullptr;
    queue->lock.Acquire();
    if (__atomic_load_n(&dpc->DpcData, __ATOMIC_RELAXED) == queue) return queue;
    queue->lock.Release();
  }
}

void InitializeDpc(KDPC* dpc, UCHAR type, PKDEFERRED_ROUTINE routine, void* context) {
  if (Kernel* kernel = CurrentKernelOrNull()) ForgetTraceId(*kernel, dpc);
  *dpc = {};
  dpc->Type = type;
  dpc->Importance = MediumImportance;
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
}

}  // namespace

void EnsureDpcService(Kernel& kernel, const KDPC& dpc, uint32_t processor) {
  CheckDpc(&dpc);
  DpcQueue& queue = QueueFor(kernel, dpc, processor);
  {
    rt::LockGuard guard(queue.lock);
    if (queue.has_service) return;
    queue.has_service = true;
  }
  const std::string name = queue.threaded ? "threaded DPCs" : fmt::format("DPCs of processor {}", queue.processor);
  ps::ThreadStart start;
  start.name = name.c_str();
  start.entry = &ServeDpcs;
  start.argument = &queue;
  start.service = true;
  start.irql = queue.threaded ? PASSIVE_LEVEL : DISPATCH_LEVEL;
  start.processor = queue.processor;
  kernel.executor.Detach(ps::StartThread(kernel, start));
}

bool InsertDpc(Kernel& kernel, KDPC* dpc, void* argument1, void* argument2, uint32_t processor) {
  DpcQueue& queue = QueueFor(kernel, *dpc, processor);
  rt::Task* service;
  {
    rt::LockGuard guard(queue.lock);
    void* none = nullptr;
    if (!__atomic_compare_exchange_n(&dpc->DpcData, &none, static_cast<void*>(&queue), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
      return false;
    }
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    if (dpc->Importance == HighImportance) {
      InsertHeadList(&queue.list, &dpc->DpcListEntry);
    } else {
      InsertTailList(&queue.list, &dpc->DpcListEntry);
    }
    ++queue.queued;
    service = queue.service;
  }
  if (service != nullptr) kernel.executor.Unpark(service);  // else it is about to look
  return true;
}

void FlushDpcs(Kernel& kernel) {
  WaitInfo info;
  info.what = "queued DPCs to have run";
  for (auto& queue : kernel.ke->dpc_queues) {
    uint64_t target;
    {
      rt::LockGuard guard(queue->lock);
      target = queue->queued;
    }
    for (;;) {
      auto unfinished = [&queue, target] {
        rt::LockGuard guard(queue->lock);
        return queue->finished < target;
      };
      if (!unfinished()) break;
      kernel.ke->lot.Wait(queue.get(), unfinished, info);
    }
  }
}

const KDPC* QueuedDpcIn(Kernel& kernel, const void* start, size_t bytes) {
  for (auto& queue : kernel.ke->dpc_queues) {
    rt::LockGuard guard(queue->lock);
    for (const LIST_ENTRY* entry = queue->list.Flink; entry != &queue->list; entry = entry->Flink) {
      const KDPC* dpc = CONTAINING_RECORD(entry, KDPC, DpcListEntry);
      if (reinterpret_cast<uintptr_t>(dpc) - reinterpret_cast<uintptr_t>(start) < bytes) return dpc;
    }
  }
  return nullptr;
}

}  // namespace drydock::nt::ke

using namespace drydock;
using namespace drydock::nt;

extern "C" VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  ke::InitializeDpc(Dpc, ke::kDpcType, DeferredRoutine, DeferredContext);
}

extern "C" VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  ke::InitializeDpc(Dpc, ke::kThreadedDpcType, DeferredRoutine, DeferredContext);
}

extern "C" BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
  Thread& thread = CurrentThread();
  Kernel& kernel = *thread.kernel;
  ke::EnsureDpcService(kernel, *Dpc, thread.processor);
  const uint32_t id = TraceIdOf(kernel, Dpc);
  if (!ke::InsertDpc(kernel, Dpc, SystemArgument1, SystemArgument2, thread.processor)) return FALSE;
  RecordEvent(kernel, kEventDpcQueue, id, thread.processor);
  kernel.executor.SchedulePoint();
  return TRUE;
}

extern "C" BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) {
  ke::DpcQueue* queue = ke::LockQueueOf(Dpc);
  if (queue == nullptr) return FALSE;
  RemoveEntryList(&Dpc->DpcListEntry);
  __atomic_store_n(&Dpc->DpcData, nullptr, __ATOMIC_RELEASE);
  ++queue->finished;
  queue->lock.Release();
  queue->kernel->ke->lot.Wake(queue, SIZE_MAX);
  return TRUE;
}

extern "C" BOOLEAN KeRemoveQueueDpcEx(PRKDPC Dpc, BOOLEAN WaitIfActive) {
  const BOOLEAN removed = KeRemoveQueueDpc(Dpc);
  if (!WaitIfActive) return removed;
  Kernel& kernel = *CurrentThread().kernel;
  ke::CheckWaitIrql(Dpc, true, "KeRemoveQueueDpcEx");
  ke::WaitInfo info;
  info.what = "a DPC routine to return";
  for (auto& queue : kernel.ke->dpc_queues) {
    auto running = [&queue, Dpc] {
      rt::LockGuard guard(queue->lock);
      return queue->running == Dpc;
    };
    while (running()) kernel.ke->lot.Wait(queue.get(), running, info);
  }
  return removed;
}

extern "C" VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) { Dpc->Importance = static_cast<UCHAR>(Importance); }

extern "C" VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) { Dpc->Number = static_cast<USHORT>(ke::kTargetBias + Number); }

extern "C" NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
  if (ProcNumber->Group != 0 || ProcNumber->Number >= CurrentKernel().options.processors || ProcNumber->Reserved != 0) {
    return STATUS_INVALID_PARAMETER;
  }
  KeSetTargetProcessorDpc(Dpc, static_cast<CCHAR>(ProcNumber->Number));
  return STATUS_SUCCESS;
}

extern "C" VOID KeFlushQueuedDpcs(VOID) {
  ke::CheckWaitIrql(nullptr, true, "KeFlushQueuedDpcs");
  ke::FlushDpcs(CurrentKernel());
}

extern "C" NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation) {
  *WatchdogInformation = {};  // no watchdog
  return STATUS_SUCCESS;
}
