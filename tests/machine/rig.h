// A machine with the faulty driver and an open file on its device.
#pragma once

#include <gtest/gtest.h>

#include "drydock/testing.h"

namespace drydock::test {

struct FaultyMachine {
  explicit FaultyMachine(ExecutorKind executor, Duration live_stall = std::chrono::seconds(60), uint64_t seed = 1, bool trace = false)
      : machine({.executor = executor, .seed = seed, .trace = trace, .live_stall = live_stall}) {
    driver = machine.AddDriver(DRYDOCK_IMAGE(faulty));
    device = machine.AddDevice({.function = driver});
    EXPECT_TRUE(device.started()) << machine.ReportText();
    file = machine.Open(device);
    EXPECT_TRUE(file) << file.status();
  }
  Machine machine;
  Driver driver;
  Device device;
  File file;
};

}  // namespace drydock::test
