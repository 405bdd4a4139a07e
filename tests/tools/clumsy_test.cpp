// What would end a driver's process ends its machine, or its host, with a report that names the line.
#include <drydock/testing.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ntddk.h>

namespace {

using drydock::Machine;
using testing::HasSubstr;

struct Way {
  char how;
  const char *words, *line;
};
constexpr Way kWays[] = {{'a', "called abort", "clumsy.cpp:29"},
                         {'e', "called exit", "clumsy.cpp:30"},
                         {'r', "std::out_of_range (vector::_M_range_check", "clumsy.cpp:31"},
                         {'i', "let a C++ exception leave it: int", "clumsy.cpp:32"},
                         {'v', "called a pure virtual function", "clumsy.cpp:14"},
                         {'t', "called std::terminate", "clumsy.cpp:34"},
                         {'s', "Nobody can ever run again", "clumsy.cpp:24"}};

class Clumsy : public testing::TestWithParam<drydock::ExecutorKind> {};
INSTANTIATE_TEST_SUITE_P(Executors, Clumsy, testing::Values(drydock::ExecutorKind::Simulated, drydock::ExecutorKind::Live));

TEST_P(Clumsy, WhatEndsAProcessIsAReport) {
  for (const Way& way : kWays) {
    if (way.how == 's' && GetParam() == drydock::ExecutorKind::Live) continue;  // a silent device is only found out in virtual time
    SCOPED_TRACE(way.how);
    Machine machine({.executor = GetParam()});
    auto device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(clumsy)), .model = drydock::SilentDevice()});
    EXPECT_EQ(machine.Open(device).Write(std::string(1, way.how)).status, drydock::kStatusMachineStopped);
    ASSERT_TRUE(machine.bug_check());
    EXPECT_THAT(machine.bug_check()->ToString(), testing::AllOf(HasSubstr(way.words), HasSubstr(way.line)));
  }
}

TEST_P(Clumsy, AHostEndsForItAndTheMachineGoesOn) {
  Machine machine({.executor = GetParam(), .contain_hosts = true});
  auto device = machine.AddDevice({.function = machine.AddDriver(DRYDOCK_IMAGE(clumsy)), .model = drydock::SilentDevice()});
  EXPECT_EQ(machine.Open(device).Write("c").information, 1u);
  EXPECT_EQ(machine.Open(device).Write("r").status, static_cast<NTSTATUS>(STATUS_DRIVER_PROCESS_TERMINATED));
  EXPECT_FALSE(machine.bug_check());
  ASSERT_EQ(machine.reports().size(), 1u);
  EXPECT_EQ(machine.reports()[0].kind, drydock::ReportKind::kHostEnded);
  EXPECT_THAT(machine.reports()[0].ToString(), HasSubstr("clumsy.cpp:31"));
}

}  // namespace
