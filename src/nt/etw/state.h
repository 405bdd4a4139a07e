// Event tracing of one machine: providers that drivers register, sessions that listen to them, and one ordered record of what was said.
// Owned by Kernel.
// Called by:  DrydockWpp... and Etw.../Event... functions (providers), DbgPrint (its lines stand in the record too), Machine (sessions).
// IRQL:       recording at any; enabling, disabling, registering at PASSIVE_LEVEL, because drivers' callbacks hear of them there.
// Sessions:   the first is the machine's own. It asks every provider for everything up to verbose, until told otherwise. What it hears
//             becomes a line of the debug log as well. Several sessions can listen to one provider: the provider is told the union, and
//             each session gets its part.
// Bound:      the newest kMaxEvents events; older ones are counted as lost.
// Source:     public documentation of EnableTraceEx2, EtwRegister, EnableCallback and WPP.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ntddk.h>
#include <evntprov.h>
#include <drydock_wpp.h>

#include "nt/dbg/wpp_text.h"
#include "nt/kernel.h"
#include "runtime/lock.h"
#include "runtime/time.h"

namespace drydock::nt::etw {

inline constexpr size_t kMaxEvents = 8192;
inline constexpr size_t kMaxSessions = 64;
inline constexpr uint8_t kVerbose = 5;

enum class Source : uint8_t { kWpp, kEtw, kTraceLogging, kPrint };

struct Event {
  Source source = Source::kWpp;
  uint64_t number = 0;      // from 1, without gaps
  uint64_t sessions = 0;    // a bit for each that wanted it
  rt::Ticks time = 0;       // interrupt time
  uint32_t task = 0, processor = 0;
  uint8_t irql = 0;
  GUID guid = {};
  std::string provider, driver;
  uint8_t level = 0;
  uint64_t keyword = 0;     // WPP: the flag
  uint16_t id = 0;
  uint8_t version = 0, channel = 0, opcode = 0;
  uint16_t event_task = 0;
  std::string name;         // the event's own: its symbol, TraceLogging's name
  std::string level_name, keyword_names, channel_name, opcode_name, task_name;
  GUID activity = {}, related = {};
  std::string function, file;
  int line = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string text;
  std::string data;         // what the provider wrote, of events that are not just text; for consumers inside the machine
};

// What a session asks of a provider, or the union of it.
struct Enablement {
  bool on = false;
  uint8_t level = 0;
  uint64_t any = 0, all = 0;
  bool operator==(const Enablement&) const = default;
};

using WppCallback = void (*)(const void* guid, unsigned long long logger, unsigned char enable, unsigned flags, unsigned char level);

struct Provider {
  uint64_t handle = 0;
  GUID guid = {};
  std::string name, driver;
  Enablement now;                              // what it was told last
  // WPP: a control of an image's module.
  const DRYDOCK_WPP_MODULE* module = nullptr;
  DRYDOCK_WPP_CONTROL* control = nullptr;
  WppCallback wpp_callback = nullptr;
  std::shared_ptr<const std::vector<dbg::WppType>> types;
  // ETW
  PETWENABLECALLBACK callback = nullptr;
  void* context = nullptr;
  const void* place = nullptr;  // where the driver keeps its handle
  // Calls of its callback in progress, under the state's lock; the event is signaled when there are none.
  unsigned calls = 0;
  const void* caller = nullptr;  // the thread that is in the newest of them
  KEVENT idle;
  Provider() { KeInitializeEvent(&idle, NotificationEvent, TRUE); }
};

struct Request {
  std::string provider;  // normalised name or GUID, "*": each
  Enablement wanted;
};

struct Session {
  std::string name;
  std::vector<Request> requests;  // the last that fits counts
  uint64_t since = 0;             // events up to this number were before its time
};

struct Description;  // nt/etw/manifest.h

struct State {
  explicit State(Kernel& kernel);
  ~State();
  State(const State&) = delete;

  Kernel& kernel;
  mutable rt::Lock lock;
  std::map<uint64_t, std::shared_ptr<Provider>> providers RT_GUARDED_BY(lock);  // by handle
  std::vector<Session> sessions RT_GUARDED_BY(lock);
  std::deque<std::shared_ptr<const Event>> events RT_GUARDED_BY(lock);
  uint64_t recorded RT_GUARDED_BY(lock) = 0, lost RT_GUARDED_BY(lock) = 0;
  uint64_t next_handle RT_GUARDED_BY(lock) = 1;
  std::map<std::string, std::shared_ptr<const Description>> descriptions RT_GUARDED_BY(lock);  // of images' manifests, by GUID
  std::map<uint64_t, GUID> activities RT_GUARDED_BY(lock);                                     // by thread id
  uint64_t last_activity RT_GUARDED_BY(lock) = 0;

  // Sees each event as it is recorded, on the task that traces, with no lock held. Set before drivers run.
  void (*sink)(void* context, const Event& event) = nullptr;
  void* sink_context = nullptr;
};

// --- sessions ---
// The session of this name, made if it is not there; kMaxSessions: there are too many.
size_t FindSession(Kernel& kernel, const std::string& name, bool make);
// `provider`: a name (of a provider, or of a driver for all of its providers), a GUID, "*". It need not be there yet.
void Enable(Kernel& kernel, size_t session, const std::string& provider, const Enablement& wanted);
void CaptureState(Kernel& kernel, const std::string& provider);
void StopSession(Kernel& kernel, size_t session);  // disables all it has enabled; its name is free again
bool Names(const std::string& request, const Provider& provider);

// --- providers ---
// Registers, and tells the provider what sessions want of it. The handle.
uint64_t Register(Kernel& kernel, std::shared_ptr<Provider> provider, REGHANDLE* handle_of_driver = nullptr);
// The provider is told nothing any more; a callback that runs on another thread is waited for (PASSIVE_LEVEL). False: no such handle.
bool Unregister(Kernel& kernel, uint64_t handle);
// Providers that an image that is being unloaded has left registered: their names; they are registered no more.
std::vector<std::string> TakeLeft(Kernel& kernel, const void* image, size_t size);
bool LetsThrough(const Enablement& enablement, uint8_t level, uint64_t keyword);  // of ETW's rules

// --- events ---
// Sessions that want this event of the provider; 0: nobody.
uint64_t Listeners(Kernel& kernel, const Provider& provider, uint8_t level, uint64_t keyword);
// Fills in when and where, and keeps it.
void Record(Kernel& kernel, Event event);
std::vector<std::shared_ptr<const Event>> Events(Kernel& kernel);  // oldest first

std::string GuidText(const GUID& guid);                 // {xxxxxxxx-...}, small letters
bool ReadGuid(std::string_view text, GUID* guid);       // with or without braces, parentheses, commas, hyphens

}  // namespace drydock::nt::etw
