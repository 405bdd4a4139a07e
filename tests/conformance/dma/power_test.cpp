// DMA enablers as their device goes up and down.
#include "dma_rig.h"

using namespace drydock;
using namespace drydock::test;

namespace {

struct Steps {
  Log* log;
  std::map<std::string, NTSTATUS>* fail;
  const char* name;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Steps, StepsOf)

NTSTATUS Step(WDFDMAENABLER enabler, const char* what) {
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  Steps* steps = StepsOf(enabler);
  const std::string line = std::string(steps->name) + "." + what;
  steps->log->Add(line);
  auto found = steps->fail->find(line);
  return found == steps->fail->end() ? STATUS_SUCCESS : found->second;
}

struct Powered {
  explicit Powered(Machine& machine) : rig(machine, WdfDmaProfilePacket, 4096, {}, false) {
    rig.hooks.pnp_callbacks = true;
    rig.hooks.added = [this](WDFDEVICE device) {
      for (const char* name : {"one", "two"}) {
        WDF_OBJECT_ATTRIBUTES attributes = Attributes();
        WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(&attributes, Steps);
        WDFDMAENABLER enabler = nullptr;
        NTSTATUS status = CreateEnabler(
            device, WdfDmaProfilePacket, 4096, &enabler,
            [](WDF_DMA_ENABLER_CONFIG& config) {
              config.EvtDmaEnablerFill = [](WDFDMAENABLER e) { return Step(e, "Fill"); };
              config.EvtDmaEnablerFlush = [](WDFDMAENABLER e) { return Step(e, "Flush"); };
              config.EvtDmaEnablerEnable = [](WDFDMAENABLER e) { return Step(e, "Enable"); };
              config.EvtDmaEnablerDisable = [](WDFDMAENABLER e) { return Step(e, "Disable"); };
              config.EvtDmaEnablerSelfManagedIoStart = [](WDFDMAENABLER e) { return Step(e, "Start"); };
              config.EvtDmaEnablerSelfManagedIoStop = [](WDFDMAENABLER e) { return Step(e, "Stop"); };
            },
            &attributes);
        EXPECT_EQ(S(status), S(STATUS_SUCCESS));
        *StepsOf(enabler) = Steps{&rig.hooks.log, &fail, name};
      }
      return STATUS_SUCCESS;
    };
  }
  ~Powered() { rig.rig.reset(); }

  // The steps between the device's own that stand around them.
  Lines Between(const std::string& from, const std::string& to) {
    Lines part;
    bool in = false;
    for (const std::string& line : rig.hooks.log.lines()) {
      if (line == to && in) break;
      if (in) part.push_back(line);
      if (line == from) in = true;
    }
    return part;
  }

  std::map<std::string, NTSTATUS> fail;
  DmaRig rig;
};

const Lines kUp = {"one.Fill", "one.Enable", "one.Start", "two.Fill", "two.Enable", "two.Start"};
const Lines kDown = {"one.Stop", "one.Disable", "one.Flush", "two.Stop", "two.Disable", "two.Flush"};

}  // namespace

CONFORMANCE(DmaPower, UpAndDownOneAfterTheOther, "DMA-04", "O-01") {
  Powered powered(machine);
  Device& device = powered.rig.rig->AddDevice();
  ASSERT_TRUE(device.started());
  EXPECT_EQ(powered.Between("PostInterruptsEnabled", "SelfManagedIoInit"), kUp);
  powered.rig.hooks.log.Take();
  EXPECT_EQ(machine.SetPowerState(device, 3), S(STATUS_SUCCESS));
  EXPECT_EQ(powered.Between("SelfManagedIoSuspend", "PreInterruptsDisabled"), kDown);
  powered.rig.hooks.log.Take();
  EXPECT_EQ(machine.SetPowerState(device, 0), S(STATUS_SUCCESS));
  EXPECT_EQ(powered.Between("PostInterruptsEnabled", "SelfManagedIoRestart"), kUp);
  powered.rig.hooks.log.Take();
  powered.rig.rig->RemoveDevice();
  EXPECT_EQ(powered.Between("SelfManagedIoSuspend", "PreInterruptsDisabled"), kDown);
}

CONFORMANCE(DmaPower, SurpriseRemovalGoesTheSameWay, "O-01", "PWR-13") {
  Powered powered(machine);
  Device& device = powered.rig.rig->AddDevice();
  powered.rig.hooks.log.Take();
  machine.SurpriseRemove(device);
  EXPECT_EQ(powered.Between("SelfManagedIoSuspend", "PreInterruptsDisabled"), kDown);
}

CONFORMANCE(DmaPower, SurpriseRemovalFromDxDoesNotRepeatThem, "PWR-13") {
  Powered powered(machine);
  Device& device = powered.rig.rig->AddDevice();
  EXPECT_EQ(machine.SetPowerState(device, 3), S(STATUS_SUCCESS));
  powered.rig.hooks.log.Take();
  machine.SurpriseRemove(device);
  for (const std::string& line : kDown) EXPECT_EQ(powered.rig.hooks.log.Count(line), 0u) << line;
}

CONFORMANCE(DmaPower, FailedFillLeavesOutDisableAndFlush, "O-01", "O-08") {
  Powered powered(machine);
  powered.fail["one.Fill"] = STATUS_UNSUCCESSFUL;
  Device& device = powered.rig.rig->AddDevice();
  EXPECT_FALSE(device.started());
  // The second was never powered up: its steps down run all the same.
  EXPECT_EQ(powered.Between("PostInterruptsEnabled", "PreInterruptsDisabled"),
            (Lines{"one.Fill", "one.Stop", "two.Stop", "two.Disable", "two.Flush"}));
}

CONFORMANCE(DmaPower, FailedEnableLeavesOutFlush, "O-01", "O-08") {
  Powered powered(machine);
  powered.fail["two.Enable"] = STATUS_UNSUCCESSFUL;
  Device& device = powered.rig.rig->AddDevice();
  EXPECT_FALSE(device.started());
  EXPECT_EQ(powered.Between("PostInterruptsEnabled", "PreInterruptsDisabled"),
            (Lines{"one.Fill", "one.Enable", "one.Start", "two.Fill", "two.Enable", "one.Stop", "one.Disable", "one.Flush", "two.Stop", "two.Disable"}));
}

CONFORMANCE(DmaPower, FailedStartGoesAllTheWayDown, "O-01", "O-08") {
  Powered powered(machine);
  powered.fail["two.Start"] = STATUS_UNSUCCESSFUL;
  Device& device = powered.rig.rig->AddDevice();
  EXPECT_FALSE(device.started());
  Lines wanted = kUp;
  wanted.insert(wanted.end(), kDown.begin(), kDown.end());
  EXPECT_EQ(powered.Between("PostInterruptsEnabled", "PreInterruptsDisabled"), wanted);
}

CONFORMANCE(DmaPower, FailingStepsDownDoNotEndTheSequence, "O-01") {
  Powered powered(machine);
  Device& device = powered.rig.rig->AddDevice();
  ASSERT_TRUE(device.started());
  powered.fail["one.Stop"] = powered.fail["one.Disable"] = powered.fail["two.Flush"] = STATUS_UNSUCCESSFUL;
  powered.rig.hooks.log.Take();
  powered.rig.rig->RemoveDevice();
  EXPECT_EQ(powered.Between("SelfManagedIoSuspend", "PreInterruptsDisabled"), kDown);
}
