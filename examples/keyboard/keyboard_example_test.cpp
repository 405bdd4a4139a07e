// A keyboard filter from its INF, with keys that are typed on the hardware, and an application that reads.
#include <drydock/keyboard.h>
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <ntddkbd.h>

#include <filesystem>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using namespace std::chrono_literals;

class Keyswap : public testing::TestWithParam<ExecutorKind> {
 protected:
  Keyswap() : machine({.executor = GetParam()}) {
    machine.Install(EXAMPLE_FOLDER "/keyswap.inx", std::filesystem::path(DRYDOCK_IMAGE(keyswap)).parent_path().string());
    device = machine.AddRootDevice("ACPI\\PNP0303", {.resources = keyboard.Resources()});
    file = machine.Open(device);
  }
  KEYBOARD_INPUT_DATA Next() {
    KEYBOARD_INPUT_DATA packet = {};
    EXPECT_EQ(file.Read(&packet, sizeof packet, {.timeout = 5s}).information, sizeof packet);
    return packet;
  }

  drydock::Keyboard keyboard;
  Machine machine;
  drydock::Device device;
  drydock::File file;
};

TEST_P(Keyswap, SwapsTwoKeysAndLeavesTheOthers) {
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  keyboard.Press(0x3A);
  EXPECT_EQ(Next().MakeCode, 0x1D);
  keyboard.Release(0x1D);
  const KEYBOARD_INPUT_DATA up = Next();
  EXPECT_EQ(up.MakeCode, 0x3A);
  EXPECT_EQ(up.Flags, KEY_BREAK);
  keyboard.Press(0xE01D);
  EXPECT_EQ(Next().MakeCode, 0x1D) << "the right Ctrl key";
  keyboard.Press(0x02);
  EXPECT_EQ(Next().MakeCode, 0x02);
}

TEST_P(Keyswap, LosesNothingWhenTheClassDriverIsFull) {
  for (int i = 0; i < 130; ++i) {
    keyboard.Press(0x3A);
    machine.RunUntilIdle();
  }
  for (int i = 0; i < 130; ++i) ASSERT_EQ(Next().MakeCode, 0x1D) << i;
}

TEST_P(Keyswap, LeavesNothingBehind) {
  file.Close();
  EXPECT_TRUE(machine.TakeDown().empty());
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

INSTANTIATE_TEST_SUITE_P(Both, Keyswap, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
