// The pieces of powering up and down that call the driver and its queues.
#include "nt/driver_callback.h"
#include "wdf/device/pnp_power.h"

namespace drydock::wdf {

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

}  // namespace drydock::wdf
