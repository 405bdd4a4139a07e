// A driver from its project file under the test kit: what its author would write on the first day.
#include <drydock/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

#include <cstring>

#include "pump_ioctl.h"

namespace {

using drydock::Machine;
using testing::HasSubstr;

class Pump : public testing::TestWithParam<drydock::ExecutorKind> {};

class PumpStall : public testing::TestWithParam<const char*> {};

// Its timer goes on for ever, so that somebody can always run.
TEST_P(PumpStall, ADoseWaitsForeverForASilentPump) {
  Machine machine({.seed = 7});
  auto device = machine.AddDevice({.function = machine.AddDriver(GetParam()), .model = drydock::SilentDevice()});
  const PUMP_DOSE dose{.Microlitres = 25, .Channel = 1};
  machine.Open(device).Ioctl(IOCTL_PUMP_DOSE, &dose, sizeof dose);
  ASSERT_TRUE(machine.bug_check());
  EXPECT_EQ(machine.bug_check()->kind, drydock::ReportKind::kStall);
  const std::string report = machine.bug_check()->ToString();
  for (const char* part : {"A call has waited for 3600 s of the machine's time", "WdfIoTargetSendWriteSynchronously", "PumpTalk", "tests/outside/pump/sys/pump.c:142", "no time-out", "seed 7"}) EXPECT_THAT(report, HasSubstr(part));
}

// The pump acknowledges what it is told, and is busy with the last dose when it should answer.
class BusyPump {
 public:
  explicit BusyPump(bool answers) : answers_(answers) {}
  auto Model() {
    return drydock::MakeModel({.on_read =
                                   [this](const drydock::ModelRequest& request) {
                                     if (!answers_) return request.PendCancelable();
                                     uint8_t frame[8] = {0xA5, command_, 0, 0, 0x10, 0, 0, 0};
                                     for (const int at : {0, 1, 2, 4, 5, 6, 7}) frame[3] = static_cast<uint8_t>(frame[3] - frame[at]);
                                     std::memcpy(request.output(), frame, sizeof frame);
                                     request.Complete(STATUS_SUCCESS, sizeof frame);
                                   },
                               .on_write =
                                   [this](const drydock::ModelRequest& request) {
                                     command_ = static_cast<const uint8_t*>(request.input())[1];
                                     request.Complete(STATUS_SUCCESS, request.input_length());
                                   }});
  }

 private:
  const bool answers_;
  uint8_t command_ = 0;
};

TEST_P(Pump, TheLevelComesBackAndGivesUpInTime) {
  for (const bool answers : {true, false}) {
    Machine machine({.executor = GetParam()});
    BusyPump pump(answers);
    auto device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(pump)), .model = pump.Model()});
    uint32_t level = 0;
    const auto result = machine.Open(device).Ioctl(IOCTL_PUMP_LEVEL, nullptr, 0, &level, sizeof level);
    EXPECT_EQ(result.status, answers ? STATUS_SUCCESS : STATUS_IO_TIMEOUT);
    EXPECT_EQ(level, answers ? 0x10u : 0u);
    EXPECT_FALSE(machine.bug_check());
  }
}

INSTANTIATE_TEST_SUITE_P(Clang, PumpStall, testing::Values(DRYDOCK_IMAGE(pump)));
#ifdef DRYDOCK_IMAGE_pump_gcc
INSTANTIATE_TEST_SUITE_P(Gcc, PumpStall, testing::Values(DRYDOCK_IMAGE(pump_gcc)));
#endif
INSTANTIATE_TEST_SUITE_P(Executors, Pump, testing::Values(drydock::ExecutorKind::Simulated, drydock::ExecutorKind::Live));

}  // namespace
