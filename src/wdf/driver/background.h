// Background: the framework's own work items for one driver (power requests, failure reports), counted so that unloading can wait for them.
// Called by:  whoever queues one: Begin before queueing (any IRQL up to DISPATCH_LEVEL), End as its last step; EndBinding drains, PASSIVE_LEVEL.
// Locks:      lock_ guards the count and the waiters.
#pragma once

#include "runtime/lock.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class Background {
 public:
  void Begin();
  void End();
  void Drain();  // parks until none is left

 private:
  struct Waiter {
    KEVENT done;
    Waiter* next;
  };
  rt::Lock lock_;
  uint32_t count_ RT_GUARDED_BY(lock_) = 0;
  Waiter* waiters_ RT_GUARDED_BY(lock_) = nullptr;
};

}  // namespace drydock::wdf
