// PnpPower: the PnP, power and power-policy machines of one device of a stack.
// Called by:  DispatchWdm (PnP and power IRPs), idle workers, WdfDeviceStopIdle and friends.
// IRQL:       steps run at PASSIVE_LEVEL on the thread that brought the event, or on a worker; references for idle <= DISPATCH_LEVEL.
// Ownership:  by value of its Device; a worker that was started holds a reference on the device.
// Locks:      pnp_lock_ (waitable) from begin to end of a PnP IRP's work, power_lock_ (waitable) around a change of power; taken in that order, held
//             across callbacks into the driver. idle_lock_ (internal) guards the idle counts.
// States:     pnp_states.def: resting states x events. The states on the way are entered by the actions, in the order of tables S1 to S13.
// Source:     device-open-points-resolved.md S1 to S13, O-08, O-09, O-11, O-22, O-26, DEVX-27, DEVX-41 to DEVX-44; PWR-*.
// Narrowed:   interrupts, DMA, child lists, wake from Sx and PoFx are other rooms' and not there yet: their steps are passed without callbacks.
#pragma once

#include <atomic>
#include <string>

#include "runtime/lock.h"
#include "wdf/device/device.h"

namespace drydock::wdf {

class ResourceList;

enum class PnpEvent : uint8_t { kStart, kQueryStop, kCancelStop, kStop, kQueryRemove, kCancelRemove, kSurpriseRemoval, kRemove, kPowerFailed, kEject, kCount };

enum class PnpAction : uint8_t {
  kNothing,
  kSucceed,
  kStart,
  kRestart,
  kStartFromStopped,
  kStartFailed,
  kQueryRemoveInit,
  kCancelRemoveInit,
  kSurpriseInit,
  kRemoveInit,
  kQueryStop,
  kCancelStopVetoed,
  kStop,
  kQueryRemove,
  kCancelRemoveVetoed,
  kQueryCanceled,
  kSurpriseStarted,
  kSurpriseQueried,
  kSurpriseStopped,
  kSurpriseFailed,
  kRemoveStarted,
  kRemoveQueried,
  kRemoveStopped,
  kRemoveFailed,
  kRemovePdo,
  kRestartPdo,
  kSurprisePdo,
  kEject,
  kFailStarted,
};

struct PnpRow {
  PnpAction action;
  const char* spec;  // null: the pair has no row
};
PnpRow RowFor(WDF_DEVICE_PNP_STATE state, PnpEvent event);

// A lock that is held across callbacks: PASSIVE_LEVEL, waits.
class WaitableLock {
 public:
  WaitableLock() { KeInitializeEvent(&free_, SynchronizationEvent, TRUE); }
  void Acquire() { KeWaitForSingleObject(&free_, Executive, KernelMode, FALSE, nullptr); }
  void Release() { KeSetEvent(&free_, IO_NO_INCREMENT, FALSE); }

 private:
  KEVENT free_;
};

struct PnpPower {
  explicit PnpPower(Device& device);
  PnpPower(const PnpPower&) = delete;

  NTSTATUS DispatchPnp(PIRP irp);
  NTSTATUS DispatchPower(PIRP irp);
  // EvtDriverDeviceAdd failed after WdfDeviceCreate.
  void DeleteBeforeStart();

  WDF_DEVICE_PNP_STATE pnp_state() const { return pnp_state_.load(std::memory_order_acquire); }
  WDF_DEVICE_POWER_STATE power_state() const { return power_state_.load(std::memory_order_acquire); }
  WDF_DEVICE_POWER_POLICY_STATE policy_state() const { return policy_state_.load(std::memory_order_acquire); }
  bool policy_owner() const { return policy_owner_; }
  bool pageable() const { return (device_.wdm()->Flags & DO_POWER_PAGABLE) != 0; }
  // A PDO whose parent was removed (DEVX-25). Nothing happens to one that is in the middle of its own removal.
  void ParentRemoved();

  // --- idle (idle.cpp) ---
  NTSTATUS AssignIdleSettings(const WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS& settings);
  NTSTATUS StopIdle(bool wait);
  void ResumeIdle();
  void IdleReferenceTaken();
  void ArmIdleTimer();  // when nothing uses the device any more

  // --- what drivers say about the device (pnp_power.cpp) ---
  // False: wrong Size or value; nothing changed then (DEVX-12).
  bool SetPnpCapabilities(const WDF_DEVICE_PNP_CAPABILITIES& capabilities);
  bool SetPowerCapabilities(const WDF_DEVICE_POWER_CAPABILITIES& capabilities);
  void SetDeviceState(const WDF_DEVICE_STATE& state);
  void GetDeviceState(WDF_DEVICE_STATE* state) const;
  void SetFailed(WDF_DEVICE_FAILED_ACTION action);
  void SetStaticStopRemove(bool stoppable);
  void SetSpecialFileSupport(WDF_SPECIAL_FILE_TYPE type, bool supported);
  POWER_ACTION system_power_action() const { return system_action_; }

 private:
  friend struct DeviceBuilder;

  // --- states (states.cpp) ---
  void EnterPnp(WDF_DEVICE_PNP_STATE state);
  void EnterPower(WDF_DEVICE_POWER_STATE state);
  void EnterPolicy(WDF_DEVICE_POWER_POLICY_STATE state);
  void SettlePnp();
  void SettlePower();
  void SettlePolicy();
  void Settle();

  // --- PnP (pnp_irp.cpp, pnp_machine.cpp) ---
  WDFDEVICE handle() const;
  void Begin();
  NTSTATUS HandleEvent(PnpEvent event, PIRP irp);
  NTSTATUS Start(PIRP irp, PnpAction action);
  NTSTATUS Query(bool stop);
  NTSTATUS CheckStaticStopRemove() const;
  bool StayAwake();
  void LetSleep();
  void Stop();
  void SurpriseRemoval(PnpAction action);
  NTSTATUS Remove(PIRP irp, PnpAction action);
  bool RemovedForGood(PnpAction action);
  NTSTATUS Eject();
  void EndDevice();
  void Fail(bool release_hardware);
  void ReportFailure();
  NTSTATUS PrepareHardware(PIRP irp);
  NTSTATUS ReleaseHardware();
  void DropResources();
  NTSTATUS EnableInterfaces();
  void DisableInterfaces();
  void PurgeManaged();
  void FlushSelfManagedIo();
  void CleanUpSelfManagedIo();
  NTSTATUS ForwardAndWait(PIRP irp);
  NTSTATUS ForwardWithStatus(PIRP irp, NTSTATUS status);
  NTSTATUS PassOn(PIRP irp);
  NTSTATUS QueryCapabilities(PIRP irp);
  void ApplyCapabilities(DEVICE_CAPABILITIES* capabilities);
  NTSTATUS QueryPnpState(PIRP irp);
  NTSTATUS QueryRelations(PIRP irp);
  NTSTATUS UsageNotification(PIRP irp);

  // --- power (power_machine.cpp, power_irp.cpp) ---
  enum class UpFrom : uint8_t { kFirstStart, kStopped, kDx };
  bool IsUp() const;    // resting in D0
  bool IsDown() const;  // resting in Dx
  bool UsesSelfManagedIo() const;
  void QueuesUp();
  void QueuesDown();
  NTSTATUS SelfManagedIoUp();
  NTSTATUS SelfManagedIoDown();
  NTSTATUS D0Exit(WDF_POWER_DEVICE_STATE target);
  NTSTATUS PreInterruptsDisabled(WDF_POWER_DEVICE_STATE target);
  NTSTATUS HardwareUp(WDF_POWER_DEVICE_STATE previous, bool starting, int* step);
  NTSTATUS PowerUp(UpFrom from);
  void UndoPowerUp(bool starting, int step);
  NTSTATUS PowerDown(WDF_POWER_DEVICE_STATE target, bool stops);
  NTSTATUS ImplicitPowerDown();  // takes power_lock_ itself
  void PolicyStarted(UpFrom from);
  NTSTATUS HandlePower(PIRP irp);
  NTSTATUS SetDevicePower(PIRP irp);
  NTSTATUS SetSystemPower(PIRP irp);
  NTSTATUS PassPowerDown(PIRP irp);
  NTSTATUS ForwardPowerAndWait(PIRP irp);
  static VOID NTAPI PowerWorker(PVOID context);
  void PowerFailed(bool going_down);

  // --- idle (idle.cpp) ---
  bool InUse() const RT_REQUIRES(idle_lock_);
  void StartIdleTracking();
  void StopIdleTracking();
  void SuspendIdle(bool suspend);  // while the system sleeps
  static VOID NTAPI IdleTimerDpc(PKDPC dpc, PVOID context, PVOID, PVOID);
  void RunIdleWork();
  void QueueIdleWork();
  NTSTATUS RequestPower(DEVICE_POWER_STATE state);
  WDF_DEVICE_POWER_POLICY_STATE RestingPolicy() const;
  void EnterPolicyDown();
  void SettledDown();
  void EnterPolicyUp();
  void SettledUp();
  void ArmBeforeSleep();
  void DisarmAfterWake();

  void QueueWork(void (*routine)(PnpPower&));

  Device& device_;
  std::atomic<WDF_DEVICE_PNP_STATE> pnp_state_{WdfDevStatePnpObjectCreated};
  std::atomic<WDF_DEVICE_POWER_STATE> power_state_{WdfDevStatePowerObjectCreated};
  std::atomic<WDF_DEVICE_POWER_POLICY_STATE> policy_state_{WdfDevStatePwrPolObjectCreated};
  bool pnp_settled_ = true, power_settled_ = true, policy_settled_ = true;

  WaitableLock pnp_lock_;
  WaitableLock power_lock_;
  bool policy_owner_ = false;

  std::atomic<PIRP> pnp_irp_{nullptr};  // the state-changing IRP that is being handled

  // --- where the hardware and the self-managed I/O callbacks stand; under pnp_lock_ or power_lock_ as they are touched ---
  bool hardware_prepared_ = false;
  ResourceList* raw_ = nullptr;
  ResourceList* translated_ = nullptr;
  bool io_running_ = false;                // SelfManagedIoInit or Restart succeeded and no Suspend followed
  bool self_managed_ready_ = false;        // Init succeeded: from now on Restart
  bool self_managed_flush_due_ = false;    // Init was called (DEVX-42)
  bool self_managed_cleanup_due_ = false;
  bool managed_purged_ = false;
  bool interfaces_on_ = false;
  bool kept_awake_ = false;                // a query holds an idle reference
  bool power_failed_going_down_ = false;
  bool failed_ = false;
  std::atomic<WDF_DEVICE_FAILED_ACTION> failed_action_{WdfDeviceFailedUndefined};
  WDF_POWER_DEVICE_STATE dx_ = WdfPowerDeviceD3Final;  // the state before the next D0 entry
  bool armed_for_s0_ = false;

  // --- idle, under idle_lock_ ---
  mutable rt::Lock idle_lock_;
  bool idle_assigned_ RT_GUARDED_BY(idle_lock_) = false;
  bool idle_enabled_ RT_GUARDED_BY(idle_lock_) = false;
  bool idle_tracking_ RT_GUARDED_BY(idle_lock_) = false;   // started, in D0 or idled
  bool idle_expired_ RT_GUARDED_BY(idle_lock_) = false;    // "not in D0" from here on (O-26)
  bool idle_suspended_ RT_GUARDED_BY(idle_lock_) = false;
  bool idle_work_queued_ RT_GUARDED_BY(idle_lock_) = false;
  uint32_t stop_idle_count_ RT_GUARDED_BY(idle_lock_) = 0;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle_settings_ RT_GUARDED_BY(idle_lock_) = {};
  DEVICE_POWER_STATE idle_dx_ RT_GUARDED_BY(idle_lock_) = PowerDeviceD3;
  KEVENT in_d0_event_ = {};  // signalled while powered and not idled, or failed
  KTIMER idle_timer_ = {};
  KDPC idle_dpc_ = {};
  std::atomic<bool> idle_transition_{false};  // the power-down under way is for idleness

  // --- what was set, under settings_lock_ ---
  mutable rt::Lock settings_lock_;
  bool pnp_capabilities_set_ RT_GUARDED_BY(settings_lock_) = false;
  bool power_capabilities_set_ RT_GUARDED_BY(settings_lock_) = false;
  WDF_DEVICE_PNP_CAPABILITIES pnp_capabilities_ RT_GUARDED_BY(settings_lock_) = {};
  WDF_DEVICE_POWER_CAPABILITIES power_capabilities_ RT_GUARDED_BY(settings_lock_) = {};
  WDF_DEVICE_STATE device_state_ RT_GUARDED_BY(settings_lock_) = {};
  uint32_t not_stoppable_ RT_GUARDED_BY(settings_lock_) = 0;
  uint32_t special_files_ RT_GUARDED_BY(settings_lock_) = 0;       // supported types, bits
  int32_t special_in_use_[WdfSpecialFileMax] RT_GUARDED_BY(settings_lock_) = {};
  DEVICE_POWER_STATE device_wake_ RT_GUARDED_BY(settings_lock_) = PowerDeviceUnspecified;  // the stack's, from QUERY_CAPABILITIES
  POWER_ACTION system_action_ = PowerActionNone;
};

}  // namespace drydock::wdf
