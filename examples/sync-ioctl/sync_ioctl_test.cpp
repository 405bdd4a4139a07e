// How a test makes a device stall, and what comes of it: a report for the classic function, a status for its twin.
#include <drydock/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstring>

#include "sync_ioctl.h"

namespace {

using drydock::Machine;
using drydock::ModelRequest;
using std::chrono::milliseconds;

// The ten lines of the README.
TEST(SyncIoctl, SilentDeviceStallsTheClassicCase) {
  Machine machine;
  auto driver = machine.AddDriver(DRYDOCK_IMAGE(sync_ioctl));
  auto device = machine.AddDevice({.function = driver, .model = drydock::SilentDevice()});
  auto file = machine.Open(device);
  file.Ioctl(IOCTL_EXCHANGE_CLASSIC, "ping", 4);
  ASSERT_TRUE(machine.bug_check());
  EXPECT_EQ(machine.bug_check()->kind, drydock::ReportKind::kStall);
  EXPECT_THAT(machine.bug_check()->ToString(), testing::HasSubstr("sync_ioctl.c"));
}

TEST(SyncIoctl, TheTwinGivesUpAfterHalfASecond) {
  Machine machine;
  auto driver = machine.AddDriver(DRYDOCK_IMAGE(sync_ioctl));
  auto device = machine.AddDevice({.function = driver, .model = drydock::SilentDevice()});
  auto file = machine.Open(device);
  EXPECT_EQ(file.Ioctl(IOCTL_EXCHANGE_TIMED, "ping", 4).status, STATUS_IO_TIMEOUT);
  EXPECT_EQ(machine.Now() / milliseconds(1), 500);
  EXPECT_FALSE(machine.bug_check());
}

class SyncIoctlBothWays : public testing::TestWithParam<std::tuple<drydock::ExecutorKind, uint32_t>> {};

TEST_P(SyncIoctlBothWays, StatusAndBytesComeBack) {
  Machine machine({.executor = std::get<0>(GetParam())});
  auto model = drydock::MakeModel({.on_ioctl = [](const ModelRequest& request) {
    if (request.ioctl() != IOCTL_DEVICE_EXCHANGE) return request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    if (request.input_length() != 4 || std::memcmp(request.input(), "ping", 4) != 0)
      return request.Complete(STATUS_INVALID_PARAMETER);
    std::memcpy(request.output(), "pong!", 5);
    request.Complete(STATUS_SUCCESS, 5);
  }});
  auto driver = machine.AddDriver(DRYDOCK_IMAGE(sync_ioctl));
  auto device = machine.AddDevice({.function = driver, .model = model});
  auto file = machine.Open(device);
  char answer[16] = {};
  auto result = file.Ioctl(std::get<1>(GetParam()), "ping", 4, answer, sizeof answer);
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  EXPECT_EQ(result.information, 5u);
  EXPECT_STREQ(answer, "pong!");
  EXPECT_EQ(file.Ioctl(std::get<1>(GetParam()), "gong", 4, answer, sizeof answer).status, STATUS_INVALID_PARAMETER);
}

INSTANTIATE_TEST_SUITE_P(Executors, SyncIoctlBothWays,
                         testing::Combine(testing::Values(drydock::ExecutorKind::Live, drydock::ExecutorKind::Simulated),
                                          testing::Values(uint32_t{IOCTL_EXCHANGE_CLASSIC}, uint32_t{IOCTL_EXCHANGE_TIMED})));

}  // namespace
