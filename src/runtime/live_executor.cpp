// The live executor: a task is an OS thread, a park is a futex on its permit, time is the monotonic clock.
//
// Permit: 0 none, 1 one, 2 parked.            1. a task parks by 0 -> 2     2. a waker swaps in 1 and wakes if it saw 2
// running_: tasks that are not parked. Who makes the step out of "parked" counts the task in again: the waker in step 2, or the task
// itself after a time-out; until it has, `due` tells. So no task is missed that is about to run, and RunUntilIdle can trust a zero.
// Memory: a LiveTask is reused but not freed before the executor ends. A waker that found the task in a wait list may so call Unpark
// after the task has seen its wait satisfied by itself, and even after it has ended: a later task then wakes once without reason.
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "runtime/assert.h"
#include "runtime/executor_impl.h"
#include "runtime/futex.h"
#include "runtime/live_clock.h"
#include "runtime/lock.h"
#include "runtime/random.h"
#include "runtime/stack_bounds.h"
#include "runtime/task_list.h"

namespace drydock::rt {
namespace {

constexpr uint32_t kNoPermit = 0, kPermit = 1, kParked = 2;
constexpr Ticks kSettleLimit = kTicksPerSecond;  // after Advance: how long others may take to become idle

struct LiveTask : Task {
  LiveTask* list_previous = nullptr;
  LiveTask* list_next = nullptr;
  std::atomic<uint32_t> permit{kNoPermit};
  std::atomic<uint32_t> ended{0};
  std::atomic<Ticks> due{kNever};  // of its wait: from then on it is about to run, whether the OS has got round to it or not
  TaskEntry entry = nullptr;
  void* argument = nullptr;
  pthread_t thread{};
  bool adopted = false;
  bool detached = false;  // under the executor's lock
  Task* outer = nullptr;  // adopted: what the OS thread was before

  void Reset() {  // for the next use; `permit` may be touched by a late waker at this very moment
    static_cast<Task&>(*this) = Task{};
    permit.store(kNoPermit, std::memory_order_relaxed);
    ended.store(0, std::memory_order_relaxed);
    adopted = detached = false;
  }
};

class LiveExecutor final : public Executor {
 public:
  explicit LiveExecutor(const ExecutorOptions& options)
      : Executor(ExecutorKind::kLive), stack_bytes_(StackBytes(options)), random_(options.seed) {}

  ~LiveExecutor() override {
    EndTasks();
    for (;;) {
      LiveTask* task;
      {
        LockGuard guard(lock_);
        task = tasks_.first();
        if (task) tasks_.Remove(task);
      }
      if (task == nullptr) break;
      RT_ASSERT(!task->adopted);  // somebody is still inside
      pthread_join(task->thread, nullptr);
      Keep(task);
    }
    clock_.End();  // callbacks wake tasks too
    for (LiveTask* task : free_) delete task;
  }

  Task* Spawn(const char* name, TaskEntry entry, void* argument, void* user,
              bool service) override {
    Reap();
    LiveTask* task = NewTask(name, user);
    task->service = service;
    task->entry = entry;
    task->argument = argument;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes_);
    pthread_attr_setguardsize(&attributes, kStackGuardBytes);
    running_.fetch_add(1);
    {
      LockGuard guard(lock_);
      Number(task);
      // Under the lock, so that nobody finds a task in the list whose thread is not known yet.
      RT_ASSERT(pthread_create(&task->thread, &attributes, &LiveExecutor::ThreadMain, task) == 0);
    }
    pthread_attr_destroy(&attributes);
    if (stopped()) Unpark(task);
    return task;
  }

  void Join(Task* joined) override {
    auto* task = static_cast<LiveTask*>(joined);
    RT_ASSERT(!task->adopted);
    const bool counted = CurrentTask() != nullptr && CurrentTask()->executor == this;
    if (counted) CountOut();
    while (task->ended.load(std::memory_order_acquire) == 0) FutexWait(task->ended, 0);
    if (counted) running_.fetch_add(1);
    {
      LockGuard guard(lock_);
      tasks_.Remove(task);
    }
    pthread_join(task->thread, nullptr);
    Keep(task);
  }

  void Detach(Task* detached) override {
    auto* task = static_cast<LiveTask*>(detached);
    LockGuard guard(lock_);
    task->detached = true;
    if (task->ended.load(std::memory_order_acquire) != 0) finished_.push_back(task);
  }

  bool HasEnded(const Task* task) const override {
    return static_cast<const LiveTask*>(task)->ended.load(std::memory_order_acquire) != 0;
  }

  Task* Enter(const char* name, void* user) override {
    RT_ASSERT(tls_current_task == nullptr || tls_current_task->executor != this);
    LiveTask* task;
    running_.fetch_add(1);
    {
      LockGuard guard(lock_);
      task = FreeTask();
      if (task == nullptr) task = new LiveTask;
      Prepare(task, name, user);
      task->adopted = true;
      task->outer = tls_current_task;
      FindOwnStack(*task);
      Number(task);
    }
    tls_current_task = task;
    return task;
  }

  void Leave(Task* left) override {
    auto* task = static_cast<LiveTask*>(left);
    RT_ASSERT(task->adopted && tls_current_task == task);
    tls_current_task = task->outer;
    CountOut();
    LockGuard guard(lock_);
    tasks_.Remove(task);
    free_.push_back(task);
  }

  Wake Park(Ticks deadline) override {
    LiveTask* self = Current();
    ThrowIfStopped(self);
    Wake wake = Wait(self, deadline);
    ThrowIfStopped(self);
    return wake;
  }

  void Unpark(Task* unparked) override {
    auto* task = static_cast<LiveTask*>(unparked);
    // Counted in before the permit shows: afterwards the task may be gone.
    running_.fetch_add(1);
    if (task->permit.exchange(kPermit, std::memory_order_acq_rel) == kParked) {
      FutexWake(task->permit, 1);
    } else {
      CountOut();
    }
  }

  void Yield() override {
    ThrowIfStopped(Current());
    sched_yield();
  }

  Ticks InterruptTime() const override { return clock_.Now(); }
  Ticks SystemTime() const override {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * kTicksPerSecond + now.tv_nsec / 100 + kUnixEpoch +
           system_time_offset_.load(std::memory_order_relaxed);
  }
  void SetSystemTime(Ticks now) override {
    system_time_offset_.fetch_add(now - SystemTime(), std::memory_order_relaxed);
  }

  void Arm(TimerNode* timer, Ticks due) override { clock_.Arm(timer, due); }
  bool Disarm(TimerNode* timer) override { return clock_.Disarm(timer); }
  void DisarmAndWait(TimerNode* timer) override { clock_.DisarmAndWait(timer); }

  void Advance(Ticks duration) override {
    const Ticks target = AddTicks(clock_.Now(), duration > 0 ? duration : 0);
    LiveTask* self = Current();
    while (clock_.Now() < target) {
      ThrowIfStopped(self);
      Wait(self, target);
    }
    WaitUntilIdle(AddTicks(target, kSettleLimit));
  }

  void RunUntilIdle() override { WaitUntilIdle(kNever); }

  void BeginExternalWait() override { CountOut(); }
  void EndExternalWait() override { running_.fetch_add(1); }

  void Stop() override {
    if (stopped_.exchange(true)) return;
    LockGuard guard(lock_);
    for (LiveTask* task = tasks_.first(); task; task = task->list_next) Unpark(task);
    idle_sequence_.fetch_add(1);
    FutexWakeAll(idle_sequence_);
  }
  bool stopped() const override { return stopped_.load(std::memory_order_acquire); }

  void EndTasks() override {
    Stop();
    for (;;) {
      const uint32_t seen = ended_sequence_.load();
      if (!AnyUnended()) return;
      FutexWait(ended_sequence_, seen);
    }
  }

  void ForEachTask(void (*visit)(void*, const Task&), void* context) const override {
    LockGuard guard(lock_);
    for (LiveTask* task = tasks_.first(); task; task = task->list_next) {
      if (!HasEnded(task)) visit(context, *task);
    }
  }

  uint64_t Draw() override {
    LockGuard guard(lock_);
    return random_.Next();
  }

 protected:
  void SchedulePointSlow() override {}

 private:
  LiveTask* Current() {
    Task* task = tls_current_task;
    RT_ASSERT(task != nullptr && task->executor == this);
    return static_cast<LiveTask*>(task);
  }

  void ThrowIfStopped(LiveTask* self) {
    // Who unwinds sees what the stopper did before: its report.
    if (stopped_.load(std::memory_order_acquire) && !self->exempt) throw TaskStopped();
  }

  LiveTask* NewTask(const char* name, void* user) {
    LiveTask* task = nullptr;
    {
      LockGuard guard(lock_);
      task = FreeTask();
    }
    if (task == nullptr) task = new LiveTask;
    Prepare(task, name, user);
    return task;
  }

  LiveTask* FreeTask() RT_REQUIRES(lock_) {
    if (free_.empty()) return nullptr;
    LiveTask* task = free_.back();
    free_.pop_back();
    task->Reset();
    return task;
  }

  void Prepare(LiveTask* task, const char* name, void* user) {
    task->executor = this;
    task->user = user;
    SetTaskName(*task, name);
  }

  void Number(LiveTask* task) RT_REQUIRES(lock_) {
    task->id = ++last_id_;
    tasks_.Append(task);
  }

  Wake Wait(LiveTask* self, Ticks deadline) {
    uint32_t permit = kPermit;
    if (self->permit.compare_exchange_strong(permit, kNoPermit, std::memory_order_acquire)) {
      return Wake::kUnparked;
    }
    const int64_t until = clock_.ToMonotonic(deadline);
    permit = kNoPermit;
    if (!self->permit.compare_exchange_strong(permit, kParked, std::memory_order_acq_rel)) {
      self->permit.store(kNoPermit, std::memory_order_relaxed);
      return Wake::kUnparked;
    }
    self->due.store(deadline, std::memory_order_relaxed);
    CountOut();
    const Wake wake = WaitForPermit(self, until);
    self->due.store(kNever, std::memory_order_release);  // counted in by now
    return wake;
  }

  Wake WaitForPermit(LiveTask* self, int64_t until) {
    for (;;) {
      const bool in_time = FutexWait(self->permit, kParked, until);
      uint32_t permit = self->permit.load(std::memory_order_acquire);
      if (permit == kParked && !in_time &&
          self->permit.compare_exchange_strong(permit, kNoPermit, std::memory_order_acq_rel)) {
        running_.fetch_add(1);
        return Wake::kTimedOut;
      }
      if (permit == kPermit) {
        self->permit.exchange(kNoPermit, std::memory_order_acq_rel);
        return Wake::kUnparked;
      }
    }
  }

  bool AnyUnended() {
    LockGuard guard(lock_);
    for (LiveTask* task = tasks_.first(); task; task = task->list_next) {
      if (!task->adopted && task->ended.load(std::memory_order_acquire) == 0) return true;
    }
    return false;
  }

  bool AnyDue() {
    const Ticks now = clock_.Now();
    LockGuard guard(lock_);
    for (LiveTask* task = tasks_.first(); task; task = task->list_next) {
      if (task->due.load(std::memory_order_acquire) <= now) return true;
    }
    return false;
  }

  void CountOut() {
    if (running_.fetch_sub(1) == 1 && idle_waiters_.load() != 0) {
      idle_sequence_.fetch_add(1);
      FutexWakeAll(idle_sequence_);
    }
  }

  void WaitUntilIdle(Ticks limit) {
    LiveTask* self = Current();
    idle_waiters_.fetch_add(1);
    CountOut();
    while (!stopped()) {
      const uint32_t seen = idle_sequence_.load();
      if (running_.load() == 0 && !clock_.HasWorkNow() && !AnyDue() && running_.load() == 0) break;
      const Ticks now = clock_.Now();
      if (now >= limit) break;
      // The short limit covers a timer that becomes due meanwhile.
      FutexWait(idle_sequence_, seen, clock_.ToMonotonic(now + kTicksPerMillisecond));
    }
    idle_waiters_.fetch_sub(1);
    running_.fetch_add(1);
    ThrowIfStopped(self);
  }

  // Frees the detached tasks whose threads are over or about to be.
  void Reap() {
    std::vector<LiveTask*> finished;
    {
      LockGuard guard(lock_);
      if (finished_.empty()) return;
      finished.swap(finished_);
      for (LiveTask* task : finished) tasks_.Remove(task);
    }
    for (LiveTask* task : finished) {
      pthread_join(task->thread, nullptr);
      Keep(task);
    }
  }

  void Keep(LiveTask* task) {
    LockGuard guard(lock_);
    free_.push_back(task);
  }

  static void* ThreadMain(void* argument) {
    auto* self = static_cast<LiveTask*>(argument);
    auto* executor = static_cast<LiveExecutor*>(self->executor);
    tls_current_task = self;
    FindOwnStack(*self);
    prctl(PR_SET_TIMERSLACK, 1);
    char name[16];
    std::snprintf(name, sizeof name, "%s", self->name);
    pthread_setname_np(pthread_self(), name);
    try {
      self->entry(self->argument);
    } catch (const TaskStopped&) {
    }
    tls_current_task = nullptr;
    {
      LockGuard guard(executor->lock_);
      self->ended.store(1, std::memory_order_release);
      if (self->detached) executor->finished_.push_back(self);
    }
    // `self` stays until this thread is over: whoever frees it joins the thread first.
    FutexWakeAll(self->ended);
    executor->ended_sequence_.fetch_add(1);
    if (executor->stopped()) FutexWakeAll(executor->ended_sequence_);
    executor->CountOut();
    return nullptr;
  }

  const size_t stack_bytes_;
  LiveClock clock_;
  std::atomic<int64_t> running_{0};
  std::atomic<uint32_t> idle_waiters_{0};
  std::atomic<uint32_t> idle_sequence_{0};
  std::atomic<uint32_t> ended_sequence_{0};  // changes at each end of a task
  std::atomic<Ticks> system_time_offset_{0};
  std::atomic<bool> stopped_{false};
  mutable Lock lock_;
  TaskList<LiveTask> tasks_ RT_GUARDED_BY(lock_);
  std::vector<LiveTask*> finished_ RT_GUARDED_BY(lock_);  // detached and ended, to be joined
  std::vector<LiveTask*> free_ RT_GUARDED_BY(lock_);      // for the next Spawn or Enter
  Random random_ RT_GUARDED_BY(lock_);
  uint32_t last_id_ RT_GUARDED_BY(lock_) = 0;
};

}  // namespace

std::unique_ptr<Executor> CreateLiveExecutor(const ExecutorOptions& options) {
  return std::make_unique<LiveExecutor>(options);
}

}  // namespace drydock::rt
