// Why a thread waits at an I/O target, in words for a stall report: pushed as ke::WaitReason for as long as the wait lasts.
// Called by:  send.cpp (a blocked sender), lifecycle.cpp (a waiting stop, purge, close, deletion).
// Threads:    pushed and popped by the waiting thread; `Describe` is called by the reporter while the frame is pushed.
#pragma once

#include <string>

#include "nt/ke/wait_info.h"
#include "wdf/sdk.h"

namespace drydock::wdf {

class IoTarget;
struct SentState;

// "synchronous send of IOCTL 0x222000 to \Device\Foo (\Driver\Foo) by driver bar, time-out 5 s"
class SendWaitReason {
 public:
  SendWaitReason(IoTarget& target, const SentState& sent, LONGLONG timeout);
  void Expired(bool expired) { expired_ = expired; }

 private:
  static void Describe(const void* context, std::string& out);

  IoTarget& target_;
  const SentState& sent_;
  const LONGLONG timeout_;
  bool expired_ = false;
  nt::ke::WaitReasonScope scope_;
};

// "waits for <what>, target of driver bar to \Device\Foo, 2 requests at the lower driver"
class TargetWaitReason {
 public:
  TargetWaitReason(IoTarget& target, const char* what);

 private:
  static void Describe(const void* context, std::string& out);

  IoTarget& target_;
  const char* what_;
  nt::ke::WaitReasonScope scope_;
};

}  // namespace drydock::wdf
