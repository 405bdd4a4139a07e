#include "wdf/driver/background.h"

#include "runtime/assert.h"

namespace drydock::wdf {

void Background::Begin() {
  rt::LockGuard guard(lock_);
  ++count_;
}

void Background::End() {
  Waiter* waiters = nullptr;
  {
    rt::LockGuard guard(lock_);
    RT_ASSERT(count_ > 0);
    if (--count_ == 0) {
      waiters = waiters_;
      waiters_ = nullptr;
    }
  }
  while (waiters) {
    Waiter* waiter = waiters;
    waiters = waiter->next;
    KeSetEvent(&waiter->done, IO_NO_INCREMENT, FALSE);
  }
}

void Background::Drain() {
  Waiter waiter;
  {
    rt::LockGuard guard(lock_);
    if (count_ == 0) return;
    KeInitializeEvent(&waiter.done, NotificationEvent, FALSE);
    waiter.next = waiters_;
    waiters_ = &waiter;
  }
  KeWaitForSingleObject(&waiter.done, Executive, KernelMode, FALSE, nullptr);
}

}  // namespace drydock::wdf
