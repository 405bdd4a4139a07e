#include "wdf/object/disposal.h"

#include "nt/thread.h"
#include "runtime/assert.h"
#include "wdf/object/factory.h"

namespace drydock::wdf {

Disposal::Disposal() {
  ExInitializeWorkItem(&item_, &Disposal::Run, this);
}

void Disposal::QueueDelete(Object* object) { Queue(object); }
void Disposal::QueueDestroy(Object* object) { Queue(object); }

void Disposal::Queue(Object* object) {
  bool start = false;
  {
    rt::LockGuard guard(lock_);
    object->disposal_next_ = nullptr;
    (last_ ? last_->disposal_next_ : first_) = object;
    last_ = object;
    start = !running_;
    running_ = true;
  }
  if (start) ExQueueWorkItem(&item_, DelayedWorkQueue);
}

bool Disposal::TakeBack(Object* object) {
  rt::LockGuard guard(lock_);
  Object* previous = nullptr;
  for (Object* queued = first_; queued; previous = queued, queued = queued->disposal_next_) {
    if (queued != object) continue;
    (previous ? previous->disposal_next_ : first_) = queued->disposal_next_;
    if (last_ == queued) last_ = previous;
    return true;
  }
  return false;
}

void Disposal::Run(PVOID context) {
  Disposal& self = *static_cast<Disposal*>(context);
  Waiter* waiters = nullptr;
  for (;;) {
    Object* object;
    {
      rt::LockGuard guard(self.lock_);
      object = self.first_;
      if (!object) {
        self.running_ = false;
        self.runner_ = nullptr;
        waiters = self.waiters_;
        self.waiters_ = nullptr;
        break;
      }
      self.first_ = object->disposal_next_;
      if (!self.first_) self.last_ = nullptr;
      self.runner_ = nt::CurrentThreadOrNull();
    }
    // A deletion still has the object's own reference; a destruction has none left.
    if (object->references() > 0) {
      ObjectAccess::FinishDelete(object);
    } else {
      ObjectAccess::Destroy(object);
    }
  }
  while (waiters) {
    Waiter* waiter = waiters;
    waiters = waiter->next;
    KeSetEvent(&waiter->done, IO_NO_INCREMENT, FALSE);
  }
}

void Disposal::Drain() {
  if (runner_ == nt::CurrentThreadOrNull()) return;
  Waiter waiter;
  KeInitializeEvent(&waiter.done, NotificationEvent, FALSE);
  {
    rt::LockGuard guard(lock_);
    if (!running_) return;
    waiter.next = waiters_;
    waiters_ = &waiter;
  }
  KeWaitForSingleObject(&waiter.done, Executive, KernelMode, FALSE, nullptr);
}

}  // namespace drydock::wdf
