// What a device on a bus costs, from its report to its start and its removal, and whether that grows with the number of its siblings.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <chrono>
#include <utility>

#include "nt/pnp/pnp.h"
#include "setup.h"

namespace drydock::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Bus {
  explicit Bus(ExecutorKind executor) : machine({.executor = executor}) {
    machine.InstallDriver({"BENCH\\Child"}, machine.AddDriver(DriverImage("bench_child")));
    bus = machine.AddDevice({.function = machine.AddDriver(DriverImage("bench_bus"))});
    Check(machine, bus.started(), "the bus does not start");
    file = machine.Open(bus);
  }
  // The children are exactly those; what is new is started, what is not among them is removed.
  void Report(uint32_t first, uint32_t count) {
    BENCH_CHILDREN children = {first, count};
    Check(machine, file.Ioctl(IOCTL_BENCH_CHILDREN, &children, sizeof children, nullptr, 0).status, "report");
    machine.RunUntilIdle();
    Check(machine, nt::pnp::ChildrenOf(bus.pdo()).size() == count, "as many children as were reported");
  }
  Machine machine;
  Device bus;
  File file;
};

size_t HeapInUse() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

void StartAndRemove(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  double started = 0, removed = 0, bytes = 0;
  for (auto _ : state) {
    Bus bus(ExecutorKind::Simulated);
    const size_t before = HeapInUse();
    Clock::time_point since = Clock::now();
    auto lap = [&] {
      const Clock::time_point now = Clock::now();
      return std::chrono::duration<double, std::micro>(now - std::exchange(since, now)).count() / count;
    };
    bus.Report(0, count);
    started += lap();
    bytes += static_cast<double>(HeapInUse() - before) / count;
    lap();
    bus.Report(0, 0);
    removed += lap();
    bus.file.Close();
  }
  using benchmark::Counter;
  state.counters["started_us"] = Counter(started, Counter::kAvgIterations);
  state.counters["removed_us"] = Counter(removed, Counter::kAvgIterations);
  state.counters["bytes"] = Counter(bytes, Counter::kAvgIterations);
}
BENCHMARK(StartAndRemove)->Name("bus/start_and_remove")->Arg(1)->Arg(1000)->Arg(10000)->Arg(100000)->Iterations(1)->Unit(benchmark::kMillisecond);

// All are reported again, one of them is another.
void OneChanged(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  Bus bus(ExecutorKind::Simulated);
  bus.Report(0, count);
  uint32_t first = 0;
  for (auto _ : state) bus.Report(++first, count);
  bus.Report(0, 0);
}
BENCHMARK(OneChanged)->Name("bus/one_changed")->Arg(100)->Arg(10000)->Unit(benchmark::kMicrosecond);

// S3 and back, all of them in Dx between.
void SleepAndResume(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  Bus bus(ExecutorKind::Simulated);
  bus.Report(0, count);
  for (auto _ : state) {
    Check(bus.machine, bus.machine.SetSystemPower(3), "sleep");
    bus.machine.RunUntilIdle();
    for (Device child : {bus.machine.Children(bus.bus).front(), bus.machine.Children(bus.bus).back()})
      Check(bus.machine, nt::pnp::PowerOf(child.pdo()) == PowerDeviceD3, "asleep");
    Check(bus.machine, bus.machine.SetSystemPower(0), "resume");
    bus.machine.RunUntilIdle();
    for (Device child : {bus.machine.Children(bus.bus).front(), bus.machine.Children(bus.bus).back()})
      Check(bus.machine, nt::pnp::PowerOf(child.pdo()) == PowerDeviceD0, "awake");
  }
  bus.Report(0, 0);
}
BENCHMARK(SleepAndResume)->Name("bus/sleep_and_resume")->Arg(100)->Arg(10000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace drydock::bench
