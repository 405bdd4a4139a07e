#include "nt/ke/parking_lot.h"

#include <atomic>
#include <vector>

#include "nt/ke/drivers_wait.h"

namespace drydock::nt::ke {

struct ParkingLot::Waiter {
  const void* address;
  rt::Task* task;
  std::atomic<bool> woken{false};
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
};

void ParkingLot::Bucket::Append(Waiter* waiter) {
  waiter->previous = last;
  (last ? last->next : first) = waiter;
  last = waiter;
}

void ParkingLot::Bucket::Remove(Waiter* waiter) {
  (waiter->previous ? waiter->previous->next : first) = waiter->next;
  (waiter->next ? waiter->next->previous : last) = waiter->previous;
}

bool ParkingLot::Wait(const void* address, bool (*still_blocked)(void*), void* context, const WaitInfo& info,
                      rt::Ticks deadline) {
  Bucket& bucket = BucketOf(address);
  Waiter waiter{address, rt::CurrentTask()};
  {
    rt::LockGuard guard(bucket.lock);
    if (!still_blocked(context)) return false;
    bucket.Append(&waiter);
  }
  // Takes the waiter out again when a stop or the deadline ends the wait. After that nobody refers to it.
  struct Leave {
    Bucket& bucket;
    Waiter& waiter;
    ~Leave() {
      rt::LockGuard guard(bucket.lock);
      if (!waiter.woken.load(std::memory_order_relaxed)) bucket.Remove(&waiter);
    }
  } leave{bucket, waiter};
  HostWait host(CurrentThread());
  while (!waiter.woken.load(std::memory_order_acquire)) {
    host.Check();
    if (ParkFor(info, deadline) == rt::Wake::kTimedOut) return waiter.woken.load(std::memory_order_acquire);
  }
  return true;
}

size_t ParkingLot::Wake(const void* address, size_t count, void (*settle)(void*, bool), void* context) {
  constexpr size_t kBatch = 16;
  rt::Task* few[kBatch];
  std::vector<rt::Task*> many;
  size_t woken = 0;
  Bucket& bucket = BucketOf(address);
  {
    rt::LockGuard guard(bucket.lock);
    bool more = false;
    for (Waiter* waiter = bucket.first; waiter != nullptr;) {
      Waiter* next = waiter->next;
      if (waiter->address == address) {
        if (woken == count) {
          more = true;
          break;
        }
        rt::Task* task = waiter->task;
        bucket.Remove(waiter);
        waiter->woken.store(true, std::memory_order_release);
        if (woken < kBatch) {
          few[woken] = task;
        } else {
          many.push_back(task);
        }
        ++woken;
      }
      waiter = next;
    }
    if (settle) settle(context, more);
  }
  // A task's memory outlives the task (see the executor), so that a waiter that has gone on by itself does no harm here.
  for (size_t i = 0; i < woken; ++i) {
    rt::Task* task = i < kBatch ? few[i] : many[i - kBatch];
    task->executor->Unpark(task);
  }
  return woken;
}

}  // namespace drydock::nt::ke
