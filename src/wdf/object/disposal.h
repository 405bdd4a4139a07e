// Disposal: deletions and destructions that were asked for above PASSIVE_LEVEL but must happen at it, carried out by one work item.
// Called by:  Object::Delete and Object::Release; Drain by device removal and the end of a driver.
// IRQL:       queueing <= DISPATCH_LEVEL; Drain PASSIVE_LEVEL, parks.
// Ownership:  Framework. A queued object keeps the reference that the deletion (or the last release) stands for.
// Order:      first in, first out.
// Source:     OBJ-17 as corrected by DEVX-1, DEVX-2; S6 ("waits for deferred clean-ups").
#pragma once

#include <atomic>

#include "nt/thread.h"
#include "runtime/lock.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

struct Disposal {
  Disposal();
  Disposal(const Disposal&) = delete;

  void QueueDelete(Object* object);   // Object::deleting_ is set
  void QueueDestroy(Object* object);  // no reference left
  // Takes a queued deletion back, so that the caller carries it out at once. False: it has begun or is not here.
  bool TakeBack(Object* object);
  // Returns when everything queued before the call is done. Not from a cleanup or destroy callback that the work item itself runs.
  void Drain();

 private:
  struct Waiter {
    KEVENT done;
    Waiter* next;
  };
  static void NTAPI Run(PVOID context);
  void Queue(Object* object);

  rt::Lock lock_;
  Object* first_ RT_GUARDED_BY(lock_) = nullptr;
  Object* last_ RT_GUARDED_BY(lock_) = nullptr;
  bool running_ RT_GUARDED_BY(lock_) = false;
  Waiter* waiters_ RT_GUARDED_BY(lock_) = nullptr;
  std::atomic<nt::Thread*> runner_{nullptr};
  WORK_QUEUE_ITEM item_ = {};
};

}  // namespace drydock::wdf
