#include "setup.h"

#include <cstdio>
#include <cstdlib>

namespace drydock::bench {

std::string DriverImage(const std::string& name) { return std::string(DRYDOCK_BENCH_DRIVERS) + "/" + name + ".so"; }

void Check(const Machine& machine, Status status, const char* what) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n%s", what, status.ToString().c_str(), machine.ReportText().c_str());
  std::exit(1);
}

void Check(const Machine& machine, bool right, const char* what) {
  if (!right) Check(machine, Status(STATUS_DATA_ERROR), what);
}

Stack::Stack(ExecutorKind executor, int filters, bool with_caller, bool trace)
    : machine({.executor = executor, .strategy = Strategy::RunToBlock, .trace = trace}) {
  Driver answerer = machine.AddDriver(DriverImage("bench_answerer"));
  DeviceSpec spec;
  if (with_caller) {
    spec.lower_filters = {answerer};
    spec.function = machine.AddDriver(DriverImage("bench_caller"));
  } else {
    spec.function = answerer;
  }
  if (filters > 0) spec.upper_filters.assign(static_cast<size_t>(filters), machine.AddDriver(DriverImage("bench_forwarder")));
  device = machine.AddDevice(spec);
  Check(machine, device.started(), "the stack does not start");
  file = machine.Open(device);
  Check(machine, file.status(), "open");
}

}  // namespace drydock::bench
