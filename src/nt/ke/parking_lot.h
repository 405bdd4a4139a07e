// ParkingLot: waiting on any word of memory, by its address. For locks whose layout has no room for waiters (spin locks, push locks,
// rundown references, resources).
// Called by:  ke and ex; tasks only. IRQL is the caller's affair: a contended spin lock waits here at DISPATCH_LEVEL.
// Ownership:  waiters live on their own stacks.
// Rule:       a word that has waiters says so by a bit of its own, set while the bucket is locked (inside `still_blocked`), so that
//             the release that clears it comes here.
// Errors:     Wait throws rt::TaskStopped after a stop.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nt/ke/wait_info.h"
#include "runtime/lock.h"

namespace drydock::nt::ke {

class ParkingLot {
 public:
  // Parks the current task until Wake, unless `still_blocked(context)`, asked under the bucket's lock, says no. False: it said no,
  // or the deadline (interrupt time) passed.
  bool Wait(const void* address, bool (*still_blocked)(void* context), void* context, const WaitInfo& info,
            rt::Ticks deadline = rt::kNever);
  template <class StillBlocked>
  bool Wait(const void* address, StillBlocked still_blocked, const WaitInfo& info, rt::Ticks deadline = rt::kNever) {
    return Wait(
        address, [](void* f) { return (*static_cast<StillBlocked*>(f))(); }, &still_blocked, info, deadline);
  }
  // Wakes the longest waiting ones of the address. `more`, asked under the bucket's lock, gets whether others stay behind.
  size_t Wake(const void* address, size_t count, void (*settle)(void* context, bool more) = nullptr, void* context = nullptr);
  template <class Settle>
  size_t WakeAndSettle(const void* address, size_t count, Settle settle) {
    return Wake(
        address, count, [](void* f, bool more) { (*static_cast<Settle*>(f))(more); }, &settle);
  }

 private:
  struct Waiter;
  struct alignas(64) Bucket {
    rt::Lock lock;
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    void Append(Waiter* waiter);
    void Remove(Waiter* waiter);
  };
  static constexpr size_t kBuckets = 64;
  Bucket& BucketOf(const void* address) {
    const auto value = reinterpret_cast<uintptr_t>(address);
    return buckets_[((value >> 3) * 0x9e3779b97f4a7c15ull >> 32) % kBuckets];
  }
  Bucket buckets_[kBuckets];
};

}  // namespace drydock::nt::ke
