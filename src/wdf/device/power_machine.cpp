// What the power machine does in its states (power_states.def), in the order of tables S1, S2, S8, S12 and S13; wake at the bus is in power_wake.cpp.
#include "wdf/device/power_machine.h"

#include <array>

#include "nt/driver_callback.h"
#include "runtime/assert.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/power_steps.h"

namespace drydock::wdf {
namespace {

constexpr PowerRow kRows[] = {
#define STATE(name, action)
#define ON(state, event, next, spec) {WdfDevStatePower##state, PowerEvent::k##event, WdfDevStatePower##next, spec},
#define TWIN(state, twin)
#include "wdf/device/power_states.def"
#undef STATE
#undef ON
#undef TWIN
};

constexpr unsigned kFirst = WdfDevStatePowerObjectCreated & 0x7FFF, kLast = WdfDevStatePowerNull & 0x7FFF;
constexpr unsigned IndexOf(WDF_DEVICE_POWER_STATE state) { return (static_cast<unsigned>(state) & 0x7FFF) - kFirst; }

constexpr std::array<WDF_DEVICE_POWER_STATE, kLast - kFirst + 1> MakeTwins() {
  std::array<WDF_DEVICE_POWER_STATE, kLast - kFirst + 1> twins = {};
#define STATE(name, action)
#define ON(state, event, next, spec)
#define TWIN(state, twin) twins[IndexOf(WdfDevStatePower##state)] = WdfDevStatePower##twin;
#include "wdf/device/power_states.def"
#undef STATE
#undef ON
#undef TWIN
  return twins;
}
constexpr auto kTwins = MakeTwins();

}  // namespace

const char* PowerEventName(PowerEvent event) {
  static constexpr const char* kNames[] = {
#define E(name) #name,
      DRYDOCK_POWER_EVENTS(E)
#undef E
  };
  return event < PowerEvent::kCount ? kNames[static_cast<int>(event)] : "?";
}

PowerMachine::Action PowerMachine::ActionOf(WDF_DEVICE_POWER_STATE state) {
  static constexpr auto kActions = [] {
    std::array<Action, kLast - kFirst + 1> actions = {};
#define STATE(name, action) actions[IndexOf(WdfDevStatePower##name)] = &PowerMachine::action;
#define ON(state, event, next, spec)
#define TWIN(state, twin)
#include "wdf/device/power_states.def"
#undef STATE
#undef ON
#undef TWIN
    return actions;
  }();
  return kActions[IndexOf(state)];
}

const PowerRow* PowerMachine::Find(WDF_DEVICE_POWER_STATE state, PowerEvent event) {
  for (const PowerRow& row : kRows) {
    if (row.state == state && row.event == event) return &row;
  }
  return nullptr;
}

// A driver that is not power-pageable passes the twins.
WDF_DEVICE_POWER_STATE PowerMachine::Reported(WDF_DEVICE_POWER_STATE state) const {
  const WDF_DEVICE_POWER_STATE twin = kTwins[IndexOf(state)];
  return twin != WDF_DEVICE_POWER_STATE{} && !pnp_.pageable() ? twin : state;
}

bool PowerMachine::in_d0() const {
  const WDF_DEVICE_POWER_STATE state = state_;
  return state == WdfDevStatePowerD0 || state == WdfDevStatePowerD0BusWakeOwner || state == WdfDevStatePowerD0ArmedForWake ||
         state == WdfDevStatePowerEnablingWakeAtBus || state == WdfDevStatePowerD0DisarmingWakeAtBus;
}

bool PowerMachine::in_dx() const {
  const WDF_DEVICE_POWER_STATE state = state_;
  return state == WdfDevStatePowerDx || state == WdfDevStatePowerDxArmedForWake || state == WdfDevStatePowerWakePending;
}

StateEngine::Fit PowerMachine::FitOf(uint8_t number) const {
  const auto event = static_cast<PowerEvent>(number);
  const WDF_DEVICE_POWER_STATE state = state_;
  if (Find(state, event)) return Fit::kTake;
  const bool off = state == WdfDevStatePowerObjectCreated || state == WdfDevStatePowerStopped;
  switch (event) {
    case PowerEvent::kDx:
    case PowerEvent::kCompleteDx: return off || in_dx() ? Fit::kDrop : Fit::kWait;
    case PowerEvent::kD0:
    case PowerEvent::kCompleteD0: return off || in_d0() ? Fit::kDrop : Fit::kWait;
    case PowerEvent::kStop: return off ? Fit::kDrop : Fit::kWait;
    case PowerEvent::kStart: return Fit::kWait;
    case PowerEvent::kWaitWake: return Fit::kWait;
    default: return Fit::kDrop;
  }
}

void PowerMachine::Misfit(uint8_t number) {
  switch (static_cast<PowerEvent>(number)) {
    case PowerEvent::kDx:
    case PowerEvent::kD0: FinishIrp(); break;
    case PowerEvent::kStop: pnp_.policy().Post(PolicyEvent::kPoweredDown); break;
    case PowerEvent::kWakeEnded: CompleteEndedWake(); break;
    default: break;
  }
}

void PowerMachine::Take(uint8_t number) {
  auto event = static_cast<PowerEvent>(number);
  if (event == PowerEvent::kStart) failed_ = false;
  while (event != PowerEvent::kNone) {
    const PowerRow* row = Find(state_, event);
    RT_ASSERT(row != nullptr);
    state_ = row->next;
    pnp_.EnterPower(Reported(row->next));
    Action action = ActionOf(row->next);
    RT_ASSERT(action != nullptr);
    pnp_.BeginStep(Reported(row->next));
    event = (this->*action)();
    pnp_.EndStep();
    pnp_.SettlePower();
  }
}

void PowerMachine::DeliverIrp(PIRP irp, bool up, On on) {
  irp_ = irp;
  irp_up_ = up;
  Post(up ? PowerEvent::kD0 : PowerEvent::kDx, on);
}

// The IRP goes on: down for Dx, back up for D0.
void PowerMachine::FinishIrp() {
  PIRP irp = irp_;
  if (!irp) return;
  irp_ = nullptr;
  pnp_.FinishPowerIrp(irp, irp_up_, failed_);
}

// --- up ---

PowerEvent PowerMachine::IsChild() { return device_.is_pdo() && bus::PowerParent(device_) ? PowerEvent::kChild : PowerEvent::kGo; }

PowerEvent PowerMachine::CheckParent() {
  starting_ = state_ == WdfDevStatePowerStartingCheckDeviceType;
  Device* parent = device_.is_pdo() ? bus::PowerParent(device_) : nullptr;
  if (!parent) return PowerEvent::kParentUp;
  if (!parent_) {
    parent->AddRef();
    parent_ = parent;
    parent->pnp().HoldForChild();
  }
  return parent_->pnp().power().AddWaitingChild(*this) ? PowerEvent::kParentDown : PowerEvent::kParentUp;
}

void PowerMachine::LetParentGo() {
  if (!parent_) return;
  Device* parent = parent_;
  parent_ = nullptr;
  parent->pnp().power().RemoveWaitingChild(*this);
  parent->pnp().LetGoForChild();
  parent->Release();
}

bool PowerMachine::AddWaitingChild(PowerMachine& child) {
  rt::LockGuard guard(children_lock_);
  // A parent that failed holds nobody back: the children's own power-up fails, or not (PWR-31).
  if (in_d0() || (state_ == WdfDevStatePowerStopped && failed_)) return false;
  for (PowerMachine* other : waiting_children_) {
    if (other == &child) return true;
  }
  child.device_.AddRef();
  waiting_children_.push_back(&child);
  return true;
}

void PowerMachine::RemoveWaitingChild(PowerMachine& child) {
  bool found = false;
  {
    rt::LockGuard guard(children_lock_);
    for (size_t i = 0; i < waiting_children_.size(); ++i) {
      if (waiting_children_[i] != &child) continue;
      waiting_children_.erase(waiting_children_.begin() + static_cast<ptrdiff_t>(i));
      found = true;
      break;
    }
  }
  if (found) child.device_.Release();
}

void PowerMachine::TellChildren() {
  std::vector<PowerMachine*> children;
  {
    rt::LockGuard guard(children_lock_);
    children.swap(waiting_children_);
  }
  for (PowerMachine* child : children) {
    child->Post(PowerEvent::kParentUp, On::kWorker);
    child->device_.Release();
  }
}

PowerEvent PowerMachine::EnterD0() {
  auto callback = device_.init().pnp.EvtDeviceD0Entry;
  interrupts_up_ = false;
  const WDF_POWER_DEVICE_STATE previous = starting_ ? WdfPowerDeviceD3Final : previous_;
  pnp_.AllowStopIdle();
  if (!callback) return PowerEvent::kGo;
  if (NT_SUCCESS(nt::CallDriver("EvtDeviceD0Entry", callback, pnp_.handle(), previous))) return PowerEvent::kGo;
  if (!starting_) interrupt::Disconnect(device_);  // INT-24: a wake interrupt was left connected
  return PowerEvent::kFailed;
}

PowerEvent PowerMachine::TellD0Entry() {
  interrupt::ToldD0Entry(device_);
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::ConnectInterrupts() {
  if (starting_) interrupt::ToldD0Entry(device_);
  if (!NT_SUCCESS(interrupt::Up(device_))) return PowerEvent::kFailed;
  interrupts_up_ = true;
  auto callback = device_.init().pnp.EvtDeviceD0EntryPostInterruptsEnabled;
  if (!callback) return PowerEvent::kGo;
  const WDF_POWER_DEVICE_STATE previous = starting_ ? WdfPowerDeviceD3Final : previous_;
  return NT_SUCCESS(nt::CallDriver("EvtDeviceD0EntryPostInterruptsEnabled", callback, pnp_.handle(), previous)) ? PowerEvent::kGo
                                                                                                                : PowerEvent::kFailed;
}

PowerEvent PowerMachine::EnableDma() {
  if (!NT_SUCCESS(dma::Up(device_))) return PowerEvent::kFailed;
  bus::ScanForChildren(device_);
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::HardwareUp() {
  pnp_.policy().Post(PolicyEvent::kHardwareUp);
  return PowerEvent::kNone;
}

PowerEvent PowerMachine::IoUp() {
  pnp_.QueuesUp();
  return NT_SUCCESS(pnp_.SelfManagedIoUp()) ? PowerEvent::kGo : PowerEvent::kFailed;
}

PowerEvent PowerMachine::DecideD0() { return device_.is_pdo() && !pnp_.policy_owner() ? PowerEvent::kBusWakeOwner : PowerEvent::kGo; }

PowerEvent PowerMachine::InD0() {
  TellChildren();
  if (starting_) {
    starting_ = false;
    pnp_.policy().Post(PolicyEvent::kUp);
  }
  FinishIrp();
  bool waits;
  {
    rt::LockGuard guard(wake_lock_);
    waits = wait_wake_ != nullptr;
  }
  // PWR-07: a wait that outlasted Dx is armed again.
  if (waits && state_ == WdfDevStatePowerD0BusWakeOwner && !bus_armed_) Post(PowerEvent::kWaitWake);
  return PowerEvent::kNone;
}

// --- a power-up that failed is undone from the layer below the failing step (O-08) ---

PowerEvent PowerMachine::IoDownAfterFailure() {
  pnp_.QueuesDown();
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::DmaDownAfterFailure() {
  dma::Down(device_);
  pnp_.PreInterruptsDisabled(WdfPowerDeviceD3Final);
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::HardwareDownAfterFailure() {
  if (interrupts_up_) interrupt::Down(device_, false);
  interrupts_up_ = false;
  pnp_.D0Exit(WdfPowerDeviceD3Final);
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::ReleaseParent() {
  LetParentGo();
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::ReportUpFailed() {
  failed_ = true;
  pnp_.PowerFailed(false);
  return PowerEvent::kGo;
}

// --- down ---

PowerEvent PowerMachine::IoDown() {
  io_down_failed_ = !NT_SUCCESS(pnp_.SelfManagedIoDown());
  pnp_.QueuesDown();
  pnp_.policy().Post(PolicyEvent::kIoStopped);
  return PowerEvent::kNone;
}

PowerEvent PowerMachine::TellD0Exit() {
  interrupt::ToldD0Exit(device_);
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::TellD0ExitAndHardwareDown() {
  TellD0Exit();
  return HardwareDown();
}

// All steps run, whatever fails.
void PowerMachine::LeaveHardware(WDF_POWER_DEVICE_STATE target, bool stops, bool* failed) {
  auto note = [failed](NTSTATUS status) { *failed = *failed || !NT_SUCCESS(status); };
  note(dma::Down(device_));
  note(pnp_.PreInterruptsDisabled(target));
  note(interrupt::Down(device_, !stops && !pnp_.pageable()));
  note(pnp_.D0Exit(target));
  previous_ = target;
}

PowerEvent PowerMachine::HardwareDown() {
  bool failed = io_down_failed_;
  LeaveHardware(pnp_.TargetOf(irp_), false, &failed);
  return failed ? PowerEvent::kFailed : PowerEvent::kGo;
}

PowerEvent PowerMachine::InDx() {
  LetParentGo();
  FinishIrp();
  return PowerEvent::kNone;
}

PowerEvent PowerMachine::ReportDownFailed() {
  failed_ = true;
  LetParentGo();
  pnp_.PowerFailed(true);
  return PowerEvent::kGo;
}

PowerEvent PowerMachine::AllDown() {
  bool failed = !NT_SUCCESS(pnp_.SelfManagedIoDown());
  pnp_.QueuesDown();
  LeaveHardware(WdfPowerDeviceD3Final, true, &failed);
  failed_ = failed;
  return failed ? PowerEvent::kFailed : PowerEvent::kGo;
}

PowerEvent PowerMachine::DisconnectInterrupts() {
  interrupt::Disconnect(device_);
  failed_ = false;
  return PowerEvent::kGo;
}

// Reached after a stop, a failed start, and a failed transition: who asked hears of it.
PowerEvent PowerMachine::InStopped() {
  LetParentGo();
  TellChildren();
  if (starting_) {
    starting_ = false;
    pnp_.policy().Post(PolicyEvent::kUpFailed);
  } else if (irp_) {
    FinishIrp();
  } else {
    pnp_.policy().Post(failed_ ? PolicyEvent::kPowerDownFailed : PolicyEvent::kPoweredDown);
  }
  return PowerEvent::kNone;
}

}  // namespace drydock::wdf
