// Tracing: what a machine's drivers trace, and which of it is wanted: the part of a trace session (tracelog, logman) on Windows.
//
//   drydock::Tracing tracing(machine);
//   tracing.Enable("Toaster", {.level = 4, .flags = 0x3});     // or by GUID; now, and when the provider comes
//   ...
//   for (const drydock::TraceMessage& message : tracing.Messages()) puts(message.ToString().c_str());
//   tracing.Disable("Toaster");                                // the driver sees itself disabled
//
// Sessions:   Tracing(machine) is the machine's own session. It begins with every provider enabled up to verbose, so that nothing has to
//             be switched on to see what a driver said; Enable and Disable change that, provider by provider. A session by a name of its
//             own begins with none. Each session hears what it has enabled; a provider is told the union.
// Threads:    Enable, Disable, Capture: as every call of Machine; drivers' enable callbacks run inside them. The rest from any.
// Errors:     an enabled provider need not exist (yet). drydock::Error: too many sessions, a file that cannot be written.
// Source:     docs/tracing.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "drydock/machine.h"

namespace drydock {

struct TraceMessage {
  enum class Source : uint8_t { Wpp, Etw, TraceLogging, Print };  // Print: a line of DbgPrint
  Source source = Source::Wpp;
  uint64_t number = 0;       // of the machine's record: from 1, in order
  Duration time = {};        // since the machine was made
  uint32_t task = 0, processor = 0;
  int irql = 0;
  std::string provider;      // its name: of a WPP control, a manifest's provider, a TraceLogging provider
  std::string guid;          // {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}
  std::string driver;        // the image, where it is known
  int level = 0;             // 1 critical, 2 error, 3 warning, 4 information, 5 verbose
  std::string level_name;
  uint64_t flags = 0;        // WPP: the flag; else the event's keyword
  std::string flag_names;    // "TRACE_READ|TRACE_WRITE"
  int id = 0, version = 0, channel = 0, opcode = 0, task_id = 0;       // of an event
  std::string name, channel_name, opcode_name, task_name;
  std::string activity, related;                                       // ids as GUIDs; empty: none
  std::string function, file;                                          // empty: unknown
  int line = 0;
  std::vector<std::pair<std::string, std::string>> fields;             // of an event: name and value
  std::string text;          // formatted
  std::string ToString() const;  // a line as the tools print it
  bool IsFrom(const std::string& provider) const;  // a name as Tracing::Enable takes it
};

struct TraceLevels {
  int level = 5;
  uint64_t flags = ~uint64_t{0};  // WPP flags, or keywords of which an event has any
  uint64_t all = 0;               // keywords that an event must all have (ETW)
};

struct TraceProvider {
  std::string name, guid, driver;
  bool enabled = false;           // by any session
  TraceLevels wanted;             // the union
};

class Tracing {
 public:
  explicit Tracing(Machine& machine);
  Tracing(Machine& machine, const std::string& session);  // made if it is not there; until Stop

  // `provider`: a name, a driver's name for all that it has, a GUID, or "*" for every one. In any letter case.
  void Enable(const std::string& provider, TraceLevels levels = {});
  void Disable(const std::string& provider);
  void Capture(const std::string& provider);  // asks it to trace its state (EVENT_CONTROL_CODE_CAPTURE_STATE)
  void Stop();                                // disables all; the session is over

  std::vector<TraceMessage> Messages() const;  // that this session heard, oldest first; of the newest 8192 of the machine
  // Each message of this session from now on, as it is traced, on the task that traces: it must not wait. One listener a machine; set before
  // drivers run.
  void Follow(std::function<void(const TraceMessage&)> listener);
  uint64_t last_number() const;                // of the newest message of the machine
  std::vector<TraceProvider> Providers() const;
  // A line for each message; JSON, a line each, when the file's name ends with .json. Throws Error.
  void Write(const std::string& path) const;

 private:
  Machine* machine_;
  size_t session_ = 0;
};

// "Toaster", "Toaster:4", "Toaster:4:0x3", "Toaster:off", "{guid}:5"; level by number or name. Throws Error.
struct TraceSetting {
  std::string provider;
  bool off = false;
  TraceLevels levels;
};
TraceSetting ParseTraceSetting(const std::string& text);
int ParseTraceLevel(const std::string& text);       // "4", "information"; -1: none
std::string JsonOf(const TraceMessage& message);

}  // namespace drydock
