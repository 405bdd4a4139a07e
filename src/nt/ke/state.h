// State of the kernel core of one machine. Owned by Kernel.
// Locks:      all_lock: taken before any dispatcher header when a wait for all objects is in play (see dispatcher.h).
//             timers.lock: guards every KTIMER's link to its record; a header lock may be taken inside it.
//             DpcQueue::lock: innermost.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <ntddk.h>

#include "nt/ke/clock.h"
#include "nt/ke/parking_lot.h"
#include "nt/ke/wait_info.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::nt::ke {

struct TimerRecord;
struct DpcQueue;
struct BugCheckCallback;
struct NmiCallback {
  void* routine;
  void* context;
};

struct TimerTable {
  rt::Lock lock;
  TimerRecord* free RT_GUARDED_BY(lock) = nullptr;
  TimerRecord* chunks RT_GUARDED_BY(lock) = nullptr;
  TimerRecord* active RT_GUARDED_BY(lock) = nullptr;  // armed ones, newest first
  size_t active_count RT_GUARDED_BY(lock) = 0;
};

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  ParkingLot lot;
  rt::Lock all_lock;
  TimerTable timers;
  // One per processor, then one for threaded DPCs.
  std::vector<std::unique_ptr<DpcQueue>> dpc_queues;

  rt::Lock callbacks_lock;
  std::atomic<const BugCheckData*> bug_check{nullptr};  // the one whose callbacks run
  LIST_ENTRY bug_check_callbacks;
  LIST_ENTRY bug_check_reason_callbacks;
  std::vector<std::unique_ptr<NmiCallback>> nmi_callbacks;  // in order of registration

  DescribeIrp describe_irp = nullptr;

  rt::Lock trace_ids_lock;
  std::unordered_map<const void*, uint32_t> trace_ids RT_GUARDED_BY(trace_ids_lock);
};

// Calls what drivers registered with KeRegisterBugCheckCallback and ...ReasonCallback. On the failing task.
void RunBugCheckCallbacks(Kernel& kernel, const BugCheckData& data);

// For the pool: an active timer that lies in the given memory, or a queued DPC; null: none.
const KTIMER* ActiveTimerIn(Kernel& kernel, const void* start, size_t bytes);
const KDPC* QueuedDpcIn(Kernel& kernel, const void* start, size_t bytes);

}  // namespace drydock::nt::ke
