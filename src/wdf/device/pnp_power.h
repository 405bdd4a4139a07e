// PnpPower: the PnP, power and power-policy machines of one device of a stack.
// Called by:  DispatchWdm (PnP and power IRPs), idle workers, WdfDeviceStopIdle and friends.
// IRQL:       steps run at PASSIVE_LEVEL on the thread that brought the event, or on a worker; references for idle <= DISPATCH_LEVEL.
// Ownership:  by value of its Device; a worker that was started holds a reference on the device.
// Locks:      pnp_lock_ (waitable) from begin to end of a PnP IRP's work, held across callbacks into the driver and while PnP waits for the policy
//             machine's answer. idle_lock_, settings_lock_ (internal) guard the idle counts and what was set. The power and policy machines have no
//             lock: each is run by one thread at a time (state_engine.h).
// States:     pnp_states.def: resting states x events; the states on the way are entered by the actions, in the order of tables S1 to S7.
//             power_states.def, policy_states.def: every state, what it does, and where events lead.
// Source:     device-open-points-resolved.md S1 to S15, O-01 to O-11, O-22 to O-28, DEVX-27, DEVX-41 to DEVX-47; PWR-*.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "runtime/lock.h"
#include "wdf/device/device.h"
#include "wdf/device/policy_machine.h"
#include "wdf/device/power_framework.h"
#include "wdf/device/power_machine.h"
#include "wdf/device/state_history.h"

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

  PolicyMachine& policy() { return policy_; }
  PowerMachine& power() { return power_; }
  PowerFramework& power_framework() { return power_framework_; }
  PDEVICE_OBJECT pdo() const { return device_.pdo(); }
  bool system_managed() const;  // the idle time-out is the system's
  void Complain(const char* words);
  // The last transitions of the three machines, oldest first; for reports and `drydock tree`.
  std::vector<StateChange> History() const { return history_.Changes(); }

  // --- idle (idle.cpp) ---
  NTSTATUS AssignIdleSettings(const WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS& settings);
  NTSTATUS StopIdle(bool wait);
  void ResumeIdle();
  void IdleReferenceTaken();
  void ArmIdleTimer();  // when nothing uses the device any more
  // A child PDO in D0, or on its way there, keeps its parent up.
  void HoldForChild();
  void LetGoForChild();

  // --- wake (wake_settings.cpp) ---
  NTSTATUS AssignWakeSettings(const WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS& settings);
  NTSTATUS IndicateWakeStatus(NTSTATUS status);
  // The interrupt family: this device has an interrupt that wakes it; WakeInterruptFired of policy() then stands for the wait-wake IRP.
  void SetWakesByInterrupt(bool wakes) { wakes_by_interrupt_ = wakes; }

  // --- what drivers say about the device (pnp_power.cpp) ---
  // False: wrong Size or value; nothing changed then (DEVX-12).
  bool SetPnpCapabilities(const WDF_DEVICE_PNP_CAPABILITIES& capabilities);
  bool SetPowerCapabilities(const WDF_DEVICE_POWER_CAPABILITIES& capabilities);
  void SetDeviceState(const WDF_DEVICE_STATE& state);
  void GetDeviceState(WDF_DEVICE_STATE* state) const;
  void SetFailed(WDF_DEVICE_FAILED_ACTION action);
  void SetStaticStopRemove(bool stoppable);
  NTSTATUS AddDependent(PDEVICE_OBJECT dependent);  // PWR-45; keeps a reference
  void RemoveDependent(PDEVICE_OBJECT dependent);
  void SetSpecialFileSupport(WDF_SPECIAL_FILE_TYPE type, bool supported);
  POWER_ACTION system_power_action() const { return system_action_; }

 private:
  friend struct DeviceBuilder;
  friend class PolicyMachine;
  friend class PowerMachine;
  friend class PowerFramework;

  // --- states (states.cpp) ---
  void EnterPnp(WDF_DEVICE_PNP_STATE state);
  void EnterPower(WDF_DEVICE_POWER_STATE state);
  void EnterPolicy(WDF_DEVICE_POWER_POLICY_STATE state);
  void SettlePnp();
  void SettlePower();
  void SettlePolicy();
  void Settle();
  // Around what a state does: the watchdog of drivers that are not power-pageable (DEVX-47, 0x1).
  void BeginStep(ULONG state);
  void EndStep();
  static VOID NTAPI StepTimedOut(PKDPC, PVOID context, PVOID, PVOID);

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
  NTSTATUS QueryStackCapabilities();
  void SurpriseRemoval(PnpAction action);
  NTSTATUS Remove(PIRP irp, PnpAction action);
  bool RemovedForGood(PnpAction action);
  NTSTATUS Eject();
  void EndDevice();
  void Fail(bool release_hardware);
  void ReportFailure();
  bool MayRestart();
  void NoteStartAchieved();
  bool AskForRestart();
  void DropDependents();
  void ReconsiderPageability();
  NTSTATUS MakeResourceLists(PIRP irp);
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

  // --- what the power machine calls (power_callbacks.cpp) ---
  bool UsesSelfManagedIo() const;
  void QueuesUp();
  void QueuesDown();
  NTSTATUS SelfManagedIoUp();
  NTSTATUS SelfManagedIoDown();
  NTSTATUS D0Exit(WDF_POWER_DEVICE_STATE target);
  NTSTATUS PreInterruptsDisabled(WDF_POWER_DEVICE_STATE target);
  WDF_POWER_DEVICE_STATE TargetOf(PIRP irp) const;  // of a Dx IRP

  // --- power IRPs (power_irp.cpp) ---
  NTSTATUS HandlePower(PIRP irp);
  NTSTATUS DevicePower(PIRP irp);
  NTSTATUS SystemPower(PIRP irp);
  NTSTATUS QuerySystemPower(PIRP irp);
  NTSTATUS PassPowerDown(PIRP irp);
  void FinishPowerIrp(PIRP irp, bool up, bool failed);
  static NTSTATUS NTAPI PowerIrpCameBack(PDEVICE_OBJECT, PIRP, PVOID context);
  void PowerFailed(bool going_down);
  void SystemActionOver() { system_action_ = PowerActionNone; }

  // --- idle (idle.cpp), for the policy machine ---
  enum class IdleKind : uint8_t { kNone, kWithoutWake, kWithWake };
  IdleKind idle_kind() const;
  DEVICE_POWER_STATE idle_dx() const;
  bool InUse() const RT_REQUIRES(idle_lock_);
  void AllowStopIdle();      // D0Entry is about to be called
  void StartIdleTracking();
  void StopIdleTracking();
  void IdleAtWork();         // in D0, for everybody
  void IdleCount();          // the timer may run
  bool IdleStopCounting();   // true: a time-out is on its way to the policy machine
  void IdleTimeoutTaken();
  void IdleAsleep();         // the system sleeps
  bool IdleQuery() const;    // somebody uses the device
  bool StaysIdleAfterSx();
  static VOID NTAPI IdleTimerDpc(PKDPC dpc, PVOID context, PVOID, PVOID);

  // --- wake (wake_settings.cpp), for the policy machine ---
  bool sx_wake_enabled() const;
  bool indicates_child_wake() const;
  bool wakes_by_interrupt() const { return wakes_by_interrupt_; }
  bool WantsSxWake(SYSTEM_POWER_STATE state, bool* children_armed) const;
  DEVICE_POWER_STATE DxForSx(SYSTEM_POWER_STATE state, bool wake) const;
  SYSTEM_POWER_STATE WakeStateForIrp() const;
  void EnsureCapabilities();
  bool UserChoice(const char16_t* chosen, const char16_t* by_default) const;

  void QueueWork(void (*routine)(PnpPower&));

  Device& device_;
  std::atomic<WDF_DEVICE_PNP_STATE> pnp_state_{WdfDevStatePnpObjectCreated};
  std::atomic<WDF_DEVICE_POWER_STATE> power_state_{WdfDevStatePowerObjectCreated};
  std::atomic<WDF_DEVICE_POWER_POLICY_STATE> policy_state_{WdfDevStatePwrPolObjectCreated};
  bool pnp_settled_ = true, power_settled_ = true, policy_settled_ = true;

  WaitableLock pnp_lock_;
  PolicyMachine policy_;
  PowerMachine power_;
  PowerFramework power_framework_;
  StateHistory history_;
  bool policy_owner_ = false;

  std::atomic<PIRP> pnp_irp_{nullptr};  // the state-changing IRP that is being handled

  // --- where the hardware and the self-managed I/O callbacks stand; touched by PnP while power rests, and by the power machine ---
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
  std::atomic<bool> held_down_{false};     // the machine, not the policy owner, put the device into Dx
  bool power_failed_going_down_ = false;
  bool failed_ = false;
  bool restart_asked_ = false;
  bool lost_pageability_ = false;          // to a special file
  std::atomic<WDF_DEVICE_FAILED_ACTION> failed_action_{WdfDeviceFailedUndefined};
  std::atomic<bool> wakes_by_interrupt_{false};
  std::atomic<uint32_t> step_depth_{0};
  std::atomic<void*> step_thread_{nullptr};  // PKTHREAD that takes the step
  WDF_POWER_ROUTINE_TIMED_OUT_DATA timed_out_ = {};  // of bug check 0x10D/0x1
  KTIMER step_timer_ = {};
  KDPC step_dpc_ = {};

  // --- idle, under idle_lock_ ---
  mutable rt::Lock idle_lock_;
  bool idle_assigned_ RT_GUARDED_BY(idle_lock_) = false;
  bool idle_enabled_ RT_GUARDED_BY(idle_lock_) = false;
  bool stop_idle_allowed_ RT_GUARDED_BY(idle_lock_) = false;  // PWR-68: from the first D0Entry on, itself included
  bool idle_tracking_ RT_GUARDED_BY(idle_lock_) = false;   // started, in D0 or idled
  bool idle_expired_ RT_GUARDED_BY(idle_lock_) = false;    // "not in D0" from here on (O-26)
  bool idle_suspended_ RT_GUARDED_BY(idle_lock_) = false;  // the system sleeps
  bool idle_counting_ RT_GUARDED_BY(idle_lock_) = false;
  bool idle_event_out_ RT_GUARDED_BY(idle_lock_) = false;  // IdleTimeout was posted and not taken yet
  uint32_t child_holds_ RT_GUARDED_BY(idle_lock_) = 0;
  uint32_t stop_idle_count_ RT_GUARDED_BY(idle_lock_) = 0;
  WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle_settings_ RT_GUARDED_BY(idle_lock_) = {};
  DEVICE_POWER_STATE idle_dx_ RT_GUARDED_BY(idle_lock_) = PowerDeviceD3;
  KEVENT in_d0_event_ = {};  // signalled while powered and not idled, or failed
  KTIMER idle_timer_ = {};
  KDPC idle_dpc_ = {};

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
  std::vector<PDEVICE_OBJECT> dependents_ RT_GUARDED_BY(settings_lock_);
  bool stack_known_ RT_GUARDED_BY(settings_lock_) = false;
  DEVICE_CAPABILITIES stack_ RT_GUARDED_BY(settings_lock_) = {};  // the stack's, from QUERY_CAPABILITIES
  bool wake_assigned_ RT_GUARDED_BY(settings_lock_) = false;
  bool wake_enabled_ RT_GUARDED_BY(settings_lock_) = false;
  WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS wake_settings_ RT_GUARDED_BY(settings_lock_) = {};
  DEVICE_POWER_STATE wake_dx_ RT_GUARDED_BY(settings_lock_) = PowerDeviceD3;
  std::atomic<POWER_ACTION> system_action_{PowerActionNone};
  std::atomic<SYSTEM_POWER_STATE> system_state_{PowerSystemWorking};
};

}  // namespace drydock::wdf
