#include "nt/ex/work_queue.h"

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/ex/state.h"
#include "nt/ke/wait_info.h"
#include "nt/ps/start.h"
#include "nt/trace.h"

namespace drydock::nt::ex {

struct Worker {
  rt::Task* task;
  Worker* next = nullptr;
  bool idle = false;  // in the list; under the queue's lock
};

namespace {

constexpr const char* kNames[kQueueCount] = {"worker", "critical worker", "hypercritical worker"};

struct Popped {
  PWORKER_THREAD_ROUTINE routine;
  void* parameter;
  uint32_t trace_id;
};

bool Pop(WorkQueue& queue, Worker& worker, Popped& popped) {
  rt::LockGuard guard(queue.lock);
  if (IsListEmpty(&queue.items)) {
    if (!worker.idle) {
      worker.idle = true;
      worker.next = queue.idle;
      queue.idle = &worker;
    }
    return false;
  }
  if (worker.idle) {  // it was not the one that was woken for this item
    for (Worker** at = &queue.idle; *at != nullptr; at = &(*at)->next) {
      if (*at != &worker) continue;
      *at = worker.next;
      break;
    }
    worker.idle = false;
  }
  auto* item = CONTAINING_RECORD(RemoveHeadList(&queue.items), WORK_QUEUE_ITEM, List);
  popped = {item->WorkerRoutine, item->Parameter, TraceIdOf(*queue.kernel, item)};
  // Before the routine runs: it may queue the item again or free it.
  __atomic_store_n(&item->List.Flink, nullptr, __ATOMIC_RELEASE);
  return true;
}

void Work(void* argument) {
  auto& queue = *static_cast<WorkQueue*>(argument);
  Worker worker{rt::CurrentTask()};
  ke::WaitInfo idle;
  idle.what = "work items";
  Popped popped;
  struct Leave {  // a stop: nobody may find us in the list any more
    WorkQueue& queue;
    Worker& worker;
    ~Leave() {
      rt::LockGuard guard(queue.lock);
      for (Worker** at = &queue.idle; *at != nullptr; at = &(*at)->next) {
        if (*at != &worker) continue;
        *at = worker.next;
        break;
      }
    }
  } leave{queue, worker};
  for (;;) {
    if (!Pop(queue, worker, popped)) {
      ke::ParkFor(idle);
      continue;
    }
    RecordEvent(*queue.kernel, kEventWorkItemRun, popped.trace_id, queue.index);
    CallDriver("WORKER_THREAD_ROUTINE", IrqlRule::kWorker, popped.routine, popped.parameter);
    queue.kernel->executor.SchedulePoint();
  }
}

void StartWorker(WorkQueue& queue) {
  ps::ThreadStart start;
  start.name = kNames[queue.index];
  start.entry = &Work;
  start.argument = &queue;
  start.service = true;
  queue.kernel->executor.Detach(ps::StartThread(*queue.kernel, start));
}

// Clock context: an item has waited for long.
void Watch(rt::TimerNode* node) {
  auto& queue = *static_cast<WorkQueue*>(node);
  bool more = false;
  {
    rt::LockGuard guard(queue.lock);
    queue.watched = false;
    if (!IsListEmpty(&queue.items) && queue.idle == nullptr && queue.workers < kMaxWorkers && !queue.kernel->executor.stopped()) {
      ++queue.workers;
      queue.watched = more = true;
    }
  }
  if (!more) return;
  StartWorker(queue);
  queue.kernel->executor.Arm(&queue, queue.kernel->executor.InterruptTime() + kPatience);
}

}  // namespace

WorkQueues::WorkQueues(Kernel& kernel) {
  for (uint8_t i = 0; i < kQueueCount; ++i) {
    queues[i].kernel = &kernel;
    queues[i].index = static_cast<QueueIndex>(i);
    queues[i].callback = &Watch;
    InitializeListHead(&queues[i].items);
  }
}

void WorkQueues::Quiesce() {
  for (WorkQueue& queue : queues) queue.kernel->executor.DisarmAndWait(&queue);
}

QueueIndex QueueIndexOf(WORK_QUEUE_TYPE type) {
  switch (type) {
    case CriticalWorkQueue:
    case RealTimeWorkQueue: return kCritical;
    case HyperCriticalWorkQueue:
    case SuperCriticalWorkQueue: return kHyperCritical;
    default: return kDelayed;
  }
}

bool QueueWork(Kernel& kernel, WORK_QUEUE_ITEM* item, QueueIndex index) {
  WorkQueue& queue = kernel.ex->work->queues[index];
  rt::Task* wake = nullptr;
  bool start = false, watch = false;
  RecordEvent(kernel, kEventWorkItemQueue, TraceIdOf(kernel, item), index);
  {
    rt::LockGuard guard(queue.lock);
    if (__atomic_load_n(&item->List.Flink, __ATOMIC_ACQUIRE) != nullptr) return false;
    InsertTailList(&queue.items, &item->List);
    if (Worker* worker = queue.idle) {
      queue.idle = worker->next;
      worker->idle = false;
      wake = worker->task;
    } else if (queue.workers < kernel.options.worker_threads) {
      ++queue.workers;
      start = true;
    } else if (!queue.watched) {
      queue.watched = watch = true;
    }
  }
  if (wake) kernel.executor.Unpark(wake);
  if (start) StartWorker(queue);
  if (watch) kernel.executor.Arm(&queue, kernel.executor.InterruptTime() + kPatience);
  kernel.executor.SchedulePoint();
  return true;
}

}  // namespace drydock::nt::ex

using namespace drydock::nt;

extern "C" VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
  Kernel& kernel = CurrentKernel();
  if (WorkItem->WorkerRoutine == nullptr) {
    BugCheck(bug::kWorkerInvalid, {1, reinterpret_cast<uint64_t>(WorkItem), 0, 0}, "ExQueueWorkItem was given a work item without a routine.");
  }
  if (!ex::QueueWork(kernel, WorkItem, ex::QueueIndexOf(QueueType))) {
    BugCheck(bug::kWorkerInvalid, {1, reinterpret_cast<uint64_t>(WorkItem), reinterpret_cast<uint64_t>(WorkItem->WorkerRoutine), 0},
             "ExQueueWorkItem was given a work item that is queued already (or that ExInitializeWorkItem has not initialised).");
  }
}

extern "C" BOOLEAN ExTryQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
  return ex::QueueWork(CurrentKernel(), WorkItem, ex::QueueIndexOf(QueueType));
}
