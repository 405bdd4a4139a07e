// The battery class library, seen by an application and by the miniclass driver cell.c.
#include <drydock/testing.h>
#include <drydock/tree.h>
#include <drydock/wmi.h>
#include <gtest/gtest.h>

#include <initguid.h>
#include <ntddk.h>

#include <batclass.h>

#include <cstring>

#include "cell.h"

namespace {

using drydock::ExecutorKind;
using drydock::File;
using drydock::IoResult;
using drydock::Machine;
using namespace std::chrono_literals;

constexpr ULONG kForEver = 0xFFFFFFFF;

class BatteryClass : public testing::TestWithParam<ExecutorKind> {
 protected:
  BatteryClass() : machine({.executor = GetParam(), .verifier = true}) {
    device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(cell)), .instance = "ROOT\\BATTERY\\0000"});
    battery = machine.Open(device);
  }
  void TearDown() override { EXPECT_TRUE(machine.reports().empty()) << machine.ReportText(); }

  void Set(CELL_STATE next) {
    state = next;
    EXPECT_EQ(battery.Ioctl(IOCTL_CELL_SET, &next, sizeof next, nullptr, 0).status, STATUS_SUCCESS);
    machine.RunUntilIdle();
  }
  CELL_COUNTS Counts() {
    CELL_COUNTS counts = {};
    EXPECT_EQ(battery.Ioctl(IOCTL_CELL_COUNTS, nullptr, 0, &counts, sizeof counts).status, STATUS_SUCCESS);
    return counts;
  }
  IoResult Tag(ULONG timeout, ULONG* tag) { return battery.Ioctl(IOCTL_BATTERY_QUERY_TAG, &timeout, sizeof timeout, tag, sizeof *tag); }
  template <class T>
  IoResult Information(ULONG tag, BATTERY_QUERY_INFORMATION_LEVEL level, T* out, LONG rate = 0) {
    BATTERY_QUERY_INFORMATION query = {tag, level, rate};
    return battery.Ioctl(IOCTL_BATTERY_QUERY_INFORMATION, &query, sizeof query, out, sizeof *out);
  }
  IoResult Status(const BATTERY_WAIT_STATUS& wait, BATTERY_STATUS* out) {
    return battery.Ioctl(IOCTL_BATTERY_QUERY_STATUS, &wait, sizeof wait, out, sizeof *out);
  }

  CELL_STATE state = {1, BATTERY_POWER_ON_LINE, 800, 0, 1, 0};
  Machine machine;
  drydock::Device device;
  File battery;
};

TEST_P(BatteryClass, ABatteryThatIsThereHasATagAndTellsOfItself) {
  ASSERT_TRUE(device.started()) << machine.ReportText();
  ULONG tag = 0;
  IoResult result = Tag(0, &tag);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, sizeof tag);
  EXPECT_EQ(tag, 1u);
  BATTERY_INFORMATION information = {};
  result = Information(1, BatteryInformation, &information, -250);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, sizeof information);
  EXPECT_EQ(information.DesignedCapacity, 1000u);
  EXPECT_EQ(std::memcmp(information.Chemistry, "TEST", 4), 0);
  EXPECT_EQ(static_cast<LONG>(Counts().LastRate), -250);
  char16_t name[8] = {};
  EXPECT_EQ(Information(1, BatteryDeviceName, &name).information, 10u);
  EXPECT_EQ(std::u16string(name), u"Cell");
  BATTERY_STATUS status = {};
  EXPECT_EQ(Status({1, 0, 0, 0, 0}, &status).information, sizeof status);
  EXPECT_EQ(status.Capacity, 800u);
}

TEST_P(BatteryClass, WhatIsAskedWronglyIsRefused) {
  ULONG number = 0;
  EXPECT_EQ(Information(9, BatteryInformation, &number).status, STATUS_NO_SUCH_DEVICE) << "another tag";
  EXPECT_EQ(Information(BATTERY_TAG_INVALID, BatteryInformation, &number).status, STATUS_NO_SUCH_DEVICE);
  EXPECT_EQ(Information(1, BatteryInformation, &number).status, STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(Information(1, BatterySerialNumber, &number).status, STATUS_INVALID_DEVICE_REQUEST) << "the driver's word";
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_QUERY_INFORMATION, &number, sizeof number, &number, sizeof number).status, STATUS_INVALID_BUFFER_SIZE);
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_QUERY_TAG, nullptr, 0, nullptr, 0).status, STATUS_BUFFER_TOO_SMALL);
  BATTERY_WAIT_STATUS wait = {1, 0, 0, 0, 0};
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_QUERY_STATUS, &wait, sizeof wait, &number, sizeof number).status, STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_CHARGING_SOURCE_CHANGE, nullptr, 0, nullptr, 0).status, STATUS_INVALID_DEVICE_REQUEST) << "not the library's";
}

TEST_P(BatteryClass, AnApplicationSetsWhatTheDriverTakes) {
  ULONG request[] = {1, BatteryCriticalBias, 77};
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_SET_INFORMATION, request, sizeof request, nullptr, 0).status, STATUS_SUCCESS);
  EXPECT_EQ(Counts().LastData, 77u);
  request[1] = BatteryCharge;
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_SET_INFORMATION, request, 8, nullptr, 0).status, STATUS_NOT_SUPPORTED) << "completed once, with the driver's status";
  EXPECT_EQ(Counts().LastData, 0u) << "no data";
  request[0] = 5;
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_SET_INFORMATION, request, 8, nullptr, 0).status, STATUS_NO_SUCH_DEVICE);
}

TEST_P(BatteryClass, AWaitForABatteryEndsWhenItIsPutInOrTheTimeIsOver) {
  Set({0, 0, 0, 0, 1, 0});
  ULONG tag = 0;
  EXPECT_EQ(Tag(0, &tag).status, STATUS_NO_SUCH_DEVICE);
  EXPECT_EQ(battery.Ioctl(IOCTL_BATTERY_QUERY_TAG, nullptr, 0, &tag, sizeof tag).status, STATUS_NO_SUCH_DEVICE) << "no time-out is none";
  const auto before = machine.Now();
  EXPECT_EQ(Tag(300, &tag).status, STATUS_NO_SUCH_DEVICE);
  EXPECT_GE(machine.Now() - before, 290ms);
  ULONG timeout = kForEver;
  auto wait = battery.StartIoctl(IOCTL_BATTERY_QUERY_TAG, &timeout, sizeof timeout, &tag, sizeof tag);
  machine.RunUntilIdle();
  EXPECT_FALSE(wait.done());
  Set({7, 0, 100, 0, 1, 0});
  EXPECT_EQ(wait.Wait(5s).status, STATUS_SUCCESS);
  EXPECT_EQ(tag, 7u);
}

TEST_P(BatteryClass, AWaitForAChangeEndsWithTheChangeTheTimeOrTheTag) {
  BATTERY_STATUS status = {};
  BATTERY_WAIT_STATUS wait = {1, 200, BATTERY_POWER_ON_LINE, 100, 900};
  const auto before = machine.Now();
  EXPECT_EQ(Status(wait, &status).status, STATUS_SUCCESS);
  EXPECT_GE(machine.Now() - before, 190ms);
  EXPECT_EQ(status.Capacity, 800u) << "and tells how it is";
  wait.PowerState = BATTERY_CHARGING;
  EXPECT_EQ(Status(wait, &status).status, STATUS_SUCCESS) << "already so";

  wait = {1, kForEver, BATTERY_POWER_ON_LINE, 100, 900};
  auto pending = battery.StartIoctl(IOCTL_BATTERY_QUERY_STATUS, &wait, sizeof wait, &status, sizeof status);
  machine.RunUntilIdle();
  CELL_COUNTS counts = Counts();
  EXPECT_EQ(counts.NotifyPowerState, static_cast<ULONG>(BATTERY_POWER_ON_LINE)) << "the driver knows what to watch for";
  EXPECT_EQ(counts.NotifyLow, 100u);
  EXPECT_EQ(counts.NotifyHigh, 900u);
  Set({1, BATTERY_POWER_ON_LINE, 500, 0, 1, 0});
  EXPECT_FALSE(pending.done()) << "within what was asked for";
  Set({1, BATTERY_POWER_ON_LINE, 99, 0, 1, 0});
  EXPECT_EQ(pending.Wait(5s).status, STATUS_SUCCESS);
  EXPECT_EQ(status.Capacity, 99u);
  machine.RunUntilIdle();
  EXPECT_GE(Counts().DisableStatusNotify, 1u) << "nobody waits any more";

  wait.LowCapacity = 0;
  pending = battery.StartIoctl(IOCTL_BATTERY_QUERY_STATUS, &wait, sizeof wait, &status, sizeof status);
  machine.RunUntilIdle();
  Set({2, BATTERY_POWER_ON_LINE, 99, 0, 1, 0});
  EXPECT_EQ(pending.Wait(5s).status, STATUS_NO_SUCH_DEVICE) << "another battery";
}

TEST_P(BatteryClass, SeveralWaitAndEachIsToldWhatConcernsIt) {
  BATTERY_STATUS low = {}, high = {};
  BATTERY_WAIT_STATUS below = {1, kForEver, BATTERY_POWER_ON_LINE, 300, 1000}, above = {1, kForEver, BATTERY_POWER_ON_LINE, 0, 900};
  auto first = battery.StartIoctl(IOCTL_BATTERY_QUERY_STATUS, &below, sizeof below, &low, sizeof low);
  auto second = battery.StartIoctl(IOCTL_BATTERY_QUERY_STATUS, &above, sizeof above, &high, sizeof high);
  machine.RunUntilIdle();
  EXPECT_EQ(Counts().NotifyLow, 300u);
  EXPECT_EQ(Counts().NotifyHigh, 900u) << "the narrowest of both";
  Set({1, BATTERY_POWER_ON_LINE, 950, 0, 1, 0});
  EXPECT_EQ(second.Wait(5s).status, STATUS_SUCCESS);
  EXPECT_FALSE(first.done());
  EXPECT_TRUE(first.Cancel());
  EXPECT_EQ(first.Wait(5s).status, STATUS_CANCELLED);
  EXPECT_EQ(Counts().Overlaps, 0u) << "one call at a time";
  EXPECT_EQ(Counts().HighIrql, 0u);
}

TEST_P(BatteryClass, ADriverThatCannotWatchIsAskedFromTimeToTime) {
  if (GetParam() == ExecutorKind::Live) GTEST_SKIP() << "half a minute of real time";
  Set({1, BATTERY_POWER_ON_LINE, 800, 0, 0, 0});
  BATTERY_STATUS status = {};
  BATTERY_WAIT_STATUS wait = {1, kForEver, BATTERY_POWER_ON_LINE, 100, 900};
  auto pending = battery.StartIoctl(IOCTL_BATTERY_QUERY_STATUS, &wait, sizeof wait, &status, sizeof status);
  machine.RunUntilIdle();
  Set({1, BATTERY_DISCHARGING, 700, 0, 0, /*Quiet=*/1});
  EXPECT_FALSE(pending.done()) << "nobody said so";
  machine.Advance(60s);
  EXPECT_TRUE(pending.done());
  EXPECT_EQ(pending.Wait(1s).status, STATUS_SUCCESS);
  EXPECT_EQ(status.PowerState, static_cast<ULONG>(BATTERY_DISCHARGING));
}

TEST_P(BatteryClass, ItsInterfaceIsThereWhileItIs) {
  auto has = [&] {
    for (const auto& node : drydock::DeviceTree(machine))
      for (const auto& each : node.interfaces)
        if (each.enabled && each.guid.find("72631e54-78a4") != std::string::npos) return true;
    return false;
  };
  EXPECT_TRUE(has());
  battery.Close();
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_FALSE(has());
}

TEST_P(BatteryClass, WhoWaitsWhenTheBatteryIsPulledOutIsTold) {
  BATTERY_STATUS status = {};
  BATTERY_WAIT_STATUS wait = {1, kForEver, BATTERY_POWER_ON_LINE, 0, 900};
  auto pending = battery.StartIoctl(IOCTL_BATTERY_QUERY_STATUS, &wait, sizeof wait, &status, sizeof status);
  machine.RunUntilIdle();
  auto removal = machine.Start("removal", [&] { machine.SurpriseRemove(device); });
  EXPECT_TRUE(pending.Cancel() || pending.done());
  EXPECT_FALSE(pending.Wait(5s).ok());
  battery.Close();
  removal.Join();
}

TEST_P(BatteryClass, ItSleepsAndIsTheSameAfterwards) {
  EXPECT_EQ(machine.SetSystemPower(3), STATUS_SUCCESS);
  EXPECT_EQ(machine.SetSystemPower(0), STATUS_SUCCESS);
  ULONG tag = 0;
  EXPECT_EQ(Tag(0, &tag).status, STATUS_SUCCESS);
  EXPECT_EQ(tag, 1u);
}

TEST_P(BatteryClass, ManagementApplicationsReadItsBlocksAndHearOfChanges) {
  drydock::Wmi wmi(machine);
  std::vector<drydock::Wmi::Instance> all;
  ASSERT_EQ(wmi.QueryAll(BATTERY_STATUS_WMI_GUID, &all), STATUS_SUCCESS);
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].data.size(), sizeof(BATTERY_WMI_STATUS));
  BATTERY_WMI_STATUS status;
  std::memcpy(&status, all[0].data.data(), sizeof status);
  EXPECT_EQ(status.Tag, 1u);
  EXPECT_EQ(status.RemainingCapacity, 800u);
  EXPECT_TRUE(status.PowerOnline);
  EXPECT_FALSE(status.Discharging);
  std::string data;
  ASSERT_EQ(wmi.Query(BATTERY_CYCLE_COUNT_WMI_GUID, all[0].name, &data), STATUS_SUCCESS);
  ASSERT_EQ(data.size(), sizeof(BATTERY_WMI_CYCLE_COUNT));
  EXPECT_EQ(data[4], 12);
  ASSERT_EQ(wmi.Query(BATTERY_STATIC_DATA_WMI_GUID, all[0].name, &data), STATUS_SUCCESS);
  const std::string name("\x08\0C\0e\0l\0l\0\0\0\0\0\0\0", 16);  // counted texts: a name, three that the driver does not know
  EXPECT_EQ(data.substr(offsetof(BATTERY_WMI_STATIC_DATA, Strings)), name);
  EXPECT_FALSE(wmi.Query(BATTERY_RUNTIME_WMI_GUID, all[0].name, &data).ok()) << "the driver has none";

  auto changes = wmi.Subscribe(BATTERY_STATUS_CHANGE_WMI_GUID), tags = wmi.Subscribe(BATTERY_TAG_CHANGE_WMI_GUID);
  Set({1, BATTERY_DISCHARGING | BATTERY_CRITICAL, 20, 0, 1, 0});
  auto events = changes.Take();
  ASSERT_EQ(events.size(), 1u);
  BATTERY_WMI_STATUS_CHANGE change;
  ASSERT_EQ(events[0].data.size(), sizeof change);
  std::memcpy(&change, events[0].data.data(), sizeof change);
  EXPECT_TRUE(change.Discharging && change.Critical && !change.PowerOnline);
  EXPECT_TRUE(tags.Take().empty());
  Set({2, BATTERY_DISCHARGING | BATTERY_CRITICAL, 20, 0, 1, 0});
  EXPECT_TRUE(changes.Take().empty());
  EXPECT_EQ(tags.Take().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Both, BatteryClass, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
