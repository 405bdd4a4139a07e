// Hooks of a filter in i8042prt: who is called when, at which level, and what a hook can do.
#include <drydock/keyboard.h>
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <ntddkbd.h>

#include <filesystem>

#include "key_hooks.h"

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using namespace std::chrono_literals;

class KeyHooks : public testing::TestWithParam<ExecutorKind> {
 protected:
  KeyHooks() : machine({.executor = GetParam(), .verifier = true}) {
    machine.Install(HOOKS_INF, std::filesystem::path(DRYDOCK_IMAGE(key_hooks)).parent_path().string());
    device = machine.AddRootDevice("*TEST0001", {.resources = keyboard.Resources()});
    file = machine.Open(device);
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }
  HOOK_COUNTS Counts() {
    HOOK_COUNTS counts = {};
    EXPECT_EQ(file.InternalIoctl(IOCTL_INTERNAL_HOOK_COUNTS, nullptr, 0, &counts, sizeof counts).status, STATUS_SUCCESS);
    return counts;
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

TEST_P(KeyHooks, TheInitializationHookTalksToTheKeyboard) {
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  const HOOK_COUNTS counts = Counts();
  EXPECT_EQ(counts.Initializations, 1);
  EXPECT_EQ(counts.Id[0], 0xAB);
  EXPECT_EQ(counts.Id[1], 0x83);
  EXPECT_EQ(counts.StartInformation, 1);
  EXPECT_EQ(counts.WrongIrql, 0);
}

TEST_P(KeyHooks, TheIsrHookSeesEachByteAndMayKeepItOrAddPackets) {
  keyboard.Press(HOOK_SWALLOWED);
  keyboard.Press(HOOK_DOUBLED);
  KEYBOARD_INPUT_DATA packet = Next();
  EXPECT_EQ(packet.MakeCode, HOOK_DOUBLED);
  EXPECT_EQ(packet.ExtraInformation, 1u) << "the hook's own";
  packet = Next();
  EXPECT_EQ(packet.MakeCode, HOOK_DOUBLED);
  EXPECT_EQ(packet.ExtraInformation, 0u) << "then the port driver's";
  keyboard.Press(0xE04B);
  EXPECT_EQ(Next().Flags, KEY_E0);
  const HOOK_COUNTS counts = Counts();
  EXPECT_EQ(counts.Isr, 4) << "a byte for each interrupt";
  EXPECT_EQ(counts.Packets, 3);
  EXPECT_EQ(counts.LowIrql, 0);
  EXPECT_EQ(counts.WrongIrql, 0);
}

TEST_P(KeyHooks, TheFilterStandsBetweenPortAndClass) {
  EXPECT_EQ(file.Ioctl(IOCTL_INTERNAL_HOOK_COUNTS, nullptr, 0, nullptr, 0).status, STATUS_INVALID_DEVICE_REQUEST) << "kbdclass is above";
  file.Close();
  EXPECT_TRUE(machine.TakeDown().empty());
}

INSTANTIATE_TEST_SUITE_P(Both, KeyHooks, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
