// CONFORMANCE: a test that proves items of the contract on both executors.
//
//   CONFORMANCE(SyncSend, TimeoutCancelsOnce, "IOT-2.19", "IOX-8") {
//     auto driver = machine.AddDriver(...);
//     EXPECT_EQ(file.Ioctl(...).status, STATUS_IO_TIMEOUT);
//   }
//
// runs as SyncSend.TimeoutCancelsOnce/live and .../simulated, each with a fresh
// `drydock::Machine& machine`. With options:
//
//   CONFORMANCE_WITH((drydock::MachineOptions{.verifier = true}), SyncSend, AboveItsLevel, "OP-3") {
//     ...
//   }
//
// A bug check or stall that stops the machine fails the test, unless the body says that it expected
// it: EXPECT_BUG_CHECK.
//
// Seeds:  DRYDOCK_SEED=n sets the seed (1 otherwise); DRYDOCK_SEEDS=n runs the simulated form with
//         n seeds, one after the other.
// Ours:   "ours" as the id marks a decision that no item makes; a comment tells the decision.
// Rules:  ids are string literals (docs/conformance.md is made from the sources); a suite has
//         either CONFORMANCE or TEST in it, because GoogleTest wants one kind of fixture per suite.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "drydock/machine.h"
#include "support/spec.h"

namespace drydock::test {

struct Conformance {
  const char* suite;
  const char* name;
  const char* file;
  int line;
  MachineOptions (*options)();
  void (*body)(Machine& machine);
};

inline uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 0) : otherwise;
}

class ConformanceTest : public ::testing::Test {
 public:
  ConformanceTest(const Conformance& test, std::string items, ExecutorKind executor)
      : test_(test), items_(std::move(items)), executor_(executor) {}

  void TestBody() override {
    RecordProperty("spec", items_);
    const uint64_t first = NumberFromEnvironment("DRYDOCK_SEED", 1);
    const uint64_t seeds =
        executor_ == ExecutorKind::Simulated ? NumberFromEnvironment("DRYDOCK_SEEDS", 1) : 1;
    for (uint64_t seed = first; seed < first + seeds && !HasFailure(); ++seed) RunOnce(seed);
  }

  // The machine of this test may have been stopped; said by EXPECT_BUG_CHECK.
  static bool& StopExpected() {
    static bool expected = false;
    return expected;
  }

 private:
  void RunOnce(uint64_t seed) {
    StopExpected() = false;
    MachineOptions options = test_.options();
    options.executor = executor_;
    options.seed = seed;
    {
      Machine machine(options);
      test_.body(machine);
      if (machine.stopped() && !StopExpected()) {
        ADD_FAILURE()
            << "The machine was stopped, and the test did not expect it (EXPECT_BUG_CHECK):\n"
            << machine.ReportText();
      }
    }
    if (HasFailure()) {
      std::printf("replay: DRYDOCK_SEED=%llu <this program> --gtest_filter=%s.%s/%s\n",
                  static_cast<unsigned long long>(seed), test_.suite, test_.name,
                  executor_ == ExecutorKind::Live ? "live" : "simulated");
    }
  }

  const Conformance test_;
  const std::string items_;
  const ExecutorKind executor_;
};

inline bool RegisterConformance(const Conformance& test, std::initializer_list<const char*> list) {
  const std::string items = Joined(list);
  for (ExecutorKind executor : {ExecutorKind::Live, ExecutorKind::Simulated}) {
    const std::string name =
        std::string(test.name) + (executor == ExecutorKind::Live ? "/live" : "/simulated");
    ::testing::RegisterTest(
        test.suite, name.c_str(), nullptr, nullptr, test.file, test.line,
        [=]() -> ConformanceTest* { return new ConformanceTest(test, items, executor); });
  }
  return true;
}

// The bug check that stopped the machine, checked against `code` and, where given, its first
// parameters; the test then goes on.
inline ::testing::AssertionResult CheckBugCheck(Machine& machine, uint32_t code,
                                                std::initializer_list<uint64_t> parameters = {}) {
  ConformanceTest::StopExpected() = true;
  const Report* report = machine.bug_check();
  char wanted[16];
  std::snprintf(wanted, sizeof(wanted), "0x%X", code);
  if (!report)
    return ::testing::AssertionFailure() << "no bug check, but " << wanted << " was expected";
  bool same = report->code == code;
  size_t i = 0;
  for (uint64_t parameter : parameters) same = same && report->parameters[i++] == parameter;
  if (same) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "another bug check than " << wanted << " with these parameters:\n"
         << report->ToString();
}

}  // namespace drydock::test

// EXPECT_BUG_CHECK(machine, 0x10D, 0x4): code, then the first parameters as far as they matter.
#define EXPECT_BUG_CHECK(machine, code, ...) \
  EXPECT_TRUE(::drydock::test::CheckBugCheck(machine, code, {__VA_ARGS__}))

#define CONFORMANCE(suite, name, ...) \
  CONFORMANCE_WITH(::drydock::MachineOptions{}, suite, name, __VA_ARGS__)

#define CONFORMANCE_WITH(machine_options, suite, name, ...)                                       \
  static void suite##_##name##_Body(::drydock::Machine& machine);                                 \
  static ::drydock::MachineOptions suite##_##name##_Options() { return machine_options; }         \
  [[maybe_unused]] static const bool suite##_##name##_registered =                                \
      ::drydock::test::RegisterConformance(                                                       \
          {#suite, #name, __FILE__, __LINE__, &suite##_##name##_Options, &suite##_##name##_Body}, \
          {__VA_ARGS__});                                                                         \
  static void suite##_##name##_Body([[maybe_unused]] ::drydock::Machine& machine)
