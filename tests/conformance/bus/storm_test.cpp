// Children come and go at any moment, while they start, sleep and do I/O.
#include "bus_rig.h"

namespace drydock::test {
namespace {

struct Dice {
  uint64_t state;
  uint32_t Roll(uint32_t sides) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33) % sides;
  }
};

void Storm(Machine& machine, uint64_t seed) {
  std::atomic<int> made{0}, destroyed{0}, functions{0}, functions_gone{0};
  static std::atomic<int>* counters[2];
  counters[0] = &destroyed;
  counters[1] = &functions_gone;
  {
    BusRig rig(machine);
    rig.hooks.pdo_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) { attributes.EvtDestroyCallback = [](WDFOBJECT) { ++*counters[0]; }; };
    rig.hooks.pdo_created = [&](WDFDEVICE, ULONG) {
      ++made;
      SleepMs(1);  // others run meanwhile
      return STATUS_SUCCESS;
    };
    rig.function_hooks.device_attributes = [](WDF_OBJECT_ATTRIBUTES& attributes) {
      attributes.EvtDestroyCallback = [](WDFOBJECT) { ++*counters[1]; };
    };
    rig.function_hooks.added = [&](WDFDEVICE device) {
      ++functions;
      SleepMs(1);
      WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS settings;
      WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&settings, IdleCannotWakeFromS0);
      settings.IdleTimeout = 3;
      (void)WdfDeviceAssignS0IdleSettings(device, &settings);
      return STATUS_SUCCESS;
    };
    rig.function_hooks.managed_queue = true;
    rig.function_hooks.io_stop = true;
    rig.function_hooks.ioctl = [&](WDFREQUEST request, size_t, size_t, ULONG) {
      SleepMs(1);
      WdfRequestComplete(request, STATUS_SUCCESS);
    };
    rig.Start();
    constexpr ULONG kSlots = 6;
    std::atomic<bool> over{false};
    auto plugger = [&, dice = Dice{seed}]() mutable {
      for (int i = 0; i < 60; ++i) {
        const ULONG number = dice.Roll(kSlots);
        ChildId id = Id(number);
        switch (dice.Roll(5)) {
          case 0:
          case 1: (void)WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &id.header, nullptr); break;
          case 2: (void)WdfChildListUpdateChildDescriptionAsMissing(rig.list(), &id.header); break;
          case 3:
            WdfChildListBeginScan(rig.list());
            for (ULONG other = 0; other < kSlots; ++other) {
              if (dice.Roll(2) == 0) continue;
              ChildId present = Id(other);
              (void)WdfChildListAddOrUpdateChildDescriptionAsPresent(rig.list(), &present.header, nullptr);
            }
            WdfChildListEndScan(rig.list());
            break;
          default: (void)WdfChildListRequestChildEject(rig.list(), &id.header); break;
        }
        if (dice.Roll(2)) SleepMs(dice.Roll(6));
      }
      over = true;
    };
    auto user = [&, dice = Dice{seed * 3 + 1}]() mutable {
      while (!over && !machine.stopped()) {
        Device child = rig.Child(dice.Roll(kSlots));
        if (child) {
          File file = machine.Open(child);
          for (uint32_t n = dice.Roll(4); n-- > 0 && file;) (void)file.Ioctl(kIoctl, nullptr, 0, nullptr, 0);
        }
        machine.Run([&] { SleepMs(1 + dice.Roll(5)); });
      }
    };
    auto manager = [&, dice = Dice{seed * 7 + 5}]() mutable {
      while (!over && !machine.stopped()) {
        Device child = rig.Child(dice.Roll(kSlots));
        if (child) {
          switch (dice.Roll(6)) {
            case 0: (void)machine.DisableDevice(child); break;
            case 1:
            case 2: (void)machine.EnableDevice(child); break;
            case 3: (void)machine.RemoveDevice(child); break;
            case 4: (void)machine.SurpriseRemove(child); break;
            default: (void)machine.Rebalance(rig.bus); break;
          }
        }
        machine.Run([&] { SleepMs(1 + dice.Roll(9)); });
      }
    };
    if (machine.simulated()) {
      Task users[] = {machine.Start("user 1", user), machine.Start("user 2", user), machine.Start("manager", manager)};
      machine.Run(plugger);
      for (Task& task : users) task.Join();
    } else {
      // On real threads handles are the caller's alone: the framework's workers are the others.
      machine.Run(plugger);
    }
    ASSERT_FALSE(machine.stopped()) << machine.ReportText();
    rig.Settle();
    EXPECT_TRUE(rig.bus.started());
  }
  EXPECT_FALSE(machine.stopped()) << machine.ReportText();
  EXPECT_GT(made, 2);
  EXPECT_EQ(made, destroyed);
  EXPECT_EQ(functions, functions_gone);
}

CONFORMANCE(DeviceTree, ChildrenGoAtAnyMomentAndNothingStaysBehind, "S7", "S16", "S12", "DEVX-21", "DEVX-25", "PWR-19") {
  Storm(machine, 1);
  if (!machine.simulated()) return;
  for (uint64_t seed = 2; seed <= 30 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    MachineOptions options = machine.options();
    options.seed = seed;
    Machine other(options);
    Storm(other, seed);
  }
}

}  // namespace
}  // namespace drydock::test
