// The simulated executor: tasks are fibers, time is virtual, one seed decides everything.
//
// There is no scheduler fiber: a task that gives up the processor picks the next one itself and jumps there. When nobody is ready, the
// picking task first lets callers of RunUntilIdle go on, then moves time to the next timer, then reports a stall.
// A park's deadline is a timer of the task in the same heap as everybody's timers, so that equal times keep their order of arming.
#include <deque>
#include <exception>

#include "runtime/assert.h"
#include "runtime/executor_impl.h"
#include "runtime/fiber.h"
#include "runtime/lock.h"
#include "runtime/random.h"
#include "runtime/stack_bounds.h"
#include "runtime/task_list.h"
#include "runtime/timer_heap.h"

namespace drydock::rt {
namespace {

constexpr uint64_t kScheduleStream = 1;
constexpr uint64_t kDrawStream = 2;
// So many schedule points without anybody waiting count as spinning, and let this much time go by.
constexpr uint32_t kSpinLimit = 10'000;
constexpr Ticks kSpinTime = kTicksPerMillisecond;

enum class State : uint8_t { kReady, kRunning, kParked, kIdle, kEnded };

struct SimulatedTask : Task {
  SimulatedTask* list_previous = nullptr;
  SimulatedTask* list_next = nullptr;
  Fiber fiber;
  TaskEntry entry = nullptr;
  void* argument = nullptr;
  State state = State::kReady;
  bool permit = false;
  bool timed_out = false;
  bool adopted = false;
  bool detached = false;
  SimulatedTask* joiner = nullptr;
  Task* outer = nullptr;  // adopted: what the OS thread was before
  struct Deadline : TimerNode {
    SimulatedTask* task = nullptr;
  } deadline;
};

class SimulatedExecutor final : public Executor {
 public:
  explicit SimulatedExecutor(const ExecutorOptions& options)
      : Executor(ExecutorKind::kSimulated),
        strategy_(options.strategy),
        switch_per_1000_(options.switch_per_1000),
        system_time_offset_(options.system_time_at_start ? options.system_time_at_start
                                                         : kSimulatedEpoch),
        schedule_random_(options.seed, kScheduleStream),
        draw_random_(options.seed, kDrawStream),
        stacks_(StackBytes(options)) {}

  ~SimulatedExecutor() override {
    EndTasks();
    while (SimulatedTask* task = tasks_.first()) Free(task);
  }

  void EndTasks() override {
    Stop();
    Task* self = Enter("shutdown", nullptr);
    self->exempt = true;
    // Everybody left throws TaskStopped at the wait it is in, and ends.
    while (OtherUnended(self)) {
      RT_ASSERT(!ready_.empty() || !timers_.empty());
      Yield();
    }
    Leave(self);
  }

  Task* Spawn(const char* name, TaskEntry entry, void* argument, void* user,
              bool service) override {
    auto* task = NewTask(name, user);
    task->service = service;
    task->entry = entry;
    task->argument = argument;
    MakeFiber(task->fiber, stacks_.Take(), &SimulatedExecutor::TaskMain, task);
    task->stack_low = task->fiber.stack.low;
    task->stack_high = task->stack_low + task->fiber.stack.size;
    MakeReady(task);
    return task;
  }

  void Join(Task* joined) override {
    auto* task = static_cast<SimulatedTask*>(joined);
    SimulatedTask* self = Current();
    RT_ASSERT(task->joiner == nullptr && !task->detached && !task->adopted);
    task->joiner = self;
    while (task->state != State::kEnded) Wait(self, kNever);
    Free(task);
  }

  void Detach(Task* detached) override {
    auto* task = static_cast<SimulatedTask*>(detached);
    if (task->state == State::kEnded) {
      Free(task);
    } else {
      task->detached = true;
    }
  }

  bool HasEnded(const Task* task) const override {
    return static_cast<const SimulatedTask*>(task)->state == State::kEnded;
  }

  Task* Enter(const char* name, void* user) override RT_NO_ANALYSIS {
    RT_ASSERT(tls_current_task == nullptr || tls_current_task->executor != this);
    inside_.Acquire();
    SimulatedTask* task = NewTask(name, user);
    task->adopted = true;
    task->state = State::kRunning;
    task->outer = tls_current_task;
    AdoptFiber(task->fiber);
    FindOwnStack(*task);
    tls_current_task = task;
    return task;
  }

  void Leave(Task* left) override RT_NO_ANALYSIS {
    auto* task = static_cast<SimulatedTask*>(left);
    RT_ASSERT(task->adopted && tls_current_task == task);
    tls_current_task = task->outer;
    task->state = State::kEnded;
    Free(task);
    inside_.Release();
  }

  Wake Park(Ticks deadline) override {
    SimulatedTask* self = Current();
    ThrowIfStopped(self);
    Wake wake = Wait(self, deadline);
    ThrowIfStopped(self);
    return wake;
  }

  void Unpark(Task* unparked) override {
    auto* task = static_cast<SimulatedTask*>(unparked);
    if (task->state == State::kParked) {
      timers_.Disarm(&task->deadline);
      MakeReady(task);
    } else {
      task->permit = true;
    }
  }

  void Yield() override {
    SimulatedTask* self = Current();
    ThrowIfStopped(self);
    CountSpin();
    GiveWay(self);
    ThrowIfStopped(self);
  }

  Ticks InterruptTime() const override { return now_; }
  Ticks SystemTime() const override { return AddTicks(now_, system_time_offset_); }
  void SetSystemTime(Ticks now) override { system_time_offset_ = now - now_; }

  void Arm(TimerNode* timer, Ticks due) override { timers_.Arm(timer, due); }
  bool Disarm(TimerNode* timer) override { return timers_.Disarm(timer); }
  void DisarmAndWait(TimerNode* timer) override { timers_.Disarm(timer); }

  void Advance(Ticks duration) override {
    const Ticks target = AddTicks(now_, duration > 0 ? duration : 0);
    limit_ = AddTicks(limit_, target - now_);
    for (;;) {
      RunUntilIdle();
      if (timers_.next_due() > target) break;
      MoveTimeTo(timers_.next_due());
      FireDue();
    }
    MoveTimeTo(target);
  }

  void RunUntilIdle() override {
    SimulatedTask* self = Current();
    ThrowIfStopped(self);
    self->state = State::kIdle;
    idle_.push_back(self);
    SwitchAway(self, false);
    ThrowIfStopped(self);
  }

  void BeginExternalWait() override {}
  void EndExternalWait() override {}

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    for (SimulatedTask* task = tasks_.first(); task; task = task->list_next) {
      if (task->exempt) continue;
      if (task->state == State::kParked) Unpark(task);
    }
    for (SimulatedTask* task : idle_) MakeReady(task);
    idle_.clear();
  }
  bool stopped() const override { return stopped_; }

  void ForEachTask(void (*visit)(void*, const Task&), void* context) const override {
    for (SimulatedTask* task = tasks_.first(); task; task = task->list_next) {
      if (task->state != State::kEnded) visit(context, *task);
    }
  }

  uint64_t Draw() override { return draw_random_.Next(); }

 protected:
  void SchedulePointSlow() override {
    auto* self = static_cast<SimulatedTask*>(tls_current_task);
    if (self == nullptr) return;  // clock context
    if (stopped_ && !self->exempt) {
      if (std::uncaught_exceptions() == 0) throw TaskStopped();
      return;  // already on the way out
    }
    if (CountSpin() ||
        (strategy_ == Strategy::kRandom && (timers_.next_due() <= now_ || !ready_.empty()) &&
         schedule_random_.Chance(switch_per_1000_))) {
      GiveWay(self);
      ThrowIfStopped(self);
    }
  }

 private:
  SimulatedTask* Current() {
    Task* task = tls_current_task;
    RT_ASSERT(task != nullptr && task->executor == this);
    return static_cast<SimulatedTask*>(task);
  }

  void ThrowIfStopped(SimulatedTask* self) {
    if (stopped_ && !self->exempt) throw TaskStopped();
  }

  SimulatedTask* NewTask(const char* name, void* user) {
    auto* task = new SimulatedTask;
    task->executor = this;
    task->id = ++last_id_;
    task->user = user;
    SetTaskName(*task, name);
    task->deadline.task = task;
    task->deadline.callback = [](TimerNode* node) {
      SimulatedTask* parked = static_cast<SimulatedTask::Deadline*>(node)->task;
      parked->timed_out = true;
      static_cast<SimulatedExecutor*>(parked->executor)->MakeReady(parked);
    };
    tasks_.Append(task);
    return task;
  }

  void Free(SimulatedTask* task) {
    RT_ASSERT(task->state == State::kEnded);
    tasks_.Remove(task);
    delete task;
  }

  SimulatedTask* OtherUnended(Task* self) {
    for (SimulatedTask* task = tasks_.first(); task; task = task->list_next) {
      if (task != self && task->state != State::kEnded) return task;
    }
    return nullptr;
  }

  void MakeReady(SimulatedTask* task) {
    task->state = State::kReady;
    ready_.push_back(task);
  }

  // Waits for the permit or the deadline, whether stopped or not.
  Wake Wait(SimulatedTask* self, Ticks deadline) {
    if (self->permit) {
      self->permit = false;
      CountSpin();
      return Wake::kUnparked;
    }
    self->timed_out = false;
    self->state = State::kParked;
    if (deadline != kNever) timers_.Arm(&self->deadline, deadline);
    spins_ = 0;
    SwitchAway(self, false);
    return self->timed_out ? Wake::kTimedOut : Wake::kUnparked;
  }

  // Lets somebody else run, if there is one; the caller stays ready.
  void GiveWay(SimulatedTask* self) {
    if (timers_.next_due() <= now_) FireDue();
    if (ready_.empty()) return;
    SimulatedTask* next = TakeReady();
    MakeReady(self);
    SwitchTo(self, next, false);
  }

  // True when the caller has spun so long that it must give way; time has moved then.
  bool CountSpin() {
    if (++spins_ < kSpinLimit) return false;
    spins_ = 0;
    now_ = AddTicks(now_, kSpinTime);
    return true;
  }

  SimulatedTask* TakeReady() {
    size_t index = 0;
    if (strategy_ == Strategy::kRandom && ready_.size() > 1) {
      index = schedule_random_.Below(ready_.size());
      std::swap(ready_[index], ready_.front());
    }
    SimulatedTask* task = ready_.front();
    ready_.pop_front();
    return task;
  }

  void SwitchAway(SimulatedTask* self, bool ending) {
    SimulatedTask* next = WaitForReady(ending ? nullptr : self);
    if (next == self) {
      self->state = State::kRunning;
      return;
    }
    SwitchTo(self, next, ending);
  }

  void SwitchTo(SimulatedTask* self, SimulatedTask* next, bool ending) {
    next->state = State::kRunning;
    tls_current_task = next;
    ended_ = ending ? self : nullptr;
    SwitchFiber(self->fiber, next->fiber, ending);
    Arrived();
  }

  // On the stack of the task just switched to: the one that ended can now lose its stack.
  void Arrived() {
    SimulatedTask* ended = ended_;
    if (ended == nullptr) return;
    ended_ = nullptr;
    DestroyFiber(ended->fiber);
    stacks_.Return(ended->fiber.stack);
    if (ended->detached) Free(ended);
  }

  // Clock context on the giving-up task's stack.
  SimulatedTask* WaitForReady(SimulatedTask* self) {
    tls_current_task = nullptr;
    for (;;) {
      if (timers_.next_due() <= now_) FireDue();
      if (!ready_.empty()) break;
      if (!idle_.empty()) {
        for (SimulatedTask* task : idle_) MakeReady(task);
        idle_.clear();
        break;
      }
      if (!timers_.empty() && (timers_.next_due() <= limit_ || stopped_)) {
        MoveTimeTo(timers_.next_due());
        continue;
      }
      limit_passed_ = !timers_.empty();
      RT_ASSERT(!stopped_);  // only a task that takes the machine down can still wait, and nobody is left to wake it
      const Ticks limit = limit_;
      if (stall_handler_) stall_handler_(stall_context_);
      if (ready_.empty() && (timers_.empty() || (limit_passed_ && limit_ == limit))) Stop();
    }
    tls_current_task = self;
    return TakeReady();
  }

  void MoveTimeTo(Ticks time) {
    if (time > now_) now_ = time;
  }

  // Fires what was armed before this call and is due; a timer that re-arms itself in the past waits for the next call.
  void FireDue() {
    const uint64_t last = timers_.last_order();
    Task* self = tls_current_task;
    tls_current_task = nullptr;
    while (timers_.next_due() <= now_ && timers_.top()->order <= last) {
      TimerNode* timer = timers_.Pop();
      timer->callback(timer);
    }
    tls_current_task = self;
  }

  static void TaskMain(void* argument) {
    auto* self = static_cast<SimulatedTask*>(argument);
    auto* executor = static_cast<SimulatedExecutor*>(self->executor);
    executor->Arrived();
    try {
      self->entry(self->argument);
    } catch (const TaskStopped&) {
    }
    self->state = State::kEnded;
    if (self->joiner) executor->Unpark(self->joiner);
    executor->SwitchAway(self, true);
    __builtin_unreachable();
  }

  const Strategy strategy_;
  const uint32_t switch_per_1000_;
  Ticks now_ = 0;
  Ticks system_time_offset_;
  Random schedule_random_;
  Random draw_random_;
  FiberStackPool stacks_;
  TimerHeap timers_;
  std::deque<SimulatedTask*> ready_;
  std::deque<SimulatedTask*> idle_;
  TaskList<SimulatedTask> tasks_;
  SimulatedTask* ended_ = nullptr;
  uint32_t last_id_ = 0;
  uint32_t spins_ = 0;
  bool stopped_ = false;
  Lock inside_;  // held by the OS thread that is inside
};

}  // namespace

std::unique_ptr<Executor> CreateSimulatedExecutor(const ExecutorOptions& options) {
  return std::make_unique<SimulatedExecutor>(options);
}

}  // namespace drydock::rt
