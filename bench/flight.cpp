// Many requests in flight, each with a time-out: time to send and to cancel, memory per request, and how they grow.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "setup.h"

namespace drydock::bench {
namespace {

// Resident bytes of this process by a line of /proc/self/status: VmRSS now, VmHWM at most since ResetPeak.
size_t Resident(const char* line) {
  size_t kilobytes = 0;
  char text[256];
  if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
    while (std::fgets(text, sizeof text, status))
      if (std::strncmp(text, line, std::strlen(line)) == 0) kilobytes = std::strtoull(text + std::strlen(line) + 1, nullptr, 10);
    std::fclose(status);
  }
  return kilobytes * 1024;
}
bool ResetPeak() {
  std::FILE* refs = std::fopen("/proc/self/clear_refs", "w");
  if (!refs) return false;
  bool written = std::fputs("5", refs) >= 0;
  return std::fclose(refs) == 0 && written;
}

void InFlight(benchmark::State& state) {
  double arm = 0, cancel = 0, bytes = 0;
  for (auto _ : state) {
    Stack stack(ExecutorKind::Live);
    BENCH_FLIGHT warm{.Count = 8, .TimeoutSeconds = 3600};
    BENCH_FLIGHT_RESULT result = {};
    Check(stack.machine, stack.file.Ioctl(IOCTL_BENCH_FLIGHT, &warm, sizeof warm, &result, sizeof result).status, "flight");
    malloc_trim(0);  // what an earlier machine gave back must not serve this one unseen
    if (!ResetPeak()) state.SkipWithError("the peak of resident memory cannot be reset");
    size_t before = Resident("VmRSS");
    BENCH_FLIGHT flight{.Count = static_cast<ULONG>(state.range(0)), .TimeoutSeconds = 3600};
    Check(stack.machine, stack.file.Ioctl(IOCTL_BENCH_FLIGHT, &flight, sizeof flight, &result, sizeof result).status, "flight");
    Check(stack.machine, result.Cancelled == flight.Count, "not all were cancelled");
    arm += static_cast<double>(result.ArmTime) * 100;
    cancel += static_cast<double>(result.CancelTime) * 100;
    bytes += static_cast<double>(Resident("VmHWM") - before);
  }
  double requests = static_cast<double>(state.iterations()) * static_cast<double>(state.range(0));
  state.counters["arm_ns_per_request"] = arm / requests;
  state.counters["cancel_ns_per_request"] = cancel / requests;
  state.counters["bytes_per_request"] = bytes / requests;
}
BENCHMARK(InFlight)->Name("flight/live")->Arg(1000)->Arg(10000)->Arg(100000)->Iterations(3)->UseRealTime();

}  // namespace
}  // namespace drydock::bench
