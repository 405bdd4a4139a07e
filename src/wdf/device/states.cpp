// The reported states of the three machines, their notifications, and the table of the PnP machine.
#include <array>

#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"
#include "wdf/trace.h"
#include "wdf/violation.h"

namespace drydock::wdf {
namespace {

struct RowEntry {
  WDF_DEVICE_PNP_STATE state;
  PnpEvent event;
  PnpRow row;
};

constexpr RowEntry kRows[] = {
#define ROW(state, event, action, spec) {WdfDevStatePnp##state, PnpEvent::k##event, {PnpAction::action, spec}},
#include "wdf/device/pnp_states.def"
#undef ROW
};

// LeaveState(a), EnterState(b) while the reported state is a; PostProcessState(b) once the work of b is done.
template <class State, class Data>
void Notify(Device& device, const char* name, const std::vector<StateCallback>& callbacks, WDF_STATE_NOTIFICATION_TYPE type, State current, State next) {
  if (callbacks.empty()) return;
  using Callback = VOID(NTAPI*)(WDFDEVICE, const Data*);
  Data data = {};
  data.Type = type;
  State about = current;
  if (type == StateNotificationEnterState) {
    data.Data.EnterState.CurrentState = current;
    data.Data.EnterState.NewState = next;
    about = next;
  } else if (type == StateNotificationLeaveState) {
    data.Data.LeaveState.CurrentState = current;
    data.Data.LeaveState.NewState = next;
  } else {
    data.Data.PostProcessState.CurrentState = current;
  }
  for (const StateCallback& entry : callbacks) {
    // States are registered without the marker of the not-pageable twins.
    if (WdfDevStateNormalize(entry.state) != WdfDevStateNormalize(about) || !(entry.types & type)) continue;
    nt::CallDriver(name, reinterpret_cast<Callback>(entry.callback), reinterpret_cast<WDFDEVICE>(device.handle()), static_cast<const Data*>(&data));
  }
}

template <class Data, class State>
void Enter(StateHistory& history, StateKind kind, Device& device, const char* name, const std::vector<StateCallback>& callbacks, std::atomic<State>& current, bool& settled, State next,
           uint16_t event) {
  const State from = current.load(std::memory_order_relaxed);
  if (!settled) Notify<State, Data>(device, name, callbacks, StateNotificationPostProcessState, from, from);
  Notify<State, Data>(device, name, callbacks, StateNotificationLeaveState, from, next);
  Notify<State, Data>(device, name, callbacks, StateNotificationEnterState, from, next);
  current.store(next, std::memory_order_release);
  history.Add({kind, static_cast<ULONG>(from), static_cast<ULONG>(next), device.framework().kernel.executor.InterruptTime()});
  settled = false;
  RecordEvent(device.framework(), event, device.trace_id(), from, next);
}

template <class Data, class State>
void Settle(Device& device, const char* name, const std::vector<StateCallback>& callbacks, std::atomic<State>& current, bool& settled) {
  if (settled) return;
  settled = true;
  const State state = current.load(std::memory_order_relaxed);
  Notify<State, Data>(device, name, callbacks, StateNotificationPostProcessState, state, state);
}

}  // namespace

PnpRow RowFor(WDF_DEVICE_PNP_STATE state, PnpEvent event) {
  for (const RowEntry& entry : kRows) {
    if (entry.state == state && entry.event == event) return entry.row;
  }
  return {PnpAction::kNothing, nullptr};
}

void PnpPower::EnterPnp(WDF_DEVICE_PNP_STATE state) {
  Enter<WDF_DEVICE_PNP_NOTIFICATION_DATA>(history_, StateKind::kPnp, device_, "EvtDevicePnpStateChange", device_.init().pnp_state_callbacks, pnp_state_, pnp_settled_, state,
                                          trace::kDevicePnp);
}

void PnpPower::EnterPower(WDF_DEVICE_POWER_STATE state) {
  Enter<WDF_DEVICE_POWER_NOTIFICATION_DATA>(history_, StateKind::kPower, device_, "EvtDevicePowerStateChange", device_.init().power_state_callbacks, power_state_, power_settled_,
                                            state, trace::kDevicePower);
}

void PnpPower::EnterPolicy(WDF_DEVICE_POWER_POLICY_STATE state) {
  Enter<WDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA>(history_, StateKind::kPolicy, device_, "EvtDevicePowerPolicyStateChange", device_.init().power_policy_state_callbacks,
                                                   policy_state_, policy_settled_, state, trace::kDevicePolicy);
}

void PnpPower::SettlePnp() {
  wdf::Settle<WDF_DEVICE_PNP_NOTIFICATION_DATA>(device_, "EvtDevicePnpStateChange", device_.init().pnp_state_callbacks, pnp_state_, pnp_settled_);
}

void PnpPower::SettlePower() {
  wdf::Settle<WDF_DEVICE_POWER_NOTIFICATION_DATA>(device_, "EvtDevicePowerStateChange", device_.init().power_state_callbacks, power_state_,
                                                  power_settled_);
}

void PnpPower::SettlePolicy() {
  wdf::Settle<WDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA>(device_, "EvtDevicePowerPolicyStateChange", device_.init().power_policy_state_callbacks,
                                                         policy_state_, policy_settled_);
}

void PnpPower::Settle() { SettlePnp(); }  // the other two settle after each step

// DEVX-47: a step of a driver that is not power-pageable has ten minutes.
void PnpPower::BeginStep(ULONG state) {
  if (!(state & WdfDevStateNP) && step_depth_.load() == 0) return;
  if (step_depth_.fetch_add(1) != 0) return;
  step_thread_.store(KeGetCurrentThread());
  LARGE_INTEGER due;
  due.QuadPart = -10LL * 60 * 10'000'000;
  KeSetTimer(&step_timer_, due, &step_dpc_);
}

void PnpPower::EndStep() {
  if (step_depth_.load() == 0) return;
  if (step_depth_.fetch_sub(1) == 1) KeCancelTimer(&step_timer_);
}

VOID PnpPower::StepTimedOut(PKDPC, PVOID context, PVOID, PVOID) {
  auto& self = *static_cast<PnpPower*>(context);
  if (self.step_depth_.load() == 0) return;
  self.timed_out_.PowerState = self.power_state();
  self.timed_out_.PowerPolicyState = self.policy_state();
  self.timed_out_.DeviceObject = self.device_.wdm();
  self.timed_out_.Device = reinterpret_cast<WDFDEVICE>(self.device_.handle());
  self.timed_out_.TimedOutThread = static_cast<PKTHREAD>(self.step_thread_.load());
  Violation(self.device_.globals(), ViolationKind::kPowerRoutineTimeout, reinterpret_cast<uint64_t>(&self.timed_out_), 0,
            std::string("A power step of a device that is not power-pageable ran for ten minutes; the device is in ") +
                StateName(static_cast<ULONG>(self.power_state())) + " and " + StateName(static_cast<ULONG>(self.policy_state())) + ".");
}

}  // namespace drydock::wdf
