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
    case ReportKind::kCrash: return "crash of an application";
    case ReportKind::kHostEnded: return "host ended";
  }
  return "report";
}

std::string FrameText(size_t number, const StackFrame& frame) {
  std::string text = fmt::format("    #{:<2} {} {}", number, frame.in_driver ? "*" : " ",
                                 frame.function.empty() ? fmt::format("0x{:x}", frame.address) : frame.function);
  if (!frame.file.empty()) {
    text += fmt::format("  {}:{}", frame.file, frame.line);
  } else if (!frame.module.empty()) {
    text += fmt::format("  ({})", frame.module);
  }
  return text + '\n';
}

// Neither the driver's nor the test's own: what the reader did not write.
bool IsOurs(const StackFrame& frame) {
  return !frame.in_driver && (frame.function.find("drydock::") != std::string::npos || frame.function.find("testing::") != std::string::npos);
}

// The framework function that a driver called, "" if the frame is none: "drydock::wdf::ddi::WdfRequestSend(...)".
std::string EntryName(const StackFrame& frame) {
  constexpr std::string_view kEntries = "drydock::wdf::ddi::";
  if (!frame.function.starts_with(kEntries)) return "";
  return frame.function.substr(kEntries.size(), frame.function.find('(') - kEntries.size());
}

std::string StackText(const std::vector<StackFrame>& stack, bool whole) {
  std::string text = "  stack:\n";
  for (size_t i = 0; i < stack.size();) {
    size_t end = i;
    std::string entry;
    while (!whole && end < stack.size() && IsOurs(stack[end])) {
      if (std::string name = EntryName(stack[end]); !name.empty()) entry = std::move(name);
      ++end;
    }
    if (end == stack.size() && end > i && entry.empty()) break;  // how the task began
    if (end - i < 2 && entry.empty()) {
      text += FrameText(i, stack[i]);
      ++i;
      continue;
    }
    text += entry.empty() ? fmt::format("          ({} frames of Drydock)\n", end - i) : fmt::format("    #{:<2}   {}\n", end - 1, entry);
    i = end;
  }
  return text;
}

}  // namespace

const StackFrame* Report::DriverFrame() const {
  for (const StackFrame& frame : stack)
    if (frame.in_driver) return &frame;
  return nullptr;
}

std::string Report::ToString(bool whole_stack) const {
  std::string text = fmt::format("*** {}", KindName(kind));
  if (kind == ReportKind::kBugCheck)
    text += fmt::format(" 0x{:X} {} (0x{:X}, 0x{:X}, 0x{:X}, 0x{:X})", code, name, parameters[0], parameters[1],
                        parameters[2], parameters[3]);
  if (const StackFrame* frame = DriverFrame(); frame && !frame->file.empty())
    text += fmt::format("\n    at {}:{} in {}", frame->file, frame->line, frame->function);
  text += fmt::format("\n    {}\n", words);
  if (!task.empty()) text += fmt::format("    task: {}\n", task);
  if (!stack.empty()) text += StackText(stack, whole_stack || !DriverFrame());
  if (!waits.empty()) {
    text += "  who waits for what:\n";
    for (const std::string& line : waits) text += fmt::format("    {}\n", line);
  }
  if (!traces.empty()) {
    text += "  last traces:\n";
    for (const std::string& line : traces) text += fmt::format("    {}\n", line);
  }
  if (!events.empty()) {
    text += "  last events:\n";
    for (const std::string& line : events) text += fmt::format("    {}\n", line);
  }
  if (simulated) text += fmt::format("  replay: the same calls with seed {}\n", seed);
  return text;
}

}  // namespace drydock
