// Powering up and down: the callback order of tables S1, S2, S8 and S13, with the states passed on the way. Every function here runs under
// power_lock_ at PASSIVE_LEVEL.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/power_steps.h"
#include "wdf/trace.h"

namespace drydock::wdf {

// A driver that is not power-pageable passes the twins of these states.
#define TWIN(state) (pageable() ? WdfDevStatePower##state : WdfDevStatePower##state##NP)

// The self-managed I/O callbacks count as used when any of the five is registered (DEVX-42).
bool PnpPower::UsesSelfManagedIo() const {
  const WDF_PNPPOWER_EVENT_CALLBACKS& pnp = device_.init().pnp;
  return pnp.EvtDeviceSelfManagedIoCleanup || pnp.EvtDeviceSelfManagedIoFlush || pnp.EvtDeviceSelfManagedIoInit ||
         pnp.EvtDeviceSelfManagedIoSuspend || pnp.EvtDeviceSelfManagedIoRestart;
}

void PnpPower::QueuesUp() {
  device_.in_d0_.store(true, std::memory_order_release);
  queue::PowerUp(device_);
}

void PnpPower::QueuesDown() {
  if (!device_.in_d0_.exchange(false, std::memory_order_acq_rel)) return;
  queue::PowerDown(device_);
}

NTSTATUS PnpPower::SelfManagedIoUp() {
  if (!UsesSelfManagedIo()) return STATUS_SUCCESS;
  const WDF_PNPPOWER_EVENT_CALLBACKS& pnp = device_.init().pnp;
  NTSTATUS status = STATUS_SUCCESS;
  if (self_managed_ready_) {
    if (pnp.EvtDeviceSelfManagedIoRestart) {
      status = nt::CallDriver("EvtDeviceSelfManagedIoRestart", pnp.EvtDeviceSelfManagedIoRestart, handle());
    }
  } else {
    self_managed_flush_due_ = true;
    self_managed_cleanup_due_ = true;
    if (pnp.EvtDeviceSelfManagedIoInit) status = nt::CallDriver("EvtDeviceSelfManagedIoInit", pnp.EvtDeviceSelfManagedIoInit, handle());
    self_managed_ready_ = NT_SUCCESS(status);
  }
  io_running_ = NT_SUCCESS(status);
  return status;
}

NTSTATUS PnpPower::SelfManagedIoDown() {
  if (!io_running_) return STATUS_SUCCESS;
  io_running_ = false;
  auto callback = device_.init().pnp.EvtDeviceSelfManagedIoSuspend;
  return callback ? nt::CallDriver("EvtDeviceSelfManagedIoSuspend", callback, handle()) : STATUS_SUCCESS;
}

NTSTATUS PnpPower::D0Exit(WDF_POWER_DEVICE_STATE target) {
  auto callback = device_.init().pnp.EvtDeviceD0Exit;
  return callback ? nt::CallDriver("EvtDeviceD0Exit", callback, handle(), target) : STATUS_SUCCESS;
}

NTSTATUS PnpPower::PreInterruptsDisabled(WDF_POWER_DEVICE_STATE target) {
  auto callback = device_.init().pnp.EvtDeviceD0ExitPreInterruptsDisabled;
  return callback ? nt::CallDriver("EvtDeviceD0ExitPreInterruptsDisabled", callback, handle(), target) : STATUS_SUCCESS;
}

// D0Entry up to the scan for children. `step` tells how far it came: 0 D0Entry failed, 1 connecting interrupts failed, 2 PostInterruptsEnabled failed,
// 3 DMA failed, 4 done.
NTSTATUS PnpPower::HardwareUp(WDF_POWER_DEVICE_STATE previous, bool starting, int* step) {
  const WDF_PNPPOWER_EVENT_CALLBACKS& pnp = device_.init().pnp;
  NTSTATUS status = STATUS_SUCCESS;
  *step = 0;
  EnterPower(starting ? WdfDevStatePowerD0Starting : TWIN(Waking));
  if (pnp.EvtDeviceD0Entry) status = nt::CallDriver("EvtDeviceD0Entry", pnp.EvtDeviceD0Entry, handle(), previous);
  if (!NT_SUCCESS(status)) return status;
  *step = 1;
  if (!starting) EnterPower(TWIN(NotifyingD0EntryToWakeInterrupts));
  interrupt::ToldD0Entry(device_);
  EnterPower(starting ? WdfDevStatePowerD0StartingConnectInterrupt : TWIN(WakingConnectInterrupt));
  status = interrupt::Up(device_);
  if (!NT_SUCCESS(status)) return status;
  *step = 2;
  if (pnp.EvtDeviceD0EntryPostInterruptsEnabled) {
    status = nt::CallDriver("EvtDeviceD0EntryPostInterruptsEnabled", pnp.EvtDeviceD0EntryPostInterruptsEnabled, handle(), previous);
  }
  if (!NT_SUCCESS(status)) return status;
  *step = 3;
  EnterPower(starting ? WdfDevStatePowerD0StartingDmaEnable : TWIN(WakingDmaEnable));
  status = dma::Up(device_);
  if (!NT_SUCCESS(status)) return status;
  *step = 4;
  bus::ScanForChildren(device_);
  EnterPower(starting ? WdfDevStatePowerD0StartingPostHardwareEnabled : TWIN(WakingPostHardwareEnabled));
  return status;
}

NTSTATUS PnpPower::PowerUp(UpFrom from) {
  const bool starting = from != UpFrom::kDx;
  if (starting) {
    EnterPower(WdfDevStatePowerStartingCheckDeviceType);
    EnterPolicy(from == UpFrom::kStopped && policy_owner_ ? WdfDevStatePwrPolRestarting : WdfDevStatePwrPolStarting);
  } else {
    EnterPower(TWIN(CheckDeviceType));
  }
  int step = 0;
  NTSTATUS status = HardwareUp(starting ? WdfPowerDeviceD3Final : dx_, starting, &step);
  if (NT_SUCCESS(status)) {
    DisarmAfterWake();
    EnterPower(starting ? WdfDevStatePowerD0StartingStartSelfManagedIo : TWIN(StartSelfManagedIo));
    QueuesUp();
    status = SelfManagedIoUp();
    if (NT_SUCCESS(status)) {
      EnterPower(WdfDevStatePowerDecideD0State);
      EnterPower(TWIN(D0));
      if (starting) PolicyStarted(from);
      return status;
    }
    step = 5;  // self-managed I/O failed
  }
  UndoPowerUp(starting, step);
  return status;
}

void PnpPower::PolicyStarted(UpFrom) {
  if (!policy_owner_) {
    EnterPolicy(WdfDevStatePwrPolStarted);
    EnterPolicy(WdfDevStatePwrPolStartingSucceeded);
    return;
  }
  EnterPolicy(WdfDevStatePwrPolStartingPoweredUp);
  EnterPolicy(WdfDevStatePwrPolStartingSucceeded);
  EnterPolicy(WdfDevStatePwrPolStartingDecideS0Wake);
  EnterPolicy(RestingPolicy());
}

// A failed step is undone from the layer below the failing one (O-08): the failing D0Entry itself gets no D0Exit, a later failure exactly one.
void PnpPower::UndoPowerUp(bool starting, int step) {
  if (step == 5) {
    EnterPower(starting ? WdfDevStatePowerInitialSelfManagedIoFailed : TWIN(StartSelfManagedIoFailed));
    QueuesDown();
    EnterPower(starting ? WdfDevStatePowerInitialPostHardwareEnabledFailed : TWIN(WakingPostHardwareEnabledFailed));
  }
  if (step >= 3) {
    EnterPower(starting ? WdfDevStatePowerInitialDmaEnableFailed : TWIN(WakingDmaEnableFailed));
    dma::Down(device_);
    PreInterruptsDisabled(WdfPowerDeviceD3Final);
  }
  if (step >= 1) {
    EnterPower(starting ? WdfDevStatePowerInitialConnectInterruptFailed : TWIN(WakingConnectInterruptFailed));
    if (step >= 2) interrupt::Down(device_, false);
    D0Exit(WdfPowerDeviceD3Final);
  }
  if (starting) {
    EnterPower(WdfDevStatePowerInitialPowerUpFailedDerefParent);
    EnterPower(WdfDevStatePowerInitialPowerUpFailed);
    EnterPower(WdfDevStatePowerStopped);
    EnterPolicy(WdfDevStatePwrPolStartingFailed);
    return;
  }
  if (step == 0) EnterPower(TWIN(UpFailedDerefParent));
  EnterPower(WdfDevStatePowerReportPowerUpFailedDerefParent);
  EnterPower(WdfDevStatePowerReportPowerUpFailed);
  EnterPower(WdfDevStatePowerPowerFailedPowerDown);
  EnterPower(WdfDevStatePowerStopped);
  EnterPolicy(WdfDevStatePwrPolDevicePowerRequestFailed);
}

// All steps run whatever fails; the first failure is the result.
NTSTATUS PnpPower::PowerDown(WDF_POWER_DEVICE_STATE target, bool stops) {
  NTSTATUS first = STATUS_SUCCESS;
  auto note = [&first](NTSTATUS status) {
    if (NT_SUCCESS(first)) first = status;
  };
  EnterPower(stops ? WdfDevStatePowerGotoD3Stopped : TWIN(GotoDx));
  note(SelfManagedIoDown());
  QueuesDown();
  if (!stops) {
    ArmBeforeSleep();
    interrupt::ToldD0Exit(device_);
    EnterPower(TWIN(NotifyingD0ExitToWakeInterrupts));
    EnterPower(TWIN(GotoDxIoStopped));
  }
  note(dma::Down(device_));
  note(PreInterruptsDisabled(target));
  note(interrupt::Down(device_, !stops && !pageable()));
  note(D0Exit(target));
  dx_ = target;
  if (stops) {
    if (!NT_SUCCESS(first)) EnterPower(WdfDevStatePowerFinalPowerDownFailed);
    EnterPower(WdfDevStatePowerStopped);
    return first;
  }
  if (NT_SUCCESS(first)) {
    EnterPower(TWIN(Dx));
    return first;
  }
  EnterPower(WdfDevStatePowerGotoDxFailed);
  EnterPower(WdfDevStatePowerReportPowerDownFailed);
  EnterPower(WdfDevStatePowerPowerFailedPowerDown);
  EnterPower(WdfDevStatePowerStopped);
  EnterPolicy(WdfDevStatePwrPolDevicePowerRequestFailed);
  return first;
}

bool PnpPower::IsUp() const {
  const WDF_DEVICE_POWER_STATE state = power_state();
  return state == WdfDevStatePowerD0 || state == WdfDevStatePowerD0NP;
}

bool PnpPower::IsDown() const {
  const WDF_DEVICE_POWER_STATE state = power_state();
  return state == WdfDevStatePowerDx || state == WdfDevStatePowerDxNP;
}

// Stop, removal, surprise removal, failure (S12). From Dx there are no callbacks.
NTSTATUS PnpPower::ImplicitPowerDown() {
  NTSTATUS status = STATUS_SUCCESS;
  power_lock_.Acquire();
  if (IsUp() || IsDown()) {
    EnterPolicy(WdfDevStatePwrPolStopping);
    if (IsUp()) {
      status = PowerDown(WdfPowerDeviceD3Final, true);
    } else {
      armed_for_s0_ = false;
      EnterPower(TWIN(GotoDxStoppedDisableInterrupt));
      interrupt::Disconnect(device_);
      EnterPower(WdfDevStatePowerGotoDxStopped);
      EnterPower(WdfDevStatePowerStopped);
    }
    EnterPolicy(NT_SUCCESS(status) ? WdfDevStatePwrPolStoppingSendStatus : WdfDevStatePwrPolStoppingFailed);
    EnterPolicy(WdfDevStatePwrPolStopped);
  }
  SettlePower();
  SettlePolicy();
  power_lock_.Release();
  return status;
}

#undef TWIN

}  // namespace drydock::wdf
