// PowerMachine: the power states of one device: powering up and down in the order of tables S1, S2, S8, S12, S13 and S14.
// Called by:  PolicyMachine (what to do, and when to go on: CompleteDx, CompleteD0), PnpPower (device power and wait-wake IRPs).
// IRQL:       DeliverIrp, DeliverWaitWake, Post <= DISPATCH_LEVEL; steps at PASSIVE_LEVEL.
// Ownership:  a member of PnpPower. A device power IRP is kept from DeliverIrp until it is passed on or completed; one at a time (nt/po sees to that).
// Answers:    to PolicyMachine: IoStopped, HardwareUp, Up, UpFailed, Down, DownFailed, PoweredDown, PowerDownFailed.
// Table:      power_states.def.
#pragma once

#include <atomic>
#include <vector>

#include "wdf/device/state_engine.h"

namespace drydock::wdf {

struct PnpPower;

#define DRYDOCK_POWER_EVENTS(E)                                                                                                              \
  E(None) E(Start) E(Stop) E(Dx) E(CompleteDx) E(D0) E(CompleteD0) E(ParentUp) E(WaitWake) E(WakeEnded) E(Pageability)                       \
  /* answers of a state */ E(Go) E(Failed) E(ParentDown) E(Child) E(BusWakeOwner)
enum class PowerEvent : uint8_t {
#define E(name) k##name,
  DRYDOCK_POWER_EVENTS(E)
#undef E
      kCount
};
using PowerRow = Row<WDF_DEVICE_POWER_STATE, PowerEvent>;

class PowerMachine final : public StateEngine {
 public:
  PowerMachine(Device& device, PnpPower& pnp) : StateEngine(device), pnp_(pnp) {}

  void Post(PowerEvent event, On on = On::kHere) { PostEvent(static_cast<uint8_t>(event), on); }
  // A Dx IRP on its way down, or a D0 IRP that came back from the drivers below.
  void DeliverIrp(PIRP irp, bool up, On on = On::kHere);

  // --- wait-wake of a PDO (power_wake.cpp) ---
  NTSTATUS DeliverWaitWake(PIRP irp);
  // The wait ends: signalled, failed, cancelled. False: no wait-wake IRP waits.
  bool EndWaitWake(NTSTATUS status, bool in_cancel_routine = false);
  // EvtDeviceEnableWakeAtBus and its opposite, for the policy of a PDO that owns its policy.
  NTSTATUS EnableAtBus();
  void DisableAtBus();

  bool in_d0() const;
  bool in_dx() const;
  bool failed() const { return failed_; }  // the last transition
  WDF_DEVICE_POWER_STATE base_state() const { return state_; }  // without the twins

  // A child that waits for us to be in D0 (or to have failed: PWR-31); false: we are.
  bool AddWaitingChild(PowerMachine& child);
  void RemoveWaitingChild(PowerMachine& child);
  // Children that are armed for wake at this bus.
  bool HasArmedChild() const;
  void WakeArmedChildren();

 private:
  using Action = PowerEvent (PowerMachine::*)();
  Fit FitOf(uint8_t event) const override;
  void Take(uint8_t event) override;
  void Misfit(uint8_t event) override;
  static const PowerRow* Find(WDF_DEVICE_POWER_STATE state, PowerEvent event);
  static Action ActionOf(WDF_DEVICE_POWER_STATE state);
  WDF_DEVICE_POWER_STATE Reported(WDF_DEVICE_POWER_STATE state) const;

  // --- what states do ---
  PowerEvent Rest() { return PowerEvent::kNone; }
  PowerEvent Pass() { return PowerEvent::kGo; }
  PowerEvent CheckParent();
  PowerEvent IsChild();
  PowerEvent EnterD0();
  PowerEvent ConnectInterrupts();
  PowerEvent EnableDma();
  PowerEvent IoUp();
  PowerEvent DecideD0();
  PowerEvent InD0();
  PowerEvent IoDownAfterFailure();
  PowerEvent DmaDownAfterFailure();
  PowerEvent HardwareDownAfterFailure();
  PowerEvent ReleaseParent();
  PowerEvent InStopped();
  PowerEvent AllDown();
  PowerEvent IoDown();
  PowerEvent TellD0Exit();
  PowerEvent TellD0ExitAndHardwareDown();
  PowerEvent HardwareDown();
  PowerEvent InDx();
  PowerEvent ReportDownFailed();
  PowerEvent TellD0Entry();
  PowerEvent HardwareUp();
  PowerEvent ReportUpFailed();
  PowerEvent DisconnectInterrupts();
  PowerEvent EnableWakeAtBus();
  PowerEvent DisableWakeAtBus();
  PowerEvent DisableWakeAtBusAndComplete();
  PowerEvent CompleteWaitWake();

  void LeaveHardware(WDF_POWER_DEVICE_STATE target, bool stops, bool* failed);
  void FinishIrp();
  void NoteArmedChild(PowerMachine& child, bool armed);
  void TellChildren();
  void LetParentGo();
  bool UsesSelfManagedIo() const;
  static VOID NTAPI CancelWaitWakeIrp(PDEVICE_OBJECT wdm, PIRP irp);
  void CompleteEndedWake();

  PnpPower& pnp_;
  std::atomic<WDF_DEVICE_POWER_STATE> state_{WdfDevStatePowerObjectCreated};
  bool starting_ = false;          // S1 and not S8
  bool interrupts_up_ = false;     // of the power-up under way: what its undoing has to undo
  bool io_down_failed_ = false;
  std::atomic<bool> failed_{false};
  WDF_POWER_DEVICE_STATE previous_ = WdfPowerDeviceD3Final;  // where the next D0 entry comes from
  PIRP irp_ = nullptr;
  bool irp_up_ = false;
  Device* parent_ = nullptr;       // held up by us; referenced

  rt::Lock wake_lock_;
  PIRP wait_wake_ RT_GUARDED_BY(wake_lock_) = nullptr;
  PIRP ended_wake_ RT_GUARDED_BY(wake_lock_) = nullptr;
  NTSTATUS ended_status_ RT_GUARDED_BY(wake_lock_) = STATUS_SUCCESS;
  bool bus_armed_ = false;         // EvtDeviceEnableWakeAtBus succeeded

  mutable rt::Lock children_lock_;
  std::vector<PowerMachine*> waiting_children_ RT_GUARDED_BY(children_lock_);  // their devices are referenced
  std::vector<PowerMachine*> armed_children_ RT_GUARDED_BY(children_lock_);
};

const char* PowerEventName(PowerEvent event);

}  // namespace drydock::wdf
