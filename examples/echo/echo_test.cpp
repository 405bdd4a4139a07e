// An echo device under both executors: round trip, cancel of a pending read, surprise removal with a request under way.
#include <drydock/testing.h>
#include <gtest/gtest.h>
#include <ntddk.h>

namespace {

using drydock::ExecutorKind;
using drydock::Machine;

class Echo : public testing::TestWithParam<ExecutorKind> {
 protected:
  Echo() : machine_({.executor = GetParam()}) {
    auto driver = machine_.AddDriver(DRYDOCK_IMAGE(echo));
    device_ = machine_.AddDevice({.function = driver});
    EXPECT_TRUE(device_.started()) << machine_.ReportText();
  }
  ~Echo() override { EXPECT_TRUE(machine_.reports().empty()) << machine_.ReportText(); }
  Machine machine_;
  drydock::Device device_;
};

TEST_P(Echo, GivesBackWhatWasWritten) {
  auto file = machine_.Open(device_);
  EXPECT_EQ(file.Write("hello").information, 5u);
  char buffer[16] = {};
  auto result = file.Read(buffer, sizeof buffer);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(std::string(buffer, result.information), "hello");
}

TEST_P(Echo, PendingReadsCanBeCancelled) {
  auto file = machine_.Open(device_);
  file.Write("hello");
  char one[16], two[16];
  auto first = file.StartRead(one, sizeof one);
  auto second = file.StartRead(two, sizeof two);
  EXPECT_FALSE(second.done());
  EXPECT_TRUE(second.Cancel());
  EXPECT_EQ(second.Wait().status, STATUS_CANCELLED);
  if (machine_.simulated()) EXPECT_FALSE(first.done());  // no time has passed
  if (first.Cancel()) {
    auto status = first.Wait().status;
    EXPECT_TRUE(status == STATUS_CANCELLED || status == STATUS_SUCCESS) << status;
  }
  EXPECT_EQ(file.Read(one, sizeof one).information, 5u);
}

TEST_P(Echo, ManyCallersAtOnce) {
  std::vector<drydock::Task> tasks;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 8; ++i) {
    tasks.push_back(machine_.Start("caller", [&] {
      auto file = machine_.Open(device_);
      char buffer[16];
      for (int round = 0; round < 25; ++round) {
        if (file.Write("0123456789abcdef").information != 16) ++wrong;
        if (file.Read(buffer, sizeof buffer).information != 16) ++wrong;
      }
    }));
  }
  for (auto& task : tasks) task.Join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(Echo, SurpriseRemovalEndsWhatIsUnderWay) {
  auto file = machine_.Open(device_);
  file.Write("hello");
  char buffer[16];
  auto read = file.StartRead(buffer, sizeof buffer);
  EXPECT_EQ(machine_.SurpriseRemove(device_), STATUS_SUCCESS);
  read.Wait();
  EXPECT_TRUE(read.done());
  file.Close();
}

// The same device, installed from its INX as Windows' setup does it.
class InstalledEcho : public testing::TestWithParam<ExecutorKind> {};

TEST_P(InstalledEcho, StartsFromItsInf) {
  Machine machine({.executor = GetParam()});
  const std::string image = DRYDOCK_IMAGE(echo), folder = image.substr(0, image.rfind('/'));
  EXPECT_TRUE(machine.Install(folder + "/echo.inx", folder).empty());
  auto device = machine.AddRootDevice("root\\echo");
  ASSERT_TRUE(device.started()) << machine.ReportText();
  EXPECT_EQ(device.name(), "ROOT\\SAMPLE\\0000");
  auto file = machine.Open(device);
  EXPECT_EQ(file.Write("hello").information, 5u);
  char buffer[16] = {};
  EXPECT_EQ(file.Read(buffer, sizeof buffer).information, 5u);
  file.Close();
  EXPECT_EQ(machine.RemoveDevice(device), STATUS_SUCCESS);
  EXPECT_TRUE(machine.reports().empty()) << machine.ReportText();
}

INSTANTIATE_TEST_SUITE_P(Executors, InstalledEcho, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

TEST_P(Echo, IsRemovedFromLowPower) {
  EXPECT_EQ(machine_.SetPowerState(device_, 3), STATUS_SUCCESS);
  EXPECT_EQ(machine_.RemoveDevice(device_), STATUS_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Executors, Echo, testing::Values(ExecutorKind::Live, ExecutorKind::Simulated),
                         [](const auto& info) { return info.param == ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
