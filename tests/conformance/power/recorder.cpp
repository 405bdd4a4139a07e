#include "recorder.h"

#include <algorithm>

namespace drydock::wdf {
const char* StateName(ULONG state);
}

namespace drydock::test {
namespace {

Recorder* here = nullptr;
enum { kPnp, kPower, kPolicy };

NTSTATUS Step(const char* name) {
  here->hooks.log.Add(name);
  auto found = here->hooks.fail.find(name);
  return found == here->hooks.fail.end() ? STATUS_SUCCESS : found->second;
}

NTSTATUS Arm(const char* name, WDFDEVICE device) {
  NTSTATUS status = Step(name);
  return here->on_arm ? here->on_arm(device) : status;
}

void PnpChanged(WDFDEVICE, PCWDF_DEVICE_PNP_NOTIFICATION_DATA data) { here->Add(kPnp, data->Data.EnterState.NewState); }
void PowerChanged(WDFDEVICE, PCWDF_DEVICE_POWER_NOTIFICATION_DATA data) { here->Add(kPower, data->Data.EnterState.NewState); }
void PolicyChanged(WDFDEVICE, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA data) { here->Add(kPolicy, data->Data.EnterState.NewState); }

std::string Short(const char* name) {
  std::string text = name;
  for (const char* prefix : {"PwrPol", "Power", "Pnp"}) {
    if (text.rfind(prefix, 0) == 0) return text.substr(std::string(prefix).size());
  }
  return text;
}

// Every number of a state enumeration, as it is registered: without the mark of the twins.
template <class State, class Register>
NTSTATUS ForAll(ULONG first, ULONG last, Register register_one) {
  for (ULONG state = first; state <= last; ++state) {
    NTSTATUS status = register_one(static_cast<State>(state));
    if (!NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS RecordStep(const char* name) { return Step(name); }

Recorder::Recorder() {
  here = this;
  hooks.pnp_callbacks = true;
  hooks.init = [this](PWDFDEVICE_INIT init) { return Init(init); };
}

Recorder::~Recorder() { here = nullptr; }

void Recorder::Add(int kind, ULONG state) { paths_[kind].Add(Short(wdf::StateName(state))); }
Lines Recorder::PnpPath() { return paths_[kPnp].Take(); }
Lines Recorder::PowerPath() { return paths_[kPower].Take(); }
Lines Recorder::PolicyPath() { return paths_[kPolicy].Take(); }

void Recorder::Forget() {
  Calls();
  for (Log& path : paths_) path.Take();
}

NTSTATUS Recorder::Init(PWDFDEVICE_INIT init) {
  WDF_POWER_POLICY_EVENT_CALLBACKS policy;
  WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
  policy.EvtDeviceArmWakeFromS0 = [](WDFDEVICE device) { return Arm("ArmWakeFromS0", device); };
  policy.EvtDeviceDisarmWakeFromS0 = [](WDFDEVICE) { Step("DisarmWakeFromS0"); };
  policy.EvtDeviceWakeFromS0Triggered = [](WDFDEVICE) { Step("WakeFromS0Triggered"); };
  if (with_reason) {
    policy.EvtDeviceArmWakeFromSxWithReason = [](WDFDEVICE device, BOOLEAN enabled, BOOLEAN children) {
      const std::string name = std::string("WithReason(") + (enabled ? "enabled" : "not enabled") + (children ? ", children)" : ")");
      return Arm(name.c_str(), device);
    };
  } else {
    policy.EvtDeviceArmWakeFromSx = [](WDFDEVICE device) { return Arm("ArmWakeFromSx", device); };
  }
  policy.EvtDeviceDisarmWakeFromSx = [](WDFDEVICE) { Step("DisarmWakeFromSx"); };
  policy.EvtDeviceWakeFromSxTriggered = [](WDFDEVICE) { Step("WakeFromSxTriggered"); };
  WdfDeviceInitSetPowerPolicyEventCallbacks(init, &policy);
  NTSTATUS status = STATUS_SUCCESS;
  if (watch_states) {
    status = ForAll<WDF_DEVICE_PNP_STATE>(WdfDevStatePnpObjectCreated, WdfDevStatePnpNull - 1, [&](WDF_DEVICE_PNP_STATE state) {
      return WdfDeviceInitRegisterPnpStateChangeCallback(init, state, PnpChanged, StateNotificationEnterState);
    });
    if (NT_SUCCESS(status)) {
      status = ForAll<WDF_DEVICE_POWER_STATE>(WdfDevStatePowerObjectCreated, WdfDevStatePowerNull - 1, [&](WDF_DEVICE_POWER_STATE state) {
        return WdfDeviceInitRegisterPowerStateChangeCallback(init, state, PowerChanged, StateNotificationEnterState);
      });
    }
    if (NT_SUCCESS(status)) {
      status = ForAll<WDF_DEVICE_POWER_POLICY_STATE>(
          WdfDevStatePwrPolObjectCreated, WdfDevStatePwrPolNull - 1, [&](WDF_DEVICE_POWER_POLICY_STATE state) {
            return WdfDeviceInitRegisterPowerPolicyStateChangeCallback(init, state, PolicyChanged, StateNotificationEnterState);
          });
    }
  }
  return NT_SUCCESS(status) && more_init ? more_init(init) : status;
}

DeviceSpec CanWake(Driver function, int wakes_from_d, int wakes_from_s) {
  DeviceSpec spec;
  spec.function = function;
  spec.power.given = true;
  spec.power.d1 = spec.power.d2 = true;
  for (int s = 1; s <= 3; ++s) spec.power.d_state[s] = 2;
  spec.power.wakes_from_d = wakes_from_d;
  spec.power.wakes_from_s = wakes_from_s;
  return spec;
}

NTSTATUS AssignSxWake(WDFDEVICE device, WDF_TRI_STATE enabled) {
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&settings);
  settings.Enabled = enabled;
  return WdfDeviceAssignSxWakeSettings(device, &settings);
}

NTSTATUS AssignIdle(WDFDEVICE device, ULONG timeout_ms, WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps, WDF_TRI_STATE enabled) {
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, caps);
  settings.IdleTimeout = timeout_ms;
  settings.Enabled = enabled;
  return WdfDeviceAssignS0IdleSettings(device, &settings);
}

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bool Contains(const Lines& lines, const std::string& line) { return std::find(lines.begin(), lines.end(), line) != lines.end(); }

}  // namespace drydock::test
