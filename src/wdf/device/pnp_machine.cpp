// The actions of the PnP machine: tables S1 to S7 of the contract, step by step. Every action runs under pnp_lock_.
#include "nt/driver_callback.h"
#include "runtime/assert.h"
#include "wdf/bus/bus.h"
#include "wdf/device/builder.h"
#include "wdf/device/names.h"
#include "wdf/device/pnp_power.h"
#include "wdf/device/power_steps.h"
#include "wdf/device/remove_lock.h"
#include "wdf/object/disposal.h"
#include "wdf/object/factory.h"
#include "wdf/resource/cm_list.h"
#include "wdf/resource/resource_irp.h"

namespace drydock::wdf {

WDFDEVICE PnpPower::handle() const { return reinterpret_cast<WDFDEVICE>(device_.handle()); }

void PnpPower::Begin() {
  EnterPnp(WdfDevStatePnpInit);
  SettlePnp();
}

NTSTATUS PnpPower::HandleEvent(PnpEvent event, PIRP irp) {
  pnp_lock_.Acquire();
  const PnpRow row = RowFor(pnp_state(), event);
  if (event == PnpEvent::kRemove) return Remove(irp, row.action);  // ends with the device
  RT_ASSERT(row.spec != nullptr || event == PnpEvent::kPowerFailed || event == PnpEvent::kEject);
  NTSTATUS status = STATUS_SUCCESS;
  bool send_on = true;  // false: `status` is final, the IRP came back or goes no further
  switch (row.action) {
    case PnpAction::kStart:
    case PnpAction::kStartFromStopped:
    case PnpAction::kRestart:
    case PnpAction::kRestartPdo:
      status = Start(irp, row.action);
      if (pnp_state() == WdfDevStatePnpFailedWaitForRemove) AskForRestart();
      send_on = false;
      break;
    case PnpAction::kStartFailed:
      EnterPnp(WdfDevStatePnpFailedStarted);
      EnterPnp(WdfDevStatePnpFailedWaitForRemove);
      status = STATUS_INVALID_DEVICE_STATE;
      break;
    case PnpAction::kQueryRemoveInit:
      EnterPnp(WdfDevStatePnpInitQueryRemove);
      break;
    case PnpAction::kCancelRemoveInit:
      EnterPnp(WdfDevStatePnpInitQueryRemoveCanceled);
      EnterPnp(WdfDevStatePnpInit);
      break;
    case PnpAction::kSurpriseInit:
      EnterPnp(WdfDevStatePnpInitSurpriseRemoved);
      EnterPnp(WdfDevStatePnpInit);
      break;
    case PnpAction::kQueryStop: status = Query(true); break;
    case PnpAction::kQueryRemove: status = Query(false); break;
    case PnpAction::kCancelStopVetoed:
      EnterPnp(WdfDevStatePnpStartedCancelStop);
      EnterPnp(WdfDevStatePnpStarted);
      break;
    case PnpAction::kCancelRemoveVetoed:
      EnterPnp(WdfDevStatePnpStartedCancelRemove);
      EnterPnp(WdfDevStatePnpStarted);
      break;
    case PnpAction::kQueryCanceled:
      EnterPnp(WdfDevStatePnpQueryCanceled);
      LetSleep();
      EnterPnp(WdfDevStatePnpStarted);
      break;
    case PnpAction::kStop:
      Stop();
      if (pnp_state() == WdfDevStatePnpFailedWaitForRemove) ReportFailure();
      break;
    case PnpAction::kSurpriseStarted:
    case PnpAction::kSurpriseQueried:
    case PnpAction::kSurpriseStopped:
    case PnpAction::kSurpriseFailed:
    case PnpAction::kSurprisePdo: SurpriseRemoval(row.action); break;
    case PnpAction::kEject: status = Eject(); break;
    case PnpAction::kFailStarted:
      // PWR-39: the children, which go first when the device is removed, release their hardware before it does.
      if (device_.init().release_order == WdfReleaseHardwareOrderOnFailureAfterDescendants) {
        failed_ = true;
        ReportFailure();
        break;
      }
      EnterPnp(power_failed_going_down_ ? WdfDevStatePnpFailedPowerDown : WdfDevStatePnpFailedIoStarting);
      policy_.StopDevice(true);
      Fail(true);
      ReportFailure();
      break;
    default:
      if (event == PnpEvent::kEject) status = STATUS_INVALID_DEVICE_STATE;  // its stack was not removed first
      break;
  }
  Settle();
  pnp_irp_.store(nullptr);
  pnp_lock_.Release();
  if (!irp) return STATUS_SUCCESS;
  return send_on ? ForwardWithStatus(irp, status) : CompleteIrp(irp, status, irp->IoStatus.Information);
}

// --- start (S1, S2, S3) ---

NTSTATUS PnpPower::Start(PIRP irp, PnpAction action) {
  bool first_start = action == PnpAction::kStart;
  switch (action) {
    case PnpAction::kStart: EnterPnp(WdfDevStatePnpInitStarting); break;
    case PnpAction::kRestartPdo:  // the same object goes on (PWR-11, S12)
      EnterPnp(WdfDevStatePnpPdoRestart);
      failed_ = managed_purged_ = false;
      self_managed_flush_due_ = self_managed_cleanup_due_;
      first_start = true;
      break;
    case PnpAction::kStartFromStopped: EnterPnp(WdfDevStatePnpStoppedWaitForStartCompletion); break;
    default:  // START without a stop before it
      EnterPnp(WdfDevStatePnpRestart);
      StopIdleTracking();
      policy_.StopDevice(false);
      EnterPnp(WdfDevStatePnpRestartReleaseHardware);
      ReleaseHardware();
      break;
  }
  // The lists that the drivers below get lack what EvtDeviceRemoveAddedResources took out; our own callbacks see everything.
  resource::LowerLists lower;
  NTSTATUS status = resource::RemoveAdded(device_, irp, &lower);
  if (NT_SUCCESS(status)) {
    auto& resources = IoGetCurrentIrpStackLocation(irp)->Parameters.StartDevice;
    const auto whole = resources;
    if (lower.raw) resources = {lower.raw, lower.translated};
    status = ForwardAndWait(irp);
    resources = whole;
  }
  if (!NT_SUCCESS(status)) {
    if (action == PnpAction::kStart) {
      EnterPnp(WdfDevStatePnpInit);
    } else {
      Fail(false);
    }
    return status;
  }
  EnterPnp(first_start                              ? WdfDevStatePnpHardwareAvailable
           : action == PnpAction::kStartFromStopped ? WdfDevStatePnpStartingFromStopped
                                                    : WdfDevStatePnpRestartHardwareAvailable);
  if (!device_.access_agreed_) {  // IOT-7.27; the status is ours
    Fail(false);
    return STATUS_NOT_SUPPORTED;
  }
  status = MakeResourceLists(irp);
  if (!NT_SUCCESS(status)) {
    if (action != PnpAction::kStart) {
      Fail(false);
      return status;
    }
    EnterPnp(WdfDevStatePnpFailedInit);  // S2: nothing has begun yet
    EnterPnp(WdfDevStatePnpInit);
    return status;
  }
  device_.begun_start_.store(true, std::memory_order_release);
  status = PrepareHardware(irp);
  if (!NT_SUCCESS(status)) {
    Fail(true);
    return status;
  }
  if (action == PnpAction::kStartFromStopped) EnterPnp(WdfDevStatePnpRestarting);
  status = policy_.Start();
  if (!NT_SUCCESS(status)) {
    EnterPnp(WdfDevStatePnpHardwareAvailablePowerPolicyFailed);
    Fail(true);
    return STATUS_DEVICE_POWER_FAILURE;
  }
  if (first_start) {
    EnterPnp(WdfDevStatePnpEnableInterfaces);
    status = EnableInterfaces();
    if (!NT_SUCCESS(status)) {
      EnterPnp(WdfDevStatePnpFailedPowerDown);
      StopIdleTracking();
      policy_.StopDevice(false);
      Fail(true);
      return status;
    }
  }
  EnterPnp(WdfDevStatePnpStarted);
  NoteStartAchieved();
  return STATUS_SUCCESS;
}

// The framework's own preparation, before the driver's.
NTSTATUS PnpPower::MakeResourceLists(PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = CreateObjectChecked(device_.globals(), ObjectType::kResourceList, nullptr, &device_, &raw_);
  if (NT_SUCCESS(status)) status = CreateObjectChecked(device_.globals(), ObjectType::kResourceList, nullptr, &device_, &translated_);
  if (NT_SUCCESS(status)) status = raw_->Fill(stack.Parameters.StartDevice.AllocatedResources);
  if (NT_SUCCESS(status)) status = translated_->Fill(stack.Parameters.StartDevice.AllocatedResourcesTranslated);
  if (!NT_SUCCESS(status)) DropResources();
  return status;
}

NTSTATUS PnpPower::PrepareHardware(PIRP irp) {
  const IO_STACK_LOCATION& stack = *IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = STATUS_SUCCESS;
  // PWR-24: ReleaseHardware is due from here on, also when this fails.
  hardware_prepared_ = true;
  interrupt::Assign(device_, stack.Parameters.StartDevice.AllocatedResources, stack.Parameters.StartDevice.AllocatedResourcesTranslated);
  if (auto callback = device_.init().pnp.EvtDevicePrepareHardware) {
    status = nt::CallDriver("EvtDevicePrepareHardware", callback, handle(), reinterpret_cast<WDFCMRESLIST>(raw_->handle()),
                            reinterpret_cast<WDFCMRESLIST>(translated_->handle()));
    interrupt::Prepared(device_);
    if (!NT_SUCCESS(status)) return status;
  } else {
    interrupt::Prepared(device_);
  }
  return policy_owner_ ? QueryStackCapabilities() : STATUS_SUCCESS;
}

NTSTATUS PnpPower::ReleaseHardware() {
  NTSTATUS status = STATUS_SUCCESS;
  if (!hardware_prepared_) return status;
  hardware_prepared_ = false;
  if (auto callback = device_.init().pnp.EvtDeviceReleaseHardware) {
    status = nt::CallDriver("EvtDeviceReleaseHardware", callback, handle(), reinterpret_cast<WDFCMRESLIST>(translated_->handle()));
  }
  interrupt::Revoke(device_);
  DropResources();
  return status;
}

void PnpPower::DropResources() {
  if (raw_) raw_->Delete();
  if (translated_) translated_->Delete();
  raw_ = nullptr;
  translated_ = nullptr;
}

NTSTATUS PnpPower::EnableInterfaces() {
  interfaces_on_ = true;
  NTSTATUS status = device_.names().EnableInterfaces();
  return NT_SUCCESS(status) ? wmi::Up(device_) : status;
}

void PnpPower::DisableInterfaces() {
  if (!interfaces_on_) return;
  interfaces_on_ = false;
  wmi::Down(device_);
  device_.names().DisableInterfaces();
}

void PnpPower::PurgeManaged() {
  if (managed_purged_) return;
  managed_purged_ = true;
  queue::PurgeForRemoval(device_, queue::PurgeScope::kPowerManaged);
}

void PnpPower::FlushSelfManagedIo() {
  if (!self_managed_flush_due_) return;
  self_managed_flush_due_ = false;
  if (auto callback = device_.init().pnp.EvtDeviceSelfManagedIoFlush) nt::CallDriver("EvtDeviceSelfManagedIoFlush", callback, handle());
}

void PnpPower::CleanUpSelfManagedIo() {
  if (!self_managed_cleanup_due_) return;
  self_managed_cleanup_due_ = false;
  if (auto callback = device_.init().pnp.EvtDeviceSelfManagedIoCleanup) nt::CallDriver("EvtDeviceSelfManagedIoCleanup", callback, handle());
}

// F1 of S2.
void PnpPower::Fail(bool release_hardware) {
  StopIdleTracking();
  if (release_hardware) {
    EnterPnp(WdfDevStatePnpFailedOwnHardware);
    ReleaseHardware();
  }
  EnterPnp(WdfDevStatePnpFailed);
  failed_ = true;
  DisableInterfaces();
  PurgeManaged();
  FlushSelfManagedIo();
  power_.EndWaitWake(STATUS_NO_SUCH_DEVICE);
  policy_.Remove();
  EnterPnp(WdfDevStatePnpFailedPowerPolicyRemoved);
  EnterPnp(WdfDevStatePnpFailedWaitForRemove);
}

// --- query, stop (S3, S4, S5) ---

NTSTATUS PnpPower::CheckStaticStopRemove() const {
  rt::LockGuard guard(settings_lock_);
  if (not_stoppable_ > 0) return STATUS_INVALID_DEVICE_STATE;
  for (int32_t count : special_in_use_) {
    if (count > 0) return STATUS_DEVICE_NOT_READY;
  }
  return STATUS_SUCCESS;
}

NTSTATUS PnpPower::Query(bool stop) {
  EnterPnp(stop ? WdfDevStatePnpQueryStopStaticCheck : WdfDevStatePnpQueryRemoveStaticCheck);
  NTSTATUS status = CheckStaticStopRemove();
  if (NT_SUCCESS(status)) {
    EnterPnp(stop ? WdfDevStatePnpQueryStopAskDriver : WdfDevStatePnpQueryRemoveAskDriver);
    auto callback = stop ? device_.init().pnp.EvtDeviceQueryStop : device_.init().pnp.EvtDeviceQueryRemove;
    if (callback) status = nt::CallDriver(stop ? "EvtDeviceQueryStop" : "EvtDeviceQueryRemove", callback, handle());
    if (status == STATUS_NOT_SUPPORTED && device_.globals().verifier) {
      Break(device_.globals(), "EvtDeviceQueryStop and EvtDeviceQueryRemove must not return STATUS_NOT_SUPPORTED");
    }
  }
  if (NT_SUCCESS(status)) {
    EnterPnp(stop ? WdfDevStatePnpQueryStopEnsureDeviceAwake : WdfDevStatePnpQueryRemoveEnsureDeviceAwake);
    status = StayAwake() ? STATUS_SUCCESS : STATUS_POWER_STATE_INVALID;
  }
  EnterPnp(!NT_SUCCESS(status) ? WdfDevStatePnpStarted : stop ? WdfDevStatePnpQueryStopPending : WdfDevStatePnpQueryRemovePending);
  return status;
}

// The device is kept in D0 until the query is taken back or carried out.
bool PnpPower::StayAwake() {
  // While the system sleeps, or the machine itself holds the device in Dx, nobody can be brought to D0; PnP then goes on with the device as it is.
  if (!policy_owner_ || kept_awake_ || held_down_ || system_state_ != PowerSystemWorking) return true;
  const NTSTATUS status = StopIdle(true);
  kept_awake_ = NT_SUCCESS(status);
  return kept_awake_;
}

void PnpPower::LetSleep() {
  if (!kept_awake_) return;
  kept_awake_ = false;
  ResumeIdle();
}

void PnpPower::Stop() {
  EnterPnp(WdfDevStatePnpStartedStopping);
  StopIdleTracking();
  LetSleep();
  NTSTATUS status = policy_.StopDevice(false);
  if (!NT_SUCCESS(status)) {
    Fail(true);
    return;
  }
  EnterPnp(WdfDevStatePnpStopped);
  if (!NT_SUCCESS(ReleaseHardware())) Fail(false);
}

// --- removal (S6, S7) ---

void PnpPower::SurpriseRemoval(PnpAction action) {
  auto callback = device_.init().pnp.EvtDeviceSurpriseRemoval;
  auto tell = [&] {
    if (callback) nt::CallDriver("EvtDeviceSurpriseRemoval", callback, handle());
  };
  switch (action) {
    case PnpAction::kSurpriseFailed:
      EnterPnp(WdfDevStatePnpFailedSurpriseRemoved);
      tell();
      EnterPnp(WdfDevStatePnpFailedWaitForRemove);
      return;
    case PnpAction::kSurprisePdo:
      EnterPnp(WdfDevStatePnpRemovedPdoSurpriseRemoved);
      tell();
      EnterPnp(WdfDevStatePnpRemovedPdoWait);
      return;
    case PnpAction::kSurpriseStopped:
      EnterPnp(WdfDevStatePnpSurpriseRemove);
      tell();
      device_.names().DeleteSymbolicLink();
      Fail(false);
      return;
    case PnpAction::kSurpriseQueried:
      EnterPnp(WdfDevStatePnpQueriedSurpriseRemove);
      LetSleep();
      break;
    default: break;
  }
  EnterPnp(WdfDevStatePnpSurpriseRemoveIoStarted);
  tell();
  EnterPnp(WdfDevStatePnpFailedIoStarting);
  StopIdleTracking();
  policy_.StopDevice(true);
  device_.names().DeleteSymbolicLink();
  Fail(true);
}

NTSTATUS PnpPower::Remove(PIRP irp, PnpAction action) {
  Device& device = device_;
  device.AddRef();
  switch (action) {
    case PnpAction::kRemoveStarted:
    case PnpAction::kRemoveQueried:
      EnterPnp(action == PnpAction::kRemoveQueried ? WdfDevStatePnpQueriedRemoving : WdfDevStatePnpStartedRemoving);
      // Without a query before it the policy machine brings an idle owner to D0 first (PWR-22 as corrected, S6).
      StopIdleTracking();
      LetSleep();
      policy_.StopDevice(false);
      [[fallthrough]];
    case PnpAction::kRemoveStopped:
      EnterPnp(WdfDevStatePnpRemovingDisableInterfaces);
      ReleaseHardware();
      DisableInterfaces();
      if (!device.is_pdo()) device.names().DeleteSymbolicLink();
      PurgeManaged();
      FlushSelfManagedIo();
      power_.EndWaitWake(STATUS_NO_SUCH_DEVICE);
      policy_.Remove();
      break;
    default: break;  // never started, or failed before: all that was done already
  }
  if (!RemovedForGood(action)) {
    EnterPnp(WdfDevStatePnpRemovedPdoWait);
    Settle();
    pnp_irp_.store(nullptr);
    pnp_lock_.Release();
    CompleteIrp(irp, STATUS_SUCCESS);
    device.Release();
    return STATUS_SUCCESS;
  }
  EnterPnp(device.is_pdo() ? WdfDevStatePnpPdoRemoved : WdfDevStatePnpFdoRemoved);
  EndDevice();
  Settle();
  pnp_irp_.store(nullptr);
  pnp_lock_.Release();
  // DEVX-41: the clean-up above came before the IRP goes down; the object itself ends after it came back.
  irp->IoStatus.Status = STATUS_SUCCESS;
  NTSTATUS status = ForwardWithStatus(irp, STATUS_SUCCESS);
  DeviceBuilder::DeleteWdm(device);
  device.Release();
  return status;
}

// From PnpRemoved on: the children go along; a PDO that its bus still reports stays (S6).
bool PnpPower::RemovedForGood(PnpAction action) {
  if (pnp_state() == WdfDevStatePnpEjectedWaitingForRemove) return true;
  if (action != PnpAction::kRemovePdo) {
    EnterPnp(WdfDevStatePnpRemoved);
    if (bus::HasPdos(device_)) {
      EnterPnp(WdfDevStatePnpRemovedWaitForChildren);
      bus::ParentRemoved(device_);
    }
    EnterPnp(WdfDevStatePnpRemovedChildrenRemoved);
  }
  if (!device_.is_pdo()) return true;
  EnterPnp(WdfDevStatePnpCheckForDevicePresence);
  return !bus::StillPresent(device_);
}

void PnpPower::ParentRemoved() {
  pnp_lock_.Acquire();
  switch (pnp_state()) {
    case WdfDevStatePnpInit:
      EnterPnp(WdfDevStatePnpRemoved);
      EnterPnp(WdfDevStatePnpRemovedChildrenRemoved);
      EnterPnp(WdfDevStatePnpCheckForDevicePresence);
      break;
    case WdfDevStatePnpRemovedPdoWait:
    case WdfDevStatePnpEjectFailed:
    case WdfDevStatePnpEjectedWaitingForRemove: break;
    default:  // in the middle of its own removal: nobody waits for it
      pnp_lock_.Release();
      return;
  }
  EnterPnp(WdfDevStatePnpPdoRemoved);
  EndDevice();
  Settle();
  pnp_lock_.Release();
  DeviceBuilder::DeleteWdm(device_);
}

// S16: in the thread that brought the IRP.
NTSTATUS PnpPower::Eject() {
  EnterPnp(WdfDevStatePnpEjectHardware);
  NTSTATUS status = STATUS_SUCCESS;
  if (auto callback = device_.init().pdo_init->callbacks.EvtDeviceEject) status = nt::CallDriver("EvtDeviceEject", callback, handle());
  if (!NT_SUCCESS(status)) {
    EnterPnp(WdfDevStatePnpEjectFailed);
    return status;
  }
  bus::Ejected(device_);
  EnterPnp(WdfDevStatePnpEjectedWaitingForRemove);
  return status;
}

// PnpFinal: other queues purged > SelfManagedIoCleanup > clean-up callbacks of the children and the device.
void PnpPower::EndDevice() {
  StopIdleTracking();
  KeCancelTimer(&step_timer_);
  KeFlushQueuedDpcs();  // the idle timer's may be under way
  device_.names().DeleteSymbolicLink();
  queue::PurgeForRemoval(device_, managed_purged_ ? queue::PurgeScope::kOthers : queue::PurgeScope::kAll);
  WaitForIo(device_);
  CleanUpSelfManagedIo();
  EnterPnp(WdfDevStatePnpFinal);
  DropDependents();
  if (device_.is_pdo()) bus::PdoEnded(device_);
  device_.Delete();
  device_.framework().disposal->Drain();
}

void PnpPower::DeleteBeforeStart() {
  pnp_lock_.Acquire();
  EnterPnp(WdfDevStatePnpRemoved);
  EndDevice();
  pnp_lock_.Release();
}

}  // namespace drydock::wdf
