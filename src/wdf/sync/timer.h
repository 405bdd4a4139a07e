// Timer: a WDFTIMER over a KTIMER and its DPC; a passive-level one (and every UMDF one) goes on from the DPC to a worker.
// Called by:  drivers at <= DISPATCH_LEVEL; a waiting stop and deletion at PASSIVE_LEVEL.
// Ownership:  child of an object below a device.
// Order of an end, numbered:
//   T1  An expiry counts as in flight from its DPC's begin until its callback has returned (passive: through the work item).
//   T2  A waiting stop takes the KTIMER off, flushes DPCs, then waits until nothing is in flight. A start that comes meanwhile is swallowed, and the
//       stop then answers TRUE (DEVX-15). In the timer's own callback a waiting stop answers FALSE at once.
//   T3  Deletion is a waiting stop after which nothing starts again. From the own DPC-level callback it happens in the disposal work item; from the
//       own passive callback it waits for itself for ever (O-17, SYN-32).
// Source:     SYN-18 to SYN-32, DEVX-15, O-17, O-34, OBJ-19.
#pragma once

#include "nt/thread.h"
#include "runtime/lock.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class Timer final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kTimer;

  void Initialize(const WDF_TIMER_CONFIG& config, bool passive, CallbackLock* serialize);
  bool Start(LONGLONG due);
  bool Stop(bool wait);

 protected:
  void OnDispose() override;

 private:
  struct Waiter {
    KEVENT done;
    Waiter* next;
  };
  static VOID NTAPI OnExpiry(PKDPC dpc, PVOID context, PVOID, PVOID);
  static VOID NTAPI OnWorker(PVOID context);
  void RunCallback();
  void EndFlight();
  bool StopAndWait(bool* swallowed);

  rt::Lock lock_;
  uint32_t in_flight_ RT_GUARDED_BY(lock_) = 0;
  bool work_queued_ RT_GUARDED_BY(lock_) = false;
  uint32_t stopping_ RT_GUARDED_BY(lock_) = 0;   // waiting stops
  bool swallowed_ RT_GUARDED_BY(lock_) = false;  // a start came during one
  bool ended_ RT_GUARDED_BY(lock_) = false;
  Waiter* waiters_ RT_GUARDED_BY(lock_) = nullptr;
  std::atomic<nt::Thread*> runner_{nullptr};

  WDF_TIMER_CONFIG config_ = {};
  bool passive_ = false;
  CallbackLock* serialize_ = nullptr;
  KTIMER timer_ = {};
  KDPC dpc_ = {};
  WORK_QUEUE_ITEM item_ = {};
};

}  // namespace drydock::wdf
