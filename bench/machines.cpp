// What a machine costs from making to dropping: what a fuzzer pays for each input.
#include <benchmark/benchmark.h>

#include <chrono>
#include <utility>

#include "setup.h"

namespace drydock::bench {
namespace {

using Clock = std::chrono::steady_clock;

// One whole life, and what each part of it takes.
void Life(benchmark::State& state, ExecutorKind executor) {
  double made = 0, loaded = 0, started = 0, removed = 0, dropped = 0;
  auto lap = [](Clock::time_point& since) {
    Clock::time_point now = Clock::now();
    return std::chrono::duration<double, std::micro>(now - std::exchange(since, now)).count();
  };
  for (auto _ : state) {
    Clock::time_point since = Clock::now();
    {
      Machine machine({.executor = executor});
      made += lap(since);
      Driver driver = machine.AddDriver(DriverImage("bench_forwarder"));
      loaded += lap(since);
      Device device = machine.AddDevice({.function = driver});
      Check(machine, device.started(), "the device does not start");
      started += lap(since);
      Check(machine, machine.RemoveDevice(device), "remove");
      removed += lap(since);
    }
    dropped += lap(since);
  }
  using benchmark::Counter;
  state.counters["made_us"] = Counter(made, Counter::kAvgIterations);
  state.counters["loaded_us"] = Counter(loaded, Counter::kAvgIterations);
  state.counters["started_us"] = Counter(started, Counter::kAvgIterations);
  state.counters["removed_us"] = Counter(removed, Counter::kAvgIterations);
  state.counters["dropped_us"] = Counter(dropped, Counter::kAvgIterations);
}
BENCHMARK_CAPTURE(Life, live, ExecutorKind::Live)->Name("machine/life/live")->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK_CAPTURE(Life, simulated, ExecutorKind::Simulated)->Name("machine/life/simulated")->Unit(benchmark::kMicrosecond)->UseRealTime();

// In a machine that stays.
void DeviceStartedAndRemoved(benchmark::State& state, ExecutorKind executor) {
  Machine machine({.executor = executor});
  Driver driver = machine.AddDriver(DriverImage("bench_forwarder"));
  for (auto _ : state) {
    Device device = machine.AddDevice({.function = driver});
    Check(machine, device.started(), "the device does not start");
    Check(machine, machine.RemoveDevice(device), "remove");
  }
}
BENCHMARK_CAPTURE(DeviceStartedAndRemoved, live, ExecutorKind::Live)
    ->Name("machine/start_and_remove/live")
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(DeviceStartedAndRemoved, simulated, ExecutorKind::Simulated)
    ->Name("machine/start_and_remove/simulated")
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
}  // namespace drydock::bench
