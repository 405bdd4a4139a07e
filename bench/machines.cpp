// What a machine costs from making to dropping: what a fuzzer pays for each input.
#include <benchmark/benchmark.h>

#include "setup.h"

namespace drydock::bench {
namespace {

void Empty(benchmark::State& state, ExecutorKind executor) {
  for (auto _ : state) Machine machine({.executor = executor});
}
BENCHMARK_CAPTURE(Empty, live, ExecutorKind::Live)->Name("machine/empty/live")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Empty, simulated, ExecutorKind::Simulated)->Name("machine/empty/simulated")->Unit(benchmark::kMicrosecond);

void WithDriver(benchmark::State& state, ExecutorKind executor) {
  for (auto _ : state) {
    Machine machine({.executor = executor});
    machine.AddDriver(DriverImage("bench_forwarder"));
  }
}
BENCHMARK_CAPTURE(WithDriver, live, ExecutorKind::Live)->Name("machine/driver_loaded/live")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(WithDriver, simulated, ExecutorKind::Simulated)->Name("machine/driver_loaded/simulated")->Unit(benchmark::kMicrosecond);

void DeviceStartedAndRemoved(benchmark::State& state, ExecutorKind executor) {
  Machine machine({.executor = executor});
  Driver driver = machine.AddDriver(DriverImage("bench_forwarder"));
  for (auto _ : state) {
    Device device = machine.AddDevice({.function = driver});
    Check(machine, machine.RemoveDevice(device), "remove");
  }
}
BENCHMARK_CAPTURE(DeviceStartedAndRemoved, live, ExecutorKind::Live)->Name("device/start_and_remove/live")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(DeviceStartedAndRemoved, simulated, ExecutorKind::Simulated)
    ->Name("device/start_and_remove/simulated")
    ->Unit(benchmark::kMicrosecond);

void Whole(benchmark::State& state, ExecutorKind executor) {
  for (auto _ : state) {
    Machine machine({.executor = executor});
    Driver driver = machine.AddDriver(DriverImage("bench_forwarder"));
    Device device = machine.AddDevice({.function = driver});
    Check(machine, machine.RemoveDevice(device), "remove");
  }
}
BENCHMARK_CAPTURE(Whole, live, ExecutorKind::Live)->Name("machine/whole_life/live")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Whole, simulated, ExecutorKind::Simulated)->Name("machine/whole_life/simulated")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace drydock::bench
