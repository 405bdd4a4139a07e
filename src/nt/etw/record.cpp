#include <utility>

#include <fmt/format.h>

#include "nt/dbg/state.h"
#include "nt/etw/state.h"
#include "nt/thread.h"

namespace drydock::nt::etw {
namespace {

// Toaster power.c:84 ToasterEvtDeviceD0Exit [information]: --> moving to D3
std::string LogLine(const Event& event) {
  std::string line = event.source == Source::kWpp ? event.driver : event.provider;
  if (!event.file.empty()) line += fmt::format(" {}:{}", event.file, event.line);
  if (!event.function.empty()) line += " " + event.function;
  return fmt::format("{} [{}]: {}", line, event.level_name, event.text);
}

}  // namespace

void Record(Kernel& kernel, Event event) {
  State& state = *kernel.etw;
  event.time = kernel.executor.InterruptTime();
  if (rt::Task* task = rt::CurrentTask()) event.task = task->id;
  if (const Thread* thread = CurrentThreadOrNull()) {
    event.processor = thread->processor;
    event.irql = thread->irql;
  }
  auto kept = std::make_shared<Event>(std::move(event));
  {
    rt::LockGuard guard(state.lock);
    kept->number = ++state.recorded;
    if (state.events.size() == kMaxEvents) {
      state.events.pop_front();
      ++state.lost;
    }
    state.events.push_back(kept);
  }
  if ((kept->sessions & 1) != 0 && kept->source != Source::kPrint) dbg::PrintLine(kernel, LogLine(*kept));
  if (state.sink) state.sink(state.sink_context, *kept);
}

std::vector<std::shared_ptr<const Event>> Events(Kernel& kernel) {
  State& state = *kernel.etw;
  rt::LockGuard guard(state.lock);
  return {state.events.begin(), state.events.end()};
}

}  // namespace drydock::nt::etw
