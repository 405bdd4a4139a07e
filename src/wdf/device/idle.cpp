// Idle in S0: references, the idle timer, and what the policy machine asks about them.
//   I1  Queues with work count themselves in Device::io_references_ (no lock), StopIdle and children count under idle_lock_. The timer is armed when
//       the last one goes. A queue counts first and then looks whether the device has expired; the expiry looks at the counts under idle_lock_ and
//       then says so: one of the two sees the other.
//   I2  Expiry sets idle_expired_: from then on the device counts as "not in D0" (O-26), even before Suspend, until the policy machine is at work again.
//   I3  Who takes a reference while expired tells the policy machine (IoPresent). An event that finds it on its way down is dropped: in Dx it looks at
//       the counts itself (QueryIdle).
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {
namespace {

constexpr ULONG kDefaultTimeoutMs = 5000;  // O-22
constexpr ULONG kToleranceMs = 100;

}  // namespace

void Device::IdleReferenceTaken() { pnp_->IdleReferenceTaken(); }
void Device::IdleReferenceGone() { pnp_->ArmIdleTimer(); }

bool PnpPower::InUse() const { return device_.io_references_.load() > 0 || stop_idle_count_ > 0 || child_holds_ > 0; }

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
  // PWR-58: a later call may switch between USB selective suspend and no wake, nothing else; what it says otherwise is not looked at.
  WDF_POWER_POLICY_S0_IDLE_CAPABILITIES caps = settings.IdleCaps;
  {
    rt::LockGuard guard(idle_lock_);
    if (idle_assigned_) {
      const auto before = idle_settings_.IdleCaps;
      const bool switches = device_.globals().BuiltFor(11) && before != IdleCanWakeFromS0 && caps != IdleCanWakeFromS0;
      if (!switches) caps = before;
    }
  }
  const bool wakes = caps != IdleCannotWakeFromS0;
  if (wakes && settings.PowerUpIdleDeviceOnSystemWake != WdfUseDefault) return STATUS_INVALID_PARAMETER;
  DEVICE_POWER_STATE dx = settings.DxState;
  if (wakes) {
    EnsureCapabilities();
    DEVICE_POWER_STATE deepest;
    {
      rt::LockGuard guard(settings_lock_);
      deepest = stack_.DeviceWake;
    }
    if (deepest <= PowerDeviceD0 || deepest > PowerDeviceD3) return STATUS_POWER_STATE_INVALID;  // the bus says it cannot wake
    if (dx == PowerDeviceMaximum) dx = deepest;
    if (dx > deepest || (caps == IdleUsbSelectiveSuspend && dx == PowerDeviceD3)) return STATUS_POWER_STATE_INVALID;
  } else if (dx == PowerDeviceMaximum) {
    dx = PowerDeviceD3;
  }
  bool enabled = settings.Enabled != WdfFalse;
  // PWR-59: the first call asks what the user chose.
  if (settings.Enabled == WdfUseDefault) {
    bool ask, chosen;
    {
      rt::LockGuard guard(idle_lock_);
      ask = !idle_assigned_ && settings.UserControlOfIdleSettings == IdleAllowUserControl;
      chosen = idle_assigned_ ? idle_enabled_ : true;
    }
    enabled = ask ? UserChoice(u"IdleInWorkingState", u"WdfDefaultIdleInWorkingState") : chosen;
  }
  bool changed;
  {
    rt::LockGuard guard(idle_lock_);
    // DEVX-44: the power framework is told at the first start, or never.
    if (!idle_assigned_ && idle_tracking_ && settings.IdleTimeoutType != DriverManagedIdleTimeout) return STATUS_INVALID_DEVICE_REQUEST;
    if (idle_assigned_) {
      // PWR-58: what may change later.
      const bool was_driver = idle_settings_.IdleTimeoutType == DriverManagedIdleTimeout;
      if (was_driver != (settings.IdleTimeoutType == DriverManagedIdleTimeout)) return STATUS_INVALID_DEVICE_REQUEST;
      idle_settings_.IdleTimeout = settings.IdleTimeout;
      idle_settings_.DxState = settings.DxState;
      idle_settings_.Enabled = settings.Enabled;
      idle_settings_.IdleCaps = caps;
    } else {
      idle_settings_ = settings;
    }
    idle_assigned_ = true;
    idle_dx_ = dx;
    idle_enabled_ = enabled;
    changed = idle_tracking_;
  }
  if (!device_.idle_in_use_.exchange(true)) queue::IdleUseBegan(device_);
  if (changed) policy_.Post(PolicyEvent::kPolicyChanged, StateEngine::On::kWorker);
  return STATUS_SUCCESS;
}

PnpPower::IdleKind PnpPower::idle_kind() const {
  rt::LockGuard guard(idle_lock_);
  if (!idle_enabled_) return IdleKind::kNone;
  return idle_settings_.IdleCaps == IdleCannotWakeFromS0 ? IdleKind::kWithoutWake : IdleKind::kWithWake;
}

bool PnpPower::system_managed() const {
  rt::LockGuard guard(idle_lock_);
  return idle_assigned_ && idle_settings_.IdleTimeoutType != DriverManagedIdleTimeout;
}

DEVICE_POWER_STATE PnpPower::idle_dx() const {
  rt::LockGuard guard(idle_lock_);
  return idle_dx_;
}

// --- the policy machine says where it is ---

void PnpPower::AllowStopIdle() {
  rt::LockGuard guard(idle_lock_);
  stop_idle_allowed_ = true;
}

void PnpPower::StartIdleTracking() {
  {
    rt::LockGuard guard(idle_lock_);
    idle_tracking_ = stop_idle_allowed_ = true;
    idle_expired_ = idle_suspended_ = idle_counting_ = false;
  }
  KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
}

// Stop, removal, failure: waiters go on and find POWER_STATE_INVALID.
void PnpPower::StopIdleTracking() {
  {
    rt::LockGuard guard(idle_lock_);
    idle_tracking_ = idle_counting_ = stop_idle_allowed_ = false;
    idle_expired_ = idle_suspended_ = false;
  }
  KeCancelTimer(&idle_timer_);
  KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
}

void PnpPower::IdleAtWork() {
  bool was_expired;
  {
    rt::LockGuard guard(idle_lock_);
    was_expired = idle_expired_;
    idle_expired_ = idle_suspended_ = false;
  }
  // What arrived since the expiry was told to wait for this.
  if (was_expired && device_.in_d0()) queue::PowerUp(device_);
  KeSetEvent(&in_d0_event_, IO_NO_INCREMENT, FALSE);
}

void PnpPower::IdleCount() {
  {
    rt::LockGuard guard(idle_lock_);
    idle_counting_ = idle_tracking_;
  }
  ArmIdleTimer();
}

bool PnpPower::IdleStopCounting() {
  bool out;
  {
    rt::LockGuard guard(idle_lock_);
    idle_counting_ = false;
    out = idle_event_out_;
  }
  KeCancelTimer(&idle_timer_);
  return out;
}

void PnpPower::IdleTimeoutTaken() {
  rt::LockGuard guard(idle_lock_);
  idle_event_out_ = false;
}

void PnpPower::IdleAsleep() {
  {
    rt::LockGuard guard(idle_lock_);
    idle_suspended_ = true;
    idle_counting_ = false;
  }
  KeCancelTimer(&idle_timer_);
  KeClearEvent(&in_d0_event_);
}

bool PnpPower::IdleQuery() const {
  rt::LockGuard guard(idle_lock_);
  return InUse() || !idle_enabled_;
}

// PWR-60: counts only for devices that cannot wake; a device whose time-out the system manages always comes back (S11).
bool PnpPower::StaysIdleAfterSx() {
  rt::LockGuard guard(idle_lock_);
  if (!idle_enabled_ || InUse() || idle_settings_.IdleCaps != IdleCannotWakeFromS0) return false;
  if (idle_settings_.IdleTimeoutType != DriverManagedIdleTimeout || idle_settings_.PowerUpIdleDeviceOnSystemWake == WdfTrue) return false;
  idle_suspended_ = false;
  idle_expired_ = true;
  return true;
}

// --- the timer ---

void PnpPower::ArmIdleTimer() {
  ULONG timeout;
  {
    rt::LockGuard guard(idle_lock_);
    if (!idle_enabled_ || !idle_counting_ || idle_expired_ || idle_suspended_ || InUse()) return;
    timeout = idle_settings_.IdleTimeout ? idle_settings_.IdleTimeout : kDefaultTimeoutMs;
    // S11: for earlier builds the system's own time-out is the only one.
    if (idle_settings_.IdleTimeoutType != DriverManagedIdleTimeout && !device_.globals().BuiltFor(33)) timeout = 1;
  }
  LARGE_INTEGER due;
  due.QuadPart = -static_cast<LONGLONG>(timeout) * 10'000;
  KeSetCoalescableTimer(&idle_timer_, due, 0, kToleranceMs, &idle_dpc_);
}

VOID PnpPower::IdleTimerDpc(PKDPC, PVOID context, PVOID, PVOID) {
  PnpPower& self = *static_cast<PnpPower*>(context);
  {
    rt::LockGuard guard(self.idle_lock_);
    if (!self.idle_enabled_ || !self.idle_counting_ || self.idle_suspended_ || self.InUse() || self.idle_expired_) return;
    self.idle_expired_ = true;  // I2
    self.idle_event_out_ = true;
  }
  KeClearEvent(&self.in_d0_event_);
  self.policy_.Post(PolicyEvent::kIdleTimeout, StateEngine::On::kWorker);
}

// --- references ---

void PnpPower::IdleReferenceTaken() {
  bool expired;
  {
    rt::LockGuard guard(idle_lock_);
    expired = idle_expired_;
  }
  if (expired) {
    policy_.Post(PolicyEvent::kIoPresent, StateEngine::On::kWorker);
  } else {
    KeCancelTimer(&idle_timer_);
  }
}

void PnpPower::HoldForChild() {
  {
    rt::LockGuard guard(idle_lock_);
    ++child_holds_;
  }
  IdleReferenceTaken();
}

void PnpPower::LetGoForChild() {
  {
    rt::LockGuard guard(idle_lock_);
    --child_holds_;
  }
  ArmIdleTimer();
}

NTSTATUS PnpPower::StopIdle(bool wait) {
  if (!policy_owner_) return STATUS_INVALID_DEVICE_STATE;
  bool in_d0;
  {
    rt::LockGuard guard(idle_lock_);
    if (!stop_idle_allowed_) return STATUS_POWER_STATE_INVALID;
    ++stop_idle_count_;
    in_d0 = !idle_expired_ && !idle_suspended_;
  }
  if (in_d0) {
    KeCancelTimer(&idle_timer_);
    return STATUS_SUCCESS;
  }
  policy_.Post(PolicyEvent::kIoPresent, StateEngine::On::kWorker);
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

}  // namespace drydock::wdf
