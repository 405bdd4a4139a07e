// Resource lists: what START brings, what drivers make of requirements, and what the PnP manager then gives.
#include <cstring>

#include "hw.h"

namespace drydock::test {
namespace {

// The FDO callbacks as a test's lambdas.
struct Filter {
  std::function<NTSTATUS(WDFIORESREQLIST)> add, remove;
  std::function<NTSTATUS(WDFCMRESLIST raw, WDFCMRESLIST translated)> remove_added;
};
Filter* filter_of_test = nullptr;

struct Filtered {
  explicit Filtered(Machine& the_machine) : machine(the_machine), rig(machine, hw) {
    filter_of_test = &filter;
    hw.more_init = [this](PWDFDEVICE_INIT init) {
      WDF_FDO_EVENT_CALLBACKS fdo;
      WDF_FDO_EVENT_CALLBACKS_INIT(&fdo);
      if (filter.add) fdo.EvtDeviceFilterAddResourceRequirements = [](WDFDEVICE, WDFIORESREQLIST list) { return filter_of_test->add(list); };
      if (filter.remove) fdo.EvtDeviceFilterRemoveResourceRequirements = [](WDFDEVICE, WDFIORESREQLIST list) { return filter_of_test->remove(list); };
      if (filter.remove_added) {
        fdo.EvtDeviceRemoveAddedResources = [](WDFDEVICE, WDFCMRESLIST raw, WDFCMRESLIST translated) {
          return filter_of_test->remove_added(raw, translated);
        };
      }
      WdfFdoInitSetEventCallbacks(init, &fdo);
      return STATUS_SUCCESS;
    };
  }
  ~Filtered() { filter_of_test = nullptr; }
  Device& Start(std::vector<Resource> resources) {
    rig.device = machine.AddDevice(Spec(rig.driver, std::move(resources)));
    return rig.device;
  }
  Machine& machine;
  Hw hw;
  Filter filter;
  Rig rig;
};

IO_RESOURCE_DESCRIPTOR Memory(ULONG length, ULONG64 low, ULONG64 high, ULONG alignment = 1) {
  IO_RESOURCE_DESCRIPTOR descriptor = {};
  descriptor.Type = CmResourceTypeMemory;
  descriptor.ShareDisposition = CmResourceShareDeviceExclusive;
  descriptor.u.Memory.Length = length;
  descriptor.u.Memory.Alignment = alignment;
  descriptor.u.Memory.MinimumAddress.QuadPart = static_cast<LONGLONG>(low);
  descriptor.u.Memory.MaximumAddress.QuadPart = static_cast<LONGLONG>(high);
  return descriptor;
}

std::vector<UCHAR> Types(WDFCMRESLIST list) {
  std::vector<UCHAR> types;
  for (ULONG i = 0; i < WdfCmResourceListGetCount(list); ++i) types.push_back(WdfCmResourceListGetDescriptor(list, i)->Type);
  return types;
}

CONFORMANCE(Resources, RawAndTranslatedDescribeTheSameInTheSameOrder, "RES-01", "PWR-23") {
  Hw hw;
  InterruptPin line, message;
  hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    const std::vector<UCHAR> expected = {CmResourceTypeDevicePrivate, CmResourceTypeMemory, CmResourceTypeInterrupt, CmResourceTypePort,
                                         CmResourceTypeInterrupt};
    EXPECT_EQ(Types(raw), expected);
    EXPECT_EQ(Types(translated), expected);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 0)->u.DevicePrivate.Data[2], 3u);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 1)->u.Memory.Start.QuadPart, 0xE0000000);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(translated, 1)->u.Memory.Start.QuadPart, 0xE0000000);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 2)->u.Interrupt.Vector, 11u);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(translated, 2)->u.Interrupt.Level, 7u);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 3)->u.Port.Start.QuadPart, 0x300);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 4)->u.MessageInterrupt.Raw.MessageCount, 1);
    hw.log.Add("prepared");
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Private(1, 2, 3), Resource::Memory(0x100, nullptr, 0xE0000000),
                                                   Resource::Line(line, {.line = 11, .irql = 7}), Resource::Port(8, nullptr, 0x300),
                                                   Resource::Message(message)}));
  EXPECT_TRUE(rig.device.started()) << machine.ReportText();
  EXPECT_EQ(hw.log.Take(), Lines{"prepared"});
}

CONFORMANCE(Resources, ListsOfPrepareAndReleaseCannotBeChanged, "RES-02", "RES-03") {
  Hw hw;
  auto check = [&](WDFCMRESLIST list) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR more = {};
    more.Type = CmResourceTypeMemory;
    EXPECT_EQ(WdfCmResourceListGetCount(list), 1u);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(list, 1), nullptr);
    EXPECT_EQ(S(WdfCmResourceListAppendDescriptor(list, &more)), S(STATUS_ACCESS_DENIED));
    EXPECT_EQ(S(WdfCmResourceListInsertDescriptor(list, &more, 0)), S(STATUS_ACCESS_DENIED));
    WdfCmResourceListRemove(list, 0);
    WdfCmResourceListRemoveByDescriptor(list, WdfCmResourceListGetDescriptor(list, 0));
    EXPECT_EQ(WdfCmResourceListGetCount(list), 1u);
  };
  hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    check(raw);
    check(translated);
    return STATUS_SUCCESS;
  };
  hw.release = [&](WDFCMRESLIST translated) {
    check(translated);
    hw.log.Add("release");
    return STATUS_SUCCESS;
  };
  Rig rig(machine, hw);
  rig.device = machine.AddDevice(Spec(rig.driver, {Resource::Memory(0x100, nullptr)}));
  EXPECT_TRUE(rig.device.started());
  rig.RemoveDevice();
  EXPECT_EQ(hw.log.Take(), Lines{"release"});
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 6u);
}

CONFORMANCE(Resources, RequirementsAreEditedByIndexAndByValue, "RES-03", "RES-04", "RES-05") {
  Filtered filtered(machine);
  filtered.filter.add = [&](WDFIORESREQLIST list) {
    EXPECT_EQ(WdfIoResourceRequirementsListGetCount(list), 1u);
    EXPECT_EQ(WdfIoResourceRequirementsListGetIoResList(list, 1), nullptr);
    WDFIORESLIST own = nullptr, config = WdfIoResourceRequirementsListGetIoResList(list, 0);
    EXPECT_EQ(WdfIoResourceListGetCount(config), 1u);
    EXPECT_EQ(S(WdfIoResourceListCreate(list, WDF_NO_OBJECT_ATTRIBUTES, &own)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoResourceListGetCount(own), 0u);
    EXPECT_EQ(WdfIoResourceListGetDescriptor(own, 0), nullptr);
    IO_RESOURCE_DESCRIPTOR a = Memory(1, 0x1000, 0x1FFF), b = Memory(2, 0x1000, 0x1FFF), c = Memory(3, 0x1000, 0x1FFF);
    EXPECT_EQ(S(WdfIoResourceListInsertDescriptor(own, &a, 1)), S(STATUS_ARRAY_BOUNDS_EXCEEDED));
    EXPECT_EQ(S(WdfIoResourceListInsertDescriptor(own, &b, WDF_INSERT_AT_END)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoResourceListInsertDescriptor(own, &a, 0)), S(STATUS_SUCCESS));
    EXPECT_EQ(S(WdfIoResourceListAppendDescriptor(own, &c)), S(STATUS_SUCCESS));
    PIO_RESOURCE_DESCRIPTOR last = WdfIoResourceListGetDescriptor(own, 2);
    a.u.Memory.Length = 99;  // a copy was taken
    EXPECT_EQ(WdfIoResourceListGetDescriptor(own, 0)->u.Memory.Length, 1u);
    WdfIoResourceListRemove(own, 0);
    EXPECT_EQ(WdfIoResourceListGetCount(own), 2u);
    EXPECT_EQ(WdfIoResourceListGetDescriptor(own, 0)->u.Memory.Length, 2u);
    EXPECT_EQ(WdfIoResourceListGetDescriptor(own, 1), last);
    WdfIoResourceListRemoveByDescriptor(own, &a);  // no such
    EXPECT_EQ(WdfIoResourceListGetCount(own), 2u);
    WdfIoResourceListRemoveByDescriptor(own, &b);
    EXPECT_EQ(WdfIoResourceListGetCount(own), 1u);
    WdfIoResourceListUpdateDescriptor(own, &b, 0);
    EXPECT_EQ(WdfIoResourceListGetDescriptor(own, 0)->u.Memory.Length, 2u);
    WdfIoResourceListUpdateDescriptor(own, &b, 1);  // breaks
    WdfIoResourceListRemove(own, 1);                // breaks
    // Configurations of the list.
    EXPECT_EQ(S(WdfIoResourceRequirementsListInsertIoResList(list, own, 2)), S(STATUS_ARRAY_BOUNDS_EXCEEDED));
    EXPECT_EQ(S(WdfIoResourceRequirementsListInsertIoResList(list, own, 0)), S(STATUS_SUCCESS));
    EXPECT_EQ(WdfIoResourceRequirementsListGetIoResList(list, 0), own);
    EXPECT_EQ(WdfIoResourceRequirementsListGetIoResList(list, 1), config);
    WdfIoResourceRequirementsListRemoveByIoResList(list, own);
    EXPECT_EQ(WdfIoResourceRequirementsListGetCount(list), 1u);
    EXPECT_EQ(S(WdfIoResourceRequirementsListAppendIoResList(list, own)), S(STATUS_SUCCESS));
    WdfIoResourceRequirementsListRemove(list, 1);
    WdfIoResourceRequirementsListRemove(list, 1);  // breaks
    EXPECT_EQ(WdfIoResourceRequirementsListGetCount(list), 1u);
    WdfIoResourceRequirementsListSetSlotNumber(list, 4);
    WdfIoResourceRequirementsListSetInterfaceType(list, PCIBus);
    filtered.hw.log.Add("filtered");
    return STATUS_SUCCESS;
  };
  EXPECT_TRUE(filtered.Start({Resource::Memory(0x100, nullptr)}).started()) << machine.ReportText();
  EXPECT_EQ(filtered.hw.log.Take(), Lines{"filtered"});
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 3u);
}

CONFORMANCE(Resources, AListOfAnotherRequirementsListIsRefused, "RES-05") {
  Filtered filtered(machine);
  WDFIORESLIST foreign = nullptr;
  filtered.filter.remove = [&](WDFIORESREQLIST list) {
    EXPECT_EQ(S(WdfIoResourceListCreate(list, WDF_NO_OBJECT_ATTRIBUTES, &foreign)), S(STATUS_SUCCESS));
    WdfObjectReference(foreign);
    return STATUS_SUCCESS;
  };
  filtered.filter.add = [&](WDFIORESREQLIST list) {
    EXPECT_EQ(S(WdfIoResourceRequirementsListAppendIoResList(list, foreign)), S(STATUS_INVALID_DEVICE_REQUEST));
    EXPECT_EQ(S(WdfIoResourceRequirementsListInsertIoResList(list, foreign, 0)), S(STATUS_INVALID_DEVICE_REQUEST));
    WdfObjectDereference(foreign);
    filtered.hw.log.Add("filtered");
    return STATUS_SUCCESS;
  };
  EXPECT_TRUE(filtered.Start({Resource::Memory(0x100, nullptr)}).started());
  EXPECT_EQ(filtered.hw.log.Take(), Lines{"filtered"});
}

CONFORMANCE(Resources, RemoveRunsOnTheWayDownAddOnTheWayUpOncePerRequest, "RES-07", "O-06") {
  Filtered filtered(machine);
  filtered.filter.remove = [&](WDFIORESREQLIST list) {
    filtered.hw.log.Add("remove");
    WDFIORESLIST config = WdfIoResourceRequirementsListGetIoResList(list, 0);
    IO_RESOURCE_DESCRIPTOR more = Memory(1, 1, 2);
    EXPECT_EQ(S(WdfIoResourceListAppendDescriptor(config, &more)), S(STATUS_ACCESS_DENIED));
    for (ULONG i = 0; i < WdfIoResourceListGetCount(config); ++i) {
      if (WdfIoResourceListGetDescriptor(config, i)->Type == CmResourceTypePort) WdfIoResourceListRemove(config, i);
    }
    return STATUS_SUCCESS;
  };
  filtered.filter.add = [&](WDFIORESREQLIST list) {
    filtered.hw.log.Add("add");
    EXPECT_EQ(WdfIoResourceListGetCount(WdfIoResourceRequirementsListGetIoResList(list, 0)), 1u);
    return STATUS_SUCCESS;
  };
  filtered.hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST) {
    EXPECT_EQ(Types(raw), std::vector<UCHAR>{CmResourceTypeMemory});
    filtered.hw.log.Add("prepare");
    return STATUS_SUCCESS;
  };
  EXPECT_TRUE(filtered.Start({Resource::Memory(0x100, nullptr), Resource::Port(8, nullptr)}).started()) << machine.ReportText();
  EXPECT_EQ(filtered.hw.log.Take(), (Lines{"remove", "add", "prepare"}));
}

CONFORMANCE(Resources, WhatWasAddedIsGivenAndTakenOutForTheDriversBelow, "RES-07", "RES-08", "O-07", "RES-04") {
  Hw lower;
  lower.filter = true;
  Filtered filtered(machine);
  SetOtherHooks(&lower);
  Driver below = machine.AddDriver("below", OtherEntry());
  filtered.filter.add = [&](WDFIORESREQLIST list) {
    IO_RESOURCE_DESCRIPTOR more = Memory(0x200, 0x80000000, 0x8FFFFFFF, 0x1000);
    return WdfIoResourceListInsertDescriptor(WdfIoResourceRequirementsListGetIoResList(list, 0), &more, 0);
  };
  filtered.filter.remove_added = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_EQ(WdfCmResourceListGetCount(raw), 2u);
    CM_PARTIAL_RESOURCE_DESCRIPTOR first = *WdfCmResourceListGetDescriptor(raw, 0);
    EXPECT_EQ(first.u.Memory.Length, 0x200u);
    EXPECT_EQ(first.u.Memory.Start.QuadPart % 0x1000, 0);
    EXPECT_GE(first.u.Memory.Start.QuadPart, 0x80000000);
    EXPECT_EQ(S(WdfCmResourceListAppendDescriptor(raw, &first)), S(STATUS_ACCESS_DENIED));
    WdfCmResourceListRemoveByDescriptor(raw, &first);
    WdfCmResourceListRemove(translated, 0);
    EXPECT_EQ(WdfCmResourceListGetCount(raw), 1u);
    EXPECT_EQ(WdfCmResourceListGetDescriptor(raw, 0)->u.Memory.Length, 0x100u);
    filtered.hw.log.Add("remove added");
    return STATUS_SUCCESS;
  };
  lower.pnp_callbacks = true;
  filtered.hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST) {
    EXPECT_EQ(WdfCmResourceListGetCount(raw), 2u);  // its own driver sees everything
    filtered.hw.log.Add("prepare");
    return STATUS_SUCCESS;
  };
  static std::vector<ULONG> seen_below;
  seen_below.clear();
  lower.init = [](PWDFDEVICE_INIT init) {
    return WdfDeviceInitAssignWdmIrpPreprocessCallback(
        init,
        [](WDFDEVICE device, PIRP irp) -> NTSTATUS {
          PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
          if (stack->MinorFunction == IRP_MN_START_DEVICE) {
            seen_below.push_back(stack->Parameters.StartDevice.AllocatedResources->List[0].PartialResourceList.Count);
            seen_below.push_back(stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList.Count);
          }
          IoSkipCurrentIrpStackLocation(irp);
          return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
        },
        IRP_MJ_PNP, nullptr, 0);
  };
  DeviceSpec spec = Spec(filtered.rig.driver, {Resource::Memory(0x100, nullptr)});
  spec.lower_filters = {below};
  filtered.rig.device = machine.AddDevice(spec);
  ASSERT_TRUE(filtered.rig.device.started()) << machine.ReportText();
  EXPECT_EQ(filtered.hw.log.Take(), (Lines{"remove added", "prepare"}));
  EXPECT_EQ(seen_below, (std::vector<ULONG>{1, 1}));
  filtered.rig.RemoveDevice();
  machine.UnloadDriver(below);
}

CONFORMANCE(Resources, AFailingRemoveAddedEndsTheStart, "O-07", "S2") {
  Filtered filtered(machine);
  filtered.filter.remove_added = [&](WDFCMRESLIST, WDFCMRESLIST) {
    filtered.hw.log.Add("remove added");
    return STATUS_UNSUCCESSFUL;
  };
  filtered.hw.prepare = [&](WDFCMRESLIST, WDFCMRESLIST) {
    filtered.hw.log.Add("prepare");
    return STATUS_SUCCESS;
  };
  EXPECT_FALSE(filtered.Start({Resource::Memory(0x100, nullptr)}).started());
  EXPECT_EQ(filtered.hw.log.Take(), Lines{"remove added"});
}

CONFORMANCE(Resources, RemoveAddedRunsOnlyWithBothLists, "O-07") {
  Filtered filtered(machine);
  filtered.filter.remove_added = [&](WDFCMRESLIST, WDFCMRESLIST) {
    filtered.hw.log.Add("remove added");
    return STATUS_SUCCESS;
  };
  EXPECT_TRUE(filtered.Start({}).started());
  EXPECT_EQ(filtered.hw.log.Take(), Lines{});
}

CONFORMANCE(Resources, AFailingFilterCallbackFailsItsRequestOnly, "ours") {
  Filtered filtered(machine);
  filtered.filter.add = [&](WDFIORESREQLIST) { return STATUS_UNSUCCESSFUL; };
  EXPECT_TRUE(filtered.Start({Resource::Memory(0x100, nullptr)}).started());
}

CONFORMANCE(Resources, TheFirstConfigurationThatCanBeHadIsTaken, "RES-06") {
  Filtered filtered(machine);
  Hw blocker;
  filtered.filter.add = [&](WDFIORESREQLIST list) {
    auto add = [&](ULONG length, ULONG64 low, ULONG index) {
      WDFIORESLIST config = nullptr;
      EXPECT_EQ(S(WdfIoResourceListCreate(list, WDF_NO_OBJECT_ATTRIBUTES, &config)), S(STATUS_SUCCESS));
      IO_RESOURCE_DESCRIPTOR memory = Memory(length, low, low + length - 1);
      EXPECT_EQ(S(WdfIoResourceListAppendDescriptor(config, &memory)), S(STATUS_SUCCESS));
      EXPECT_EQ(S(WdfIoResourceRequirementsListInsertIoResList(list, config, index)), S(STATUS_SUCCESS));
    };
    add(0x10, 0x70001000, 0);  // taken by another device
    add(0x20, 0x70002000, 1);
    return STATUS_SUCCESS;
  };
  std::vector<ULONG> lengths;
  filtered.hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST) {
    for (ULONG i = 0; i < WdfCmResourceListGetCount(raw); ++i) lengths.push_back(WdfCmResourceListGetDescriptor(raw, i)->u.Memory.Length);
    return STATUS_SUCCESS;
  };
  SetRigHooks(&blocker);
  Device other = machine.AddDevice(Spec(filtered.rig.driver, {Resource::Memory(0x1000, nullptr, 0x70001000)}));
  SetRigHooks(&filtered.hw);
  EXPECT_TRUE(filtered.Start({Resource::Memory(0x100, nullptr)}).started()) << machine.ReportText();
  EXPECT_EQ(lengths, std::vector<ULONG>{0x20});
  filtered.rig.RemoveDevice();
  machine.RemoveDevice(other);
}

CONFORMANCE(Resources, PreferredAlternativesFirstAndNoneLeftFailsTheStart, "RES-06") {
  Filtered filtered(machine);
  bool possible = true;
  filtered.filter.add = [&](WDFIORESREQLIST list) {
    WDFIORESLIST config = WdfIoResourceRequirementsListGetIoResList(list, 0);
    IO_RESOURCE_DESCRIPTOR a = Memory(0x10, 0x70001000, 0x7000100F), b = Memory(0x20, 0x70002000, 0x7000201F);
    b.Option = IO_RESOURCE_ALTERNATIVE | IO_RESOURCE_PREFERRED;
    if (!possible) {
      a.u.Memory.Length = b.u.Memory.Length = 0x1000;  // longer than their range
    }
    EXPECT_EQ(S(WdfIoResourceListAppendDescriptor(config, &a)), S(STATUS_SUCCESS));
    return WdfIoResourceListAppendDescriptor(config, &b);
  };
  std::vector<ULONG> lengths;
  filtered.hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST) {
    for (ULONG i = 0; i < WdfCmResourceListGetCount(raw); ++i) lengths.push_back(WdfCmResourceListGetDescriptor(raw, i)->u.Memory.Length);
    return STATUS_SUCCESS;
  };
  EXPECT_TRUE(filtered.Start({Resource::Memory(0x100, nullptr)}).started()) << machine.ReportText();
  EXPECT_EQ(lengths, (std::vector<ULONG>{0x100, 0x20}));
  filtered.rig.RemoveDevice();
  possible = false;
  EXPECT_FALSE(filtered.Start({Resource::Memory(0x100, nullptr)}).started());
  EXPECT_EQ(lengths.size(), 2u);
}

CONFORMANCE(Resources, InterruptPoliciesReachTheRequirements, "INT-25") {
  Hw hw;
  Irq irqs[2], prepared;
  InterruptPin pins[3];
  static std::vector<IO_RESOURCE_DESCRIPTOR> seen;
  seen.clear();
  hw.added = [&](WDFDEVICE device) {
    for (Irq& irq : irqs) EXPECT_EQ(S(MakeInterrupt(device, irq)), S(STATUS_SUCCESS));
    WDF_INTERRUPT_EXTENDED_POLICY policy;
    WDF_INTERRUPT_EXTENDED_POLICY_INIT(&policy);
    EXPECT_EQ(policy.Policy, WdfIrqPolicyMachineDefault);
    EXPECT_EQ(policy.Priority, WdfIrqPriorityUndefined);
    policy.Policy = WdfIrqPolicySpecifiedProcessors;
    policy.Priority = WdfIrqPriorityHigh;
    policy.TargetProcessorSetAndGroup.Mask = 2;
    WdfInterruptSetExtendedPolicy(irqs[1].handle, &policy);
    policy.Size = 1;
    WdfInterruptSetExtendedPolicy(irqs[0].handle, &policy);  // breaks
    WdfInterruptSetPolicy(irqs[0].handle, WdfIrqPolicyOneCloseProcessor, WdfIrqPriorityLow, 0);
    return STATUS_SUCCESS;
  };
  hw.prepare = [&](WDFCMRESLIST raw, WDFCMRESLIST translated) {
    EXPECT_EQ(Descriptor(translated, CmResourceTypeInterrupt, 1)->u.Interrupt.Affinity, 2u);
    EXPECT_EQ(S(MakeInterrupt(hw.device, prepared, Descriptor(raw, CmResourceTypeInterrupt, 2), Descriptor(translated, CmResourceTypeInterrupt, 2))),
              S(STATUS_SUCCESS));
    WdfInterruptSetPolicy(prepared.handle, WdfIrqPolicyOneCloseProcessor, WdfIrqPriorityLow, 1);  // breaks
    return STATUS_SUCCESS;
  };
  // Above: what comes up from the framework's driver.
  Hw upper;
  upper.filter = true;
  upper.init = [](PWDFDEVICE_INIT init) {
    return WdfDeviceInitAssignWdmIrpPreprocessCallback(
        init,
        [](WDFDEVICE device, PIRP irp) -> NTSTATUS {
          if (IoGetCurrentIrpStackLocation(irp)->MinorFunction != IRP_MN_FILTER_RESOURCE_REQUIREMENTS) {
            IoSkipCurrentIrpStackLocation(irp);
            return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
          }
          IoCopyCurrentIrpStackLocationToNext(irp);
          IoSetCompletionRoutine(
              irp,
              [](PDEVICE_OBJECT, PIRP done, PVOID) -> NTSTATUS {
                if (done->PendingReturned) IoMarkIrpPending(done);
                auto* list = reinterpret_cast<PIO_RESOURCE_REQUIREMENTS_LIST>(done->IoStatus.Information);
                for (ULONG i = 0; list && i < list->List[0].Count; ++i) seen.push_back(list->List[0].Descriptors[i]);
                return STATUS_CONTINUE_COMPLETION;
              },
              nullptr, TRUE, TRUE, TRUE);
          return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
        },
        IRP_MJ_PNP, nullptr, 0);
  };
  Rig rig(machine, hw);
  SetOtherHooks(&upper);
  Driver above = machine.AddDriver("above", OtherEntry());
  DeviceSpec spec = Spec(rig.driver, {Resource::Line(pins[0]), Resource::Line(pins[1]), Resource::Line(pins[2])});
  spec.upper_filters = {above};
  rig.device = machine.AddDevice(spec);
  ASSERT_TRUE(rig.device.started()) << machine.ReportText();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_TRUE(seen[0].Flags & CM_RESOURCE_INTERRUPT_POLICY_INCLUDED);
  EXPECT_EQ(seen[0].u.Interrupt.AffinityPolicy, IrqPolicyOneCloseProcessor);
  EXPECT_EQ(seen[0].u.Interrupt.PriorityPolicy, IrqPriorityLow);
  EXPECT_EQ(seen[1].u.Interrupt.AffinityPolicy, IrqPolicySpecifiedProcessors);
  EXPECT_EQ(seen[1].u.Interrupt.TargetedProcessors, 2u);
  EXPECT_FALSE(seen[2].Flags & CM_RESOURCE_INTERRUPT_POLICY_INCLUDED);
  EXPECT_EQ(machine.CountReports(ReportKind::kBreak), 2u);
  rig.RemoveDevice();
  machine.UnloadDriver(above);
}

}  // namespace
}  // namespace drydock::test
