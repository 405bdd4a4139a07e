// Interrupts at work: order, locks, DPCs and work items, lines that are shared, storms.
#include "hw.h"
#include "nt/pnp/pnp.h"

namespace drydock::test {
namespace {

// A started device with one line, or what else `resources` says; its one interrupt is `irq`.
struct One {
  One(Machine& the_machine, std::function<void(One&)> set_up = {}, std::vector<Resource> resources = {}) : machine(the_machine), rig(machine, hw) {
    hw.added = [this](WDFDEVICE device) { return MakeInterrupt(device, irq); };
    if (resources.empty()) resources = {Resource::Line(pin, {.irql = 6})};
    if (set_up) set_up(*this);
    rig.device = machine.AddDevice(Spec(rig.driver, std::move(resources)));
    EXPECT_TRUE(rig.device.started()) << machine.ReportText();
  }
  bool Wait(const std::function<bool()>& condition) {
    bool result = false;
    machine.Run([&] { result = Until(condition); });
    return result;
  }
  // The routine of a well-behaved driver.
  std::function<BOOLEAN(ULONG)> Acknowledge() {
    return [this](ULONG) -> BOOLEAN {
      if (!pin.raised()) return FALSE;
      pin.Lower();
      return TRUE;
    };
  }
  Machine& machine;
  Hw hw;
  Irq irq;
  InterruptPin pin;
  Rig rig;
};

std::string AtLevel(const char* name) { return std::string(name) + "@" + std::to_string(KeGetCurrentIrql()); }

CONFORMANCE(Interrupts, UpInCreationOrderDownInReverse, "INT-10", "INT-08", "DEVX-32", "S1", "S8", "PWR-04") {
  Hw hw;
  Irq irqs[2];
  InterruptPin pins[2];
  hw.added = [&](WDFDEVICE device) {
    for (int i = 0; i < 2; ++i) {
      const std::string n = std::to_string(i + 1);
      irqs[i].enable = [&, n] {
        hw.log.Add(AtLevel(("enable" + n).c_str()));
        return STATUS_SUCCESS;
      };
      irqs[i].disable = [&, n] {
        hw.log.Add(AtLevel(("disable" + n).c_str()));
        return STATUS_SUCCESS;
      };
      EXPECT_EQ(S(MakeInterrupt(device, irqs[i])), S(STATUS_SUCCESS));
    }
    return STATUS_SUCCESS;
  };
  auto step = [&](const char* name) {
    hw.log.Add(AtLevel(name));
    return STATUS_SUCCESS;
  };
  hw.d0_entry = [&](WDF_POWER_DEVICE_STATE) { return step("D0Entry"); };
  hw.interrupts_enabled = [&] { return step("enabled"); };
  hw.interrupts_disabling = [&] { return step("disabling"); };
  hw.d0_exit = [&](WDF_POWER_DEVICE_STATE) { return step("D0Exit"); };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(pins[0], {.irql = 4}), Resource::Line(pins[1], {.irql = 9})}));
  const Lines up = {"D0Entry@0", "enable1@4", "enable2@9", "enabled@0"}, down = {"disabling@0", "disable2@9", "disable1@4", "D0Exit@0"};
  EXPECT_EQ(hw.log.Take(), up);
  EXPECT_EQ(machine.SetPowerState(rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(hw.log.Take(), down);
  EXPECT_EQ(machine.SetPowerState(rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(hw.log.Take(), up);
  rig.RemoveDevice();
  EXPECT_EQ(hw.log.Take(), down);
}

CONFORMANCE(Interrupts, AFailingEnableUndoesThoseBefore, "O-08", "S2", "DEVX-32") {
  Hw hw;
  Irq irqs[3];
  InterruptPin pins[3];
  hw.added = [&](WDFDEVICE device) {
    for (int i = 0; i < 3; ++i) {
      irqs[i].enable = [&, i] {
        hw.log.Add("enable" + std::to_string(i));
        return i == 2 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
      };
      irqs[i].disable = [&, i] {
        hw.log.Add("disable" + std::to_string(i));
        return STATUS_SUCCESS;
      };
      EXPECT_EQ(S(MakeInterrupt(device, irqs[i])), S(STATUS_SUCCESS));
    }
    return STATUS_SUCCESS;
  };
  auto step = [&](const char* name) {
    hw.log.Add(name);
    return STATUS_SUCCESS;
  };
  hw.interrupts_enabled = [&] { return step("enabled"); };
  hw.interrupts_disabling = [&] { return step("disabling"); };
  hw.d0_exit = [&](WDF_POWER_DEVICE_STATE) { return step("D0Exit"); };
  hw.release = [&](WDFCMRESLIST) { return step("release"); };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(pins[0]), Resource::Line(pins[1]), Resource::Line(pins[2])}));
  EXPECT_FALSE(rig.device.started());
  EXPECT_EQ(hw.log.Take(), (Lines{"enable0", "enable1", "enable2", "disable1", "disable0", "D0Exit", "release"}));
}

CONFORMANCE(Interrupts, TheFirstOfTwoSharersSaysNoAndTheNextRuns, "INT-09") {
  Hw first, second;
  Irq quiet, loud;
  InterruptPin first_pin, second_pin;
  quiet.isr = [&](ULONG) -> BOOLEAN { return FALSE; };
  loud.isr = [&](ULONG) -> BOOLEAN {
    second_pin.Lower();
    return TRUE;
  };
  first.added = [&](WDFDEVICE device) { return MakeInterrupt(device, quiet); };
  second.added = [&](WDFDEVICE device) { return MakeInterrupt(device, loud); };
  Rig rig(machine, first);
  const LineOptions shared = {.shared = true, .line = 9};
  Device a = machine.AddDevice(Spec(rig.driver, {Resource::Line(first_pin, shared)}));
  SetRigHooks(&second);
  Device b = machine.AddDevice(Spec(rig.driver, {Resource::Line(second_pin, shared)}));
  ASSERT_TRUE(a.started() && b.started()) << machine.ReportText();
  second_pin.Raise();
  machine.Run([&] { EXPECT_TRUE(Until([&] { return loud.isr_calls == 1; })); });
  EXPECT_EQ(quiet.isr_calls, 1);
  machine.RemoveDevice(b);
  machine.RemoveDevice(a);
}

CONFORMANCE(Interrupts, ALineThatIsNotSharedCannotBeConnectedTwice, "ours") {
  Hw first, second;
  Irq one, other;
  InterruptPin first_pin, second_pin;
  first.added = [&](WDFDEVICE device) { return MakeInterrupt(device, one); };
  second.added = [&](WDFDEVICE device) { return MakeInterrupt(device, other); };
  Rig rig(machine, first);
  Device a = machine.AddDevice(Spec(rig.driver, {Resource::Line(first_pin, {.line = 9})}));
  SetRigHooks(&second);
  Device b = machine.AddDevice(Spec(rig.driver, {Resource::Line(second_pin, {.shared = true, .line = 9})}));
  EXPECT_TRUE(a.started());
  EXPECT_FALSE(b.started());
  machine.RemoveDevice(b);
  machine.RemoveDevice(a);
}

CONFORMANCE(Interrupts, ALevelIsServedAsLongAsItIsAsserted, "ours") {
  One one(machine);
  int left = 3;
  one.irq.isr = [&](ULONG) -> BOOLEAN {
    if (--left == 0) one.pin.Lower();
    return TRUE;
  };
  one.pin.Raise();
  one.pin.Raise();  // it is
  EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls == 3 && !one.pin.raised(); }));
}

CONFORMANCE(Interrupts, AnEdgeIsServedOnce, "ours") {
  InterruptPin edge;
  One other(machine, {}, {Resource::Line(edge, {.level_sensitive = false})});
  edge.Raise();
  EXPECT_TRUE(other.Wait([&] { return other.irq.isr_calls == 1; }));
  edge.Raise();
  EXPECT_TRUE(other.Wait([&] { return other.irq.isr_calls == 2; }));
}

CONFORMANCE(Interrupts, ALevelRaisedBeforeTheDeviceStartsWaitsForIt, "ours") {
  One one(machine, [&](One& it) {
    it.pin.Raise();
    it.irq.isr = it.Acknowledge();
  });
  EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls >= 1 && !one.pin.raised(); }));
}

CONFORMANCE(Interrupts, AStormIsReported, "ours") {
  One one(machine);
  one.irq.isr = [&](ULONG) -> BOOLEAN { return FALSE; };
  one.pin.Raise();
  machine.Run([&] {
    // Each round lets others run: on a busy computer ten thousand of them take a while.
    for (int i = 0; i < 30 && !machine.stopped(); ++i) Until([&] { return machine.stopped(); });
  });
  EXPECT_BUG_CHECK(machine, 0xF2);
}

CONFORMANCE(Interrupts, ADeviceThatInterruptsAgainAtOnceIsNoStorm, "ours") {
  One one(machine);
  one.irq.isr = [&](ULONG) -> BOOLEAN {
    one.pin.Lower();
    if (one.irq.isr_calls < 25000) one.pin.Raise();  // the next one is there already
    return TRUE;
  };
  one.pin.Raise();
  EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls >= 25000 || machine.stopped(); }));
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

CONFORMANCE(Interrupts, RaisedFromTimersTasksAndBetweenCalls, "ours") {
  One one(machine);  // a level may be seen once more before it falls: at least
  one.irq.isr = one.Acknowledge();
  machine.After(std::chrono::milliseconds(1), [&] { one.pin.Raise(); });
  EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls >= 1; }));
  Task task = machine.StartKernel("device", [&] { one.pin.Raise(); });
  task.Join();
  EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls >= 2; }));
  one.pin.Raise();
  machine.RunUntilIdle();
  EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls >= 3; }));
}

CONFORMANCE(Interrupts, ADpcIsQueuedOnceUntilItRuns, "INT-11") {
  One one(machine, [](One& it) { it.irq.dpc = [&it] { it.hw.log.Add(AtLevel("dpc")); }; });
  BOOLEAN first = FALSE, second = TRUE;
  one.irq.isr = [&](ULONG) -> BOOLEAN {
    one.pin.Lower();
    first = WdfInterruptQueueDpcForIsr(one.irq.handle);
    if (one.machine.simulated()) second = WdfInterruptQueueDpcForIsr(one.irq.handle);
    return TRUE;
  };
  // Nothing runs at DISPATCH_LEVEL on the interrupt's processor between the two while all of them are held here.
  one.pin.Raise();
  EXPECT_TRUE(one.Wait([&] { return one.hw.log.Count("dpc@2") >= 1; }));
  EXPECT_TRUE(first);
  EXPECT_EQ(one.irq.associated, static_cast<WDFOBJECT>(one.hw.device));
  // From below, too, where the second call comes before the DPC has begun: the first one's is held up.
  KEVENT let_go;
  std::atomic<bool> inside{false};
  one.irq.dpc = [&] {
    inside = true;
    while (!KeReadStateEvent(&let_go)) KeStallExecutionProcessor(1);
    one.hw.log.Add("ran");
  };
  machine.Run([&] {
    KeInitializeEvent(&let_go, NotificationEvent, FALSE);
    EXPECT_TRUE(WdfInterruptQueueDpcForIsr(one.irq.handle));
    EXPECT_TRUE(Until([&] { return inside.load(); }));
    EXPECT_TRUE(WdfInterruptQueueDpcForIsr(one.irq.handle));   // it runs: queued anew
    EXPECT_FALSE(WdfInterruptQueueDpcForIsr(one.irq.handle));  // queued and not yet run
    KeSetEvent(&let_go, IO_NO_INCREMENT, FALSE);
    EXPECT_TRUE(Until([&] { return one.hw.log.Count("ran") == 2; }));
  });
}

CONFORMANCE(Interrupts, ASecondDpcMayOverlapTheFirst, "INT-13", "INT-11") {
  std::atomic<int> inside{0}, most{0};
  std::atomic<bool> go{false};
  One one(machine, [](One& it) { it.irq.dpc = [] {}; });
  one.irq.dpc = [&] {
    const int now = ++inside;
    if (now > most) most = now;
    while (!go) KeStallExecutionProcessor(1);
    --inside;
  };
  machine.Run([&] {
    KAFFINITY before = KeSetSystemAffinityThreadEx(1);
    EXPECT_TRUE(WdfInterruptQueueDpcForIsr(one.irq.handle));
    EXPECT_TRUE(Until([&] { return inside == 1; }));
    KeSetSystemAffinityThreadEx(2);
    EXPECT_TRUE(WdfInterruptQueueDpcForIsr(one.irq.handle));
    EXPECT_TRUE(Until([&] { return inside == 2; }));
    go = true;
    EXPECT_TRUE(Until([&] { return inside == 0; }));
    KeRevertToUserAffinityThreadEx(before);
  });
  EXPECT_EQ(most, 2);
}

CONFORMANCE(Interrupts, ARebalanceGivesResourcesAnew, "INT-18", "S3", "O-06") {
  One one(machine, [](One& it) {
    it.irq.enable = [&it] {
      WDF_INTERRUPT_INFO info;
      WDF_INTERRUPT_INFO_INIT(&info);
      WdfInterruptGetInfo(it.irq.handle, &info);
      it.hw.log.Add("enable " + std::to_string(info.Irql));
      return STATUS_SUCCESS;
    };
    it.hw.release = [&it](WDFCMRESLIST) {
      it.hw.log.Add("release");
      return STATUS_SUCCESS;
    };
  });
  one.irq.isr = one.Acknowledge();
  machine.Run([&] {
    PDEVICE_OBJECT pdo = one.rig.device.pdo();
    EXPECT_EQ(S(nt::pnp::QueryStop(pdo)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(nt::pnp::StopDevice(pdo)), S(STATUS_SUCCESS));
    WDF_INTERRUPT_INFO info;
    WDF_INTERRUPT_INFO_INIT(&info);
    WdfInterruptGetInfo(one.irq.handle, &info);
    EXPECT_EQ(info.Vector, 0u);  // meaningful from PrepareHardware to ReleaseHardware only
    EXPECT_EQ(S(nt::pnp::StartDevice(pdo)), S(STATUS_SUCCESS));
    one.pin.Raise();
    EXPECT_TRUE(Until([&] { return one.irq.isr_calls == 1; }));
  });
  EXPECT_EQ(one.hw.log.Take(), (Lines{"enable 6", "release", "enable 6"}));
}

CONFORMANCE(Interrupts, AWorkItemFromAnyLevel, "INT-12") {
  One one(machine, [](One& it) { it.irq.work = [&it] { it.hw.log.Add(AtLevel("work")); }; });
  BOOLEAN from_isr = FALSE;
  one.irq.isr = [&](ULONG) -> BOOLEAN {
    one.pin.Lower();
    from_isr = WdfInterruptQueueWorkItemForIsr(one.irq.handle);
    return TRUE;
  };
  one.pin.Raise();
  EXPECT_TRUE(one.Wait([&] { return one.hw.log.Count("work@0") == 1; }));
  EXPECT_TRUE(from_isr);
  EXPECT_EQ(one.irq.associated, static_cast<WDFOBJECT>(one.hw.device));
  machine.Run([&] {
    EXPECT_TRUE(WdfInterruptQueueWorkItemForIsr(one.irq.handle));
    EXPECT_TRUE(Until([&] { return one.hw.log.Count("work@0") == 2; }));
    {
      AtDispatch raised;
      EXPECT_TRUE(WdfInterruptQueueWorkItemForIsr(one.irq.handle));
    }
    EXPECT_TRUE(Until([&] { return one.hw.log.Count("work@0") == 3; }));
  });
}

CONFORMANCE(Interrupts, AWorkItemThatIsNotThereIsABugCheck, "INT-12") {
  One one(machine);
  machine.Run([&] { WdfInterruptQueueWorkItemForIsr(one.irq.handle); });
  EXPECT_BUG_CHECK(machine, 0x10D, 0x4);
}

CONFORMANCE(Interrupts, WhatWasQueuedHasRunWhenDisableIsOver, "DEVX-32") {
  One one(machine, [](One& it) {
    it.irq.disable = [&it] {
      it.hw.log.Add("disable");
      WdfInterruptQueueDpcForIsr(it.irq.handle);
      return STATUS_SUCCESS;
    };
    it.irq.dpc = [&it] { it.hw.log.Add("dpc"); };
    it.hw.d0_exit = [&it](WDF_POWER_DEVICE_STATE) {
      it.hw.log.Add("D0Exit");
      return STATUS_SUCCESS;
    };
  });
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(one.hw.log.Take(), (Lines{"disable", "dpc", "D0Exit"}));
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(Interrupts, WorkThatWasQueuedHasRunWhenDisableIsOver, "DEVX-32") {
  One one(machine, [](One& it) {
    it.irq.disable = [&it] {
      it.hw.log.Add("disable");
      WdfInterruptQueueWorkItemForIsr(it.irq.handle);
      return STATUS_SUCCESS;
    };
    it.irq.work = [&it] { it.hw.log.Add("work"); };
    it.hw.d0_exit = [&it](WDF_POWER_DEVICE_STATE) {
      it.hw.log.Add("D0Exit");
      return STATUS_SUCCESS;
    };
  });
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(one.hw.log.Take(), (Lines{"disable", "work", "D0Exit"}));
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 0), STATUS_SUCCESS);
}

// The service routine is under way when the device goes: its DPC comes after the flush.
CONFORMANCE(Interrupts, WhatAServiceRoutineUnderWayQueuesHasRunWhenItIsDisconnected, "DEVX-32") {
  std::atomic<bool> inside{false};
  One one(machine, [](One& it) {
    it.irq.dpc = [&it] {
      KeStallExecutionProcessor(20000);
      it.hw.log.Add("dpc");
    };
    it.hw.release = [&it](WDFCMRESLIST) {
      it.hw.log.Add("release");
      return STATUS_SUCCESS;
    };
  });
  one.irq.isr = [&](ULONG) -> BOOLEAN {
    one.pin.Lower();
    inside = true;
    KeStallExecutionProcessor(20000);
    WdfInterruptQueueDpcForIsr(one.irq.handle);
    return TRUE;
  };
  one.pin.Raise();
  EXPECT_TRUE(one.Wait([&] { return inside.load(); }));
  EXPECT_EQ(machine.RemoveDevice(one.rig.device).value(), STATUS_SUCCESS);
  EXPECT_EQ(one.hw.log.Take(), (Lines{"dpc", "release"}));
}

CONFORMANCE(Interrupts, TheLockKeepsTheServiceRoutineOut, "INT-14", "INT-08", "INT-16") {
  One one(machine);
  one.irq.isr = one.Acknowledge();
  machine.Run([&] {
    WdfInterruptAcquireLock(one.irq.handle);
    EXPECT_EQ(KeGetCurrentIrql(), 6);
    one.pin.Raise();
    for (int i = 0; i < 100; ++i) KeStallExecutionProcessor(10);
    EXPECT_EQ(one.irq.isr_calls, 0);
    WdfInterruptReleaseLock(one.irq.handle);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_TRUE(Until([&] { return one.irq.isr_calls == 1; }));
    {
      AtDispatch raised;
      WdfInterruptAcquireLock(one.irq.handle);
      EXPECT_EQ(KeGetCurrentIrql(), 6);
      WdfInterruptReleaseLock(one.irq.handle);
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    }
    static int level;
    auto callback = [](WDFINTERRUPT, WDFCONTEXT context) -> BOOLEAN {
      level = KeGetCurrentIrql();
      return *static_cast<BOOLEAN*>(context);
    };
    BOOLEAN yes = TRUE, no = FALSE;
    EXPECT_TRUE(WdfInterruptSynchronize(one.irq.handle, callback, &yes));
    EXPECT_EQ(level, 6);
    EXPECT_FALSE(WdfInterruptSynchronize(one.irq.handle, callback, &no));
  });
}

CONFORMANCE(Interrupts, TakingTheLockTwiceIsFound, "INT-14") {
  One one(machine);
  machine.Run([&] {
    WdfInterruptAcquireLock(one.irq.handle);
    WdfInterruptAcquireLock(one.irq.handle);
  });
  EXPECT_BUG_CHECK(machine, 0xF);
}

CONFORMANCE(Interrupts, TheLockOfOneThatIsNotConnectedIsNotTaken, "DEVX-34", "INT-14", "INT-19") {
  One one(machine);
  machine.Run([&] { EXPECT_NE(WdfInterruptWdmGetInterrupt(one.irq.handle), nullptr); });
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 3), STATUS_SUCCESS);
  machine.Run([&] {
    EXPECT_EQ(WdfInterruptWdmGetInterrupt(one.irq.handle), nullptr);
    WdfInterruptAcquireLock(one.irq.handle);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WdfInterruptReleaseLock(one.irq.handle);
  });
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 0), STATUS_SUCCESS);
}

CONFORMANCE(Interrupts, OneSpinLockForSeveralIsTakenAtTheHighestLevel, "INT-20", "DEVX-14", "SYN-14") {
  Hw hw;
  Irq irqs[2];
  InterruptPin pins[2];
  hw.added = [&](WDFDEVICE device) {
    WDFSPINLOCK lock = nullptr;
    WDF_OBJECT_ATTRIBUTES of_device = Attributes(device);
    EXPECT_EQ(S(WdfSpinLockCreate(&of_device, &lock)), S(STATUS_SUCCESS));
    for (Irq& irq : irqs) {
      irq.config = [lock](WDF_INTERRUPT_CONFIG& config) { config.SpinLock = lock; };
      EXPECT_EQ(S(MakeInterrupt(device, irq)), S(STATUS_SUCCESS));
    }
    WdfSpinLockAcquire(lock);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WdfSpinLockRelease(lock);
    return STATUS_SUCCESS;
  };
  for (int i = 0; i < 2; ++i) {
    irqs[i].isr = [&, i](ULONG) -> BOOLEAN {
      pins[i].Lower();
      return TRUE;
    };
  }
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(pins[0], {.irql = 4}), Resource::Line(pins[1], {.irql = 10})}));
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
  for (InterruptPin& pin : pins) pin.Raise();
  machine.Run([&] {
    EXPECT_TRUE(Until([&] { return irqs[0].isr_calls == 1 && irqs[1].isr_calls == 1; }));
    WdfInterruptAcquireLock(irqs[0].handle);
    EXPECT_EQ(KeGetCurrentIrql(), 10);
    WdfInterruptReleaseLock(irqs[0].handle);
  });
  EXPECT_EQ(irqs[0].isr_irql, 10);
  EXPECT_EQ(irqs[1].isr_irql, 10);
}

CONFORMANCE(Interrupts, TheDriverSwitchesOneOffAndOn, "INT-17", "DEVX-33", "INT-19") {
  One one(machine, [](One& it) {
    it.irq.enable = [&it] {
      it.hw.log.Add("enable");
      return STATUS_SUCCESS;
    };
    it.irq.disable = [&it] {
      it.hw.log.Add("disable");
      return STATUS_SUCCESS;
    };
  });
  one.irq.isr = one.Acknowledge();
  EXPECT_EQ(one.hw.log.Take(), Lines{"enable"});
  machine.Run([&] {
    WdfInterruptDisable(one.irq.handle);
    EXPECT_EQ(WdfInterruptWdmGetInterrupt(one.irq.handle), nullptr);
  });
  EXPECT_EQ(one.hw.log.Take(), Lines{"disable"});
  one.pin.Raise();
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetPowerState(one.rig.device, 0), STATUS_SUCCESS);
  EXPECT_EQ(one.hw.log.Take(), Lines{});  // it holds over D0 transitions
  machine.RunUntilIdle();
  EXPECT_EQ(one.irq.isr_calls, 0);
  machine.Run([&] {
    WdfInterruptEnable(one.irq.handle);
    EXPECT_TRUE(Until([&] { return one.irq.isr_calls == 1; }));
  });
  EXPECT_EQ(one.hw.log.Take(), Lines{"enable"});
}

CONFORMANCE(Interrupts, ReportedInactiveItIsPassedOver, "ours") {
  One one(machine);
  one.irq.isr = one.Acknowledge();
  machine.Run([&] {
    WdfInterruptReportInactive(one.irq.handle);
    one.pin.Raise();
    SleepMs(5);
    EXPECT_EQ(one.irq.isr_calls, 0);
    WdfInterruptReportActive(one.irq.handle);
    EXPECT_TRUE(Until([&] { return one.irq.isr_calls == 1; }));
  });
}

CONFORMANCE(Interrupts, ASerialisedDpcRunsUnderTheDevicesLock, "INT-04", "SYN-09") {
  One one(machine, [](One& it) {
    it.hw.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.SynchronizationScope = WdfSynchronizationScopeDevice; };
    it.irq.config = [](WDF_INTERRUPT_CONFIG& config) { config.AutomaticSerialization = TRUE; };
    it.irq.dpc = [&it] { it.hw.log.Add("dpc"); };
  });
  machine.Run([&] {
    WdfObjectAcquireLock(one.hw.device);
    EXPECT_TRUE(WdfInterruptQueueDpcForIsr(one.irq.handle));
    for (int i = 0; i < 50; ++i) KeStallExecutionProcessor(20);
    EXPECT_EQ(one.hw.log.Count("dpc"), 0u);
    WdfObjectReleaseLock(one.hw.device);
    EXPECT_TRUE(Until([&] { return one.hw.log.Count("dpc") == 1; }));
  });
}

CONFORMANCE(Interrupts, WhetherOneStaysConnectedInDx, "INT-23", "DEVX-32", "O-34") {
  for (int kind = 0; kind < 4; ++kind) {  // pageable, not pageable, reports inactive, as the processor has it (x64: does not)
    SCOPED_TRACE(kind);
    One one(machine, [kind](One& it) {
      it.irq.enable = it.irq.disable = [&it] {
        it.hw.log.Add("callback");
        return STATUS_SUCCESS;
      };
      if (kind == 1) {
        it.hw.more_init = [](PWDFDEVICE_INIT init) {
          WdfDeviceInitSetPowerNotPageable(init);
          return STATUS_SUCCESS;
        };
      }
      if (kind == 2) it.irq.config = [](WDF_INTERRUPT_CONFIG& config) { config.ReportInactiveOnPowerDown = WdfTrue; };
      if (kind == 3) it.irq.config = [](WDF_INTERRUPT_CONFIG& config) { config.ReportInactiveOnPowerDown = WdfUseDefault; };
    });
    one.irq.isr = one.Acknowledge();
    EXPECT_EQ(machine.SetPowerState(one.rig.device, 3), STATUS_SUCCESS);
    EXPECT_EQ(one.hw.log.Take(), (Lines{"callback", "callback"}));
    machine.Run([&] { EXPECT_EQ(WdfInterruptWdmGetInterrupt(one.irq.handle) != nullptr, kind == 1 || kind == 2); });
    one.pin.Raise();
    machine.Run([&] {
      if (kind == 1) {
        EXPECT_TRUE(Until([&] { return one.irq.isr_calls > 0; }));
        return;
      }
      SleepMs(5);
      EXPECT_EQ(one.irq.isr_calls, 0);
    });
    EXPECT_EQ(machine.SetPowerState(one.rig.device, 0), STATUS_SUCCESS);
    EXPECT_TRUE(one.Wait([&] { return one.irq.isr_calls > 0; }));
    EXPECT_EQ(one.hw.log.Take(), Lines{"callback"});
  }
}

CONFORMANCE(Interrupts, AQueueThatParentsOneCannotBeDeleted, "DEVX-4") {
  Hw hw;
  Irq irq;
  WDFQUEUE queue = nullptr;
  hw.added = [&](WDFDEVICE device) {
    WDF_IO_QUEUE_CONFIG config;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    EXPECT_EQ(S(WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue)), S(STATUS_SUCCESS));
    irq.config = [](WDF_INTERRUPT_CONFIG& c) { c.AutomaticSerialization = TRUE; };
    irq.attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.ParentObject = queue; };
    EXPECT_EQ(S(MakeInterrupt(device, irq)), S(STATUS_SUCCESS));
    WdfObjectDelete(queue);
    EXPECT_EQ(WdfInterruptGetDevice(irq.handle), device);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.AddDevice();
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

}  // namespace
}  // namespace drydock::test
