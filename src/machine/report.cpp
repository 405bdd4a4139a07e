#include "drydock/report.h"

#include <fmt/format.h>

namespace drydock {
namespace {

const char* KindName(ReportKind kind) {
  switch (kind) {
    case ReportKind::kBugCheck: return "bug check";
    case ReportKind::kStall: return "stall";
    case ReportKind::kLeak: return "leak";
    case ReportKind::kBreak: return "break";
  }
  return "report";
}

}  // namespace

const StackFrame* Report::DriverFrame() const {
  for (const StackFrame& frame : stack)
    if (frame.in_driver) return &frame;
  return nullptr;
}

std::string Report::ToString() const {
  std::string text = fmt::format("*** {}", KindName(kind));
  if (kind == ReportKind::kBugCheck)
    text += fmt::format(" 0x{:X} {} (0x{:X}, 0x{:X}, 0x{:X}, 0x{:X})", code, name, parameters[0], parameters[1],
                        parameters[2], parameters[3]);
  if (const StackFrame* frame = DriverFrame(); frame && !frame->file.empty())
    text += fmt::format("\n    at {}:{} in {}", frame->file, frame->line, frame->function);
  text += fmt::format("\n    {}\n", words);
  if (!task.empty()) text += fmt::format("    task: {}\n", task);
  if (!stack.empty()) {
    text += "  stack:\n";
    int number = 0;
    for (const StackFrame& frame : stack) {
      text += fmt::format("    #{:<2} {} {}", number++, frame.in_driver ? "*" : " ",
                          frame.function.empty() ? fmt::format("0x{:x}", frame.address) : frame.function);
      if (!frame.file.empty()) text += fmt::format("  {}:{}", frame.file, frame.line);
      else if (!frame.module.empty()) text += fmt::format("  ({})", frame.module);
      text += '\n';
    }
  }
  if (!waits.empty()) {
    text += "  who waits for what:\n";
    for (const std::string& line : waits) text += fmt::format("    {}\n", line);
  }
  if (!events.empty()) {
    text += "  last events:\n";
    for (const std::string& line : events) text += fmt::format("    {}\n", line);
  }
  if (simulated) text += fmt::format("  replay: the same calls with seed {}\n", seed);
  return text;
}

}  // namespace drydock
