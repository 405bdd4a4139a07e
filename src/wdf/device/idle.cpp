// Idle in S0: references, the idle timer, and the worker that asks for the power IRPs.
//   I1  Queues with work count themselves in Device::io_references_ (no lock), StopIdle counts under idle_lock_. The timer is armed when the last one
//       goes. A queue counts first and then looks whether the device has expired; the expiry looks at the counts under idle_lock_ and then says so:
//       one of the two sees the other.
//   I2  Expiry sets idle_expired_: from then on the device counts as "not in D0" (O-26), even before Suspend.
//   I3  One worker at a time compares what is wanted with what is and asks for Dx or D0 until both agree; whoever changes the wish queues it.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

constexpr ULONG kDefaultTimeoutMs = 5000;  // O-22
constexpr ULONG kToleranceMs = 100;

}  // namespace

void Device::IdleReferenceTaken() { pnp_->IdleReferenceTaken(); }
void Device::IdleReferenceGone() { pnp_->ArmIdleTimer(); }

bool PnpPower::InUse() const { return device_.io_references_.load() > 0 || stop_idle_count_ > 0; }

NTSTATUS PnpPower::AssignIdleSettings(const WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS& settings) {
  if (settings.Size != sizeof(settings)) return STATUS_INFO_LENGTH_MISMATCH;
  if (!policy_owner_) return STATUS_INVALID_DEVICE_REQUEST;
  if (settings.DxState < PowerDeviceD1 || settings.DxState > PowerDeviceMaximum) return STATUS_INVALID_PARAMETER;
  if (settings.IdleCaps < IdleCannotWakeFromS0 || settings.IdleCaps > IdleUsbSelectiveSuspend) return STATUS_INVALID_PARAMETER;
  if (settings.UserControlOfIdleSettings < IdleDoNotAllowUserControl || settings.UserControlOfIdleSettings > IdleAllowUserControl) {
    return STATUS_INVALID_PARAMETER;
  }
  if (settings.Enabled < WdfFalse || settings.Enabled > WdfUseDefault) return STATUS_INVALID_PARAMETER;
  if (settings.PowerUpIdleDeviceOnSystemWake < WdfFalse || settings.PowerUpIdleDeviceOnSystemWake > WdfUseDefault) return STATUS_INVALID_PARAMETER;
  if (settings.IdleTimeoutType < DriverManagedIdleTimeout || settings.IdleTimeoutType > SystemManagedIdleTimeoutWithHint) return STATUS_INVALID_PARAMETER;
  const bool wakes = settings.IdleCaps != IdleCannotWakeFromS0;
  if (wakes && settings.PowerUpIdleDeviceOnSystemWake != WdfUseDefault) return STATUS_INVALID_PARAMETER;
  DEVICE_POWER_STATE dx = settings.DxState;
  if (wakes) {
    DEVICE_POWER_STATE deepest;
    {
      rt::LockGuard guard(settings_lock_);
      deepest = device_wake_;
    }
    if (deepest <= PowerDeviceD0 || deepest > PowerDeviceD3) return STATUS_POWER_STATE_INVALID;  // the bus says it cannot wake
    if (dx == PowerDeviceMaximum) dx = deepest;
    if (dx > deepest || (settings.IdleCaps == IdleUsbSelectiveSuspend && dx == PowerDeviceD3)) return STATUS_POWER_STATE_INVALID;
  } else if (dx == PowerDeviceMaximum) {
    dx = PowerDeviceD3;
  }
  bool work = false;
  {
    rt::LockGuard guard(idle_lock_);
    if (idle_assigned_) {
      // PWR-58: what may change later.
      const bool was_driver = idle_settings_.IdleTimeoutType == DriverManagedIdleTimeout;
      if (was_driver != (settings.IdleTimeoutType == DriverManagedIdleTimeout)) return STATUS_INVALID_DEVICE_REQUEST;
      idle_settings_.IdleTimeout = settings.IdleTimeout;
      idle_settings_.DxState = settings.DxState;
      idle_settings_.Enabled = settings.Enabled;
    } else {
      idle_settings_ = settings;
    }
    idle_assigned_ = true;
    idle_dx_ = dx;
    idle_enabled_ = settings.Enabled != WdfFalse;
    if (!idle_enabled_ && idle_expired_) work = true;
  }
  if (!device_.idle_in_use_.exchange(true)) queue::IdleUseBegan(device_);
  if (work) {
    QueueIdleWork();
  } else {
    ArmIdleTimer();
  }
  return STATUS_SUCCESS;
}

WDF_DEVICE_POWER_POLICY_STATE PnpPower::RestingPolicy() const {
  rt::LockGuard guard(idle_lock_);
  if (!idle_enabled_) return WdfDevStatePwrPolStarted;
  return idle_settings_.IdleCaps == IdleCannotWakeFromS0 ? WdfDevStatePwrPolStartedIdleCapable : WdfDevStatePwrPolStartedWakeCapable;
}

void PnpPower::StartIdleTracking() {
  {
    rt::LockGuard guard(idle_lock_);
    idle_tracking_ = true;
    idle_expired_ = false;
  }
  KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
  ArmIdleTimer();
}

// Stop, removal, failure: waiters go on and find POWER_STATE_INVALID.
void PnpPower::StopIdleTracking() {
  {
    rt::LockGuard guard(idle_lock_);
    idle_tracking_ = false;
    idle_expired_ = false;
  }
  KeCancelTimer(&idle_timer_);
  KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
}

void PnpPower::SuspendIdle(bool suspend) {
  {
    rt::LockGuard guard(idle_lock_);
    idle_suspended_ = suspend;
    if (!suspend) idle_expired_ = false;
  }
  if (suspend) {
    KeCancelTimer(&idle_timer_);
    KeClearEvent(&in_d0_event_);
  } else {
    KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
    ArmIdleTimer();
  }
}

void PnpPower::ArmIdleTimer() {
  ULONG timeout;
  {
    rt::LockGuard guard(idle_lock_);
    if (!idle_enabled_ || !idle_tracking_ || idle_expired_ || idle_suspended_ || InUse()) return;
    timeout = idle_settings_.IdleTimeout ? idle_settings_.IdleTimeout : kDefaultTimeoutMs;
  }
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>(timeout) * 10'000;
  KeSetCoalescableTimer(&idle_timer_, due, 0, kToleranceMs, &idle_dpc_);
}

VOID PnpPower::IdleTimerDpc(PKDPC, PVOID context, PVOID, PVOID) {
  PnpPower& self = *static_cast<PnpPower*>(context);
  {
    rt::LockGuard guard(self.idle_lock_);
    if (!self.idle_enabled_ || !self.idle_tracking_ || self.idle_suspended_ || self.InUse() || self.idle_expired_) return;
    self.idle_expired_ = true;  // I2
  }
  KeClearEvent(&self.in_d0_event_);
  self.QueueIdleWork();
}

void PnpPower::QueueIdleWork() {
  {
    rt::LockGuard guard(idle_lock_);
    if (idle_work_queued_) return;
    idle_work_queued_ = true;
  }
  QueueWork([](PnpPower& self) { self.RunIdleWork(); });
}

void PnpPower::RunIdleWork() {
  for (;;) {
    bool down = false;
    DEVICE_POWER_STATE dx;
    {
      rt::LockGuard guard(idle_lock_);
      const bool wanted = InUse() || !idle_enabled_;
      const bool is_down = IsDown();
      if (!idle_tracking_ || idle_suspended_ || !idle_expired_ || (is_down && !wanted)) {
        idle_work_queued_ = false;  // I3: both agree
        return;
      }
      down = !wanted;
      dx = idle_dx_;
      if (wanted && !is_down) idle_expired_ = false;  // somebody came before the power-down began
    }
    if (down) {
      idle_transition_ = true;
      RequestPower(dx);
      idle_transition_ = false;
      continue;
    }
    if (IsDown()) RequestPower(PowerDeviceD0);
    {
      rt::LockGuard guard(idle_lock_);
      idle_expired_ = false;
      idle_work_queued_ = false;
    }
    // What arrived since the expiry was told to wait for this.
    if (device_.in_d0()) queue::PowerUp(device_);
    KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
    ArmIdleTimer();
    return;
  }
}

void PnpPower::IdleReferenceTaken() {
  bool expired;
  {
    rt::LockGuard guard(idle_lock_);
    expired = idle_expired_;
  }
  if (expired) {
    QueueIdleWork();
  } else {
    KeCancelTimer(&idle_timer_);
  }
}

NTSTATUS PnpPower::StopIdle(bool wait) {
  if (!policy_owner_) return STATUS_INVALID_DEVICE_STATE;
  bool in_d0;
  {
    rt::LockGuard guard(idle_lock_);
    if (!idle_tracking_) return STATUS_POWER_STATE_INVALID;
    ++stop_idle_count_;
    in_d0 = !idle_expired_ && !idle_suspended_;
  }
  if (in_d0) {
    KeCancelTimer(&idle_timer_);
    return STATUS_SUCCESS;
  }
  QueueIdleWork();
  if (!wait) return STATUS_PENDING;
  KeWaitForSingleObject(&in_d0_event_, Executive, KernelMode, FALSE, nullptr);
  bool valid;
  {
    rt::LockGuard guard(idle_lock_);
    valid = idle_tracking_;
  }
  if (valid) return STATUS_SUCCESS;
  ResumeIdle();
  return STATUS_POWER_STATE_INVALID;
}

void PnpPower::ResumeIdle() {
  bool unbalanced;
  {
    rt::LockGuard guard(idle_lock_);
    unbalanced = stop_idle_count_ == 0;
    if (!unbalanced) --stop_idle_count_;
  }
  if (unbalanced) {
    Break(device_.globals(), "WdfDeviceResumeIdle without a successful WdfDeviceStopIdle before it");
    return;
  }
  ArmIdleTimer();
}

// S9, S10: the states of going down and coming up for idleness.
void PnpPower::EnterPolicyDown() {
  if (!policy_owner_) {
    EnterPolicy(WdfDevStatePwrPolGotoDx);
    return;
  }
  if (!idle_transition_) {
    EnterPolicy(WdfDevStatePwrPolSleeping);
    EnterPolicy(WdfDevStatePwrPolSleepingNoWakePowerDown);
    return;
  }
  if (RestingPolicy() == WdfDevStatePwrPolStartedWakeCapable) {
    EnterPolicy(WdfDevStatePwrPolWakeCapableDeviceIdle);
    EnterPolicy(WdfDevStatePwrPolTimerExpiredDecideUsbSS);
    EnterPolicy(WdfDevStatePwrPolTimerExpiredWakeCapablePowerDown);
  } else {
    EnterPolicy(WdfDevStatePwrPolIdleCapableDeviceIdle);
    EnterPolicy(WdfDevStatePwrPolTimerExpiredNoWake);
  }
}

void PnpPower::SettledDown() {
  if (!policy_owner_) {
    EnterPolicy(WdfDevStatePwrPolDx);
  } else if (!idle_transition_) {
    EnterPolicy(WdfDevStatePwrPolSleepingNoWakeCompletePowerDown);
    EnterPolicy(WdfDevStatePwrPolSystemAsleepNoWake);
  } else if (armed_for_s0_) {
    EnterPolicy(WdfDevStatePwrPolWaitingArmedUsbSS);
    EnterPolicy(WdfDevStatePwrPolWaitingArmedQueryIdle);
    EnterPolicy(WdfDevStatePwrPolWaitingArmed);
  } else {
    EnterPolicy(WdfDevStatePwrPolTimerExpiredNoWakeCompletePowerDown);
    EnterPolicy(WdfDevStatePwrPolTimerExpiredNoWakePoweredDownDisableIdleTimer);
    EnterPolicy(WdfDevStatePwrPolWaitingUnarmedQueryIdle);
    EnterPolicy(WdfDevStatePwrPolWaitingUnarmed);
  }
}

void PnpPower::EnterPolicyUp() {
  switch (policy_state()) {
    case WdfDevStatePwrPolWaitingUnarmed:
      EnterPolicy(WdfDevStatePwrPolWaitingUnarmedQueryIdle);
      EnterPolicy(WdfDevStatePwrPolS0NoWakePowerUp);
      break;
    case WdfDevStatePwrPolWaitingArmed:
      EnterPolicy(WdfDevStatePwrPolWaitingArmedQueryIdle);
      EnterPolicy(WdfDevStatePwrPolWaitingArmedIoPresentCancelUsbSS);
      EnterPolicy(WdfDevStatePwrPolIoPresentArmed);
      EnterPolicy(WdfDevStatePwrPolIoPresentArmedWakeCanceled);
      break;
    case WdfDevStatePwrPolSystemAsleepNoWake:
      EnterPolicy(WdfDevStatePwrPolSystemWakeDeviceWakeDisabled);
      EnterPolicy(WdfDevStatePwrPolSystemWakeDeviceToD0);
      break;
    default: EnterPolicy(policy_owner_ ? WdfDevStatePwrPolS0NoWakePowerUp : WdfDevStatePwrPolGotoD0); break;
  }
}

void PnpPower::SettledUp() {
  if (!policy_owner_) {
    EnterPolicy(WdfDevStatePwrPolStartingSucceeded);
    return;
  }
  switch (policy_state()) {
    case WdfDevStatePwrPolS0WakeDisarm: EnterPolicy(WdfDevStatePwrPolS0WakeCompletePowerUp); break;
    case WdfDevStatePwrPolSystemWakeDeviceToD0: EnterPolicy(WdfDevStatePwrPolSystemWakeDeviceToD0CompletePowerUp); break;
    default: EnterPolicy(WdfDevStatePwrPolS0NoWakeCompletePowerUp); break;
  }
  EnterPolicy(WdfDevStatePwrPolStartingDecideS0Wake);
  EnterPolicy(RestingPolicy());
}

// Between IO down and HW down (S10). A failing arm callback leaves the device unarmed; Disarm is not called then (PWR-34).
void PnpPower::ArmBeforeSleep() {
  if (!idle_transition_ || RestingPolicy() != WdfDevStatePwrPolStartedWakeCapable) return;
  EnterPolicy(WdfDevStatePwrPolTimerExpiredWakeCapableSendWake);
  EnterPolicy(WdfDevStatePwrPolTimerExpiredWakeCapableWakeArrived);
  auto callback = device_.init().power_policy.EvtDeviceArmWakeFromS0;
  armed_for_s0_ = !callback || NT_SUCCESS(nt::CallDriver("EvtDeviceArmWakeFromS0", callback, handle()));
}

// Between HW up and IO up.
void PnpPower::DisarmAfterWake() {
  if (!armed_for_s0_) return;
  armed_for_s0_ = false;
  EnterPolicy(WdfDevStatePwrPolS0WakeDisarm);
  auto callback = device_.init().power_policy.EvtDeviceDisarmWakeFromS0;
  if (callback) nt::CallDriver("EvtDeviceDisarmWakeFromS0", callback, handle());
}

}  // namespace drydock::wdf
