// Interrupts that are handled at PASSIVE_LEVEL, and those that wake the device.
#include "hw.h"

namespace drydock::test {
namespace {

struct Passive {
  Passive(Machine& the_machine, std::function<void(Passive&)> set_up = {}) : machine(the_machine), rig(machine, hw) {
    irq.config = [this](WDF_INTERRUPT_CONFIG& config) {
      config.PassiveHandling = TRUE;
      config.WaitLock = lock;
    };
    irq.isr = [this](ULONG) -> BOOLEAN {
      pin.Lower();
      return TRUE;
    };
    hw.added = [this](WDFDEVICE device) {
      if (with_lock) {
        WDF_OBJECT_ATTRIBUTES of_device = Attributes(device);
        EXPECT_EQ(S(WdfWaitLockCreate(&of_device, &lock)), S(STATUS_SUCCESS));
      }
      return MakeInterrupt(device, irq);
    };
    if (set_up) set_up(*this);
    rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(pin, {.irql = 6})}));
    EXPECT_TRUE(rig.device.started()) << machine.ReportText();
  }
  Machine& machine;
  Hw hw;
  Irq irq;
  InterruptPin pin;
  WDFWAITLOCK lock = nullptr;
  bool with_lock = false;
  Rig rig;
};

CONFORMANCE(PassiveInterrupts, EverythingRunsAtPassiveLevelUnderTheWaitLock, "INT-08", "INT-07", "INT-18", "INT-12") {
  for (bool with_lock : {false, true}) {
    SCOPED_TRACE(with_lock);
    Passive passive(machine, [with_lock](Passive& it) {
      it.with_lock = with_lock;
      it.irq.work = [&it] { it.hw.log.Add("work@" + std::to_string(KeGetCurrentIrql())); };
      it.irq.enable = [&it] {
        it.hw.log.Add("enable@" + std::to_string(KeGetCurrentIrql()));
        if (it.lock) {
          LONGLONG now = 0;
          EXPECT_EQ(S(WdfWaitLockAcquire(it.lock, &now)), S(STATUS_TIMEOUT));  // it is held
        }
        return STATUS_SUCCESS;
      };
    });
    EXPECT_EQ(passive.hw.log.Take(), Lines{"enable@0"});
    passive.irq.isr = [&](ULONG) -> BOOLEAN {
      passive.pin.Lower();
      SleepMs(1);  // it may wait
      EXPECT_TRUE(WdfInterruptQueueWorkItemForIsr(passive.irq.handle));
      return TRUE;
    };
    passive.pin.Raise();
    machine.Run([&] {
      EXPECT_TRUE(Until([&] { return passive.hw.log.Count("work@0") == 1; }));
      WDF_INTERRUPT_INFO info;
      WDF_INTERRUPT_INFO_INIT(&info);
      WdfInterruptGetInfo(passive.irq.handle, &info);
      EXPECT_EQ(info.Irql, PASSIVE_LEVEL);
      auto level = [](WDFINTERRUPT, WDFCONTEXT) -> BOOLEAN { return KeGetCurrentIrql() == PASSIVE_LEVEL; };
      EXPECT_TRUE(WdfInterruptSynchronize(passive.irq.handle, level, nullptr));
    });
    EXPECT_EQ(passive.irq.isr_irql, PASSIVE_LEVEL);
  }
}

CONFORMANCE(PassiveInterrupts, TryToAcquireLockReturnsAtOnce, "INT-15", "INT-14") {
  for (bool with_lock : {false, true}) {
    SCOPED_TRACE(with_lock);
    Passive passive(machine, [with_lock](Passive& it) { it.with_lock = with_lock; });
    machine.Run([&] {
      EXPECT_FALSE(KeAreApcsDisabled());
      EXPECT_TRUE(WdfInterruptTryToAcquireLock(passive.irq.handle));
      EXPECT_TRUE(KeAreApcsDisabled());  // a critical region
      EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
      std::atomic<int> result{-1};
      Task other = machine.StartKernel("other", [&] { result = WdfInterruptTryToAcquireLock(passive.irq.handle); });
      EXPECT_TRUE(Until([&] { return result != -1; }));
      EXPECT_EQ(result, 0);
      other.Join();
      passive.pin.Raise();
      SleepMs(5);
      EXPECT_EQ(passive.irq.isr_calls, 0);
      WdfInterruptReleaseLock(passive.irq.handle);
      EXPECT_FALSE(KeAreApcsDisabled());
      EXPECT_TRUE(Until([&] { return passive.irq.isr_calls == 1; }));
      WdfInterruptAcquireLock(passive.irq.handle);
      EXPECT_TRUE(KeAreApcsDisabled());
      WdfInterruptReleaseLock(passive.irq.handle);
    });
  }
}

CONFORMANCE(PassiveInterrupts, ASerialisedWorkItemRunsUnderItsQueuesOrDevicesLock, "INT-04") {
  Passive passive(machine, [](Passive& it) {
    it.hw.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
      attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
      attributes.ExecutionLevel = WdfExecutionLevelPassive;
    };
    it.irq.config = [](WDF_INTERRUPT_CONFIG& config) {
      config.PassiveHandling = TRUE;
      config.AutomaticSerialization = TRUE;
    };
    it.irq.work = [&it] { it.hw.log.Add("work"); };
  });
  machine.Run([&] {
    WdfObjectAcquireLock(passive.hw.device);
    EXPECT_TRUE(WdfInterruptQueueWorkItemForIsr(passive.irq.handle));
    SleepMs(5);
    EXPECT_EQ(passive.hw.log.Count("work"), 0u);
    WdfObjectReleaseLock(passive.hw.device);
    EXPECT_TRUE(Until([&] { return passive.hw.log.Count("work") == 1; }));
  });
}

Log* log_of_test = nullptr;

// A wake interrupt of a device that idles.
struct Waker {
  ~Waker() { machine.RunUntilIdle(); }  // what a failed device still does, it does with our callbacks
  explicit Waker(Machine& the_machine, bool armed = false) : machine(the_machine), rig(machine, hw) {
    auto step = [this](const char* name) {
      hw.log.Add(name);
      return STATUS_SUCCESS;
    };
    irq.enable = [step] { return step("enable"); };
    irq.disable = [step] { return step("disable"); };
    irq.isr = [this](ULONG) -> BOOLEAN {
      hw.log.Add("isr@" + std::to_string(KeGetCurrentIrql()));
      pin.Lower();
      return TRUE;
    };
    irq.config = [](WDF_INTERRUPT_CONFIG& config) {
      config.PassiveHandling = TRUE;
      config.CanWakeDevice = TRUE;
    };
    hw.prepare = [this](WDFCMRESLIST raw, WDFCMRESLIST translated) {
      NTSTATUS status = MakeInterrupt(hw.device, irq, Descriptor(raw, CmResourceTypeInterrupt), Descriptor(translated, CmResourceTypeInterrupt));
      if (NT_SUCCESS(status)) {
        other.enable = [this] {
          hw.log.Add("enable2");
          return STATUS_SUCCESS;
        };
        status = MakeInterrupt(hw.device, other, Descriptor(raw, CmResourceTypeInterrupt, 1), Descriptor(translated, CmResourceTypeInterrupt, 1));
      }
      return status;
    };
    hw.d0_entry = [this](WDF_POWER_DEVICE_STATE) {
      hw.log.Add("D0Entry");
      return d0_status;
    };
    hw.d0_exit = [step](WDF_POWER_DEVICE_STATE) { return step("D0Exit"); };
    log_of_test = &hw.log;
    hw.more_init = [](PWDFDEVICE_INIT init) {
      WDF_POWER_POLICY_EVENT_CALLBACKS policy;
      WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&policy);
      policy.EvtDeviceArmWakeFromS0 = [](WDFDEVICE) {
        log_of_test->Add("arm");
        return STATUS_SUCCESS;
      };
      policy.EvtDeviceDisarmWakeFromS0 = [](WDFDEVICE) { log_of_test->Add("disarm"); };
      policy.EvtDeviceWakeFromS0Triggered = [](WDFDEVICE) { log_of_test->Add("triggered"); };
      WdfDeviceInitSetPowerPolicyEventCallbacks(init, &policy);
      return STATUS_SUCCESS;
    };
    hw.added = [armed](WDFDEVICE device) {
      WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
      WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, armed ? IdleCanWakeFromS0 : IdleCannotWakeFromS0);
      idle.IdleTimeout = 20;
      idle.UserControlOfIdleSettings = IdleDoNotAllowUserControl;
      return WdfDeviceAssignS0IdleSettings(device, &idle);
    };
    DeviceSpec spec = Spec(rig.driver, {Resource::Line(pin, {.wake = true}), Resource::Line(other_pin)});
    spec.power.given = true;
    spec.power.wakes_from_d = 3;
    rig.device = machine.AddDevice(spec);
    EXPECT_TRUE(rig.device.started()) << machine.ReportText();
    EXPECT_EQ(hw.log.Take(), (Lines{"D0Entry", "enable", "enable2"}));
  }
  bool Wait(const std::function<bool()>& condition) {
    bool result = false;
    machine.Run([&] { result = Until(condition); });
    return result;
  }
  Machine& machine;
  Hw hw;
  Irq irq, other;
  InterruptPin pin, other_pin;
  NTSTATUS d0_status = STATUS_SUCCESS;
  Rig rig;
};

CONFORMANCE(WakeInterrupts, StaysAsItIsInDxAndItsRoutineRunsAfterD0Entry, "INT-24", "O-10", "S9") {
  Waker waker(machine);
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("D0Exit") == 1; }));
  EXPECT_EQ(waker.hw.log.Take(), Lines{"D0Exit"});  // no EvtInterruptDisable of the one that wakes
  waker.pin.Raise();
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("enable2") == 1; }));
  Lines lines = waker.hw.log.Take();
  lines.resize(3);
  EXPECT_EQ(lines, (Lines{"D0Entry", "isr@0", "enable2"}));
  EXPECT_FALSE(waker.pin.raised());
}

CONFORMANCE(WakeInterrupts, ArmedItStandsForTheWakeSignal, "INT-24", "O-10", "S10", "O-02") {
  Waker waker(machine, true);
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("D0Exit") == 1; }));
  EXPECT_EQ(waker.hw.log.Take(), (Lines{"arm", "D0Exit"}));
  machine.Run([] { SleepMs(5); });
  waker.pin.Raise();
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("disarm") == 1; }));
  Lines lines = waker.hw.log.Take();
  lines.resize(5);
  EXPECT_EQ(lines, (Lines{"D0Entry", "isr@0", "enable2", "triggered", "disarm"}));
}

CONFORMANCE(WakeInterrupts, OnlyPassiveOnesMadeInPrepareHardwareCanWake, "INT-24") {
  Hw hw;
  Irq irq;
  InterruptPin pin;
  hw.added = [&](WDFDEVICE device) {
    irq.config = [](WDF_INTERRUPT_CONFIG& config) { config.CanWakeDevice = TRUE; };
    EXPECT_EQ(S(MakeInterrupt(device, irq)), S(STATUS_INVALID_PARAMETER));
    irq.config = [](WDF_INTERRUPT_CONFIG& config) { config.CanWakeDevice = config.PassiveHandling = TRUE; };
    irq.disable = [&] {
      hw.log.Add("disable");
      return STATUS_SUCCESS;
    };
    return MakeInterrupt(device, irq);
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(pin)}));
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(hw.log.Take(), Lines{"disable"});  // it was made in DeviceAdd
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(WakeInterrupts, AFailingD0EntryDisablesAndDisconnectsIt, "INT-24") {
  Waker waker(machine);
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("D0Exit") == 1; }));
  waker.hw.log.Take();
  waker.d0_status = STATUS_UNSUCCESSFUL;
  waker.pin.Raise();
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("disable") == 1; }));
  EXPECT_EQ(waker.irq.isr_calls, 0);
  EXPECT_EQ(waker.hw.log.Take(), (Lines{"D0Entry", "disable"}));
}

CONFORMANCE(WakeInterrupts, RemovalFromDxTakesItAway, "INT-24", "S12") {
  Waker waker(machine);
  EXPECT_TRUE(waker.Wait([&] { return waker.hw.log.Count("D0Exit") == 1; }));
  waker.hw.log.Take();
  EXPECT_EQ(machine.SurpriseRemove(waker.rig.device), STATUS_SUCCESS);
  waker.rig.device = Device();
  EXPECT_EQ(waker.hw.log.Count("disable"), 1u);
  EXPECT_EQ(waker.irq.isr_calls, 0);
}

}  // namespace
}  // namespace drydock::test
