// Task: a concurrent caller inside a machine; and code that runs from a timer.
#include <exception>

#include "drydock/machine.h"
#include "machine/impl.h"
#include "nt/ps/process.h"

namespace drydock {

struct Task::Impl {
  Machine::Impl* machine = nullptr;
  rt::Task* task = nullptr;
  std::function<void()> body;
  std::exception_ptr failure;  // what the body threw, for Join
};

Task::Task(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Task::Task(Task&&) noexcept = default;
Task& Task::operator=(Task&& other) noexcept {
  Task mine(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

Task::~Task() {
  if (!impl_ || !impl_->task) return;
  try {
    Join();
  } catch (...) {  // a destructor must not throw; Join is there for those who want to know
  }
}

void Task::Join() {
  if (!impl_ || !impl_->task) return;
  // Also when the machine was stopped: the task unwinds, and its memory is ours until it has.
  machine::Inside inside(*impl_->machine);
  rt::Task* task = std::exchange(impl_->task, nullptr);
  try {
    impl_->machine->executor->Join(task);
  } catch (const rt::TaskStopped&) {
  }
  if (impl_->failure) std::rethrow_exception(impl_->failure);
}

bool Task::done() const { return !impl_ || !impl_->task || impl_->machine->executor->HasEnded(impl_->task); }

namespace {

Task StartTask(Machine::Impl& machine, const std::string& name, std::function<void()> body, bool system) {
  auto impl = std::make_unique<Task::Impl>();
  impl->machine = &machine;
  impl->body = std::move(body);
  bool started = machine::Guarded(machine, false, [&] {
    nt::Process* process = system ? nullptr : machine.application;
    impl->task = nt::ps::SpawnThread(
        *machine.kernel, process, name.c_str(),
        [](void* argument) {
          auto* task = static_cast<Task::Impl*>(argument);
          try {
            task->body();
          } catch (const rt::TaskStopped&) {
            throw;
          } catch (...) {
            task->failure = std::current_exception();
          }
        },
        impl.get());
    return true;
  });
  return started ? Task(std::move(impl)) : Task();
}

}  // namespace

Task Machine::Start(const std::string& name, std::function<void()> body) {
  return StartTask(*impl_, name, std::move(body), /*system=*/false);
}

Task Machine::StartKernel(const std::string& name, std::function<void()> body) {
  return StartTask(*impl_, name, std::move(body), /*system=*/true);
}

void Machine::Impl::DropDelayed(Delayed* delayed) {
  std::unique_ptr<Delayed> owned;
  rt::LockGuard guard(delayed_lock);
  for (auto& entry : this->delayed)
    if (entry.get() == delayed) {
      std::swap(entry, this->delayed.back());
      owned = std::move(this->delayed.back());
      this->delayed.pop_back();
      return;
    }
}

void Machine::After(Duration delay, std::function<void()> action) {
  machine::Guarded(*impl_, false, [&] {
    auto owned = std::make_unique<Impl::Delayed>();
    Impl::Delayed* delayed = owned.get();
    delayed->machine = impl_.get();
    delayed->action = std::move(action);
    KeInitializeTimer(&delayed->timer);
    KeInitializeDpc(
        &delayed->dpc,
        [](KDPC*, void* context, void*, void*) {
          auto* due = static_cast<Impl::Delayed*>(context);
          due->action();
          due->machine->DropDelayed(due);
        },
        delayed);
    {
      rt::LockGuard guard(impl_->delayed_lock);
      impl_->delayed.push_back(std::move(owned));
    }
    LARGE_INTEGER due;
    due.QuadPart = -delay.count();
    // Hardware counts time whatever the processor is doing: a register that starts something is written at device level too.
    nt::Thread& thread = nt::CurrentThread();
    const auto irql = thread.irql;
    if (irql > DISPATCH_LEVEL) thread.irql = DISPATCH_LEVEL;
    KeSetTimer(&delayed->timer, due, &delayed->dpc);
    thread.irql = irql;
    return true;
  });
}

}  // namespace drydock
