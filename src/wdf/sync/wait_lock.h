// WaitLock: a WDFWAITLOCK: a lock whose holder stays at PASSIVE_LEVEL, in a critical region.
// Called by:  drivers.
// IRQL:       acquired at PASSIVE_LEVEL, with time-out 0 up to DISPATCH_LEVEL; released at <= DISPATCH_LEVEL.
// Errors:     STATUS_TIMEOUT (the critical region has been left then). A second acquire by the owner hangs, or times out (O-21).
// Source:     SYN-15, SYN-16, SYN-17, O-21.
#pragma once

#include <atomic>

#include "nt/thread.h"
#include "wdf/object/object.h"

namespace drydock::wdf {

class WaitLock final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kWaitLock;

  void Initialize() { KeInitializeEvent(&free_, SynchronizationEvent, TRUE); }
  NTSTATUS Acquire(const LONGLONG* timeout);  // null: without end
  void Release();

 private:
  KEVENT free_ = {};
  std::atomic<const nt::Thread*> holder_ = nullptr;  // for reports
};

}  // namespace drydock::wdf
