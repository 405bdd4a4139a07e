// The life of threads. A Thread is an ob object; what only a running thread needs hangs off it and goes with its end.
#include <new>

#include "nt/bugcheck.h"
#include "nt/bugcheck_codes.h"
#include "nt/io/irp.h"
#include "nt/ke/dispatcher.h"
#include "nt/ke/mutant.h"
#include "nt/ps/notify.h"
#include "nt/ps/start.h"
#include "nt/ps/state.h"
#include "nt/ps/types.h"
#include "nt/trace.h"
#include "runtime/fault_handler.h"

namespace drydock::nt::ps {

static_assert(sizeof(DISPATCHER_HEADER) == sizeof(Thread::header));

const ob::ObjectType kThreadType = {
    .name = "Thread",
    .on_last_handle = nullptr,
    .on_close = nullptr,
    .discard = nullptr,
    .parse = nullptr,
    .wait_offset = 0,
    .all_access = THREAD_ALL_ACCESS,
};

namespace {

DISPATCHER_HEADER& HeaderOf(Thread& thread) { return *reinterpret_cast<DISPATCHER_HEADER*>(thread.header); }

struct StartBlock {
  Thread* thread;
  rt::TaskEntry entry;
  void* argument;
};

void ThreadMain(void* argument) {
  StartBlock start = *static_cast<StartBlock*>(argument);
  delete static_cast<StartBlock*>(argument);
  rt::PrepareThreadForFaults();
  start.thread->task = rt::CurrentTask();
  try {
    // A thread that starts into a stopped machine has nothing to do any more.
    if (!start.thread->task->executor->stopped()) start.entry(start.argument);
  } catch (const rt::TaskStopped&) {
  }
  EndThread(start.thread);
}

}  // namespace

Thread* NewThread(Kernel& kernel, Process* process, bool system) {
  rt::PrepareThreadForFaults();
  void* body = ob::CreateObject(kernel, kThreadType, sizeof(Thread));
  if (body == nullptr) throw std::bad_alloc();
  auto* thread = new (body) Thread();
  ke::InitializeHeader(HeaderOf(*thread), ke::kThread, sizeof thread->header, 0);
  ForgetTraceId(kernel, thread->header);  // of an earlier thread at that address
  thread->kernel = &kernel;
  thread->system_thread = system;
  thread->process = process ? process : SystemProcess(kernel);
  thread->create_time = kernel.executor.SystemTime();
  thread->wait = new ke::ThreadWaitState();
  InitializeListHead(reinterpret_cast<LIST_ENTRY*>(thread->wait->owned_mutants));
  State& state = *kernel.ps;
  rt::LockGuard guard(state.lock);
  state.last_thread_id += 4;
  thread->thread_id = state.last_thread_id;
  thread->processor = state.next_processor++ % kernel.options.processors;
  thread->previous = state.last;
  (state.last ? state.last->next : state.first) = thread;
  state.last = thread;
  return thread;
}

void EndThread(Thread* thread) {
  Kernel& kernel = *thread->kernel;
  thread->irql = PASSIVE_LEVEL;
  try {
    if (thread->announced) TellThread(*thread, false);
    io::ThreadEnding(*thread);
    ke::LeaveMutants(*thread);
  } catch (const rt::TaskStopped&) {
    // Requests that never come back stay with the machine, which has stopped.
  }
  RecordEvent(kernel, kEventThreadEnd, thread->thread_id, static_cast<uint32_t>(thread->exit_status));
  if (thread->wdf != nullptr && thread->free_wdf != nullptr) thread->free_wdf(thread->wdf);
  thread->wdf = nullptr;
  thread->thrown_from.reset();  // the object's memory goes without a destructor
  thread->termination.reset();
  io::ThreadEnded(*thread);
  ke::ThreadWaitState* wait;
  {
    State& state = *kernel.ps;
    rt::LockGuard guard(state.lock);
    (thread->previous ? thread->previous->next : state.first) = thread->next;
    (thread->next ? thread->next->previous : state.last) = thread->previous;
    thread->previous = thread->next = nullptr;
    state.started.erase(thread->thread_id);
    wait = thread->wait;
    thread->wait = nullptr;
    thread->task = nullptr;
  }
  delete wait;
  ke::SignalObject(kernel, HeaderOf(*thread));
  rt::CurrentTask()->user = nullptr;
  ob::Dereference(thread);
}

rt::Task* StartThread(Kernel& kernel, const ThreadStart& start) {
  Thread* thread = NewThread(kernel, start.process, start.system_thread);
  thread->irql = start.irql;
  if (start.processor != UINT32_MAX) thread->processor = start.processor;
  RecordEvent(kernel, kEventThreadStart, thread->thread_id, thread->process->id);
  if (start.thread) {
    ob::Reference(thread);
    *start.thread = thread;
  }
  // Service threads stand for what is no thread on Windows.
  if (!start.service && CurrentThreadOrNull()) {
    thread->announced = true;
    TellThread(*thread, true);
  }
  return kernel.executor.Spawn(start.name, &ThreadMain, new StartBlock{thread, start.entry, start.argument}, thread, start.service);
}

rt::Task* SpawnThread(Kernel& kernel, Process* process, const char* name, rt::TaskEntry entry, void* argument, bool service) {
  ThreadStart start;
  start.name = name;
  start.entry = entry;
  start.argument = argument;
  start.service = service;
  start.process = process;
  start.system_thread = process == nullptr || process->system;
  return StartThread(kernel, start);
}

void ForEachThread(Kernel& kernel, void (*visit)(void*, Thread&), void* context) {
  rt::LockGuard guard(kernel.ps->lock);
  for (Thread* thread = kernel.ps->first; thread != nullptr; thread = thread->next) visit(context, *thread);
}

}  // namespace drydock::nt::ps
