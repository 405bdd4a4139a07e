// The debug log of one machine: lines that drivers printed, and findings of ours. Owned by Kernel.
// Called by:  DbgPrint and relatives at any IRQL; Break; machine reads lines and may set a sink before drivers run.
// Bound:      the newest kMaxLines lines; older ones are counted as dropped.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "nt/kernel.h"
#include "runtime/lock.h"
#include "runtime/time.h"

namespace drydock::nt::dbg {

inline constexpr size_t kMaxLines = 4096;
inline constexpr size_t kMaxLineBytes = 4096;  // a longer one is broken

struct Line {
  rt::Ticks time = 0;      // interrupt time
  uint32_t task = 0;       // 0: none
  uint32_t component = 0;  // DPFLTR id; UINT32_MAX: ours
  uint32_t level = 0;
  std::string text;        // without the line end
};

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  mutable rt::Lock lock;
  std::deque<Line> lines RT_GUARDED_BY(lock);
  uint64_t dropped RT_GUARDED_BY(lock) = 0;
  std::string partial RT_GUARDED_BY(lock);  // text without a line end yet
  uint32_t partial_component RT_GUARDED_BY(lock) = 0;

  // Levels let through, per component (bit per level); everything else by `default_mask`. DbgPrint is never filtered.
  struct ComponentMask {
    uint32_t component;
    uint32_t mask;
  };
  std::vector<ComponentMask> masks RT_GUARDED_BY(lock);
  uint32_t default_mask RT_GUARDED_BY(lock) = 0xF;  // error, warning, trace, info

  // The newest calls of the framework that refused, each once: why a device did not start.
  struct FailedCall {
    const char* function;
    int32_t status;
    void* caller;
  };
  static constexpr size_t kMaxFailedCalls = 16;
  std::deque<FailedCall> failed_calls RT_GUARDED_BY(lock);

  // What KdDebuggerEnabled and KdDebuggerNotPresent point to; drivers read them (and may write), we atomically.
  uint8_t debugger_enabled;
  uint8_t debugger_not_present;

  // Sees each line as it is completed, on the printing task, with no lock held. Set before drivers run.
  void (*sink)(void* context, const Line& line) = nullptr;
  void* sink_context = nullptr;
};

// Adds text as a driver's print would: it becomes lines at line ends.
void Print(Kernel& kernel, uint32_t component, uint32_t level, std::string_view text);
// A whole line of our own.
void PrintLine(Kernel& kernel, std::string text);
void NoteFailedCall(Kernel& kernel, const char* function, int32_t status, void* caller);
// The newest one with that status; function is null if there is none.
State::FailedCall LastFailedCall(Kernel& kernel, int32_t status);
// A breakpoint of a driver: with a debugger a line in the log and the trace, after which execution goes on; without one a finding (nt::Break).
void BreakPoint(std::string words);
bool DebuggerPresent(const Kernel& kernel);
// Copies, oldest first; an unfinished line comes last.
std::vector<Line> Log(Kernel& kernel);
std::vector<std::string> Lines(Kernel& kernel);  // the text only

}  // namespace drydock::nt::dbg
