// The thread pool from the inside: members, and queueing their callbacks. nt/win32 only.
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <memory>

#include "nt/ob/object.h"
#include "nt/win32/program.h"

namespace drydock::nt::win32 {

// What a callback is told.
struct PoolCall {
  bool timed_out = false;
  DWORD wait_result = 0;
  OVERLAPPED* overlapped = nullptr;
  DWORD error = 0;
  ULONG_PTR bytes = 0;
  std::shared_ptr<void> data;  // of members of our own
};

// A timer that is set, or an object that is waited for.
struct PoolWatch {
  KEVENT changed = {};
  void* object = nullptr;  // its header; null: a timer
  void* body = nullptr;    // referenced until the watch ends
  bool has_timeout = false, repeats = false;
  LARGE_INTEGER timeout = {};
  DWORD period = 0;        // milliseconds
  bool over = false;       // under the pool's lock
  PoolWatch() { KeInitializeEvent(&changed, NotificationEvent, FALSE); }
};

struct PoolMember : std::enable_shared_from_this<PoolMember> {
  const char* name = "";   // of its callback, for reports
  void (*run)(PoolMember& member, const PoolCall& call) = nullptr;  // calls the application
  void* callback = nullptr;
  void* context = nullptr;
  bool runs_after_close = false;
  // Under the pool's lock:
  uint32_t outstanding = 0;  // callbacks queued or running
  bool closed = false;
  std::shared_ptr<PoolWatch> watch;
  KEVENT quiet = {};         // none is outstanding
  // Of ends of requests:
  HANDLE port = nullptr;
  PoolMember() { KeInitializeEvent(&quiet, NotificationEvent, FALSE); }
};

void SubmitToPool(Program& program, const std::shared_ptr<PoolMember>& member, const PoolCall& call);
void WatchFor(Program& program, const std::shared_ptr<PoolMember>& member, std::shared_ptr<PoolWatch> watch);  // null: none any more
bool IsWatching(Program& program, PoolMember& member);
void WaitForMember(Program& program, const std::shared_ptr<PoolMember>& member, bool cancel);
void CloseMember(Program& program, const std::shared_ptr<PoolMember>& member);

}  // namespace drydock::nt::win32
