// The engine of the power-policy machine (policy_states.def), and what PnP asks of it. What its states do: policy_actions.cpp, policy_wake.cpp.
#include "wdf/device/policy_machine.h"

#include <array>

#include "runtime/assert.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

enum : uint8_t { kOwner = 1, kOther = 2, kBoth = 3 };
struct ScopedRow {
  uint8_t scope;
  PolicyRow row;
};

constexpr ScopedRow kRows[] = {
#define STATE(name, action)
#define ROW(scope, state, event, next, spec) {scope, {WdfDevStatePwrPol##state, PolicyEvent::k##event, WdfDevStatePwrPol##next, spec}},
#define OWNER(state, event, next, spec) ROW(kOwner, state, event, next, spec)
#define OTHER(state, event, next, spec) ROW(kOther, state, event, next, spec)
#define BOTH(state, event, next, spec) ROW(kBoth, state, event, next, spec)
#define TWIN(state, twin)
#include "wdf/device/policy_states.def"
#undef STATE
#undef ROW
#undef OWNER
#undef OTHER
#undef BOTH
#undef TWIN
};

constexpr unsigned kFirst = WdfDevStatePwrPolObjectCreated & 0x7FFF, kLast = WdfDevStatePwrPolNull & 0x7FFF;
constexpr unsigned IndexOf(WDF_DEVICE_POWER_POLICY_STATE state) { return (static_cast<unsigned>(state) & 0x7FFF) - kFirst; }

constexpr auto kTwins = [] {
  std::array<WDF_DEVICE_POWER_POLICY_STATE, kLast - kFirst + 1> twins = {};
#define STATE(name, action)
#define OWNER(state, event, next, spec)
#define OTHER(state, event, next, spec)
#define BOTH(state, event, next, spec)
#define TWIN(state, twin) twins[IndexOf(WdfDevStatePwrPol##state)] = WdfDevStatePwrPol##twin;
#include "wdf/device/policy_states.def"
#undef STATE
#undef OWNER
#undef OTHER
#undef BOTH
#undef TWIN
  return twins;
}();

}  // namespace

const char* PolicyEventName(PolicyEvent event) {
  static constexpr const char* kNames[] = {
#define E(name) #name,
      DRYDOCK_POLICY_EVENTS(E)
#undef E
  };
  return event < PolicyEvent::kCount ? kNames[static_cast<int>(event)] : "?";
}

PolicyMachine::PolicyMachine(Device& device, PnpPower& pnp) : StateEngine(device), pnp_(pnp) {
  KeInitializeEvent(&answered_, NotificationEvent, FALSE);
}

PolicyMachine::Action PolicyMachine::ActionOf(WDF_DEVICE_POWER_POLICY_STATE state) {
  static constexpr auto kActions = [] {
    std::array<Action, kLast - kFirst + 1> actions = {};
#define STATE(name, action) actions[IndexOf(WdfDevStatePwrPol##name)] = &PolicyMachine::action;
#define OWNER(state, event, next, spec)
#define OTHER(state, event, next, spec)
#define BOTH(state, event, next, spec)
#define TWIN(state, twin)
#include "wdf/device/policy_states.def"
#undef STATE
#undef OWNER
#undef OTHER
#undef BOTH
#undef TWIN
    return actions;
  }();
  return kActions[IndexOf(state)];
}

const PolicyRow* PolicyMachine::Find(WDF_DEVICE_POWER_POLICY_STATE state, PolicyEvent event) const {
  const uint8_t scope = pnp_.policy_owner() ? kOwner : kOther;
  for (const ScopedRow& entry : kRows) {
    if (entry.row.state == state && entry.row.event == event && (entry.scope & scope)) return &entry.row;
  }
  return nullptr;
}

WDF_DEVICE_POWER_POLICY_STATE PolicyMachine::Reported(WDF_DEVICE_POWER_POLICY_STATE state) const {
  const WDF_DEVICE_POWER_POLICY_STATE twin = kTwins[IndexOf(state)];
  return twin != WDF_DEVICE_POWER_POLICY_STATE{} && !pnp_.pageable() ? twin : state;
}

bool PolicyMachine::AtRestForGood() const {
  switch (state_) {
    case WdfDevStatePwrPolObjectCreated:
    case WdfDevStatePwrPolStartingFailed:
    case WdfDevStatePwrPolRestartingFailed:
    case WdfDevStatePwrPolStopped:
    case WdfDevStatePwrPolRemoved:
    case WdfDevStatePwrPolDevicePowerRequestFailed:
    case WdfDevStatePwrPolSystemSleepPowerRequestFailed:
    case WdfDevStatePwrPolPowerUpForSystemSleepFailed: return true;
    default: return false;
  }
}

StateEngine::Fit PolicyMachine::FitOf(uint8_t number) const {
  const auto event = static_cast<PolicyEvent>(number);
  const WDF_DEVICE_POWER_POLICY_STATE state = state_;
  // Where the power framework decides, I/O asks for power by way of it.
  if (event == PolicyEvent::kIoPresent && (state == WdfDevStatePwrPolWaitingUnarmed || state == WdfDevStatePwrPolWaitingArmed) &&
      pnp_.power_framework().registered()) {
    return Fit::kDrop;
  }
  if (Find(state, event)) return Fit::kTake;
  switch (event) {
    case PolicyEvent::kDirectedDown:
    case PolicyEvent::kDirectedUp: return AtRestForGood() || (event == PolicyEvent::kDirectedUp && pnp_.power().in_d0()) ? Fit::kDrop : Fit::kWait;
    case PolicyEvent::kStart:
    case PolicyEvent::kRemove: return Fit::kWait;
    case PolicyEvent::kStop:
    case PolicyEvent::kSurpriseRemove:
      // Nothing is up: answered at once.
      return state == WdfDevStatePwrPolObjectCreated || state == WdfDevStatePwrPolStartingFailed || state == WdfDevStatePwrPolRestartingFailed ||
                     state == WdfDevStatePwrPolStopped || state == WdfDevStatePwrPolRemoved
                 ? Fit::kDrop
                 : Fit::kWait;
    case PolicyEvent::kSx: return AtRestForGood() ? Fit::kDrop : Fit::kWait;
    case PolicyEvent::kS0:
      return AtRestForGood() || state == WdfDevStatePwrPolStarted || state == WdfDevStatePwrPolStartedIdleCapable ||
                     state == WdfDevStatePwrPolStartedWakeCapable || state == WdfDevStatePwrPolWaitingUnarmed || state == WdfDevStatePwrPolWaitingArmed
                 ? Fit::kDrop
                 : Fit::kWait;
    case PolicyEvent::kDxIrp:
    case PolicyEvent::kD0Irp: return AtRestForGood() ? Fit::kDrop : Fit::kWait;
    case PolicyEvent::kWakeSucceeded:
    case PolicyEvent::kWakeFailed: return wake_sent_ ? Fit::kWait : Fit::kDrop;
    case PolicyEvent::kIdleTimeout: return Fit::kDrop;
    default: return Fit::kDrop;
  }
}

void PolicyMachine::Misfit(uint8_t number) {
  switch (static_cast<PolicyEvent>(number)) {
    case PolicyEvent::kStop:
    case PolicyEvent::kSurpriseRemove: Answer(STATUS_SUCCESS); break;
    case PolicyEvent::kSx:
    case PolicyEvent::kS0: PassSystemIrp(); break;
    case PolicyEvent::kDxIrp:
    case PolicyEvent::kD0Irp: PassPowerIrp(); break;
    case PolicyEvent::kIdleTimeout: pnp_.IdleTimeoutTaken(); break;
    case PolicyEvent::kIoPresent:
      if (state_ == WdfDevStatePwrPolWaitingUnarmed || state_ == WdfDevStatePwrPolWaitingArmed) pnp_.power_framework().SetActive(true);
      break;
    // The device was used again before it went down, or comes up for another reason.
    case PolicyEvent::kNotRequired: pnp_.power_framework().PowerIsDown(); break;
    case PolicyEvent::kPowerRequired:
      if (pnp_.power().in_d0()) pnp_.power_framework().PowerIsUp();
      break;
    case PolicyEvent::kDirectedDown: pnp_.power_framework().DirectedDownDone(); break;
    default: break;
  }
}

void PolicyMachine::Take(uint8_t number) {
  auto event = static_cast<PolicyEvent>(number);
  if (event == PolicyEvent::kWakeSucceeded || event == PolicyEvent::kWakeFailed) wake_sent_ = false;
  if (event == PolicyEvent::kIdleTimeout) pnp_.IdleTimeoutTaken();
  if (event == PolicyEvent::kDirectedDown) directed_ = true;
  while (event != PolicyEvent::kNone) {
    const PolicyRow* row = Find(state_, event);
    RT_ASSERT(row != nullptr);
    state_ = row->next;
    pnp_.EnterPolicy(Reported(row->next));
    Action action = ActionOf(row->next);
    RT_ASSERT(action != nullptr);
    pnp_.BeginStep(Reported(row->next));
    event = (this->*action)();
    pnp_.EndStep();
    pnp_.SettlePolicy();
  }
}

// --- PnP ---

NTSTATUS PolicyMachine::Ask(PolicyEvent event) {
  KeClearEvent(&answered_);
  asked_ = true;
  Post(event);
  KeWaitForSingleObject(&answered_, Executive, KernelMode, FALSE, nullptr);
  return answer_;
}

void PolicyMachine::Answer(NTSTATUS status) {
  if (!asked_.exchange(false)) return;
  answer_ = status;
  KeSetEvent(&answered_, IO_NO_INCREMENT, FALSE);
}

NTSTATUS PolicyMachine::Start() { return Ask(PolicyEvent::kStart); }

NTSTATUS PolicyMachine::StopDevice(bool surprise) { return Ask(surprise ? PolicyEvent::kSurpriseRemove : PolicyEvent::kStop); }

void PolicyMachine::Remove() {
  if (state_ != WdfDevStatePwrPolRemoved) Ask(PolicyEvent::kRemove);
}

}  // namespace drydock::wdf
