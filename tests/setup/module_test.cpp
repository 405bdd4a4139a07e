// Hardware of one's own: a device whose model is a shared object.
#include "drydock/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <atomic>
#include <chrono>

#include "drydock/description.h"
#include "drydock/testing.h"

namespace drydock {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class DeviceModuleTest : public testing::TestWithParam<ExecutorKind> {
 protected:
  MachineDescription Describe(const std::string& model, const std::string& rest = {}) {
    auto description = MachineDescription::Parse("[[driver]]\nname = \"probe\"\nimage = \"" DRYDOCK_IMAGE(setup_probe) "\"\n[[device]]\nname = \"lamp\"\n" + rest +
                                                     "function = \"probe\"\nmodel = " + model + "\nresources = [{ port = 8 }]\n",
                                                 "m.toml", DRYDOCK_MODULES);
    description.options.executor = GetParam();
    return description;
  }
  std::unique_ptr<Machine> Make(const std::string& model, const std::string& rest = {}) {
    const MachineDescription description = Describe(model, rest);
    auto machine = std::make_unique<Machine>(description.options);
    machine->Build(description);
    return machine;
  }
  std::string Refused(const std::string& model) {
    try {
      Make(model);
    } catch (const Error& error) {
      return error.what();
    }
    return "(none)";
  }
};

TEST_P(DeviceModuleTest, GivesTheDeviceItsResourcesBeforeThoseOfTheFile) {
  auto machine = Make("{ kind = \"lamp_module.so\", bright = 5, color = \"red\" }");
  Device device = machine->FindDevice("lamp");
  ASSERT_TRUE(device.started()) << machine->ReportText();
  ASSERT_EQ(device.resources().size(), 3u);
  EXPECT_EQ(device.resources()[0].registers->ReadRegister(0, 4), 5u);
  EXPECT_EQ(device.resources()[1].kind, Resource::Kind::kLine);
  EXPECT_EQ(device.resources()[2].kind, Resource::Kind::kPort);
}

TEST_P(DeviceModuleTest, AnswersAtTheBottomOfTheStack) {
  auto machine = Make("{ kind = \"lamp_module.so\", color = \"red\" }");
  const DeviceModule* module = FindModule(*machine, "lamp");
  ASSERT_TRUE(module);
  char color[8] = {};
  IoResult result;
  DeviceSpec spec;
  spec.model = const_cast<DeviceModule*>(module)->Model();
  spec.function = machine->AddDriver(DRYDOCK_IMAGE(setup_probe));
  EXPECT_EQ(machine->AddNamedModel("\\Device\\Lamp", spec.model).value(), STATUS_SUCCESS);
  File file = machine->Open("\\Device\\Lamp");
  result = file.Read(color, sizeof color);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_STREQ(color, "red");
}

TEST_P(DeviceModuleTest, IsToldThingsAndAnswers) {
  auto machine = Make("\"lamp_module.so\"");
  DeviceModule* module = FindModule(*machine, "lamp");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->Tell({"press"}), "lamp pressed");
  EXPECT_TRUE(machine->FindDevice("lamp").resources()[1].pins[0].raised());
  machine->FindDevice("lamp").resources()[1].pins[0].Lower();
  EXPECT_THROW(module->Tell({"dance"}), Error);
  EXPECT_EQ(FindModule(*machine, "nobody"), nullptr);
}

TEST_P(DeviceModuleTest, IsMadeOnceForADeviceThatComesAndGoes) {
  auto machine = Make("\"lamp_module.so\"");
  Device device = machine->FindDevice("lamp");
  device.resources()[0].registers->WriteRegister(0, 4, 9);
  EXPECT_EQ(machine->SurpriseRemove(device), STATUS_SUCCESS);
  machine->RunUntilIdle();
  device = machine->Plug("lamp");
  ASSERT_TRUE(device.started()) << machine->ReportText();
  EXPECT_EQ(device.resources()[0].registers->ReadRegister(0, 4), 9u);  // the same piece of hardware
  EXPECT_EQ(FindModule(*machine, "lamp")->Tell({"count"}), "2");
}

TEST_P(DeviceModuleTest, WhatCannotBeUsedIsToldInOneLine) {
  EXPECT_THAT(Refused("\"nowhere.so\""), AllOf(StartsWith("m.toml:4: "), HasSubstr("nowhere.so: there is no such file")));
  EXPECT_THAT(Refused("\"entryless.so\""), HasSubstr("no device module: DRYDOCK_DEVICE_MODULE of drydock/module.h makes one"));
  EXPECT_THAT(Refused("\"old_module.so\""), HasSubstr("a device module of version 0, made for another Drydock; this one takes version " + std::to_string(DRYDOCK_DEVICE_MODULE_VERSION)));
  EXPECT_THAT(Refused("{ kind = \"lamp_module.so\", color = \"black\" }"), HasSubstr("lamp_module.so: no lamp is black"));
  EXPECT_THAT(Refused("{ kind = \"lamp_module.so\", bright = \"very\" }"), HasSubstr("bright: 'very' is no number"));
  EXPECT_THAT(Refused("{ kind = \"lamp_module.so\", bright = 1.5 }"), HasSubstr("bright is neither a text nor a number nor true or false"));
}

// A register that starts something is written at device level too.
TEST_P(DeviceModuleTest, HardwareTakesItsTimeWhateverTheLevelOfWhoStartedIt) {
  Machine machine({.executor = GetParam()});
  std::atomic<bool> done = false;
  machine.Run([&] {
    KIRQL before;
    KeRaiseIrql(7, &before);
    machine.After(std::chrono::milliseconds(1), [&] { done = true; });
    EXPECT_EQ(KeGetCurrentIrql(), 7);
    KeLowerIrql(before);
  });
  while (!done && !machine.stopped()) machine.Advance(std::chrono::milliseconds(2));
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

INSTANTIATE_TEST_SUITE_P(Both, DeviceModuleTest, testing::Values(ExecutorKind::Simulated, ExecutorKind::Live),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
}  // namespace drydock
