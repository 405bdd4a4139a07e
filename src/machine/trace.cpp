// Tracing: what drivers trace, and which of it is wanted.
#include "drydock/trace.h"

#include <fmt/format.h>
#include <strings.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "machine/impl.h"
#include "nt/etw/state.h"

namespace drydock {
namespace {

bool IsZero(const GUID& guid) {
  static constexpr GUID kZero = {};
  return std::memcmp(&guid, &kZero, sizeof guid) == 0;
}

TraceMessage MessageOf(const nt::etw::Event& event) {
  TraceMessage message;
  message.source = static_cast<TraceMessage::Source>(event.source);
  message.number = event.number;
  message.time = Duration(event.time);
  message.task = event.task;
  message.processor = event.processor;
  message.irql = event.irql;
  message.provider = event.provider;
  message.guid = nt::etw::GuidText(event.guid);
  message.driver = event.driver;
  message.level = event.level;
  message.level_name = event.level_name;
  message.flags = event.keyword;
  message.flag_names = event.keyword_names;
  message.id = event.id;
  message.version = event.version;
  message.channel = event.channel;
  message.opcode = event.opcode;
  message.task_id = event.event_task;
  message.name = event.name;
  message.channel_name = event.channel_name;
  message.opcode_name = event.opcode_name;
  message.task_name = event.task_name;
  if (!IsZero(event.activity)) message.activity = nt::etw::GuidText(event.activity);
  if (!IsZero(event.related)) message.related = nt::etw::GuidText(event.related);
  message.function = event.function;
  message.file = event.file;
  message.line = event.line;
  message.fields = event.fields;
  message.text = event.text;
  return message;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += std::string("\\") + c;
    else if (static_cast<unsigned char>(c) < 0x20) quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else quoted += c;
  }
  return quoted + "\"";
}

bool ReadNumber(const std::string& text, uint64_t* number) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return false;
  char* end = nullptr;
  *number = std::strtoull(text.c_str(), &end, 0);
  return *end == 0;
}

}  // namespace

std::string machine::TraceLine(const nt::etw::Event& event) { return MessageOf(event).ToString(); }

std::string TraceMessage::ToString() const {
  std::string line = fmt::format("{:>12.4f} ms  cpu {}  task {:<3} {}", static_cast<double>(time.count()) / rt::kTicksPerMillisecond, processor, task, provider);
  if (source != Source::Print) {
    line += fmt::format(" [{}", level_name);
    if (!flag_names.empty()) line += " " + flag_names;
    else if (flags != 0) line += fmt::format(" {:#x}", flags);
    line += "]";
  }
  if (!name.empty()) line += " " + name;
  if (!function.empty()) line += " " + function;
  if (!file.empty()) line += fmt::format(" {}:{}", file, this->line);
  return fmt::format("{}: {}", line, text);
}

bool TraceMessage::IsFrom(const std::string& wanted) const {
  GUID asked;
  if (nt::etw::ReadGuid(wanted, &asked)) return nt::etw::GuidText(asked) == guid;
  return wanted == "*" || strcasecmp(wanted.c_str(), provider.c_str()) == 0 || strcasecmp(wanted.c_str(), driver.c_str()) == 0;
}

std::string JsonOf(const TraceMessage& message) {
  static constexpr const char* kSources[] = {"wpp", "etw", "tracelogging", "print"};
  std::string json = fmt::format("{{\"number\": {}, \"nanoseconds\": {}, \"task\": {}, \"processor\": {}, \"irql\": {}, \"source\": \"{}\"", message.number,
                                 message.time.count() * 100, message.task, message.processor, message.irql, kSources[static_cast<int>(message.source)]);
  auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) json += fmt::format(", \"{}\": {}", key, Quoted(value));
  };
  auto number = [&](const char* key, int value) {
    if (value != 0) json += fmt::format(", \"{}\": {}", key, value);
  };
  text("provider", message.provider);
  if (message.source != TraceMessage::Source::Print) text("guid", message.guid);
  text("driver", message.driver);
  json += fmt::format(", \"level\": {}", message.level);
  text("level name", message.level_name);
  json += fmt::format(", \"flags\": \"{:#x}\"", message.flags);
  text("flag names", message.flag_names);
  number("id", message.id);
  number("version", message.version);
  number("channel", message.channel);
  number("opcode", message.opcode);
  number("event task", message.task_id);
  text("name", message.name);
  text("channel name", message.channel_name);
  text("opcode name", message.opcode_name);
  text("task name", message.task_name);
  text("activity", message.activity);
  text("related", message.related);
  text("function", message.function);
  text("file", message.file);
  number("line", message.line);
  if (!message.fields.empty()) {
    json += ", \"fields\": {";
    for (size_t i = 0; i < message.fields.size(); ++i)
      json += fmt::format("{}{}: {}", i ? ", " : "", Quoted(message.fields[i].first), Quoted(message.fields[i].second));
    json += "}";
  }
  return json + fmt::format(", \"text\": {}}}", Quoted(message.text));
}

Tracing::Tracing(Machine& machine) : machine_(&machine) {}

Tracing::Tracing(Machine& machine, const std::string& session) : machine_(&machine) {
  if (session.empty()) throw Error("a trace session has a name");
  session_ = nt::etw::FindSession(machine.kernel(), session, true);
  if (session_ >= nt::etw::kMaxSessions) throw Error(fmt::format("there are {} trace sessions already", nt::etw::kMaxSessions));
}

void Tracing::Enable(const std::string& provider, TraceLevels levels) {
  machine_->Run([&] {
    nt::etw::Enable(machine_->kernel(), session_, provider,
                    {.on = true, .level = static_cast<uint8_t>(levels.level), .any = levels.flags, .all = levels.all});
  });
}
void Tracing::Disable(const std::string& provider) {
  machine_->Run([&] { nt::etw::Enable(machine_->kernel(), session_, provider, {}); });
}
void Tracing::Capture(const std::string& provider) {
  machine_->Run([&] { nt::etw::CaptureState(machine_->kernel(), provider); });
}
void Tracing::Stop() {
  machine_->Run([&] {
    if (session_ == 0) nt::etw::Enable(machine_->kernel(), 0, "*", {});
    else nt::etw::StopSession(machine_->kernel(), session_);
  });
}

std::vector<TraceMessage> Tracing::Messages() const {
  std::vector<TraceMessage> messages;
  for (const auto& event : nt::etw::Events(machine_->kernel()))
    if (event->sessions >> session_ & 1) messages.push_back(MessageOf(*event));
  return messages;
}

void Tracing::Follow(std::function<void(const TraceMessage&)> listener) {
  Machine::Impl& machine = *machine_->impl();
  machine.trace_listener = std::move(listener);
  machine.trace_listener_session = session_;
  nt::etw::State& state = *machine.kernel->etw;
  state.sink_context = &machine;
  state.sink = [](void* context, const nt::etw::Event& event) {
    auto& impl = *static_cast<Machine::Impl*>(context);
    if ((event.sessions >> impl.trace_listener_session & 1) != 0 && impl.trace_listener) impl.trace_listener(MessageOf(event));
  };
}

uint64_t Tracing::last_number() const {
  rt::LockGuard guard(machine_->kernel().etw->lock);
  return machine_->kernel().etw->recorded;
}

std::vector<TraceProvider> Tracing::Providers() const {
  std::vector<TraceProvider> providers;
  nt::etw::State& state = *machine_->kernel().etw;
  rt::LockGuard guard(state.lock);
  for (const auto& [handle, each] : state.providers) {
    providers.push_back({each->name, nt::etw::GuidText(each->guid), each->driver, each->now.on,
                         {.level = each->now.level, .flags = each->now.any, .all = each->now.all}});
  }
  return providers;
}

void Tracing::Write(const std::string& path) const {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (!file) throw Error(fmt::format("{}: cannot be written", path));
  const bool json = path.ends_with(".json");
  bool good = true;
  for (const TraceMessage& message : Messages()) good = std::fputs(((json ? JsonOf(message) : message.ToString()) + "\n").c_str(), file) >= 0 && good;
  if (std::fclose(file) != 0 || !good) throw Error(fmt::format("{}: cannot be written", path));
}

int ParseTraceLevel(const std::string& text) {
  uint64_t number;
  if (ReadNumber(text, &number)) return number <= 255 ? static_cast<int>(number) : -1;
  static constexpr std::pair<const char*, int> kNames[] = {{"none", 0},    {"critical", 1},    {"fatal", 1},         {"error", 2},
                                                           {"warning", 3}, {"information", 4}, {"informational", 4}, {"info", 4}, {"verbose", 5}};
  for (const auto& [name, level] : kNames)
    if (strcasecmp(text.c_str(), name) == 0) return level;
  return -1;
}

TraceSetting ParseTraceSetting(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  TraceSetting setting;
  setting.provider = parts[0];
  auto fail = [&](const std::string& what) -> void {
    throw Error(fmt::format("'{}': {}; PROVIDER, PROVIDER:LEVEL, PROVIDER:LEVEL:FLAGS or PROVIDER:off it should be", text, what));
  };
  if (setting.provider.empty()) fail("no provider is named");
  if (parts.size() > 3) fail("too many parts");
  if (parts.size() == 2 && strcasecmp(parts[1].c_str(), "off") == 0) {
    setting.off = true;
    return setting;
  }
  if (parts.size() > 1) {
    setting.levels.level = ParseTraceLevel(parts[1]);
    if (setting.levels.level < 0) fail(fmt::format("'{}' is no level", parts[1]));
  }
  if (parts.size() > 2 && !ReadNumber(parts[2], &setting.levels.flags)) fail(fmt::format("'{}' is no number", parts[2]));
  return setting;
}

}  // namespace drydock
