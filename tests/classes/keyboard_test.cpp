// A keyboard from its hardware to an application: i8042prt, filters, kbdclass.
#include <drydock/keyboard.h>
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <kbdmou.h>

#include <vector>

namespace {

using drydock::ExecutorKind;
using drydock::File;
using drydock::IoResult;
using drydock::Keyboard;
using drydock::Machine;
using namespace std::chrono_literals;

class PlainKeyboard : public testing::TestWithParam<ExecutorKind> {
 protected:
  PlainKeyboard() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddRootDevice("ACPI\\PNP0303", {.resources = keyboard.Resources()});
    file = machine.Open(device);
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }
  std::vector<KEYBOARD_INPUT_DATA> Read(size_t most = 16) {
    std::vector<KEYBOARD_INPUT_DATA> packets(most);
    const IoResult result = file.Read(packets.data(), most * sizeof packets[0], {.timeout = 5s});
    EXPECT_EQ(result.status, STATUS_SUCCESS);
    packets.resize(result.information / sizeof packets[0]);
    return packets;
  }

  Keyboard keyboard;
  Machine machine;
  drydock::Device device;
  File file;
};

TEST_P(PlainKeyboard, KeysArriveAsPackets) {
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_TRUE(keyboard.enabled());
  keyboard.Press(0x1E);
  auto packets = Read();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].MakeCode, 0x1E);
  EXPECT_EQ(packets[0].Flags, KEY_MAKE);
  keyboard.Release(0x1E);
  packets = Read();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].Flags, KEY_BREAK);
}

TEST_P(PlainKeyboard, KeysWithAPrefixCarryItInTheirFlags) {
  keyboard.Press(0xE04B);
  auto packets = Read();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].MakeCode, 0x4B);
  EXPECT_EQ(packets[0].Flags, KEY_E0);
  keyboard.Release(0xE04B);
  EXPECT_EQ(Read().at(0).Flags, KEY_E0 | KEY_BREAK);
  keyboard.Press(0xE11D);
  EXPECT_EQ(Read().at(0).Flags, KEY_E1);
  keyboard.SendByte(0xFF);
  EXPECT_EQ(Read().at(0).MakeCode, KEYBOARD_OVERRUN_MAKE_CODE);
}

TEST_P(PlainKeyboard, AReadWaitsForAKeyAndCanBeCancelled) {
  KEYBOARD_INPUT_DATA packet = {};
  auto read = file.StartRead(&packet, sizeof packet);
  machine.RunUntilIdle();
  EXPECT_FALSE(read.done());
  keyboard.Press(0x10);
  EXPECT_EQ(read.Wait(5s).information, sizeof packet);
  EXPECT_EQ(packet.MakeCode, 0x10);
  read = file.StartRead(&packet, sizeof packet);
  machine.RunUntilIdle();
  EXPECT_TRUE(read.Cancel());
  EXPECT_EQ(read.Wait(5s).status, STATUS_CANCELLED);
  EXPECT_EQ(file.Read(&packet, 5).status, STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(file.Read(&packet, 0).status, STATUS_SUCCESS);
}

TEST_P(PlainKeyboard, WhatNobodyReadsIsKeptInOrder) {
  for (uint16_t code = 1; code <= 50; ++code) keyboard.Press(code);
  std::vector<KEYBOARD_INPUT_DATA> all;
  while (all.size() < 50) {
    auto some = Read(7);
    ASSERT_FALSE(some.empty());
    all.insert(all.end(), some.begin(), some.end());
  }
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].MakeCode, i + 1);
}

TEST_P(PlainKeyboard, MoreThanTheClassDriverKeepsWaitsInThePort) {
  for (int i = 0; i < 150; ++i) {
    keyboard.Press(static_cast<uint16_t>(i % 100 + 1));
    machine.RunUntilIdle();
  }
  size_t got = 0;
  while (got < 150) {
    auto some = Read(32);
    ASSERT_FALSE(some.empty());
    for (const auto& packet : some) EXPECT_EQ(packet.MakeCode, got++ % 100 + 1);
  }
}

TEST_P(PlainKeyboard, AnApplicationAsksAndSets) {
  KEYBOARD_ATTRIBUTES attributes = {};
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_QUERY_ATTRIBUTES, nullptr, 0, &attributes, sizeof attributes).information, sizeof attributes);
  EXPECT_EQ(attributes.NumberOfKeysTotal, 101);
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_QUERY_ATTRIBUTES, nullptr, 0, &attributes, 4).status, STATUS_BUFFER_TOO_SMALL);
  KEYBOARD_INDICATOR_PARAMETERS indicators = {0, KEYBOARD_CAPS_LOCK_ON | KEYBOARD_NUM_LOCK_ON};
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_SET_INDICATORS, &indicators, sizeof indicators, nullptr, 0).status, STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(keyboard.leds(), KEYBOARD_CAPS_LOCK_ON | KEYBOARD_NUM_LOCK_ON);
  KEYBOARD_INDICATOR_PARAMETERS now = {};
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_QUERY_INDICATORS, nullptr, 0, &now, sizeof now).status, STATUS_SUCCESS);
  EXPECT_EQ(now.LedFlags, indicators.LedFlags);
  indicators.LedFlags = 8;
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_SET_INDICATORS, &indicators, sizeof indicators, nullptr, 0).status, STATUS_INVALID_PARAMETER);
  KEYBOARD_TYPEMATIC_PARAMETERS typematic = {0, 2, 1000};
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_SET_TYPEMATIC, &typematic, sizeof typematic, nullptr, 0).status, STATUS_SUCCESS);
  machine.RunUntilIdle();
  EXPECT_EQ(keyboard.typematic(), 0x7F);
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_INSERT_DATA, nullptr, 0, nullptr, 0).status, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_P(PlainKeyboard, ItGoesWithItsReads) {
  KEYBOARD_INPUT_DATA packet = {};
  auto read = file.StartRead(&packet, sizeof packet);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.SurpriseRemove(device), STATUS_SUCCESS);
  EXPECT_FALSE(read.Wait(5s).ok());
  file.Close();
  machine.RunUntilIdle();
  EXPECT_EQ(device.state(), "removed");
}

class PlainMouse : public testing::TestWithParam<ExecutorKind> {
 protected:
  PlainMouse() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddRootDevice("ACPI\\PNP0F13", {.resources = mouse.Resources()});
    file = machine.Open(device);
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }
  MOUSE_INPUT_DATA Next() {
    MOUSE_INPUT_DATA packet = {};
    EXPECT_EQ(file.Read(&packet, sizeof packet, {.timeout = 5s}).information, sizeof packet);
    return packet;
  }

  drydock::Mouse mouse;
  Machine machine;
  drydock::Device device;
  File file;
};

TEST_P(PlainMouse, MovementsButtonsAndWheelArriveAsPackets) {
  ASSERT_TRUE(device.started()) << device.problem() << machine.ReportText();
  EXPECT_TRUE(mouse.enabled());
  mouse.Move(5, -3);
  MOUSE_INPUT_DATA packet = Next();
  EXPECT_EQ(packet.LastX, 5);
  EXPECT_EQ(packet.LastY, -3);
  EXPECT_EQ(packet.ButtonFlags, 0);
  mouse.Move(-200, 100, 1);
  packet = Next();
  EXPECT_EQ(packet.LastX, -200);
  EXPECT_EQ(packet.LastY, 100);
  EXPECT_EQ(packet.ButtonFlags, MOUSE_LEFT_BUTTON_DOWN);
  mouse.Move(0, 0, 2 | 4);
  EXPECT_EQ(Next().ButtonFlags, MOUSE_LEFT_BUTTON_UP | MOUSE_RIGHT_BUTTON_DOWN | MOUSE_MIDDLE_BUTTON_DOWN);
  mouse.Move(0, 0, 2 | 4, 1);
  packet = Next();
  EXPECT_EQ(packet.ButtonFlags, MOUSE_WHEEL);
  EXPECT_EQ(static_cast<SHORT>(packet.ButtonData), -120) << "towards the user";
}

TEST_P(PlainMouse, TellsWhatItIsAndKeepsItsPacketsInOrder) {
  MOUSE_ATTRIBUTES attributes = {};
  EXPECT_EQ(file.Ioctl(IOCTL_MOUSE_QUERY_ATTRIBUTES, nullptr, 0, &attributes, sizeof attributes).information, sizeof attributes);
  EXPECT_EQ(attributes.MouseIdentifier, WHEELMOUSE_I8042_HARDWARE);
  EXPECT_EQ(file.Ioctl(IOCTL_KEYBOARD_QUERY_ATTRIBUTES, nullptr, 0, &attributes, sizeof attributes).status, STATUS_INVALID_DEVICE_REQUEST);
  MOUSE_INPUT_DATA packet;
  EXPECT_EQ(file.Read(&packet, sizeof(KEYBOARD_INPUT_DATA)).status, STATUS_BUFFER_TOO_SMALL);
  for (int i = 1; i <= 150; ++i) {
    mouse.Move(i, 0);
    machine.RunUntilIdle();
  }
  for (int i = 1; i <= 150; ++i) ASSERT_EQ(Next().LastX, i);
}

TEST_P(PlainMouse, ItIsPulledOutWhileSomebodyReads) {
  MOUSE_INPUT_DATA packet = {};
  auto read = file.StartRead(&packet, sizeof packet);
  machine.RunUntilIdle();
  EXPECT_EQ(machine.SurpriseRemove(device), STATUS_SUCCESS);
  EXPECT_FALSE(read.Wait(5s).ok());
  EXPECT_FALSE(file.Read(&packet, sizeof packet, {.timeout = 1s}).ok());
}

INSTANTIATE_TEST_SUITE_P(Both, PlainMouse, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

INSTANTIATE_TEST_SUITE_P(Both, PlainKeyboard, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
