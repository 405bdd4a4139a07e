#include "nt/hal/interrupt.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/ex/work_queue.h"
#include "nt/hal/state.h"
#include "nt/hal/trace_kinds.h"
#include "nt/ke/spin_lock.h"
#include "nt/ke/state.h"
#include "nt/ps/start.h"
#include "nt/trace.h"

namespace drydock::nt::hal {
namespace {

constexpr uint32_t kHardwareInterruptStorm = 0xF2;
constexpr KIRQL kLowestDeviceIrql = 3;
constexpr uint32_t kDeviceIrqls = 9;  // 3 to 11

void RunServices(void* argument) {
  auto& queue = *static_cast<ServiceQueue*>(argument);
  {
    rt::LockGuard guard(queue.lock);
    queue.service = CurrentThread().task;
  }
  ke::WaitInfo idle;
  idle.what = "interrupts";
  for (;;) {
    std::shared_ptr<Vector> vector;
    {
      rt::LockGuard guard(queue.lock);
      // The highest level first, then the one that came first.
      auto best = queue.due.begin();
      for (auto it = queue.due.begin(); it != queue.due.end(); ++it)
        if ((*it)->irql > (*best)->irql) best = it;
      if (best != queue.due.end()) {
        vector = std::move(*best);
        queue.due.erase(best);
      }
    }
    if (!vector) {
      ke::ParkFor(idle);
      continue;
    }
    InterruptController::Serve(*vector, false);
  }
}

// The service routine of one connection, as the processor calls it.
bool CallRoutine(Connection& connection, bool passive) {
  Thread& thread = CurrentThread();
  auto call = [&]() -> bool {
    if (connection.own) {
      return connection.message_routine ? connection.message_routine(&connection, connection.context, connection.message_id)
                                        : connection.routine(&connection, connection.context);
    }
    return connection.message_routine
               ? CallDriver("KMESSAGE_SERVICE_ROUTINE", connection.message_routine, &connection, connection.context, connection.message_id)
               : CallDriver("KSERVICE_ROUTINE", connection.routine, &connection, connection.context);
  };
  if (passive) {
    if (connection.own_locking) return call();
    KeEnterCriticalRegion();
    KeWaitForSingleObject(&connection.passive_lock, Executive, KernelMode, FALSE, nullptr);
    const bool claimed = call();
    KeSetEvent(&connection.passive_lock, IO_NO_INCREMENT, FALSE);
    KeLeaveCriticalRegion();
    return claimed;
  }
  const KIRQL base = thread.irql;
  thread.irql = connection.vector->irql;
  const KIRQL old = AcquireLock(connection, "an interrupt");
  const bool claimed = call();
  ReleaseLock(connection, old, "an interrupt");
  thread.irql = base;
  return claimed;
}

[[noreturn]] void ReportStorm(Vector& vector, const Connection& last, bool claimed) {
  const void* routine = last.message_routine ? reinterpret_cast<const void*>(last.message_routine) : reinterpret_cast<const void*>(last.routine);
  BugCheck(kHardwareInterruptStorm, {reinterpret_cast<uint64_t>(routine), reinterpret_cast<uint64_t>(last.context), vector.number, claimed},
           fmt::format("Interrupt vector {:#x} stayed asserted over {} rounds of its service routines: {}. A service routine must make its device "
                       "lower the line before it returns.",
                       vector.number, InterruptController::kStormLimit,
                       claimed ? "a service routine claims it each time, but the device does not stop" : "no service routine claims it"));
}

}  // namespace

bool Vector::Due() const {
  if (latched ? !edge : asserted == 0) return false;
  for (const Connection* connection : connections)
    if (connection->active) return true;
  return false;
}

KIRQL AcquireLock(Connection& connection, const char* function) {
  Thread& thread = CurrentThread();
  const KIRQL old = thread.irql;
  if (old > connection.synchronize_irql) {
    BugCheck(bug::kIrqlNotLessOrEqual, {reinterpret_cast<uint64_t>(connection.lock), old, 0, 0},
             fmt::format("{}: the interrupt's lock was asked for at IRQL {}, above the interrupt's level {}.", function, old,
                         connection.synchronize_irql));
  }
  thread.irql = connection.synchronize_irql;
  ke::AcquireSpinLock(connection.lock, function);
  return old;
}

void ReleaseLock(Connection& connection, KIRQL old, const char* function) {
  // The level first: ReleaseSpinLock is a schedule point, and what comes after it runs at the old level.
  CurrentThread().irql = old;
  ke::ReleaseSpinLock(connection.lock, function);
}

InterruptController::InterruptController(Kernel& kernel) : kernel_(kernel) {
  for (uint32_t i = 0; i < kernel.options.processors; ++i) {
    auto queue = std::make_unique<ServiceQueue>();
    queue->kernel = &kernel;
    queue->processor = i;
    services_.push_back(std::move(queue));
  }
}

InterruptController::~InterruptController() {
  // Tasks have ended. Whoever holds a vector still may assert it: nothing happens then.
  for (auto& queue : services_) queue->due.clear();
  auto end = [](Vector& vector) {
    std::shared_ptr<Vector> keep;
    rt::LockGuard guard(vector.lock);
    vector.kernel = nullptr;
    for (Connection* connection : vector.connections) delete connection;  // of a machine that was stopped
    vector.connections.clear();
    keep.swap(vector.self);
  };
  for (auto& [number, vector] : vectors_) end(*vector);
  for (auto& vector : forgotten_) end(*vector);
}

std::shared_ptr<Vector> InterruptController::NewVector(bool latched, bool message, KIRQL irql) {
  auto vector = std::make_shared<Vector>();
  vector->kernel = &kernel_;
  vector->number = next_vector_++;
  vector->irql = irql ? irql : static_cast<KIRQL>(kLowestDeviceIrql + vector->number % kDeviceIrqls);
  vector->latched = latched;
  vector->message = message;
  vector->processor = vector->number % kernel_.options.processors;
  vectors_[vector->number] = vector;
  return vector;
}

std::shared_ptr<Vector> InterruptController::Line(uint32_t line, bool latched, KIRQL irql) {
  rt::LockGuard guard(lock_);
  std::shared_ptr<Vector>& vector = lines_[line];
  if (!vector) {
    vector = NewVector(latched, false, irql);
  } else if (vector->latched != latched || (irql && vector->irql != irql)) {
    return nullptr;
  }
  return vector;
}

uint32_t InterruptController::FreeLine() {
  rt::LockGuard guard(lock_);
  uint32_t line = 16;  // below: what PCs have had there
  while (lines_.count(line)) ++line;
  return line;
}

std::vector<std::shared_ptr<Vector>> InterruptController::Messages(uint32_t count) {
  rt::LockGuard guard(lock_);
  std::vector<std::shared_ptr<Vector>> messages;
  for (uint32_t i = 0; i < count; ++i) {
    messages.push_back(NewVector(true, true, i ? messages[0]->irql : KIRQL{0}));
    messages.back()->block = messages[0]->number;
  }
  return messages;
}

std::shared_ptr<Vector> InterruptController::Find(uint32_t vector) {
  rt::LockGuard guard(lock_);
  auto found = vectors_.find(vector);
  return found == vectors_.end() ? nullptr : found->second;
}

void InterruptController::Forget(const std::shared_ptr<Vector>& vector) {
  bool in_use;
  {
    rt::LockGuard guard(vector->lock);
    in_use = !vector->connections.empty() || vector->serving;
    if (!in_use) vector->kernel = nullptr;
  }
  rt::LockGuard guard(lock_);
  vectors_.erase(vector->number);
  if (in_use) forgotten_.push_back(vector);
}

void InterruptController::EnsureService(uint32_t processor) {
  ServiceQueue& queue = *services_[processor];
  {
    rt::LockGuard guard(queue.lock);
    if (queue.has_service) return;
    queue.has_service = true;
  }
  const std::string name = fmt::format("interrupts of processor {}", processor);
  ps::ThreadStart start;
  start.name = name.c_str();
  start.entry = &RunServices;
  start.argument = &queue;
  start.service = true;
  start.irql = kLowestDeviceIrql;
  start.processor = processor;
  kernel_.executor.Detach(ps::StartThread(kernel_, start));
}

// Something may be due: hands the vector to its server unless one has it.
void InterruptController::Kick(const std::shared_ptr<Vector>& vector) {
  Kernel* kernel;
  bool passive;
  {
    rt::LockGuard guard(vector->lock);
    kernel = vector->kernel;
    if (!kernel || kernel->executor.stopped() || vector->serving || !vector->Due()) return;
    vector->serving = true;
    vector->self = vector;
    passive = vector->passive;
  }
  if (passive) {
    ex::QueueWork(*kernel, &vector->item, ex::kCritical);
    return;
  }
  ServiceQueue& queue = *kernel->hal->interrupts.services_[vector->processor];
  rt::Task* service;
  {
    rt::LockGuard guard(queue.lock);
    queue.due.push_back(vector);
    service = queue.service;
  }
  if (service) kernel->executor.Unpark(service);  // else it is about to look
}

void InterruptController::Assert(const std::shared_ptr<Vector>& vector) {
  Kernel* kernel;
  {
    rt::LockGuard guard(vector->lock);
    kernel = vector->kernel;
    if (!kernel) return;
    ++vector->asserted;
    vector->edge = true;
    if (vector->latched && !vector->Due()) vector->edge = false;  // I2, I3: lost
  }
  RecordEvent(*kernel, kInterruptAssert, vector->number, vector->irql);
  Kick(vector);
  if (rt::CurrentTask() && rt::CurrentTask()->executor == &kernel->executor) kernel->executor.SchedulePoint();
}

void InterruptController::Deassert(const std::shared_ptr<Vector>& vector) {
  Kernel* kernel;
  {
    rt::LockGuard guard(vector->lock);
    kernel = vector->kernel;
    if (vector->asserted > 0) --vector->asserted;
    if (vector->asserted == 0) vector->fell = true;
  }
  if (kernel) RecordEvent(*kernel, kInterruptDeassert, vector->number, vector->irql);
}

VOID Vector::ServePassive(PVOID context) { InterruptController::Serve(*static_cast<Vector*>(context), true); }

void InterruptController::Serve(Vector& vector, bool passive) {
  Kernel& kernel = CurrentKernel();
  std::shared_ptr<Vector> keep;
  std::vector<Connection*> round;
  for (uint32_t rounds = 0;; ++rounds) {
    {
      rt::LockGuard guard(vector.lock);
      if (!vector.Due()) {
        vector.serving = false;
        keep = std::move(vector.self);  // the vector may go with it
        return;
      }
      vector.edge = false;
      if (std::exchange(vector.fell, false)) rounds = 0;
      round.clear();
      for (Connection* connection : vector.connections) {
        if (!connection->active) continue;
        ++connection->running;
        round.push_back(connection);
      }
    }
    bool claimed = false;
    for (bool again = true; again;) {
      again = false;
      for (Connection* connection : round) {
        bool active;
        {
          rt::LockGuard guard(vector.lock);
          active = connection->active;
        }
        if (!active) continue;
        const bool mine = CallRoutine(*connection, passive);
        RecordEvent(kernel, kInterruptServe, vector.number, vector.irql, mine);
        claimed = claimed || mine;
        if (mine && !vector.latched) break;                            // I1
        again = again || (mine && vector.latched && round.size() > 1);  // I2
      }
      if (again && ++rounds > kStormLimit) ReportStorm(vector, *round.back(), true);
    }
    const Connection* last = round.back();
    if (rounds >= kStormLimit && !vector.latched) ReportStorm(vector, *last, claimed);
    bool waited_for = false;
    {
      rt::LockGuard guard(vector.lock);
      for (Connection* connection : round) waited_for |= --connection->running == 0 && !connection->active;
    }
    if (waited_for) kernel.ke->lot.Wake(&vector, SIZE_MAX);
    // A device whose line stays up keeps one processor busy, not the whole machine.
    if (rounds > 0) {
      kernel.executor.Yield();
    } else {
      kernel.executor.SchedulePoint();
    }
  }
}

NTSTATUS InterruptController::Connect(const ConnectParameters& parameters, Connection** out) {
  *out = nullptr;
  if (!parameters.routine && !parameters.message_routine) return STATUS_INVALID_PARAMETER;
  std::shared_ptr<Vector> vector = Find(parameters.vector);
  if (!vector) return STATUS_INVALID_PARAMETER;
  const KIRQL irql = parameters.synchronize_irql ? parameters.synchronize_irql : vector->irql;
  if (!parameters.passive && (irql < vector->irql || irql > HIGH_LEVEL)) return STATUS_INVALID_PARAMETER;
  if (!ex::MayAllocate(kernel_, sizeof(Connection))) return STATUS_INSUFFICIENT_RESOURCES;
  EnsureService(vector->processor);
  auto connection = std::make_unique<Connection>();
  connection->kernel = &kernel_;
  connection->vector = vector;
  connection->routine = parameters.routine;
  connection->message_routine = parameters.message_routine;
  connection->context = parameters.context;
  connection->message_id = parameters.message_id;
  connection->own = parameters.own;
  connection->own_locking = parameters.own_locking;
  connection->passive = parameters.passive;
  connection->share = parameters.share;
  connection->own_lock = 0;
  connection->lock = parameters.lock ? parameters.lock : &connection->own_lock;
  connection->synchronize_irql = parameters.passive ? KIRQL{PASSIVE_LEVEL} : irql;
  connection->active = true;
  connection->running = 0;
  KeInitializeEvent(&connection->passive_lock, SynchronizationEvent, TRUE);
  {
    rt::LockGuard guard(vector->lock);
    for (const Connection* other : vector->connections) {
      if (!other->share || !connection->share || other->passive != connection->passive) return STATUS_INVALID_PARAMETER;
    }
    vector->passive = parameters.passive;
    vector->connections.push_back(connection.get());
  }
  *out = connection.release();
  RecordEvent(kernel_, kInterruptConnect, vector->number, vector->irql);
  Kick(vector);
  return STATUS_SUCCESS;
}

void InterruptController::Disconnect(Connection* connection) {
  std::shared_ptr<Vector> vector = connection->vector;
  {
    rt::LockGuard guard(vector->lock);
    connection->active = false;
    std::erase(vector->connections, connection);
  }
  auto busy = [&] {
    rt::LockGuard guard(vector->lock);
    return connection->running > 0;
  };
  ke::WaitInfo info;
  info.what = "an interrupt service routine to return";
  while (busy()) kernel_.ke->lot.Wait(vector.get(), busy, info);
  RecordEvent(kernel_, kInterruptDisconnect, vector->number, vector->irql);
  delete connection;
}

void InterruptController::SetActive(Connection* connection, bool active) {
  std::shared_ptr<Vector> vector = connection->vector;
  {
    rt::LockGuard guard(vector->lock);
    connection->active = active;
  }
  if (active) Kick(vector);
}

}  // namespace drydock::nt::hal
