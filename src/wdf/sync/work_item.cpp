#include "wdf/sync/work_item.h"

#include "nt/driver_callback.h"
#include "wdf/ddi.h"
#include "wdf/object/factory.h"
#include "wdf/sync/callback_lock.h"
#include "wdf/sync/internal_wait.h"
#include "wdf/sync/serialization.h"
#include "wdf/trace.h"

namespace drydock::wdf {

void WorkItem::Initialize(PFN_WDF_WORKITEM callback, CallbackLock* serialize) {
  callback_ = callback;
  serialize_ = serialize;
  ExInitializeWorkItem(&item_, &WorkItem::Routine, this);
}

void WorkItem::Enqueue() {
  {
    rt::LockGuard guard(lock_);
    if (queued_ || deleting()) return;  // W1
    queued_ = true;
    globals().background.Begin();
  }
  ExQueueWorkItem(&item_, DelayedWorkQueue);
}

VOID WorkItem::Routine(PVOID context) {
  WorkItem& self = *static_cast<WorkItem*>(context);
  Background& background = self.globals().background;
  Run run{&nt::CurrentThread(), nullptr};
  {
    rt::LockGuard guard(self.lock_);
    self.queued_ = false;
    run.next = self.runs_;
    self.runs_ = &run;
  }
  RecordEvent(self.framework(), trace::kWorkItemRun, self.trace_id());
  {
    CallbackGuard guard(self.serialize_);
    nt::CallDriver("EvtWorkItem", nt::IrqlRule::kWorker, self.callback_, reinterpret_cast<WDFWORKITEM>(self.handle()));
    guard.Leave();
  }
  Waiter* waiters = nullptr;
  bool finish = false;
  {
    rt::LockGuard guard(self.lock_);
    for (Run** link = &self.runs_; *link; link = &(*link)->next) {
      if (*link != &run) continue;
      *link = run.next;
      break;
    }
    if (!self.runs_ && !self.queued_) {
      waiters = self.waiters_;
      self.waiters_ = nullptr;
      finish = self.delete_after_run_;
      self.delete_after_run_ = false;
    }
  }
  // From here on the item may be gone, unless we are the ones who end it.
  while (waiters) {
    Waiter* waiter = waiters;
    waiters = waiter->next;
    KeSetEvent(&waiter->done, IO_NO_INCREMENT, FALSE);
  }
  if (finish) ObjectAccess::FinishPostponedDelete(&self);
  background.End();
}

bool WorkItem::RunsOnThisThread() {
  for (Run* run = runs_; run; run = run->next) {
    if (run->thread == nt::CurrentThreadOrNull()) return true;
  }
  return false;
}

void WorkItem::WaitUntilIdle() {
  Waiter waiter;
  KeInitializeEvent(&waiter.done, NotificationEvent, FALSE);
  {
    rt::LockGuard guard(lock_);
    if (!queued_ && !runs_) return;
    waiter.next = waiters_;
    waiters_ = &waiter;
  }
  InternalWait(globals(), waiter.done, "the work item must run and its EvtWorkItem return");
}

void WorkItem::Flush() {
  bool own_callback = false;
  {
    rt::LockGuard guard(lock_);
    own_callback = RunsOnThisThread();
  }
  if (own_callback) {
    Break(globals(), "WdfWorkItemFlush in the item's own callback would wait for itself and was ignored");
    return;
  }
  WaitUntilIdle();
}

bool WorkItem::PostponeDeletion() {
  rt::LockGuard guard(lock_);
  if (!RunsOnThisThread()) return false;
  delete_after_run_ = true;  // W2
  return true;
}

void WorkItem::OnDispose() {
  {
    rt::LockGuard guard(lock_);
    if (RunsOnThisThread()) return;  // W2
  }
  WaitUntilIdle();
}

namespace ddi {

NTSTATUS WdfWorkItemCreate(DriverGlobals& globals, PWDF_WORKITEM_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM* WorkItem) {
  *WorkItem = nullptr;
  if (Config->Size != sizeof(WDF_WORKITEM_CONFIG)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!Config->EvtWorkItemFunc) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = CheckAttributes(globals, ObjectType::kWorkItem, Attributes);
  if (!NT_SUCCESS(status)) return status;
  CallbackLock* lock = nullptr;
  Object* parent = ObjectFromHandle(globals, Attributes->ParentObject);
  status = ResolveSerialization(*parent, Config->AutomaticSerialization, SerializedKind::kWorkItem, &lock);
  if (!NT_SUCCESS(status)) return status;
  wdf::WorkItem* item = nullptr;
  status = CreateObjectChecked(globals, ObjectType::kWorkItem, Attributes, parent, &item);
  if (!NT_SUCCESS(status)) return status;
  item->Initialize(Config->EvtWorkItemFunc, lock);
  *WorkItem = reinterpret_cast<WDFWORKITEM>(item->handle());
  return STATUS_SUCCESS;
}

void WdfWorkItemEnqueue(DriverGlobals& globals, WDFWORKITEM WorkItem) { FromHandle<wdf::WorkItem>(globals, WorkItem)->Enqueue(); }

WDFOBJECT WdfWorkItemGetParentObject(DriverGlobals& globals, WDFWORKITEM WorkItem) {
  Object* parent = FromHandle<wdf::WorkItem>(globals, WorkItem)->parent();
  return parent ? parent->handle() : nullptr;
}

void WdfWorkItemFlush(DriverGlobals& globals, WDFWORKITEM WorkItem) { FromHandle<wdf::WorkItem>(globals, WorkItem)->Flush(); }

}  // namespace ddi
}  // namespace drydock::wdf
