// Machine: what it found out, and what it recorded.
#include <fmt/args.h>
#include <fmt/format.h>

#include <strings.h>

#include <algorithm>
#include <map>

#include "drydock/machine.h"
#include "machine/impl.h"
#include "machine/names.h"
#include "machine/process_impl.h"
#include "nt/dbg/state.h"
#include "nt/etw/state.h"
#include "nt/ke/stall.h"
#include "nt/io/device.h"
#include "nt/io/state.h"
#include "nt/ob/object.h"
#include "nt/thread.h"
#include "nt/trace.h"
#include "runtime/fault_handler.h"
#include "wdf/entry/tables.h"
#include "wdf/trace.h"

namespace drydock {
namespace {

constexpr size_t kEventsInReport = 24;
constexpr size_t kTracesInReport = 12;  // of each driver

const rt::EventKind* FindKind(uint16_t number) {
  for (auto table : {nt::trace::Kinds, wdf::trace::Kinds}) {
    size_t count = 0;
    const rt::EventKind* kinds = table(&count);
    for (size_t i = 0; i < count; ++i)
      if (kinds[i].kind == number) return &kinds[i];
  }
  return nullptr;
}

std::string EventText(const rt::Event& event) {
  const rt::EventKind* kind = FindKind(event.kind);
  if (event.kind == wdf::trace::kDdiCall) return wdf::EntryName(event.b != 0, event.a);  // an index says little
  if (!kind) return fmt::format("kind {:#x}: {} {} {}", event.kind, event.a, event.b, event.c);
  return fmt::format(fmt::runtime(kind->format), fmt::arg("a", event.a), fmt::arg("b", event.b), fmt::arg("c", event.c));
}

std::string EventLine(const rt::Event& event) {
  const rt::EventKind* kind = FindKind(event.kind);
  return fmt::format("{:>12.4f} ms  task {:<3} irql {}  {:<20} {}", static_cast<double>(event.time) / rt::kTicksPerMillisecond,
                     event.task, event.irql, kind ? kind->name : "?", EventText(event));
}

}  // namespace

std::vector<machine::ImageRange> Machine::Impl::ImageRanges() {
  std::vector<machine::ImageRange> ranges;
  {
    rt::LockGuard guard(drivers_lock);
    for (const Driver::Impl& driver : drivers)
      if (driver.image) ranges.push_back(driver.image->range());
  }
  rt::LockGuard guard(processes_lock);
  for (const auto& process : processes)
    if (process->image) ranges.push_back(process->image->range());
  return ranges;
}

void Machine::Impl::AddReport(Report report, std::vector<void*> stack, bool first_is_exact, bool of_drivers,
                              std::vector<nt::ke::StallDescription::Place> places) {
  // The newest of each driver's.
  std::map<std::string, size_t> counts;
  std::vector<std::pair<std::string, std::string>> traces;
  const auto events = nt::etw::Events(*kernel);
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if ((*event)->source == nt::etw::Source::kPrint || counts[(*event)->driver]++ >= kTracesInReport) continue;
    traces.emplace_back((*event)->driver, machine::TraceLine(**event));
  }
  std::vector<std::string> tracers;
  for (auto trace = traces.rbegin(); trace != traces.rend(); ++trace) {
    tracers.push_back(trace->first);
    report.traces.push_back(std::move(trace->second));
  }
  Kept kept{std::move(report), std::move(stack), first_is_exact, of_drivers, std::move(places), std::move(tracers)};
  if (kept.stack.empty()) KeepOwnTraces(kept);
  rt::LockGuard guard(reports_lock);
  reports.push_back(std::move(kept));
}

// Of the driver whose code it was; of all drivers the newest, where that one has none or is not known.
void Machine::Impl::KeepOwnTraces(Kept& kept) {
  std::vector<std::string>& traces = kept.report.traces;
  const StackFrame* frame = kept.report.DriverFrame();
  std::string module = frame ? frame->module : std::string();
  module = module.substr(module.rfind('/') + 1);
  module = module.substr(0, module.find('.'));
  const auto own = [&](const std::string& driver) { return !module.empty() && strcasecmp(driver.c_str(), module.c_str()) == 0; };
  if (std::any_of(kept.tracers.begin(), kept.tracers.end(), own)) {
    std::vector<std::string> kept_traces;
    for (size_t i = 0; i < traces.size(); ++i)
      if (own(kept.tracers[i])) kept_traces.push_back(std::move(traces[i]));
    traces = std::move(kept_traces);
  } else if (traces.size() > kTracesInReport) {
    traces.erase(traces.begin(), traces.end() - static_cast<std::ptrdiff_t>(kTracesInReport));
  }
  kept.tracers.clear();
}

std::string Machine::Impl::HeldWords(const nt::ke::IrpHeld& held) {
  const std::vector<StackFrame> frames = Resolve({const_cast<void*>(held.code)}, !held.called());
  if (frames.empty() || frames[0].file.empty()) return {};
  return fmt::format("; last {} {} at {}:{} ({})", held.called() ? "it called" : "given to", held.what, frames[0].file, frames[0].line, frames[0].function);
}

void Machine::Impl::ResolveReports() {
  for (;;) {
    Kept* open = nullptr;
    std::vector<void*> stack;
    std::vector<nt::ke::StallDescription::Place> places;
    {
      rt::LockGuard guard(reports_lock);
      for (Kept& kept : reports) {
        if (kept.stack.empty()) continue;
        open = &kept;
        stack = kept.stack;
        places = kept.places;
        break;
      }
    }
    if (!open) return;
    std::vector<StackFrame> frames = Resolve(stack, open->first_is_exact);
    std::vector<std::string> held;
    for (const auto& place : places) held.push_back(HeldWords(place.held));
    rt::LockGuard guard(reports_lock);
    if (open->stack.empty()) continue;  // another reader was quicker
    for (size_t i = 0; i < places.size(); ++i) open->report.waits[places[i].line] += held[i];
    open->report.stack = std::move(frames);
    if (open->of_drivers && !open->report.DriverFrame()) open->report.stack.clear();
    open->stack.clear();
    KeepOwnTraces(*open);
  }
}

Report Machine::Impl::MakeReport(ReportKind kind, std::string words) {
  Report report;
  report.kind = kind;
  report.words = std::move(words);
  if (rt::Task* task = rt::CurrentTask()) report.task = fmt::format("{} ({})", task->name, task->id);
  for (const rt::Event& event : events.Last(kEventsInReport)) report.events.push_back(EventLine(event));
  report.seed = options.seed;
  report.simulated = options.executor == ExecutorKind::Simulated;
  return report;
}

std::vector<StackFrame> Machine::Impl::Resolve(const std::vector<void*>& stack, bool first_is_exact) {
  const std::vector<machine::ImageRange> images = ImageRanges();
  rt::LockGuard guard(symbolizer_lock);
  if (!symbolizer) symbolizer = std::make_unique<machine::Symbolizer>();
  return symbolizer->Resolve(stack, first_is_exact, images);
}

void Machine::Impl::OnBugCheck(const nt::BugCheckData& data, ReportKind kind) {
  Report report = MakeReport(kind, data.words);
  report.code = data.code;
  std::copy(std::begin(data.parameters), std::end(data.parameters), std::begin(report.parameters));
  if (data.code) report.name = machine::BugCheckName(data.code);
  AddReport(std::move(report), data.stack, data.faulting_address != nullptr);
}

void Machine::Impl::OnStall() {
  const double seconds = static_cast<double>(options.simulated_stall.count()) / 1e7;
  if (!executor->simulated()) return ReportStall(fmt::format("A call has not returned for {:g} s", static_cast<double>(options.live_stall.count()) / 1e7), false);
  if (!executor->limit_passed()) return ReportStall("Nobody can ever run again", standstill.waited_for);
  if (!standstill.waited_for) return ReportStall(fmt::format("A call has waited for {:g} s of the machine's time, in which timers went on", seconds), false);
  // Time has not got there yet: what comes next is later.
  if (ApplicationsHang(standstill.limit, /*user_may_act=*/false)) return ReportStall(HangWords(), true);
  standstill.limit += std::max<rt::Ticks>(options.simulated_stall.count() / 8, 1);
  executor->LimitWaits(standstill.limit);
}

std::string Machine::Impl::HangWords() const {
  return fmt::format("No thread of an application has run for {:g} s of the machine's time, in which timers went on",
                     static_cast<double>(options.simulated_stall.count()) / 1e7);
}

void Machine::Impl::ReportStall(const std::string& lead, bool of_applications) {
  nt::ke::StallDescription stall = nt::ke::DescribeStall(*kernel, lead, of_applications);
  Report report = MakeReport(ReportKind::kStall, stall.words);
  report.waits = std::move(stall.chain);
  report.task = stall.task;
  AddReport(std::move(report), std::move(stall.stack), stall.exact, /*of_drivers=*/false, std::move(stall.places));
  executor->Stop();
}

void Machine::Impl::OnBreak(const std::string& words) {
  std::vector<void*> stack;
  if (nt::CurrentThreadOrNull()) {
    stack.resize(64);
    stack.resize(rt::CaptureStack(stack.data(), stack.size(), 1));
  }
  AddReport(MakeReport(ReportKind::kBreak, words), std::move(stack), /*first_is_exact=*/false, /*of_drivers=*/true);
}

// In task or clock context.
void Machine::Impl::OnFinding(const std::string& words, const std::vector<void*>& stack) {
  AddReport(MakeReport(ReportKind::kBreak, words), stack);
}

std::vector<Report> Machine::reports() const {
  impl_->ResolveReports();
  std::vector<Report> reports;
  rt::LockGuard guard(impl_->reports_lock);
  for (const Impl::Kept& kept : impl_->reports)
    if (kept.stack.empty()) reports.push_back(kept.report);  // else it came just now
  return reports;
}

const Report* Machine::bug_check() const {
  impl_->ResolveReports();
  rt::LockGuard guard(impl_->reports_lock);
  for (const Impl::Kept& kept : impl_->reports)
    if (kept.stack.empty() && (kept.report.kind == ReportKind::kBugCheck || kept.report.kind == ReportKind::kStall)) return &kept.report;
  return nullptr;
}

size_t Machine::CountReports(ReportKind kind) const {
  rt::LockGuard guard(impl_->reports_lock);
  return static_cast<size_t>(
      std::count_if(impl_->reports.begin(), impl_->reports.end(), [kind](const Impl::Kept& kept) { return kept.report.kind == kind; }));
}

std::string Machine::ReportText() const {
  std::string text;
  for (const Report& report : reports()) text += report.ToString() + "\n";
  return text;
}

std::vector<std::string> Machine::DebugLog() const { return nt::dbg::Lines(*impl_->kernel); }

std::vector<std::string> Machine::TraceText() const {
  std::vector<std::string> lines;
  for (const rt::Event& event : impl_->events.Last(4096)) lines.push_back(EventLine(event));
  return lines;
}

std::vector<TraceEvent> Machine::TraceEvents() const {
  std::vector<TraceEvent> result;
  for (const rt::Event& event : impl_->events.Last(4096)) {
    const rt::EventKind* kind = FindKind(event.kind);
    result.push_back({.time = Duration(event.time),
                      .task = event.task,
                      .kind = event.kind,
                      .irql = event.irql,
                      .name = kind ? kind->name : "?",
                      .text = EventText(event),
                      .a = event.a,
                      .b = event.b,
                      .c = event.c});
  }
  return result;
}

void Machine::Trace(bool on) {
  if (on && !impl_->events.enabled()) impl_->events.Clear();
  impl_->events.Enable(on || impl_->verifier);
}

std::string Machine::NameOfTraceId(uint64_t id) const {
  rt::LockGuard guard(impl_->kernel->io->lock);
  for (nt::io::Driver* driver = impl_->kernel->io->drivers; driver; driver = driver->next) {
    if (driver->trace_id == id) return machine::ToUtf8(driver->name);
    for (DEVICE_OBJECT* device = driver->object ? driver->object->DeviceObject : nullptr; device; device = device->NextDevice) {
      if (nt::io::TraceId(device) != id) continue;
      // Of our own devices the name tells more than the driver: \Device\GoesSilent.
      std::u16string name = driver->own ? nt::ob::NameOf(device) : std::u16string();
      return machine::ToUtf8(name.empty() ? driver->name : name);
    }
  }
  return {};
}

uint64_t Machine::TraceDigest() const { return impl_->events.digest(); }

}  // namespace drydock
