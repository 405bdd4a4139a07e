// Making interrupts: what is refused, and which resources they get.
#include "hw.h"

namespace drydock::test {
namespace {

NTSTATUS Try(WDFDEVICE device, Irq& irq, std::function<void(WDF_INTERRUPT_CONFIG&)> config, std::function<void(WDF_OBJECT_ATTRIBUTES&)> attributes = {}) {
  irq.config = std::move(config);
  irq.attributes = std::move(attributes);
  irq.handle = nullptr;
  NTSTATUS status = MakeInterrupt(device, irq);
  EXPECT_EQ(NT_SUCCESS(status), irq.handle != nullptr);
  return status;
}

CONFORMANCE(InterruptCreate, WhatAConfigurationMayNotSay, "DEVX-30", "INT-02", "INT-05", "INT-07") {
  Hw hw;
  Irq irq;
  hw.added = [&](WDFDEVICE device) {
    WDFSPINLOCK spin = nullptr;
    WDFWAITLOCK wait = nullptr;
    WDF_OBJECT_ATTRIBUTES of_device = Attributes(device);
    EXPECT_EQ(S(WdfSpinLockCreate(&of_device, &spin)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfWaitLockCreate(&of_device, &wait)), S(STATUS_SUCCESS));
    CM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = {};
    descriptor.Type = CmResourceTypeInterrupt;
    EXPECT_EQ(S(Try(device, irq, [](auto& c) { --c.Size; })), S(STATUS_INFO_LENGTH_MISMATCH));
    EXPECT_EQ(S(Try(device, irq, [](auto& c) { c.EvtInterruptIsr = nullptr; })), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Try(device, irq,
                    [](auto& c) {
                      c.EvtInterruptDpc = [](WDFINTERRUPT, WDFOBJECT) {};
                      c.EvtInterruptWorkItem = [](WDFINTERRUPT, WDFOBJECT) {};
                    })),
              S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Try(device, irq, [&](auto& c) { c.WaitLock = wait; })), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Try(device, irq,
                    [&](auto& c) {
                      c.SpinLock = spin;
                      c.PassiveHandling = TRUE;
                    })),
              S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Try(device, irq, [&](auto& c) { c.InterruptRaw = c.InterruptTranslated = &descriptor; })), S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Try(device, irq,
                    [&](auto& c) {
                      c.WaitLock = wait;
                      c.PassiveHandling = TRUE;
                    })),
              S(STATUS_SUCCESS));
    EXPECT_EQ(S(Try(device, irq, [&](auto& c) { c.SpinLock = spin; })), S(STATUS_SUCCESS));
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
}

CONFORMANCE(InterruptCreate, ItsParentIsADeviceOrAQueueAndSerialises, "DEVX-30", "INT-03") {
  Hw hw;
  Irq irq;
  hw.added = [&](WDFDEVICE device) {
    WDFOBJECT other = NewObject(device);
    EXPECT_EQ(S(Try(device, irq, [](auto& c) { c.AutomaticSerialization = TRUE; }, [&](auto& a) { a.ParentObject = other; })),
              S(STATUS_INVALID_PARAMETER));
    EXPECT_EQ(S(Try(device, irq, {}, [&](auto& a) { a.ParentObject = device; })), S(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED));
    EXPECT_EQ(S(Try(device, irq, [](auto& c) { c.AutomaticSerialization = TRUE; }, [&](auto& a) { a.ParentObject = device; })), S(STATUS_SUCCESS));
    EXPECT_EQ(S(Try(device, irq, [](auto& c) { c.AutomaticSerialization = TRUE; }, [&](auto& a) { a.ParentObject = hw.queue; })), S(STATUS_SUCCESS));
    return STATUS_SUCCESS;
  };
  hw.ioctl = [](WDFREQUEST request, size_t, size_t, ULONG) { WdfRequestComplete(request, STATUS_SUCCESS); };
  Rig rig(machine, hw);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
}

CONFORMANCE(InterruptCreate, TheLevelOfASerialisedCallbackMustFit, "INT-04") {
  for (bool passive : {false, true}) {
    Hw hw;
    Irq dpc, work;
    dpc.dpc = work.work = [] {};
    hw.device_attributes = [&](WDF_OBJECT_ATTRIBUTES& attributes) {
      attributes.ExecutionLevel = passive ? WdfExecutionLevelPassive : WdfExecutionLevelDispatch;
      attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    };
    hw.added = [&](WDFDEVICE device) {
      auto serialise = [](WDF_INTERRUPT_CONFIG& c) { c.AutomaticSerialization = TRUE; };
      EXPECT_EQ(S(Try(device, dpc, serialise)), S(passive ? STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL : STATUS_SUCCESS));
      EXPECT_EQ(S(Try(device, work, serialise)), S(passive ? STATUS_SUCCESS : STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL));
      return STATUS_SUCCESS;
    };
    Rig rig(machine, hw);
    rig.AddDevice();
    EXPECT_TRUE(rig.device.started());
  }
}

CONFORMANCE(InterruptCreate, OnlyWhileTheDeviceIsAddedOrItsHardwarePrepared, "INT-01", "INT-02", "DEVX-30") {
  Hw hw;
  Irq added, prepared, late;
  hw.added = [&](WDFDEVICE device) { return MakeInterrupt(device, added); };
  hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    EXPECT_EQ(S(MakeInterrupt(hw.device, prepared)), S(STATUS_INVALID_DEVICE_STATE));  // no resources
    PCM_PARTIAL_RESOURCE_DESCRIPTOR a = Descriptor(raw, CmResourceTypeInterrupt, 1), b = Descriptor(translated, CmResourceTypeInterrupt, 1);
    EXPECT_EQ(S(MakeInterrupt(hw.device, prepared, a, nullptr)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(MakeInterrupt(hw.device, prepared, nullptr, b)), S(STATUS_INVALID_DEVICE_STATE));
    prepared.config = [](auto& c) { c.ShareVector = WdfTrue; };
    EXPECT_EQ(S(MakeInterrupt(hw.device, prepared, a, b)), S(STATUS_INVALID_DEVICE_STATE));
    prepared.config = {};
    EXPECT_EQ(S(MakeInterrupt(hw.device, prepared, a, b)), S(STATUS_SUCCESS));
    hw.log.Add("prepared");
    return STATUS_SUCCESS;
  };
  hw.d0_entry = [&](WDF_POWER_DEVICE_STATE) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR any = {};
    any.Type = CmResourceTypeInterrupt;
    EXPECT_EQ(S(MakeInterrupt(hw.device, late)), S(STATUS_INVALID_DEVICE_STATE));
    EXPECT_EQ(S(MakeInterrupt(hw.device, late, &any, &any)), S(STATUS_INVALID_DEVICE_STATE));
    return STATUS_SUCCESS;
  };
  InterruptPin first, second;
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(first), Resource::Line(second)}));
  EXPECT_TRUE(rig.device.started());
  EXPECT_EQ(hw.log.Take(), Lines{"prepared"});
  machine.Run([&] {
    EXPECT_EQ(S(MakeInterrupt(hw.device, late)), S(STATUS_INVALID_DEVICE_STATE));
    WDF_INTERRUPT_INFO info;
    WDF_INTERRUPT_INFO_INIT(&info);
    WdfInterruptGetInfo(prepared.handle, &info);
    EXPECT_NE(info.Vector, 0u);
  });
}

CONFORMANCE(InterruptCreate, ObjectsGetResourcesInListOrderAndTheSurplusStaysSilent, "DEVX-31", "INT-21", "INT-18") {
  Hw hw;
  Irq irqs[3];
  ULONG vectors[2] = {};
  hw.added = [&](WDFDEVICE device) {
    for (Irq& irq : irqs) EXPECT_EQ(S(MakeInterrupt(device, irq)), S(STATUS_SUCCESS));
    return STATUS_SUCCESS;
  };
  hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST translated) {
    for (ULONG i = 0; i < 2; ++i) {
      vectors[i] = Descriptor(translated, CmResourceTypeInterrupt, i)->u.Interrupt.Vector;
      WDF_INTERRUPT_INFO info;
      WDF_INTERRUPT_INFO_INIT(&info);
      WdfInterruptGetInfo(irqs[i].handle, &info);
      EXPECT_EQ(info.Vector, vectors[i]);
      EXPECT_EQ(info.Irql, i == 0 ? 5 : 8);
      EXPECT_EQ(info.Mode, i == 0 ? LevelSensitive : Latched);
      EXPECT_FALSE(info.MessageSignaled);
      EXPECT_EQ(info.MessageNumber, 0u);
      EXPECT_NE(info.TargetProcessorSet, 0u);
      EXPECT_EQ(info.ShareDisposition, CmResourceShareDeviceExclusive);
    }
    return STATUS_SUCCESS;
  };
  InterruptPin first, second;
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(16, nullptr), Resource::Line(first, {.irql = 5}), Resource::Private(1, 2, 3),
                                                   Resource::Line(second, {.level_sensitive = false, .irql = 8})}));
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  irqs[0].isr = [&](ULONG) -> BOOLEAN {
    first.Lower();
    return TRUE;
  };
  first.Raise();
  second.Raise();
  machine.Run([&] {
    EXPECT_TRUE(Until([&] { return irqs[0].isr_calls == 1 && irqs[1].isr_calls == 1; }));
    WDF_INTERRUPT_INFO info;
    WDF_INTERRUPT_INFO_INIT(&info);
    WdfInterruptGetInfo(irqs[2].handle, &info);
    EXPECT_EQ(info.Vector, 0u);
    EXPECT_EQ(WdfInterruptWdmGetInterrupt(irqs[2].handle), nullptr);
    EXPECT_EQ(WdfInterruptGetDevice(irqs[2].handle), hw.device);
  });
  EXPECT_EQ(irqs[0].isr_irql, 5);
  EXPECT_EQ(irqs[1].isr_irql, 8);
  EXPECT_EQ(irqs[2].isr_calls, 0);
}

CONFORMANCE(InterruptCreate, OneMessageEachForObjectsOfAMultiMessageResource, "DEVX-31", "INT-09") {
  Hw hw;
  Irq irqs[3];
  std::atomic<ULONG> seen[3] = {99, 99, 99};
  InterruptPin pins[3];
  hw.added = [&](WDFDEVICE device) {
    for (int i = 0; i < 3; ++i) {
      irqs[i].isr = [&, i](ULONG message) -> BOOLEAN {
        seen[i] = message;
        return TRUE;
      };
      EXPECT_EQ(S(MakeInterrupt(device, irqs[i])), S(STATUS_SUCCESS));
    }
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Messages({pins[0], pins[1]}), Resource::Message(pins[2])}));
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  for (int i : {2, 0, 1}) pins[i].Raise();
  machine.Run([&] {
    EXPECT_TRUE(Until([&] { return irqs[0].isr_calls == 1 && irqs[1].isr_calls == 1 && irqs[2].isr_calls == 1; }));
    for (ULONG i = 0; i < 3; ++i) {
      WDF_INTERRUPT_INFO info;
      WDF_INTERRUPT_INFO_INIT(&info);
      WdfInterruptGetInfo(irqs[i].handle, &info);
      EXPECT_TRUE(info.MessageSignaled);
      EXPECT_EQ(info.MessageNumber, i);
      EXPECT_EQ(info.Mode, Latched);
    }
  });
  for (ULONG i = 0; i < 3; ++i) EXPECT_EQ(seen[i], i);
}

CONFORMANCE(InterruptCreate, MadeInPrepareHardwareTheyGoAfterReleaseNewestFirst, "DEVX-33", "INT-01") {
  Hw hw;
  Irq irqs[2];
  InterruptPin pins[2];
  WDFOBJECT children[2] = {};
  hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    for (ULONG i = 0; i < 2; ++i) {
      EXPECT_EQ(S(MakeInterrupt(hw.device, irqs[i], Descriptor(raw, CmResourceTypeInterrupt, i), Descriptor(translated, CmResourceTypeInterrupt, i))),
                S(STATUS_SUCCESS));
      children[i] = NewNamed(hw.log, i == 0 ? "first" : "second", irqs[i].handle);
    }
    return STATUS_SUCCESS;
  };
  hw.release = [&](WDFCMRESLIST) {
    hw.log.Add("release");
    EXPECT_EQ(WdfInterruptWdmGetInterrupt(irqs[0].handle), nullptr);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Line(pins[0]), Resource::Line(pins[1])}));
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  rig.RemoveDevice();
  EXPECT_EQ(hw.log.Take(), (Lines{"release", "second.cleanup", "second.destroy", "first.cleanup", "first.destroy"}));
}

CONFORMANCE(InterruptCreate, DeletingOneIsIgnored, "O-14", "DEVX-4") {
  Hw hw;
  Irq irq;
  hw.added = [&](WDFDEVICE device) {
    EXPECT_EQ(S(MakeInterrupt(device, irq)), S(STATUS_SUCCESS));
    WdfObjectDelete(irq.handle);
    EXPECT_EQ(WdfInterruptGetDevice(irq.handle), device);
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.AddDevice();
  EXPECT_TRUE(rig.device.started());
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 1u);
}

}  // namespace
}  // namespace drydock::test
