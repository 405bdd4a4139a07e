// Work queues: executive worker threads, made on demand.
// Called by:  ExQueueWorkItem, IoQueueWorkItem; IRQL <= DISPATCH_LEVEL.
// Threads:    up to KernelOptions::worker_threads per queue as soon as there is work for them; more, up to kMaxWorkers, when an item has
//             waited kPatience because all of them are busy (they may wait for what this very item does).
// Order:      items start in the order they were queued.
#pragma once

#include <ntddk.h>

#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::ex {

inline constexpr uint32_t kMaxWorkers = 256;
inline constexpr rt::Ticks kPatience = rt::kTicksPerSecond;

enum QueueIndex : uint8_t { kDelayed, kCritical, kHyperCritical, kQueueCount };

struct Worker;
struct WorkQueue : rt::TimerNode {
  Kernel* kernel = nullptr;
  QueueIndex index = kDelayed;
  rt::Lock lock;
  LIST_ENTRY items RT_GUARDED_BY(lock);
  Worker* idle RT_GUARDED_BY(lock) = nullptr;  // the one that became idle last is first
  uint32_t workers RT_GUARDED_BY(lock) = 0;
  bool watched RT_GUARDED_BY(lock) = false;    // the timer is armed
};

struct WorkQueues {
  explicit WorkQueues(Kernel& kernel);
  ~WorkQueues() { Quiesce(); }
  void Quiesce();  // no new worker is made by the clock any more
  WorkQueue queues[kQueueCount];
};

// False: it is queued already.
bool QueueWork(Kernel& kernel, WORK_QUEUE_ITEM* item, QueueIndex index);
QueueIndex QueueIndexOf(WORK_QUEUE_TYPE type);

}  // namespace drydock::nt::ex
