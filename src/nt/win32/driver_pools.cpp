// The pools of drivers: one for each host, and the objects that they made.
#include <algorithm>

#include "nt/kernel.h"
#include "nt/ps/state.h"
#include "nt/thread.h"
#include "nt/win32/left_in_pools.h"
#include "nt/win32/threadpool.h"

namespace drydock::nt::win32 {
namespace {

bool IsOf(const PoolMember& member, const ps::ImageBounds& image) { return ps::IsOf(member.made, image); }

std::vector<ThreadPool*> PoolsOf(DriverPools& all) {
  std::vector<ThreadPool*> pools;
  rt::LockGuard guard(all.lock);
  for (const auto& [host, pool] : all.pools) pools.push_back(pool.get());
  return pools;
}

std::shared_ptr<DriverPools> PoolsIfAny(Kernel& kernel) {
  rt::LockGuard guard(kernel.ps->lock);
  return kernel.ps->pools;
}

}  // namespace

DriverPools& DriverPoolsOf(Kernel& kernel) {
  rt::LockGuard guard(kernel.ps->lock);
  if (!kernel.ps->pools) kernel.ps->pools = std::make_shared<DriverPools>();
  return *kernel.ps->pools;
}

ThreadPool& CurrentPool() {
  Kernel& kernel = CurrentKernel();
  if (Program* program = CurrentProgram()) {
    rt::LockGuard guard(program->lock);
    if (!program->pool) program->pool = std::make_shared<ThreadPool>(kernel, program, program);
    return *program->pool;
  }
  CallbackFrame* frame = CurrentThread().callbacks;
  CallbackHost* host = frame ? frame->host : nullptr;
  DriverPools& all = DriverPoolsOf(kernel);
  rt::LockGuard guard(all.lock);
  std::unique_ptr<ThreadPool>& pool = all.pools[host];
  if (!pool) pool = std::make_unique<ThreadPool>(kernel, nullptr, host);
  return *pool;
}

void* AddPoolThing(const char* function, std::shared_ptr<void> thing, PoolMember* member) {
  if (Program* program = CurrentProgram()) return AddThing(*program, std::move(thing));
  ps::StartedBy made = member ? member->made : ps::StartedHere(function, nullptr);
  DriverPools& all = DriverPoolsOf(CurrentKernel());
  void* handle = thing.get();
  rt::LockGuard guard(all.lock);
  all.things[handle] = {std::move(thing), std::move(made), member};
  return handle;
}

std::shared_ptr<void> FindPoolThing(void* handle) {
  if (Program* program = CurrentProgram()) return FindThing(*program, handle);
  DriverPools& all = DriverPoolsOf(CurrentKernel());
  rt::LockGuard guard(all.lock);
  const auto found = all.things.find(handle);
  return found == all.things.end() ? nullptr : found->second.thing;
}

bool DropPoolThing(void* handle) {
  if (Program* program = CurrentProgram()) return DropThing(*program, handle);
  DriverPools& all = DriverPoolsOf(CurrentKernel());
  DriverPools::Thing last;  // goes behind the lock
  rt::LockGuard guard(all.lock);
  const auto found = all.things.find(handle);
  if (found == all.things.end()) return false;
  last = std::move(found->second);
  all.things.erase(found);
  return true;
}

bool StillRuns(Kernel& kernel, const ps::ImageBounds& image) {
  if (ps::HasThreads(kernel, image)) return true;
  const std::shared_ptr<DriverPools> all = PoolsIfAny(kernel);
  if (!all) return false;
  for (ThreadPool* pool : PoolsOf(*all)) {
    rt::LockGuard guard(pool->lock);
    for (const auto& member : pool->running)
      if (IsOf(*member, image)) return true;
  }
  return false;
}

std::vector<ps::LeftRunning> TakeLeftInPools(Kernel& kernel, const ps::ImageBounds& image) {
  std::vector<ps::LeftRunning> left;
  const std::shared_ptr<DriverPools> all = PoolsIfAny(kernel);
  if (!all) return left;
  for (ThreadPool* pool : PoolsOf(*all)) {
    rt::LockGuard guard(pool->lock);
    for (const auto& member : pool->running)
      if (IsOf(*member, image)) left.push_back({std::string("a callback of the thread pool (") + member->made.function + ") that still runs", member->made.stack});
    std::erase_if(pool->items, [&](const ThreadPool::Item& item) {
      if (!IsOf(*item.member, image)) return false;
      left.push_back({std::string("a callback of the thread pool (") + item.member->made.function + ") that has not run yet", item.member->made.stack});
      return true;
    });
  }
  std::vector<DriverPools::Thing> things;
  {
    rt::LockGuard guard(all->lock);
    for (auto at = all->things.begin(); at != all->things.end();) {
      const bool is = ps::IsOf(at->second.made, image);
      if (is) things.push_back(std::move(at->second));
      at = is ? all->things.erase(at) : std::next(at);
    }
  }
  for (DriverPools::Thing& thing : things) {
    const bool set = thing.member && IsWatching(*thing.member);
    left.push_back({std::string("an object of the thread pool (") + thing.made.function + ") that was not closed" + (set ? " and is still set" : ""),
                    std::move(thing.made.stack)});
    if (thing.member) CloseMember(std::static_pointer_cast<PoolMember>(thing.thing));
  }
  return left;
}

void EndPool(Kernel& kernel, CallbackHost& host) {
  const std::shared_ptr<DriverPools> all = PoolsIfAny(kernel);
  if (!all) return;
  ThreadPool* pool = nullptr;
  std::vector<DriverPools::Thing> things;
  {
    rt::LockGuard guard(all->lock);
    const auto found = all->pools.find(&host);
    if (found == all->pools.end()) return;
    pool = found->second.get();
    for (auto at = all->things.begin(); at != all->things.end();) {
      const bool is = at->second.member && at->second.member->pool == pool;
      if (is) things.push_back(std::move(at->second));
      at = is ? all->things.erase(at) : std::next(at);
    }
  }
  for (DriverPools::Thing& thing : things) CloseMember(std::static_pointer_cast<PoolMember>(thing.thing));
  CancelQueued(*pool, nullptr);
  KeSetEvent(&pool->ending, IO_NO_INCREMENT, FALSE);
}

}  // namespace drydock::nt::win32
