// Background: what runs for one driver on threads of the system after the call that asked for it returned (power requests, failure reports,
// deferred deliveries, the driver's work items), counted so that unloading can wait for it: each holds its object to its very end.
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
