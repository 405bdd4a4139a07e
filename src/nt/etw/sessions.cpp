// Who listens to whom: sessions, what they ask of providers, and how providers hear of it.
#include <algorithm>
#include <cstring>
#include <exception>

#include "nt/driver_callback.h"
#include "nt/etw/state.h"
#include "nt/thread.h"

namespace drydock::nt::etw {
namespace {

constexpr uint64_t kEverything = ~uint64_t{0};
constexpr ULONG kDisableProvider = 0, kEnableProvider = 1, kCaptureState = 2;  // EVENT_CONTROL_CODE_...

// Names are compared in any letter case, GUIDs by value.
std::string Normal(const std::string& text) {
  GUID guid;
  if (ReadGuid(text, &guid)) return GuidText(guid);
  std::string small = text;
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

Enablement Wanted(const Session& session, const Provider& provider) {
  Enablement wanted;
  for (const Request& request : session.requests)
    if (Names(request.provider, provider)) wanted = request.wanted;
  return wanted;
}

// The union of what all sessions want. An ETW provider that is asked for no keyword is asked for all.
Enablement Union(const State& state, const Provider& provider) RT_REQUIRES(state.lock) {
  Enablement all;
  for (const Session& session : state.sessions) {
    Enablement one = Wanted(session, provider);
    if (!one.on) continue;
    if (!provider.module && one.any == 0) one.any = kEverything;
    const bool first = !all.on;
    all.on = true;
    all.level = std::max(all.level, one.level);
    if (!provider.module && one.level == 0) all.level = 0xFF;
    all.any |= one.any;
    all.all = first ? one.all : all.all & one.all;
  }
  return all;
}

struct Notice {
  std::shared_ptr<Provider> provider;
  Enablement now;
  ULONG code;
};

// Each provider that the request names and that has something to hear.
std::vector<Notice> NoticesOf(State& state, const std::string& request, bool always) RT_REQUIRES(state.lock) {
  std::vector<Notice> notices;
  for (const auto& [handle, provider] : state.providers) {
    if (!Names(request, *provider)) continue;
    const Enablement now = Union(state, *provider);
    const bool changed = now != provider->now;
    if (!changed && !(always && now.on)) continue;
    provider->now = now;
    notices.push_back({provider, now, now.on ? kEnableProvider : kDisableProvider});
  }
  return notices;
}

// The fields that a driver's own conditions look at. Drivers read them without a lock, here as on Windows.
void SetControl(DRYDOCK_WPP_CONTROL& control, const Enablement& now, uint64_t handle) {
  __atomic_store_n(&control.Logger, now.on ? handle : 0, __ATOMIC_RELAXED);
  __atomic_store_n(&control.Level, now.on ? now.level : uint8_t{0}, __ATOMIC_RELAXED);
  __atomic_store_n(&control.Flags[0], now.on ? static_cast<unsigned>(now.any) : 0u, __ATOMIC_RELAXED);
}

// A call of a provider's callback: whoever unregisters the provider waits for its end.
class Call {
 public:
  Call(State& state, Provider& provider) : state_(state), provider_(provider) {}
  ~Call() noexcept(false) {  // the machine may stop at the event
    bool last;
    {
      rt::LockGuard guard(state_.lock);
      last = --provider_.calls == 0;
      if (last) provider_.caller = nullptr;
    }
    if (last && std::uncaught_exceptions() == unwinding_) KeSetEvent(&provider_.idle, 0, FALSE);
  }
  Call(const Call&) = delete;

 private:
  State& state_;
  Provider& provider_;
  const int unwinding_ = std::uncaught_exceptions();
};

void Tell(State& state, const std::vector<Notice>& notices) {
  for (const Notice& notice : notices) {
    Provider& provider = *notice.provider;
    {
      rt::LockGuard guard(state.lock);
      if (state.providers.find(provider.handle) == state.providers.end()) continue;  // gone meanwhile, and its image perhaps
      if (provider.control && notice.code != kCaptureState) SetControl(*provider.control, notice.now, provider.handle);
      if (provider.wpp_callback == nullptr && provider.callback == nullptr) continue;
      ++provider.calls;
      provider.caller = &CurrentThread();
      KeClearEvent(&provider.idle);
    }
    const Call call(state, provider);
    if (provider.wpp_callback && notice.code != kCaptureState) {
      CallDriver("WPP_PRIVATE_ENABLE_CALLBACK", provider.wpp_callback, static_cast<const void*>(&provider.guid),
                 static_cast<unsigned long long>(notice.now.on ? provider.handle : 0), static_cast<unsigned char>(notice.now.on),
                 static_cast<unsigned>(notice.now.any), notice.now.level);
    }
    if (provider.callback) {
      const GUID source = {};
      CallDriver("EnableCallback", provider.callback, &source, notice.code, notice.now.level, static_cast<ULONGLONG>(notice.now.any),
                 static_cast<ULONGLONG>(notice.now.all), static_cast<PEVENT_FILTER_DESCRIPTOR>(nullptr), provider.context);
    }
  }
}

}  // namespace

State::State(Kernel& owner) : kernel(owner) {
  rt::LockGuard guard(lock);
  sessions.push_back({"machine", {{"*", {.on = true, .level = kVerbose, .any = kEverything, .all = 0}}}});
}
State::~State() = default;

bool Names(const std::string& request, const Provider& provider) {
  return request == "*" || request == Normal(provider.name) || request == Normal(provider.driver) || request == GuidText(provider.guid);
}

bool LetsThrough(const Enablement& enablement, uint8_t level, uint64_t keyword) {
  if (!enablement.on) return false;
  if (enablement.level != 0 && level > enablement.level) return false;
  if (keyword == 0) return true;
  const uint64_t any = enablement.any == 0 ? kEverything : enablement.any;
  return (keyword & any) != 0 && (keyword & enablement.all) == enablement.all;
}

size_t FindSession(Kernel& kernel, const std::string& name, bool make) {
  State& state = *kernel.etw;
  rt::LockGuard guard(state.lock);
  size_t free = kMaxSessions;
  for (size_t i = 0; i < state.sessions.size(); ++i) {
    if (state.sessions[i].name == name) return i;
    if (state.sessions[i].name.empty() && free == kMaxSessions) free = i;
  }
  if (!make) return kMaxSessions;
  if (free == kMaxSessions && state.sessions.size() < kMaxSessions) {
    free = state.sessions.size();
    state.sessions.emplace_back();
  }
  if (free < kMaxSessions) {
    state.sessions[free].name = name;
    state.sessions[free].since = state.recorded;
  }
  return free;
}

void Enable(Kernel& kernel, size_t session, const std::string& provider, const Enablement& wanted) {
  State& state = *kernel.etw;
  const std::string request = Normal(provider);
  std::vector<Notice> notices;
  {
    rt::LockGuard guard(state.lock);
    if (session >= state.sessions.size()) return;
    std::vector<Request>& requests = state.sessions[session].requests;
    // "*" speaks of everything, what was asked before included.
    std::erase_if(requests, [&](const Request& old) { return request == "*" || old.provider == request; });
    requests.push_back({request, wanted});
    notices = NoticesOf(state, request, wanted.on);
  }
  Tell(state, notices);
}

void CaptureState(Kernel& kernel, const std::string& provider) {
  State& state = *kernel.etw;
  const std::string request = Normal(provider);
  std::vector<Notice> notices;
  {
    rt::LockGuard guard(state.lock);
    for (const auto& [handle, each] : state.providers)
      if (each->now.on && Names(request, *each)) notices.push_back({each, each->now, kCaptureState});
  }
  Tell(state, notices);
}

void StopSession(Kernel& kernel, size_t session) {
  State& state = *kernel.etw;
  std::vector<Notice> notices;
  {
    rt::LockGuard guard(state.lock);
    if (session >= state.sessions.size()) return;
    state.sessions[session] = {};
    notices = NoticesOf(state, "*", false);
  }
  Tell(state, notices);
}

uint64_t Register(Kernel& kernel, std::shared_ptr<Provider> provider, REGHANDLE* handle_of_driver) {
  State& state = *kernel.etw;
  std::vector<Notice> notices;
  provider->place = handle_of_driver;
  {
    rt::LockGuard guard(state.lock);
    provider->handle = state.next_handle++;
    state.providers.emplace(provider->handle, provider);
    provider->now = Union(state, *provider);
    if (provider->now.on) notices.push_back({provider, provider->now, kEnableProvider});
  }
  if (handle_of_driver) *handle_of_driver = provider->handle;  // before its callback may want to write
  Tell(state, notices);
  return provider->handle;
}

bool Unregister(Kernel& kernel, uint64_t handle) {
  State& state = *kernel.etw;
  std::shared_ptr<Provider> provider;
  {
    rt::LockGuard guard(state.lock);
    const auto at = state.providers.find(handle);
    if (at == state.providers.end()) return false;
    provider = at->second;
    if (provider->control) SetControl(*provider->control, {}, 0);
    state.providers.erase(at);
    // Out of its own callback there is nothing to wait for but itself.
    if (provider->calls == 0 || provider->caller == &CurrentThread()) return true;
  }
  KeWaitForSingleObject(&provider->idle, Executive, KernelMode, FALSE, nullptr);
  return true;
}

std::vector<std::string> TakeLeft(Kernel& kernel, const void* image, size_t size) {
  State& state = *kernel.etw;
  const auto inside = [&](const void* address) { return static_cast<const char*>(address) >= image && static_cast<const char*>(address) < static_cast<const char*>(image) + size; };
  std::vector<std::string> names;
  rt::LockGuard guard(state.lock);
  std::erase_if(state.providers, [&](const auto& each) {
    const Provider& provider = *each.second;
    if (!inside(provider.module) && !inside(provider.place) && !inside(reinterpret_cast<const void*>(provider.callback))) return false;
    names.push_back(provider.module ? "WPP tracing of " + provider.name + " (WPP_CLEANUP was not called)"
                                    : "the event provider " + provider.name + " (EtwUnregister was not called)");
    return true;
  });
  return names;
}

uint64_t Listeners(Kernel& kernel, const Provider& provider, uint8_t level, uint64_t keyword) {
  State& state = *kernel.etw;
  rt::LockGuard guard(state.lock);
  uint64_t all = 0, fitting = 0;
  for (size_t i = 0; i < state.sessions.size(); ++i) {
    const Enablement wanted = Wanted(state.sessions[i], provider);
    if (!wanted.on) continue;
    all |= uint64_t{1} << i;
    const bool fits = provider.module ? (level <= wanted.level && (keyword == 0 || (keyword & wanted.any) != 0))
                                      : LetsThrough(wanted, level, keyword);
    if (fits) fitting |= uint64_t{1} << i;
  }
  // WPP has no rule of its own: the driver's conditions decide. They speak for one session; of several each gets what it asked for.
  return provider.module && (all & (all - 1)) == 0 ? all : fitting;
}

}  // namespace drydock::nt::etw
