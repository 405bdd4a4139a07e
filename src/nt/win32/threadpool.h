// Thread pools from the inside: whose they are, members, and queueing their callbacks. nt/win32 only.
//
// An application has one. Of user-mode drivers each host has one, whose threads are the host process's and end with it; what drivers make where no
// host is known yet (DriverEntry) runs in one of no host. At a driver's unload what it left is found (driver_pools.cpp, nt/win32/left_in_pools.h).
#pragma once

#include <ntddk.h>
#include <windows.h>

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "nt/ob/object.h"
#include "nt/ps/left_running.h"
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

struct ThreadPool;
struct PoolMember : std::enable_shared_from_this<PoolMember> {
  ThreadPool* pool = nullptr;  // outlives it
  ps::StartedBy made;          // of drivers
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

struct ThreadPool {
  ThreadPool(Kernel& its_kernel, Program* its_program, CallbackHost* its_host);
  Kernel& kernel;
  Program* const program;    // an application's; null: drivers'
  CallbackHost* const host;  // the program, or a host of drivers; null: of no host
  struct Item {
    std::shared_ptr<PoolMember> member;
    PoolCall call;
  };
  rt::Lock lock;
  std::deque<Item> items RT_GUARDED_BY(lock);
  std::vector<std::shared_ptr<PoolMember>> running RT_GUARDED_BY(lock);
  uint32_t idle RT_GUARDED_BY(lock) = 0;  // workers that no queued item counts on
  KSEMAPHORE work = {};
  KEVENT ending = {};                     // of drivers: the host has ended
};

// What drivers have of it. Things are found by their handle from any of a driver's calls, whether its host is known there or not.
struct DriverPools {
  rt::Lock lock;
  std::map<CallbackHost*, std::unique_ptr<ThreadPool>> pools RT_GUARDED_BY(lock);
  struct Thing {
    std::shared_ptr<void> thing;
    ps::StartedBy made;
    PoolMember* member;  // null: a pool, a group, a timer queue
  };
  std::map<void*, Thing> things RT_GUARDED_BY(lock);
};
DriverPools& DriverPoolsOf(Kernel& kernel);

ThreadPool& CurrentPool();  // of the calling code
// As AddThing and its kin of program.h, for the calling code.
void* AddPoolThing(const char* function, std::shared_ptr<void> thing, PoolMember* member = nullptr);
std::shared_ptr<void> FindPoolThing(void* handle);
bool DropPoolThing(void* handle);

void SubmitToPool(const std::shared_ptr<PoolMember>& member, const PoolCall& call);
void WatchFor(const std::shared_ptr<PoolMember>& member, std::shared_ptr<PoolWatch> watch);  // null: none any more
bool IsWatching(PoolMember& member);
void WaitForMember(const std::shared_ptr<PoolMember>& member, bool cancel);
void CloseMember(const std::shared_ptr<PoolMember>& member);
void CancelQueued(ThreadPool& pool, PoolMember* member);  // null: of all members

}  // namespace drydock::nt::win32
