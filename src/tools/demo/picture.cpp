#include "tools/demo/picture.h"

#include <fmt/format.h>
#include <ntddk.h>

#include <map>

#include "nt/io/trace_kinds.h"
#include "nt/trace.h"
#include "wdf/trace.h"

namespace drydock::tools {
namespace {

const char* MajorName(uint64_t major) {
  switch (major) {
    case IRP_MJ_CREATE: return "create";
    case IRP_MJ_CLOSE: return "close";
    case IRP_MJ_READ: return "read";
    case IRP_MJ_WRITE: return "write";
    case IRP_MJ_DEVICE_CONTROL: return "device control";
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: return "internal device control";
    case IRP_MJ_CLEANUP: return "cleanup";
    case IRP_MJ_FLUSH_BUFFERS: return "flush";
    default: return "request";
  }
}

// Draws a call as an indented block that opens with irp.call and closes with irp.return; what happens between belongs to it.
class Drawing {
 public:
  explicit Drawing(const Machine& machine) : machine_(machine), events_(machine.TraceEvents()) {}

  std::string Draw() {
    if (events_.empty()) return "  (nothing recorded)\n";
    for (const TraceEvent& event : events_) Add(event);
    if (longest_wait_.count() > 0)
      text_ += fmt::format("\n  waited longest: {:.1f} ms, {}\n", Milliseconds(longest_wait_), longest_what_);
    return text_;
  }

 private:
  static double Milliseconds(Duration time) { return static_cast<double>(time.count()) / 10'000.0; }

  std::string NameOf(uint64_t id) const {
    std::string name = machine_.NameOfTraceId(id);
    return name.empty() ? fmt::format("device {}", id) : name;
  }

  void Line(const TraceEvent& event, const std::string& what) {
    double microseconds = static_cast<double>((event.time - events_.front().time).count()) / 10.0;
    std::string rails;
    for (int i = 0; i < depth_; ++i) rails += "| ";
    text_ += fmt::format("  {:>12.1f}  {:>4}  {}{}\n", microseconds, fmt::format("t{}", event.task), rails, what);
  }

  static std::string StatusText(uint64_t status) { return Status(static_cast<int32_t>(status)).ToString(); }

  // What a send carries: major code above, control code below.
  static std::string Operation(uint64_t summary) {
    std::string name = MajorName(summary >> 32);
    if (uint64_t code = summary & 0xFFFFFFFF) name += fmt::format(" 0x{:X}", code);
    return name;
  }

  void Add(const TraceEvent& event) {
    using namespace nt::io;
    switch (event.kind) {
      case kIrpCall:
        Line(event, fmt::format("-> {}: {} (irp {})", NameOf(event.b), MajorName(event.c >> 8), event.a));
        ++depth_;
        return;
      case kIrpReturn:
        if (depth_ > 0) --depth_;
        Line(event, fmt::format("<- irp {} returns {}", event.a, StatusText(event.c)));
        return;
      case kIrpComplete:
        Line(event, fmt::format("== irp {} completed: {}, {} bytes", event.a, StatusText(event.b), event.c));
        return;
      case kIrpCancel: Line(event, fmt::format("xx irp {} is cancelled", event.a)); return;
      case nt::kEventWaitBegin: {
        waiting_since_[event.task] = event.time;
        auto limit = static_cast<int64_t>(event.c);
        Line(event, limit == -1 ? "... waits, without limit" : fmt::format("... waits, at most {:.0f} ms", static_cast<double>(-limit) / 10'000.0));
        return;
      }
      case nt::kEventWaitEnd: {
        Duration waited = event.time - waiting_since_[event.task];
        Line(event, fmt::format("... waited {:.1f} ms: {}", Milliseconds(waited), StatusText(event.b)));
        if (waited > longest_wait_) {
          longest_wait_ = waited;
          longest_what_ = last_send_.empty() ? "outside a send" : "in the " + last_send_;
        }
        return;
      }
      case wdf::trace::kDdiCall:
        // The calls that send are the story; the rest is in the trace.
        if (event.text.find("Send") != std::string::npos) Line(event, event.text);
        return;
      case wdf::trace::kRequestSend: last_send_ = "send of a " + Operation(event.c); return;
      case wdf::trace::kRequestDeliver: Line(event, fmt::format("handler gets request {}", event.a)); return;
      case wdf::trace::kRequestComplete:
        Line(event, fmt::format("driver completes request {}: {}, {} bytes", event.a, StatusText(event.b), event.c));
        return;
      case wdf::trace::kRequestCompletion:
        Line(event, fmt::format("sender learns: {}, {} bytes", StatusText(event.b), event.c));
        return;
      case wdf::trace::kRequestTimeout: Line(event, "the time-out fires; the framework cancels the request"); return;
      case wdf::trace::kRequestCancelSent: Line(event, "the driver cancels the request it sent"); return;
      default: return;  // allocation, locks, calls: not in the picture
    }
  }

  const Machine& machine_;
  const std::vector<TraceEvent> events_;
  std::map<uint32_t, Duration> waiting_since_;
  std::string text_, last_send_, longest_what_;
  Duration longest_wait_ = {};
  int depth_ = 0;
};

}  // namespace

std::string DrawRequest(const Machine& machine) { return Drawing(machine).Draw(); }

}  // namespace drydock::tools
