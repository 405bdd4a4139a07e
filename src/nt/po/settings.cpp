#include "nt/po/settings.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "nt/driver_callback.h"
#include "nt/ex/pool.h"
#include "nt/ke/state.h"
#include "nt/po/state.h"
#include "nt/thread.h"

namespace drydock::nt::po {

bool GuidLess::operator()(const GUID& a, const GUID& b) const { return std::memcmp(&a, &b, sizeof(GUID)) < 0; }

// Lives as long as its driver wants it, and as long as calls are on their way.
struct SettingRegistration {
  State& state;
  const GUID setting;
  const PPOWER_SETTING_CALLBACK callback;
  void* const context;
  Thread* running = nullptr;  // who is inside the callback; this and the rest under the state's lock
  bool removed = false;
};

namespace {

struct Notification final : pnp::Job {
  Notification(std::shared_ptr<SettingRegistration> told, std::string what) : registration(std::move(told)), value(std::move(what)) {}

  void Run() override {
    SettingRegistration& mine = *registration;
    {
      rt::LockGuard guard(mine.state.lock);
      if (mine.removed) return;
      mine.running = &CurrentThread();
    }
    (void)CallDriver("POWER_SETTING_CALLBACK", mine.callback, &mine.setting, static_cast<void*>(value.data()),
                     static_cast<ULONG>(value.size()), mine.context);
    bool awaited;
    {
      rt::LockGuard guard(mine.state.lock);
      mine.running = nullptr;
      awaited = mine.removed;
    }
    if (awaited) mine.state.kernel.ke->lot.Wake(&mine, SIZE_MAX);
  }

  std::shared_ptr<SettingRegistration> registration;
  std::string value;
};

std::string Dword(uint32_t value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); }

// What a computer on mains with its lid open has; everything else has no value until somebody sets one.
struct Initial {
  GUID setting;
  uint32_t value;
};
constexpr Initial kInitial[] = {
    {{0x5d3e9a59, 0xe9d5, 0x4b00, {0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51, 0x65, 0x48}}, PoAc},              // GUID_ACDC_POWER_SOURCE
    {{0xa7ad8041, 0xb45a, 0x4cae, {0x87, 0xa3, 0xee, 0xcb, 0xb4, 0x68, 0xa9, 0xe1}}, 100},               // GUID_BATTERY_PERCENTAGE_REMAINING
    {{0x02731015, 0x4510, 0x4526, {0x99, 0xe6, 0xe5, 0xa1, 0x7e, 0xbd, 0x1a, 0xea}}, PowerMonitorOn},    // GUID_MONITOR_POWER_ON
    {{0x6fe69556, 0x704a, 0x47a0, {0x8f, 0x24, 0xc2, 0x8d, 0x93, 0x6f, 0xda, 0x47}}, PowerMonitorOn},    // GUID_CONSOLE_DISPLAY_STATE
    {{0xba3e0f4d, 0xb817, 0x4094, {0xa2, 0xd1, 0xd5, 0x63, 0x79, 0xe6, 0xa0, 0xf3}}, 1},                 // GUID_LIDSWITCH_STATE_CHANGE
    {{0x98a7f580, 0x01f7, 0x48aa, {0x9c, 0x0f, 0x44, 0x35, 0x2c, 0x29, 0xe5, 0xc0}}, 0},                 // GUID_SYSTEM_AWAYMODE
    {{0x786e8a1d, 0xb427, 0x4344, {0x92, 0x07, 0x09, 0xe7, 0x0b, 0xdc, 0xbe, 0xa9}}, PowerUserPresent},  // GUID_GLOBAL_USER_PRESENCE
    {{0xe00958c0, 0xc213, 0x4ace, {0xac, 0x77, 0xfe, 0xcc, 0xed, 0x2e, 0xee, 0xa5}}, 0},                 // GUID_POWER_SAVING_STATUS
};
constexpr GUID kPersonality = {0x245d8541, 0x3943, 0x4422, {0xb0, 0x25, 0x13, 0xa7, 0x84, 0xf6, 0x79, 0xb7}};
constexpr GUID kTypicalSavings = {0x381b4222, 0xf694, 0x41f0, {0x96, 0x85, 0xff, 0x5b, 0xb2, 0x60, 0xdf, 0x2e}};

// The owning pointers behind the raw ones of the list.
struct Registered : SettingRegistration {
  std::shared_ptr<SettingRegistration> self;
};

}  // namespace

void SetInitialSettings(State& state) {
  rt::LockGuard guard(state.lock);
  for (const Initial& one : kInitial) state.settings[one.setting] = Dword(one.value);
  state.settings[kPersonality] = std::string(reinterpret_cast<const char*>(&kTypicalSavings), sizeof kTypicalSavings);
}

void FreeSettingRegistrations(State& state) {
  std::vector<SettingRegistration*> left;
  {
    rt::LockGuard guard(state.lock);
    left.swap(state.registrations);
  }
  for (SettingRegistration* one : left) static_cast<Registered*>(one)->self.reset();
}

void SetSetting(Kernel& kernel, const GUID& setting, std::string value) {
  State& state = *kernel.po;
  std::vector<std::shared_ptr<SettingRegistration>> told;
  {
    rt::LockGuard guard(state.lock);
    std::string& now = state.settings[setting];
    if (now == value) return;
    now = value;
    for (SettingRegistration* one : state.registrations) {
      if (std::memcmp(&one->setting, &setting, sizeof setting) == 0) told.push_back(static_cast<Registered*>(one)->self);
    }
  }
  for (auto& one : told) state.notifications.Add(std::make_unique<Notification>(std::move(one), value));
}

}  // namespace drydock::nt::po

using namespace drydock;
using namespace drydock::nt;

extern "C" {

NTSTATUS PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid, PPOWER_SETTING_CALLBACK Callback, PVOID Context,
                                        PVOID* Handle) {
  (void)DeviceObject;  // for the debugger's eyes
  if (!SettingGuid || !Callback || !Handle) return STATUS_INVALID_PARAMETER;
  Kernel& kernel = CurrentKernel();
  if (!ex::MayAllocate(kernel, sizeof(po::Registered))) return STATUS_INSUFFICIENT_RESOURCES;
  po::State& state = *kernel.po;
  auto registration = std::shared_ptr<po::Registered>(new po::Registered{{state, *SettingGuid, Callback, Context}, nullptr});
  registration->self = registration;
  std::unique_ptr<po::Notification> first;
  {
    rt::LockGuard guard(state.lock);
    state.registrations.push_back(registration.get());
    auto found = state.settings.find(*SettingGuid);
    if (found != state.settings.end()) first = std::make_unique<po::Notification>(registration, found->second);
  }
  *Handle = registration.get();
  if (first) state.notifications.Add(std::move(first));
  return STATUS_SUCCESS;
}

// When it returns the callback does not run any more, unless it is the callback that asks.
NTSTATUS PoUnregisterPowerSettingCallback(PVOID Handle) {
  Kernel& kernel = CurrentKernel();
  po::State& state = *kernel.po;
  std::shared_ptr<po::SettingRegistration> registration;
  {
    rt::LockGuard guard(state.lock);
    auto found = std::find(state.registrations.begin(), state.registrations.end(), static_cast<po::Registered*>(Handle));
    if (found == state.registrations.end()) return STATUS_INVALID_PARAMETER;
    registration = std::move(static_cast<po::Registered*>(*found)->self);
    state.registrations.erase(found);
    registration->removed = true;
  }
  const Thread* me = &CurrentThread();
  auto busy = [&] {
    rt::LockGuard guard(state.lock);
    return registration->running != nullptr && registration->running != me;
  };
  ke::WaitInfo info;
  info.what = "a power setting callback to return";
  while (busy()) kernel.ke->lot.Wait(registration.get(), busy, info);
  return STATUS_SUCCESS;
}

}  // extern "C"
