// Report: what a machine found out about a driver. A violation stops the machine, never the
// process; a test asserts on the report. Used by:   tests and tools, after the call that failed
// returned; valid as long as the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drydock {

enum class ReportKind : uint8_t {
  kBugCheck,  // the driver broke a rule that Windows punishes by a bug check; the machine is
              // stopped
  kStall,     // somebody waits for something that can never come; the machine is stopped
  kLeak,      // something was not given back at unload
  kBreak,     // misuse that goes on (the framework would break into the debugger)
  kCrash,     // an application of the machine went wrong and ended (drydock/process.h)
  kHostEnded, // a UMDF driver went wrong and its host was ended (MachineOptions::contain_hosts)
};

struct StackFrame {
  uint64_t address = 0;
  std::string function;  // empty: unknown
  std::string file;      // empty: unknown
  int line = 0;
  std::string module;  // "echo.sys.so"; empty: unknown
  bool in_driver = false;
};

struct Report {
  ReportKind kind = ReportKind::kBugCheck;
  uint32_t code = 0;  // the bug check's number
  uint64_t parameters[4] = {};
  std::string name;                 // "WDF_VIOLATION"
  std::string words;                // what happened, and what to do about it
  std::string task;                 // where it happened
  std::vector<StackFrame> stack;    // innermost first
  std::vector<std::string> waits;   // who waits for what, one line a link
  std::vector<std::string> events;  // the last events before it, oldest first
  std::vector<std::string> traces;  // the last traces (WPP, ETW) of the driver that failed, oldest first; of all where none of its own are known
  uint64_t seed = 0;
  bool simulated = false;

  // The innermost frame that belongs to a driver, or null.
  const StackFrame* DriverFrame() const;
  // As the tools print it. Below a driver's frames, those of Drydock and of the test framework are
  // summed up, framework functions by name; `whole_stack` shows each.
  std::string ToString(bool whole_stack = false) const;
};

}  // namespace drydock
