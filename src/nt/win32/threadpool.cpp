// A thread pool at work: workers of its process that take what is queued; one more is made when all are busy.
//
// Every object (work, timer, wait, end of requests) is a Member: how many of its callbacks are queued or run, and what they call. A timer or
// a wait that is set has a thread of its own that waits and then queues; setting it anew sends that thread away.
// Locks:    ThreadPool::lock for queues and members, never held over a wait or a call.
// Lifetime: a Member is closed by who made it and goes when its last callback has returned.
#include "nt/win32/threadpool.h"

#include <algorithm>
#include <vector>

#include "nt/ke/drivers_wait.h"
#include "nt/kernel.h"
#include "nt/ps/process.h"
#include "nt/ps/start.h"
#include "nt/thread.h"
#include "nt/win32/program.h"

using namespace drydock;
using namespace drydock::nt;

namespace drydock::nt::win32 {

ThreadPool::ThreadPool(Kernel& its_kernel, Program* its_program, CallbackHost* its_host)
    : kernel(its_kernel), program(its_program), host(its_host) {
  KeInitializeSemaphore(&work, 0, MAXLONG);
  KeInitializeEvent(&ending, NotificationEvent, FALSE);
}

namespace {

bool IsOver(const ThreadPool& pool) {
  if (pool.program) return HasEnded(*pool.program) || pool.program->exiting;
  return pool.host && pool.host->ended.load(std::memory_order_acquire);
}

// A wait of a thread that runs nothing of the application's or driver's; the end of its process ends it: STATUS_UNSUCCESSFUL.
struct IdleWait {
  void** objects;
  ULONG count;
  LARGE_INTEGER* timeout;
  NTSTATUS status;
};
void RunIdleWait(void* context) {
  auto& wait = *static_cast<IdleWait*>(context);
  KWAIT_BLOCK blocks[4];
  ke::DriversWait scope;
  wait.status = KeWaitForMultipleObjects(wait.count, wait.objects, WaitAny, UserRequest, KernelMode, FALSE, wait.timeout, blocks);
}
NTSTATUS WaitIdle(ThreadPool& pool, const char* what, std::initializer_list<void*> objects, LARGE_INTEGER* timeout = nullptr) {
  std::vector<void*> list(objects);
  if (!pool.program) {
    // No callback of a driver: who looks for what is stuck inside one must not find this.
    const auto ends = static_cast<NTSTATUS>(list.size());
    list.push_back(&pool.ending);
    KWAIT_BLOCK blocks[4];
    const NTSTATUS status =
        KeWaitForMultipleObjects(static_cast<ULONG>(list.size()), list.data(), WaitAny, UserRequest, KernelMode, FALSE, timeout, blocks);
    return status == ends ? STATUS_UNSUCCESSFUL : status;
  }
  IdleWait wait{list.data(), static_cast<ULONG>(list.size()), timeout, STATUS_UNSUCCESSFUL};
  CallApplication(*pool.program, what, &RunIdleWait, static_cast<void*>(&wait));
  return wait.status;
}

void CallOne(PoolMember* member, const PoolCall* call) {
  if (member->callback) CurrentThread().callbacks->code = member->callback;  // what reports and leaks are told by
  member->run(*member, *call);
}

void Call(ThreadPool& pool, PoolMember& member, const PoolCall& call) {
  if (pool.host) CallApplication(*pool.host, member.name, &CallOne, &member, &call);
  else CallDriver(member.name, &CallOne, &member, &call);
}

void Finished(ThreadPool& pool, const std::shared_ptr<PoolMember>& member) {
  bool quiet;
  {
    rt::LockGuard guard(pool.lock);
    quiet = --member->outstanding == 0;
    pool.running.erase(std::find(pool.running.begin(), pool.running.end(), member));
  }
  if (quiet) KeSetEvent(&member->quiet, IO_NO_INCREMENT, FALSE);
}

void RunWorker(void* argument) {
  ThreadPool& pool = *static_cast<ThreadPool*>(argument);
  Thread& thread = CurrentThread();
  std::shared_ptr<PoolMember> runs;
  try {
    for (;;) {
      if (WaitIdle(pool, "waiting for work", {&pool.work}) != STATUS_SUCCESS || IsOver(pool)) return;
      ThreadPool::Item item;
      {
        rt::LockGuard guard(pool.lock);
        if (!pool.items.empty()) {
          item = std::move(pool.items.front());
          pool.items.pop_front();
          pool.running.push_back(item.member);
        }
      }
      if (item.member) {
        runs = item.member;
        Call(pool, *item.member, item.call);
        runs.reset();
        Finished(pool, item.member);
      }
      rt::LockGuard guard(pool.lock);
      ++pool.idle;
    }
  } catch (const rt::TaskStopped&) {
    if (!thread.terminating) throw;  // ExitThread in a callback ends the worker
    if (runs) Finished(pool, runs);
  }
}

void Spawn(ThreadPool& pool, const char* name, rt::TaskEntry entry, void* argument) {
  ps::ThreadStart start;
  start.name = name;
  start.entry = entry;
  start.argument = argument;
  start.process = pool.host ? pool.host->process : nullptr;
  start.system_thread = pool.program == nullptr;
  start.service = pool.program == nullptr;
  pool.kernel.executor.Detach(ps::StartThread(pool.kernel, start));
}

// What a timer's or a wait's own thread needs.
struct Watch {
  std::shared_ptr<PoolMember> member;
  std::shared_ptr<PoolWatch> watch;
};

void RunWatch(void* argument) {
  const std::unique_ptr<Watch> held(static_cast<Watch*>(argument));
  ThreadPool& pool = *held->member->pool;
  PoolWatch& watch = *held->watch;
  LARGE_INTEGER timeout = watch.timeout;
  bool has_timeout = watch.has_timeout;
  for (;;) {
    NTSTATUS status;
    if (watch.object != nullptr) status = WaitIdle(pool, "a wait of the thread pool", {&watch.changed, watch.object}, has_timeout ? &timeout : nullptr);
    else status = WaitIdle(pool, "a timer of the thread pool", {&watch.changed}, has_timeout ? &timeout : nullptr);
    if (status == STATUS_SUCCESS || status == STATUS_UNSUCCESSFUL || IsOver(pool)) break;  // set anew, closed, or the end
    PoolCall call;
    call.timed_out = status == STATUS_TIMEOUT;
    call.wait_result = status == STATUS_TIMEOUT ? static_cast<DWORD>(WAIT_TIMEOUT) : WAIT_OBJECT_0;
    const bool again = watch.object != nullptr ? watch.repeats : watch.period != 0;
    if (!again) {
      rt::LockGuard guard(pool.lock);
      watch.over = true;
    }
    SubmitToPool(held->member, call);
    if (!again) break;
    if (watch.object == nullptr) timeout.QuadPart = -static_cast<LONGLONG>(watch.period) * 10'000;
  }
  if (watch.object != nullptr) ob::Dereference(watch.body);
}

}  // namespace

void SubmitToPool(const std::shared_ptr<PoolMember>& member, const PoolCall& call) {
  ThreadPool& pool = *member->pool;
  bool more;
  {
    rt::LockGuard guard(pool.lock);
    if (member->closed && !member->runs_after_close) return;
    ++member->outstanding;
    pool.items.push_back({member, call});
    more = pool.idle == 0;
    if (!more) --pool.idle;
  }
  if (more) Spawn(pool, "pool worker", &RunWorker, &pool);
  KeReleaseSemaphore(&pool.work, IO_NO_INCREMENT, 1, FALSE);
}

void WatchFor(const std::shared_ptr<PoolMember>& member, std::shared_ptr<PoolWatch> watch) {
  ThreadPool& pool = *member->pool;
  std::shared_ptr<PoolWatch> before;
  {
    rt::LockGuard guard(pool.lock);
    before = std::move(member->watch);
    member->watch = watch;
  }
  if (before) KeSetEvent(&before->changed, IO_NO_INCREMENT, FALSE);
  if (!watch) return;
  Spawn(pool, watch->object != nullptr ? "pool wait" : "pool timer", &RunWatch, new Watch{member, watch});
}

bool IsWatching(PoolMember& member) {
  rt::LockGuard guard(member.pool->lock);
  return member.watch != nullptr && !member.watch->over;
}

// The workers that the semaphore wakes for them find nothing.
void CancelQueued(ThreadPool& pool, PoolMember* member) {
  std::vector<std::shared_ptr<PoolMember>> quiet;
  {
    rt::LockGuard guard(pool.lock);
    std::erase_if(pool.items, [&](ThreadPool::Item& item) {
      if (member && item.member.get() != member) return false;
      if (--item.member->outstanding == 0) quiet.push_back(std::move(item.member));
      return true;
    });
  }
  for (const auto& each : quiet) KeSetEvent(&each->quiet, IO_NO_INCREMENT, FALSE);
}

// Not from a callback of that member: it would wait for itself, as on Windows.
void WaitForMember(const std::shared_ptr<PoolMember>& member, bool cancel) {
  LeaveIfEnded();
  if (cancel) CancelQueued(*member->pool, member.get());
  for (;;) {
    {
      rt::LockGuard guard(member->pool->lock);
      if (member->outstanding == 0) break;
      KeClearEvent(&member->quiet);
    }
    try {
      ke::DriversWait scope;
      KeWaitForSingleObject(&member->quiet, UserRequest, KernelMode, FALSE, nullptr);
    } catch (const HostEnded&) {
      break;
    }
  }
  LeaveIfEnded();
}

void CloseMember(const std::shared_ptr<PoolMember>& member) {
  WatchFor(member, nullptr);
  {
    rt::LockGuard guard(member->pool->lock);
    member->closed = true;
  }
  if (member->port) PostQueuedCompletionStatus(member->port, 0, 0, nullptr);
  DropPoolThing(member.get());
}

}  // namespace drydock::nt::win32
