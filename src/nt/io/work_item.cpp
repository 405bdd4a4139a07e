// I/O work items: a work item that keeps its device (or driver) object alive while it is queued and runs.
#include <fmt/format.h>

#include <ntddk.h>

#include <atomic>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/ex/work_queue.h"
#include "nt/ob/object.h"
#include "nt/thread.h"

using namespace drydock::nt;

struct _IO_WORKITEM {
  WORK_QUEUE_ITEM item;
  void* object;                    // device or driver object
  PIO_WORKITEM_ROUTINE routine;    // one of the two
  PIO_WORKITEM_ROUTINE_EX routine_ex;
  void* context;
  uint32_t canary;
  std::atomic<uint32_t> queued;
};

namespace {

constexpr ULONG kTag = ' WoI';
constexpr uint32_t kCanary = 0x6D657449;

void Check(PIO_WORKITEM item, const char* function) {
  if (item->canary == kCanary) return;
  BugCheck(bug::kWorkerInvalid, {0, reinterpret_cast<uint64_t>(item), 0, 0},
           fmt::format("{} was given a work item at {} that was never initialised, or was freed.", function, static_cast<void*>(item)));
}

void CheckNotQueued(PIO_WORKITEM item, const char* function) {
  Check(item, function);
  if (item->queued.load() == 0) return;
  BugCheck(bug::kWorkerInvalid, {0, reinterpret_cast<uint64_t>(item), 0, 0},
           fmt::format("{} was given the work item at {}, which is still queued.", function, static_cast<void*>(item)));
}

// Runs as the executive work item's routine. The I/O work item may be queued again or freed by the driver's routine.
void Run(void* parameter) {
  auto* item = static_cast<PIO_WORKITEM>(parameter);
  void* object = item->object;
  const auto routine = item->routine;
  const auto routine_ex = item->routine_ex;
  void* context = item->context;
  item->queued.store(0);
  if (routine_ex) {
    CallDriver("IO_WORKITEM_ROUTINE_EX", IrqlRule::kWorker, routine_ex, object, context, item);
  } else {
    CallDriver("IO_WORKITEM_ROUTINE", IrqlRule::kWorker, routine, static_cast<PDEVICE_OBJECT>(object), context);
  }
  ob::Dereference(object);
}

bool Queue(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, PIO_WORKITEM_ROUTINE_EX routine_ex, WORK_QUEUE_TYPE type, void* context) {
  if (item->queued.exchange(1) != 0) return false;
  item->routine = routine;
  item->routine_ex = routine_ex;
  item->context = context;
  ob::Reference(item->object);
  ExInitializeWorkItem(&item->item, &Run, item);
  return ex::QueueWork(CurrentKernel(), &item->item, ex::QueueIndexOf(type));
}

void QueueOrBugCheck(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, PIO_WORKITEM_ROUTINE_EX routine_ex, WORK_QUEUE_TYPE type,
                     void* context, const char* function) {
  Check(item, function);
  if (Queue(item, routine, routine_ex, type, context)) return;
  BugCheck(bug::kWorkerInvalid, {1, reinterpret_cast<uint64_t>(item), reinterpret_cast<uint64_t>(routine), 0},
           fmt::format("{} was given a work item that is queued already.", function));
}

}  // namespace

extern "C" {

ULONG IoSizeofWorkItem(VOID) { return sizeof(_IO_WORKITEM); }

VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) {
  new (IoWorkItem) _IO_WORKITEM{};
  IoWorkItem->object = IoObject;
  IoWorkItem->canary = kCanary;
}

VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) {
  CheckNotQueued(IoWorkItem, "IoUninitializeWorkItem");
  IoWorkItem->canary = 0;
}

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
  auto* item = static_cast<PIO_WORKITEM>(ExAllocatePoolZero(NonPagedPoolNx, sizeof(_IO_WORKITEM), kTag));
  if (item) IoInitializeWorkItem(DeviceObject, item);
  return item;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
  CheckNotQueued(IoWorkItem, "IoFreeWorkItem");
  IoWorkItem->canary = 0;
  ExFreePoolWithTag(IoWorkItem, kTag);
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
  QueueOrBugCheck(IoWorkItem, WorkerRoutine, nullptr, QueueType, Context, "IoQueueWorkItem");
}

VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
  QueueOrBugCheck(IoWorkItem, nullptr, WorkerRoutine, QueueType, Context, "IoQueueWorkItemEx");
}

BOOLEAN IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
  Check(IoWorkItem, "IoTryQueueWorkItem");
  return Queue(IoWorkItem, nullptr, WorkerRoutine, QueueType, Context);
}

}  // extern "C"
