// The thread pool of an application: workers of the program that take what is queued; one more is made when all are busy.
//
// Every object (work, timer, wait, end of requests) is a Member: how many of its callbacks are queued or run, and what they call. A timer or
// a wait that is set has a thread of its own that waits and then queues; setting it anew sends that thread away.
// Locks:    ThreadPool::lock for queues and members, never held over a wait or a call.
// Lifetime: a Member is closed by the application and goes when its last callback has returned.
#include "nt/win32/threadpool.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "nt/ke/drivers_wait.h"
#include "nt/kernel.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "nt/win32/program.h"

using namespace drydock;
using namespace drydock::nt;

namespace drydock::nt::win32 {

struct ThreadPool {
  rt::Lock lock;
  struct Item {
    std::shared_ptr<PoolMember> member;
    PoolCall call;
  };
  std::deque<Item> items RT_GUARDED_BY(lock);
  uint32_t idle RT_GUARDED_BY(lock) = 0;  // workers that no queued item counts on
  KSEMAPHORE work = {};
  ThreadPool() { KeInitializeSemaphore(&work, 0, MAXLONG); }
};

namespace {

std::shared_ptr<ThreadPool> PoolOf(Program& program) {
  rt::LockGuard guard(program.lock);
  if (!program.pool) program.pool = std::make_shared<ThreadPool>();
  return program.pool;
}

// A wait of a thread that runs nothing of the application's; the end of the process ends it.
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
NTSTATUS WaitIdle(Program& program, const char* what, std::initializer_list<void*> objects, LARGE_INTEGER* timeout = nullptr) {
  std::vector<void*> list(objects);
  IdleWait wait{list.data(), static_cast<ULONG>(list.size()), timeout, STATUS_UNSUCCESSFUL};
  CallApplication(program, what, &RunIdleWait, static_cast<void*>(&wait));
  return wait.status;
}

void CallOne(PoolMember* member, const PoolCall* call) { member->run(*member, *call); }

void Finished(ThreadPool& pool, const std::shared_ptr<PoolMember>& member) {
  bool quiet;
  {
    rt::LockGuard guard(pool.lock);
    quiet = --member->outstanding == 0;
  }
  if (quiet) KeSetEvent(&member->quiet, IO_NO_INCREMENT, FALSE);
}

void RunWorker(void* argument) {
  Program& program = *static_cast<Program*>(argument);
  Thread& thread = CurrentThread();
  const std::shared_ptr<ThreadPool> pool = PoolOf(program);
  try {
    for (;;) {
      if (WaitIdle(program, "waiting for work", {&pool->work}) != STATUS_SUCCESS || HasEnded(program) || program.exiting) return;
      ThreadPool::Item item;
      {
        rt::LockGuard guard(pool->lock);
        if (!pool->items.empty()) {
          item = std::move(pool->items.front());
          pool->items.pop_front();
        }
      }
      if (item.member) {
        CallApplication(program, item.member->name, &CallOne, item.member.get(), const_cast<const PoolCall*>(&item.call));
        Finished(*pool, item.member);
      }
      rt::LockGuard guard(pool->lock);
      ++pool->idle;
    }
  } catch (const rt::TaskStopped&) {
    if (!thread.terminating) throw;  // ExitThread in a callback ends the worker
  }
}

// What a timer's or a wait's own thread needs.
struct Watch {
  Program* program;
  std::shared_ptr<PoolMember> member;
  std::shared_ptr<PoolWatch> watch;
};

void RunWatch(void* argument) {
  const std::unique_ptr<Watch> held(static_cast<Watch*>(argument));
  Program& program = *held->program;
  PoolWatch& watch = *held->watch;
  LARGE_INTEGER timeout = watch.timeout;
  bool has_timeout = watch.has_timeout;
  for (;;) {
    NTSTATUS status;
    if (watch.object != nullptr) status = WaitIdle(program, "a wait of the thread pool", {&watch.changed, watch.object}, has_timeout ? &timeout : nullptr);
    else status = WaitIdle(program, "a timer of the thread pool", {&watch.changed}, has_timeout ? &timeout : nullptr);
    if (status == STATUS_SUCCESS || program.exiting) break;  // set anew, closed, or the end
    PoolCall call;
    call.timed_out = status == STATUS_TIMEOUT;
    call.wait_result = status == STATUS_TIMEOUT ? static_cast<DWORD>(WAIT_TIMEOUT) : WAIT_OBJECT_0;
    const bool again = watch.object != nullptr ? watch.repeats : watch.period != 0;
    if (!again) {
      rt::LockGuard guard(PoolOf(program)->lock);
      watch.over = true;
    }
    SubmitToPool(program, held->member, call);
    if (!again) break;
    if (watch.object == nullptr) timeout.QuadPart = -static_cast<LONGLONG>(watch.period) * 10'000;
  }
  if (watch.object != nullptr) ob::Dereference(watch.body);
}

}  // namespace

void SubmitToPool(Program& program, const std::shared_ptr<PoolMember>& member, const PoolCall& call) {
  const std::shared_ptr<ThreadPool> pool = PoolOf(program);
  bool more;
  {
    rt::LockGuard guard(pool->lock);
    if (member->closed && !member->runs_after_close) return;
    ++member->outstanding;
    pool->items.push_back({member, call});
    more = pool->idle == 0;
    if (!more) --pool->idle;
  }
  if (more) program.kernel->executor.Detach(ps::SpawnThread(*program.kernel, program.process, "pool worker", &RunWorker, &program));
  KeReleaseSemaphore(&pool->work, IO_NO_INCREMENT, 1, FALSE);
}

void WatchFor(Program& program, const std::shared_ptr<PoolMember>& member, std::shared_ptr<PoolWatch> watch) {
  std::shared_ptr<PoolWatch> before;
  {
    rt::LockGuard guard(PoolOf(program)->lock);
    before = std::move(member->watch);
    member->watch = watch;
  }
  if (before) KeSetEvent(&before->changed, IO_NO_INCREMENT, FALSE);
  if (!watch) return;
  program.kernel->executor.Detach(
      ps::SpawnThread(*program.kernel, program.process, watch->object != nullptr ? "pool wait" : "pool timer", &RunWatch, new Watch{&program, member, watch}));
}

bool IsWatching(Program& program, PoolMember& member) {
  rt::LockGuard guard(PoolOf(program)->lock);
  return member.watch != nullptr && !member.watch->over;
}

// Not from a callback of that member: it would wait for itself, as on Windows.
void WaitForMember(Program& program, const std::shared_ptr<PoolMember>& member, bool cancel) {
  LeaveIfEnded();
  const std::shared_ptr<ThreadPool> pool = PoolOf(program);
  for (bool first = true;; first = false) {
    {
      rt::LockGuard guard(pool->lock);
      if (first && cancel) {
        for (auto at = pool->items.begin(); at != pool->items.end();) {
          if (at->member != member) {
            ++at;
            continue;
          }
          at = pool->items.erase(at);  // the worker that its semaphore wakes finds nothing
          --member->outstanding;
        }
      }
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

void CloseMember(Program& program, const std::shared_ptr<PoolMember>& member) {
  WatchFor(program, member, nullptr);
  {
    rt::LockGuard guard(PoolOf(program)->lock);
    member->closed = true;
  }
  DropThing(program, member.get());
}

}  // namespace drydock::nt::win32
