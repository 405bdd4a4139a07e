// Many requests in flight, each with a time-out: time to send and to cancel, memory per request, and how they grow.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>

#include "setup.h"

namespace drydock::bench {
namespace {

size_t ResidentBytes() {
  size_t pages = 0, resident = 0;
  if (std::FILE* statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%zu %zu", &pages, &resident) != 2) resident = 0;
    std::fclose(statm);
  }
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void InFlight(benchmark::State& state) {
  double arm = 0, cancel = 0, bytes = 0;
  for (auto _ : state) {
    Stack stack(ExecutorKind::Live);
    BENCH_FLIGHT warm{.Count = 8, .TimeoutSeconds = 3600};
    BENCH_FLIGHT_RESULT result = {};
    Check(stack.machine, stack.file.Ioctl(IOCTL_BENCH_FLIGHT, &warm, sizeof warm, &result, sizeof result).status, "flight");
    size_t before = ResidentBytes();
    BENCH_FLIGHT flight{.Count = static_cast<ULONG>(state.range(0)), .TimeoutSeconds = 3600};
    Check(stack.machine, stack.file.Ioctl(IOCTL_BENCH_FLIGHT, &flight, sizeof flight, &result, sizeof result).status, "flight");
    if (result.Cancelled != flight.Count) Check(stack.machine, STATUS_UNSUCCESSFUL, "not all were cancelled");
    arm += static_cast<double>(result.ArmTime) * 100;
    cancel += static_cast<double>(result.CancelTime) * 100;
    bytes += static_cast<double>(ResidentBytes() - before);
  }
  double requests = static_cast<double>(state.iterations()) * static_cast<double>(state.range(0));
  state.counters["arm_ns_per_request"] = arm / requests;
  state.counters["cancel_ns_per_request"] = cancel / requests;
  state.counters["bytes_per_request"] = bytes / requests;
}
BENCHMARK(InFlight)->Name("flight/live")->Arg(1000)->Arg(10000)->Arg(100000)->Iterations(3)->UseRealTime();

}  // namespace
}  // namespace drydock::bench
