// What the measurements share: stacks of the measured drivers, and the exits when something is wrong.
#pragma once

#include <ntddk.h>

#include <cstdint>
#include <string>

#include "drivers/bench.h"
#include "drydock/machine.h"

namespace drydock::bench {

std::string DriverImage(const std::string& name);

// A stack [forwarder x filters] / caller / answerer, opened. Ends the program with the machine's reports when it does not start.
struct Stack {
  explicit Stack(ExecutorKind executor, int filters = 0, bool with_caller = true, bool trace = false);
  Machine machine;
  Device device;
  File file;
};

// Either holds, or the program ends and says what was wrong: a measurement of wrong work is none.
void Check(const Machine& machine, Status status, const char* what);
void Check(const Machine& machine, bool right, const char* what);

}  // namespace drydock::bench
