// A driver that is managed by WMI: how a test finds its classes, queries, sets, calls and listens.
#include <drydock/testing.h>
#include <drydock/wmi.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstring>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;
using drydock::Wmi;
using drydock::WmiClass;

class ThermostatTest : public testing::TestWithParam<ExecutorKind> {
 protected:
  ThermostatTest() : machine({.executor = GetParam()}), wmi(machine) {
    device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(thermostat)), .instance = "ROOT\\THERMOSTAT\\0000"});
  }

  static std::string Number(int32_t value) { return std::string(reinterpret_cast<char*>(&value), sizeof value); }
  drydock::Status Measure(int32_t degrees, std::string* heating) {
    GUID block;
    EXPECT_TRUE(wmi.FindBlock("Thermostat", &block));
    return wmi.Execute(block, kInstance, 1, Number(degrees), heating, 4);
  }

  static constexpr const char* kInstance = "ROOT\\THERMOSTAT\\0000_0";
  Machine machine;
  drydock::Device device;
  Wmi wmi;
};

TEST_P(ThermostatTest, ClassesAreFoundByTheirNames) {
  ASSERT_TRUE(device.started()) << machine.ReportText();
  WmiClass found;
  ASSERT_TRUE(wmi.FindClass("thermostat", &found)) << "in any letter case";
  EXPECT_EQ(found.guid, "{5b1f0a12-3b5a-4f0c-9c55-9d1e0f2c7a01}");
  ASSERT_EQ(found.items.size(), 3u);
  EXPECT_EQ(found.items[2].type, "ThermostatReading[3]");
  ASSERT_EQ(found.methods.size(), 2u);
  EXPECT_EQ(found.methods[0].name, "Measure");
  EXPECT_FALSE(found.event);
  ASSERT_TRUE(wmi.FindClass("ThermostatAlarm", &found));
  EXPECT_TRUE(found.event);
  EXPECT_FALSE(wmi.FindClass("Refrigerator", &found));
  GUID block;
  ASSERT_TRUE(wmi.FindBlock("Thermostat", &block));
  EXPECT_EQ(wmi.InstanceNames(block), std::vector<std::string>{kInstance});
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_FALSE(wmi.FindBlock("Thermostat", &block)) << "a class goes with its provider";
}

TEST_P(ThermostatTest, MethodsChangeWhatAQueryShows) {
  std::string heating;
  EXPECT_EQ(Measure(15, &heating), STATUS_SUCCESS);
  EXPECT_EQ(heating, Number(1));
  EXPECT_EQ(Measure(30, &heating), STATUS_SUCCESS);
  EXPECT_EQ(heating, Number(0));
  GUID block;
  ASSERT_TRUE(wmi.FindBlock("Thermostat", &block));
  std::string data;
  EXPECT_EQ(wmi.Query(block, kInstance, &data), STATUS_SUCCESS);
  EXPECT_EQ(data, Number(20) + Number(0) + Number(2) + Number(30) + Number(1) + Number(15) + Number(0) + Number(0));
}

TEST_P(ThermostatTest, AnAlarmReachesWhoListens) {
  GUID alarm;
  ASSERT_TRUE(wmi.FindBlock("ThermostatAlarm", &alarm));
  std::string heating;
  Measure(95, &heating);  // nobody listens
  auto events = wmi.Subscribe(alarm);
  Measure(96, &heating);
  Measure(50, &heating);
  machine.RunUntilIdle();
  auto all = events.Take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].instance, kInstance);
  EXPECT_EQ(all[0].data, Number(96));
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

INSTANTIATE_TEST_SUITE_P(Both, ThermostatTest, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "Live" : "Simulated"; });

}  // namespace
