// What counter.c traces: read, switched by level and keyword, with the driver none the wiser.
#include <drydock/testing.h>
#include <drydock/trace.h>
#include <gtest/gtest.h>
#include <ntddk.h>

namespace {

constexpr const char* kCounter = "Drydock.Examples.Counter";

class Counter : public testing::TestWithParam<drydock::ExecutorKind> {
 protected:
  void SetUp() override {
    device_ = machine_.AddDevice({.function = machine_.AddDriver(DRYDOCK_IMAGE(counter))});
    ASSERT_TRUE(device_.started()) << machine_.ReportText();
  }
  std::string LastOf(const char* event) {
    std::string text;
    for (const drydock::TraceMessage& message : tracing_.Messages())
      if (message.IsFrom(kCounter) && message.name == event) text = message.text;
    return text;
  }
  drydock::Machine machine_{{.executor = GetParam()}};
  drydock::Tracing tracing_{machine_};
  drydock::Device device_;
};

TEST_P(Counter, TracesEachWrite) {
  EXPECT_NE(LastOf("Loaded").find("Status=0x00000000(STATUS_SUCCESS)"), std::string::npos);
  EXPECT_EQ(machine_.Open(device_).Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(LastOf("Written"), "Number=1 Length=5");
}

TEST_P(Counter, IsHeardAsFarAsItWasAsked) {
  tracing_.Enable(kCounter, {.level = 2});  // errors
  EXPECT_EQ(machine_.Open(device_).Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(LastOf("Written"), "");
  EXPECT_EQ(machine_.Open(device_).Write("more than it is ready to take").status, STATUS_INVALID_BUFFER_SIZE);
  EXPECT_EQ(LastOf("TooLong"), "Number=2 Length=29");
  tracing_.Enable(kCounter, {.flags = 0x2});  // its life, not its I/O
  EXPECT_EQ(machine_.Open(device_).Write("hello").status, STATUS_SUCCESS);
  EXPECT_EQ(LastOf("Written"), "");
}

INSTANTIATE_TEST_SUITE_P(Executors, Counter, testing::Values(drydock::ExecutorKind::Simulated, drydock::ExecutorKind::Live),
                         [](const auto& info) { return info.param == drydock::ExecutorKind::Live ? "live" : "simulated"; });

}  // namespace
