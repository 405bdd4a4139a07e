// WorkItem: a WDFWORKITEM: a callback at PASSIVE_LEVEL on a system worker.
// Called by:  drivers at <= DISPATCH_LEVEL; executive workers run the callback.
// Ownership:  child of an object below a device.
// Order of an end, numbered (SYN-39, DEVX-16):
//   W1  Enqueue while queued adds nothing; while running it queues a second run, which may overlap the first (SYN-35, SYN-36).
//   W2  Deletion waits until nothing is queued and nothing runs. Asked for in the item's own callback it does not wait: the item ends when its last
//       callback has returned. As part of a parent's deletion asked for in the item's own callback it neither waits nor postpones.
// Source:     SYN-18 to SYN-23, SYN-35 to SYN-40, DEVX-16, OBJ-19.
#pragma once

#include "nt/thread.h"
#include "runtime/lock.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class WorkItem final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kWorkItem;

  void Initialize(PFN_WDF_WORKITEM callback, CallbackLock* serialize);
  void Enqueue();
  void Flush();

 protected:
  void OnDispose() override;
  bool PostponeDeletion() override;

 private:
  struct Run {  // one callback on a stack
    nt::Thread* thread;
    Run* next;
  };
  struct Waiter {
    KEVENT done;
    Waiter* next;
  };
  static VOID NTAPI Routine(PVOID context);
  bool RunsOnThisThread() RT_REQUIRES(lock_);
  void WaitUntilIdle();

  rt::Lock lock_;
  bool queued_ RT_GUARDED_BY(lock_) = false;
  bool delete_after_run_ RT_GUARDED_BY(lock_) = false;
  Run* runs_ RT_GUARDED_BY(lock_) = nullptr;
  Waiter* waiters_ RT_GUARDED_BY(lock_) = nullptr;
  WORK_QUEUE_ITEM item_ = {};
  PFN_WDF_WORKITEM callback_ = nullptr;
  CallbackLock* serialize_ = nullptr;
};

}  // namespace drydock::wdf
