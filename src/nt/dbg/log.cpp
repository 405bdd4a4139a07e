#include <utility>

#include "nt/dbg/state.h"
#include "nt/etw/state.h"
#include "nt/thread.h"
#include "nt/trace.h"

namespace drydock::nt::dbg {
namespace {

constexpr uint32_t kOwnComponent = UINT32_MAX;

void Keep(State& state, Line& line) RT_REQUIRES(state.lock) {
  if (state.lines.size() == kMaxLines) {
    state.lines.pop_front();
    ++state.dropped;
  }
  state.lines.push_back(line);
}

Line MakeLine(Kernel& kernel, uint32_t component, uint32_t level, std::string text) {
  Line line;
  line.time = kernel.executor.InterruptTime();
  rt::Task* task = rt::CurrentTask();
  line.task = task ? task->id : 0;
  line.component = component;
  line.level = level;
  line.text = std::move(text);
  return line;
}

}  // namespace

State::State(Kernel& owner) : kernel(owner), debugger_enabled(owner.options.debugger), debugger_not_present(!owner.options.debugger) {}
State::~State() = default;

void Print(Kernel& kernel, uint32_t component, uint32_t level, std::string_view text) {
  State& state = *kernel.dbg;
  std::vector<Line> completed;
  {
    rt::LockGuard guard(state.lock);
    while (!text.empty()) {
      const size_t end = text.find('\n');
      state.partial.append(text.substr(0, end));
      const bool whole = end != std::string_view::npos;
      text.remove_prefix(whole ? end + 1 : text.size());
      if (!whole && state.partial.size() < kMaxLineBytes) {
        state.partial_component = component;
        break;
      }
      if (!state.partial.empty() && state.partial.back() == '\r') state.partial.pop_back();
      completed.push_back(MakeLine(kernel, component, level, std::exchange(state.partial, {})));
      Keep(state, completed.back());
    }
  }
  for (const Line& line : completed) {
    if (state.sink) state.sink(state.sink_context, line);
    // A driver's words stand in the trace too, in their place among its events.
    etw::Event event;
    event.source = etw::Source::kPrint;
    event.sessions = 1;
    event.provider = "DbgPrint";
    constexpr uint8_t kLevels[] = {2, 3, 5, 4};  // of DPFLTR error, warning, trace, info
    event.level = level < 4 ? kLevels[level] : etw::kVerbose;
    event.level_name = WppLevelName(event.level);
    event.keyword = component;
    event.text = line.text;
    etw::Record(kernel, std::move(event));
  }
}

void NoteFailedCall(Kernel& kernel, const char* function, int32_t status, void* caller) {
  State& state = *kernel.dbg;
  rt::LockGuard guard(state.lock);
  std::erase_if(state.failed_calls, [&](const State::FailedCall& call) { return call.caller == caller && call.status == status; });
  state.failed_calls.push_back({function, status, caller});
  if (state.failed_calls.size() > State::kMaxFailedCalls) state.failed_calls.pop_front();
}

State::FailedCall LastFailedCall(Kernel& kernel, int32_t status) {
  State& state = *kernel.dbg;
  rt::LockGuard guard(state.lock);
  for (auto call = state.failed_calls.rbegin(); call != state.failed_calls.rend(); ++call)
    if (call->status == status) return *call;
  return {};
}

void PrintLine(Kernel& kernel, std::string text) {
  State& state = *kernel.dbg;
  Line line = MakeLine(kernel, kOwnComponent, 0, std::move(text));
  {
    rt::LockGuard guard(state.lock);
    Keep(state, line);
  }
  if (state.sink) state.sink(state.sink_context, line);
}

bool DebuggerPresent(const Kernel& kernel) {
  return __atomic_load_n(&kernel.dbg->debugger_enabled, __ATOMIC_RELAXED) && !__atomic_load_n(&kernel.dbg->debugger_not_present, __ATOMIC_RELAXED);
}

void BreakPoint(std::string words) {
  Kernel& kernel = CurrentKernel();
  if (!DebuggerPresent(kernel)) return Break(std::move(words));
  RecordEvent(kernel, kEventBreak);
  PrintLine(kernel, "break: " + words + " The debugger goes on.");
}

std::vector<Line> Log(Kernel& kernel) {
  State& state = *kernel.dbg;
  rt::LockGuard guard(state.lock);
  std::vector<Line> lines(state.lines.begin(), state.lines.end());
  if (!state.partial.empty()) lines.push_back(MakeLine(kernel, state.partial_component, 0, state.partial));
  return lines;
}

std::vector<std::string> Lines(Kernel& kernel) {
  std::vector<std::string> texts;
  for (Line& line : Log(kernel)) texts.push_back(std::move(line.text));
  return texts;
}

}  // namespace drydock::nt::dbg
