// A bus whose cards come and go: how a test plugs in, pulls out and ejects, and looks at the devices that come of it.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include "slots.h"

namespace {

using drydock::Device;
using drydock::ExecutorKind;
using drydock::File;
using drydock::Machine;

class Slots : public testing::TestWithParam<ExecutorKind> {
 protected:
  Slots() : machine({.executor = GetParam()}) {
    auto card = machine.AddDriver(DRYDOCK_IMAGE(slot_card));
    machine.InstallDriver({"SLOTS\\Card"}, card);  // the compatible id of every kind
    bus = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(slots)), .instance = "ROOT\\SLOTS\\0000"});
  }

  drydock::Status Tell(uint32_t code, ULONG slot, ULONG kind = 1) {
    SLOT_CARD card = {slot, kind};
    const drydock::Status status = machine.Open(bus).Ioctl(code, &card, sizeof card, nullptr, 0).status;
    machine.RunUntilIdle();  // the PnP manager does its part
    return status;
  }

  ULONG Map() {
    ULONG map = 0;
    EXPECT_EQ(machine.Open(bus).Ioctl(IOCTL_SLOTS_MAP, nullptr, 0, &map, sizeof map).status, STATUS_SUCCESS);
    return map;
  }

  Machine machine;
  Device bus;
};

TEST_P(Slots, ACardThatIsPluggedInIsADevice) {
  ASSERT_TRUE(bus.started()) << machine.ReportText();
  EXPECT_EQ(Tell(IOCTL_SLOTS_PLUG, 5), STATUS_SUCCESS);
  EXPECT_EQ(Tell(IOCTL_SLOTS_PLUG, 5), STATUS_OBJECT_NAME_EXISTS);
  EXPECT_EQ(Tell(IOCTL_SLOTS_PLUG, SLOTS_COUNT), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Map(), 1u << 5);
  Device card = machine.FindDevice("SLOTS\\Kind1\\05");
  ASSERT_TRUE(card);
  EXPECT_TRUE(card.started()) << machine.ReportText();
  ULONG where = 0;
  EXPECT_EQ(machine.Open(card).Ioctl(IOCTL_CARD_WHERE, nullptr, 0, &where, sizeof where).status, STATUS_SUCCESS);
  EXPECT_EQ(where, 5u);
}

TEST_P(Slots, OneThatIsPulledOutIsGoneAtOnceUnlessAFileIsOpen) {
  Tell(IOCTL_SLOTS_PLUG, 1);
  Tell(IOCTL_SLOTS_PLUG, 2, 7);
  Device first = machine.FindDevice("SLOTS\\Kind1\\01"), second = machine.FindDevice("SLOTS\\Kind7\\02");
  File file = machine.Open(second);
  EXPECT_EQ(Tell(IOCTL_SLOTS_UNPLUG, 1), STATUS_SUCCESS);
  EXPECT_EQ(Tell(IOCTL_SLOTS_UNPLUG, 2), STATUS_SUCCESS);
  EXPECT_EQ(first.state(), "removed");
  EXPECT_EQ(second.state(), "surprise-removed");
  ULONG where = 0;
  EXPECT_FALSE(file.Ioctl(IOCTL_CARD_WHERE, nullptr, 0, &where, sizeof where).status.ok());
  file.Close();
  machine.RunUntilIdle();
  EXPECT_EQ(second.state(), "removed");
  EXPECT_EQ(Map(), 0u);
  EXPECT_EQ(Tell(IOCTL_SLOTS_UNPLUG, 9), STATUS_NO_SUCH_DEVICE);
}

TEST_P(Slots, AnEjectedCardIsAskedFirst) {
  Tell(IOCTL_SLOTS_PLUG, 3);
  Device card = machine.FindDevice("SLOTS\\Kind1\\03");
  File file = machine.Open(card);
  EXPECT_EQ(Tell(IOCTL_SLOTS_EJECT, 3), STATUS_SUCCESS) << "asked for";
  EXPECT_TRUE(card.started()) << "but a file is open";
  file.Close();
  EXPECT_EQ(Tell(IOCTL_SLOTS_EJECT, 3), STATUS_SUCCESS);
  EXPECT_EQ(card.state(), "removed");
  EXPECT_EQ(Map(), 0u);
  EXPECT_EQ(Tell(IOCTL_SLOTS_EJECT, 3), STATUS_NO_SUCH_DEVICE);
}

TEST_P(Slots, ADisabledCardStaysInItsSlot) {
  Tell(IOCTL_SLOTS_PLUG, 4);
  Device card = machine.FindDevice("SLOTS\\Kind1\\04");
  EXPECT_EQ(machine.DisableDevice(card), STATUS_SUCCESS);
  EXPECT_EQ(Map(), 1u << 4);
  EXPECT_EQ(machine.EnableDevice(card), STATUS_SUCCESS);
  EXPECT_TRUE(card.started());
}

TEST_P(Slots, CardsGoWithTheirBusAndNothingIsLeft) {
  for (ULONG slot = 0; slot < SLOTS_COUNT; ++slot) Tell(IOCTL_SLOTS_PLUG, slot, slot);
  EXPECT_EQ(machine.Children(bus).size(), size_t{SLOTS_COUNT});
  EXPECT_EQ(machine.RemoveDevice(bus), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

INSTANTIATE_TEST_SUITE_P(Both, Slots, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
