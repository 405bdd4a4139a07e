// Port: the part of a terminal that requests, the watching task and the poll timer share. src/backend/terminal only.
// Locks:      `lock` guards everything below it; never held over a completion.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <ntddk.h>

#include "backend/model.h"
#include "backend/posix.h"
#include "backend/terminal/serial_ioctl.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::backend {

struct Transfer {
  ModelRequest request;
  size_t done = 0;
  rt::Ticks total_deadline = rt::kNever;     // interrupt time
  rt::Ticks interval_deadline = rt::kNever;  // restarts with each byte
};

struct Finished {
  ModelRequest request;
  NTSTATUS status;
  ULONG_PTR information;
};

struct Port {
  nt::Kernel* kernel = nullptr;
  UniqueFd fd;
  UniqueFd wake;  // eventfd: the watcher looks again (live)

  // What the watching task was given to hold the port; its own once it has started (`watched`).
  std::shared_ptr<Port>* for_watcher = nullptr;

  rt::Lock lock;
  bool watched RT_GUARDED_BY(lock) = false;
  bool closed RT_GUARDED_BY(lock) = false;
  std::deque<Transfer> reads RT_GUARDED_BY(lock);
  std::deque<Transfer> writes RT_GUARDED_BY(lock);
  ModelRequest wait RT_GUARDED_BY(lock);      // IOCTL_SERIAL_WAIT_ON_MASK
  ULONG wait_mask RT_GUARDED_BY(lock) = 0;
  ULONG history RT_GUARDED_BY(lock) = 0;      // events since the last wait
  int seen_input RT_GUARDED_BY(lock) = 0;     // bytes that were already announced
  serial::Timeouts timeouts RT_GUARDED_BY(lock) = {};
  serial::LineControl line RT_GUARDED_BY(lock) = {0, 0, 8};
  serial::Chars chars RT_GUARDED_BY(lock) = {0, 0, 0, 0, 0x11, 0x13};
  serial::Handflow handflow RT_GUARDED_BY(lock) = {};
  ULONG baud RT_GUARDED_BY(lock) = 9600;
  ULONG lines RT_GUARDED_BY(lock) = 0;        // DTR, RTS as set

  // Looks again at the terminal while requests wait: deadlines, and under simulation the terminal itself.
  KTIMER timer;
  KDPC dpc;
  uint32_t quiet_polls RT_GUARDED_BY(lock) = 0;

  // The timer's turn.
  void Look();
  // Moves what can be moved and completes what is complete. IRQL <= DISPATCH_LEVEL.
  void Pump();
  bool HasWaiters();

 private:
  bool Step(std::vector<Finished>* finished) RT_REQUIRES(lock);
  void NoteEvents(ULONG events, std::vector<Finished>* finished) RT_REQUIRES(lock);
  rt::Ticks NextLook() RT_REQUIRES(lock);
};

}  // namespace drydock::backend
