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

Stack::Stack(ExecutorKind executor, int filters, bool with_caller) : machine({.executor = executor, .strategy = Strategy::RunToBlock}) {
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
  if (!device.started()) Check(machine, STATUS_UNSUCCESSFUL, "the stack does not start");
  file = machine.Open(device);
  Check(machine, file.status(), "open");
}

}  // namespace drydock::bench
