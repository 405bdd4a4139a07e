// DriversWait: the waits inside this scope are a driver's own, not those of code of ours on its behalf: where the driver's host ends, they end.
// Called by:  the exported wait functions and the Win32 ones, around the wait.
#pragma once

#include "nt/thread.h"

namespace drydock::nt::ke {

// Who called an exported function: a driver (or a test), or this library itself.
bool IsCallerOutside(const void* return_address);

// The return address in a driver (or a test) of the call into this library that is under way here; null: none is near.
const void* CallerOutside();

class DriversWait {
 public:
  explicit DriversWait(bool is = true) : thread_(CurrentThread()), before_(thread_.drivers_wait) { thread_.drivers_wait = is; }
  ~DriversWait() { thread_.drivers_wait = before_; }
  DriversWait(const DriversWait&) = delete;

 private:
  Thread& thread_;
  const bool before_;
};

// Parks as ParkFor does. Throws HostEnded when the wait is a driver's own whose host has ended.
class HostWait {
 public:
  explicit HostWait(Thread& thread);
  ~HostWait();
  HostWait(const HostWait&) = delete;
  void Check() const;

 private:
  CallbackHost* host_;
  CallbackHost::Waiting waiting_;
};

}  // namespace drydock::nt::ke
