// PolicyMachine: the power-policy states of one device: for the owner of its stack's power policy tables S1, S6 to S11, for the others S15.
// Called by:  PnpPower on behalf of PnP (start, stop, remove: each waits for the answer), of power IRPs and of idleness; PowerMachine with its answers.
// IRQL:       Post <= DISPATCH_LEVEL; Start, StopDevice, Remove PASSIVE_LEVEL, they wait.
// Ownership:  a member of PnpPower.
// Table:      policy_states.def.
#pragma once

#include <atomic>

#include "wdf/device/state_engine.h"

namespace drydock::wdf {

struct PnpPower;

#define DRYDOCK_POLICY_EVENTS(E)                                                                                                             \
  E(None) E(Start) E(Stop) E(SurpriseRemove) E(Remove)                                                                       /* PnP */       \
  E(Sx) E(S0) E(DxIrp) E(D0Irp)                                                                                              /* IRPs */      \
  E(IoStopped) E(Down) E(DownFailed) E(HardwareUp) E(Up) E(UpFailed) E(PoweredDown) E(PowerDownFailed)                       /* power */     \
  E(WakeArrived) E(WakeSucceeded) E(WakeFailed) E(WakeInterrupt)                                                             /* wait-wake */ \
  E(IdleTimeout) E(IoPresent) E(PolicyChanged) E(NotRequired) E(PowerRequired) E(DirectedDown) E(DirectedUp)                                  /* idle */      \
  /* answers of a state */                                                                                                                   \
  E(Go) E(Failed) E(NotCapable) E(IdleCapable) E(WakeCapable) E(Expired) E(Wanted) E(NotWanted) E(InUse) E(Idle) E(NoRequest) E(Directed)
enum class PolicyEvent : uint8_t {
#define E(name) k##name,
  DRYDOCK_POLICY_EVENTS(E)
#undef E
      kCount
};
using PolicyRow = Row<WDF_DEVICE_POWER_POLICY_STATE, PolicyEvent>;

class PolicyMachine final : public StateEngine {
 public:
  PolicyMachine(Device& device, PnpPower& pnp);

  void Post(PolicyEvent event, On on = On::kHere) { PostEvent(static_cast<uint8_t>(event), on); }

  // --- PnP asks and waits ---
  NTSTATUS Start();
  NTSTATUS StopDevice(bool surprise);
  void Remove();

  // --- IRPs ---
  // A system set-power; the IRP is kept until the device is where it belongs.
  NTSTATUS SystemPower(PIRP irp);
  // A device set-power that this driver's policy did not ask for: every one at a driver that owns no policy, those of the machine's own at an owner.
  void AdoptIrp(PIRP irp, bool up);
  // The owner's wait-wake passing by on its way down; `lower` is null for a PDO.
  NTSTATUS WaitWakeIrp(PIRP irp);
  // WdfDeviceIndicateWakeStatus by an owner that is no bus driver. False: nothing waits.
  bool IndicateWake(NTSTATUS status);
  // A wake interrupt fired while the device was out of D0. False: it is not waited for.
  bool WakeInterruptFired();
  bool asked_for_wake() const { return wake_sent_.load(); }
  bool asked_for_power() const { return power_requests_.load() > 0; }
  bool armed_for_sx() const { return armed_sx_.load(std::memory_order_acquire); }

  WDF_DEVICE_POWER_POLICY_STATE base_state() const { return state_; }

 private:
  using Action = PolicyEvent (PolicyMachine::*)();
  Fit FitOf(uint8_t event) const override;
  void Take(uint8_t event) override;
  void Misfit(uint8_t event) override;
  const PolicyRow* Find(WDF_DEVICE_POWER_POLICY_STATE state, PolicyEvent event) const;
  static Action ActionOf(WDF_DEVICE_POWER_POLICY_STATE state);
  WDF_DEVICE_POWER_POLICY_STATE Reported(WDF_DEVICE_POWER_POLICY_STATE state) const;
  bool AtRestForGood() const;  // no event but PnP's moves it: power IRPs pass by

  // --- what states do ---
  PolicyEvent Rest() { return PolicyEvent::kNone; }
  PolicyEvent Pass() { return PolicyEvent::kGo; }
  PolicyEvent PowerUpForStart();
  PolicyEvent RegisterPowerFramework();
  PolicyEvent UnregisterPowerFramework();
  PolicyEvent UnregisterAndPowerDown();
  PolicyEvent TellStarted();
  PolicyEvent TellStartFailed();
  PolicyEvent DecideS0Wake();
  PolicyEvent AtWork();
  PolicyEvent AtWorkAndCounting();
  PolicyEvent CancelIdleTimer();
  PolicyEvent PowerDownForStop();
  PolicyEvent NoteStopFailed();
  PolicyEvent TellStopped();
  PolicyEvent TellRemoved();
  PolicyEvent RequestD0();
  PolicyEvent CompleteD0();
  PolicyEvent RequestDxForSx();
  PolicyEvent RequestIdleDx();
  PolicyEvent CompleteDx();
  PolicyEvent ReportNoRequest();
  PolicyEvent SystemOrDirected();
  PolicyEvent DecideSxWake();
  PolicyEvent FinishSx();
  PolicyEvent SendWake();
  PolicyEvent CancelWake();
  PolicyEvent ArmSx();
  PolicyEvent DisarmSx();
  PolicyEvent TriggeredAndDisarmSx();
  PolicyEvent ArmS0();
  PolicyEvent DisarmS0();
  PolicyEvent DisarmS0AndCompleteD0();
  PolicyEvent TriggeredS0();
  PolicyEvent DecideStayIdle();
  PolicyEvent QueryIdle();
  PolicyEvent IdleInDx();
  PolicyEvent DecidePowerNotRequired();
  PolicyEvent AcknowledgeDirected();
  PolicyEvent AskForNoPower();
  PolicyEvent AskForPower();
  PolicyEvent AfterIdleDown();
  PolicyEvent DirectedInDx();
  PolicyEvent DecideUsbSelectiveSuspend();
  PolicyEvent ReturnToActive();
  PolicyEvent CarryOutDx();
  PolicyEvent CarryOutD0();
  PolicyEvent PassPowerIrp();

  PolicyEvent RequestDx(DEVICE_POWER_STATE dx);
  bool RequestPower(DEVICE_POWER_STATE state);
  static VOID NTAPI PowerRequestDone(PDEVICE_OBJECT, UCHAR, POWER_STATE, PVOID, PIO_STATUS_BLOCK);
  static VOID NTAPI WakeRequestDone(PDEVICE_OBJECT, UCHAR, POWER_STATE, PVOID, PIO_STATUS_BLOCK);
  static NTSTATUS NTAPI WaitWakeCameBack(PDEVICE_OBJECT, PIRP, PVOID);
  void CancelWaitWakeIrp();
  void PassSystemIrp();
  void PassS0Irp();
  void CallPolicy(const char* name, VOID(NTAPI* callback)(WDFDEVICE));
  NTSTATUS Ask(PolicyEvent event);
  void Answer(NTSTATUS status);

  PnpPower& pnp_;
  std::atomic<WDF_DEVICE_POWER_POLICY_STATE> state_{WdfDevStatePwrPolObjectCreated};

  KEVENT answered_ = {};
  NTSTATUS answer_ = STATUS_SUCCESS;
  std::atomic<bool> asked_{false};
  std::atomic<bool> wake_asked_{false};  // a wait-wake IRP of ours is on its way to us
  bool stop_failed_ = false;

  std::atomic<PIRP> system_irp_{nullptr};
  SYSTEM_POWER_STATE system_state_ = PowerSystemWorking;  // of the newest Sx
  std::atomic<int> power_requests_{0};
  PIRP adopted_ = nullptr;    // from AdoptIrp until the power machine has it
  bool adopted_up_ = false;
  bool directed_ = false;     // down by direction of the system, or on the way
  bool tool_sleep_ = false;   // the sleep under way is one device's, asked for by the machine
  bool wake_wanted_ = false;  // this sleep
  bool children_armed_ = false;
  std::atomic<bool> armed_sx_{false};

  // --- the owner's wait-wake IRP ---
  std::atomic<bool> wake_sent_{false};                       // an end (WakeSucceeded or WakeFailed) is still to be taken
  bool by_interrupt_ = false;                    // no IRP: a wake interrupt stands for it
  enum CancelState : uint8_t { kOut, kCancelling, kCameBack, kDone };
  std::atomic<uint8_t> cancel_state_{kDone};
  std::atomic<PIRP> wake_irp_{nullptr};
  std::atomic<bool> wake_overridden_{false};
  NTSTATUS wake_override_ = STATUS_SUCCESS;
};

const char* PolicyEventName(PolicyEvent event);

}  // namespace drydock::wdf
