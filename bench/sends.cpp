// Synchronous device control: against the system call ioctl(/dev/null), per filter, and completed by another thread against a futex.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "setup.h"

namespace drydock::bench {
namespace {

// The yardstick: the shortest way into a kernel's device control and back.
void SystemIoctl(benchmark::State& state) {
  int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  termios settings;
  for (auto _ : state) benchmark::DoNotOptimize(ioctl(fd, TCGETS, &settings));
  if (errno != ENOTTY) state.SkipWithError("/dev/null answered something else than ENOTTY");
  close(fd);
}
BENCHMARK(SystemIoctl)->Name("yardstick/ioctl_dev_null");

constexpr ULONG kBatch = 1000;

// The caller checks status, length and content of every answer itself.
void RunBatches(benchmark::State& state, ExecutorKind executor, uint32_t code, bool trace = false) {
  Stack stack(executor, 0, true, trace);
  ULONG count = kBatch;
  for (auto _ : state) Check(stack.machine, stack.file.Ioctl(code, &count, sizeof count).status, "send");
  state.SetItemsProcessed(state.iterations() * kBatch);
  // Seconds a send, which the report turns into nanoseconds beside the yardstick.
  state.counters["per_call"] = benchmark::Counter(static_cast<double>(state.iterations()) * kBatch,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void DriverToDriver(benchmark::State& state, ExecutorKind executor) { RunBatches(state, executor, IOCTL_BENCH_RUN); }
BENCHMARK_CAPTURE(DriverToDriver, live, ExecutorKind::Live)->Name("ioctl16/driver_to_driver/live");
BENCHMARK_CAPTURE(DriverToDriver, simulated, ExecutorKind::Simulated)->Name("ioctl16/driver_to_driver/simulated");
void Traced(benchmark::State& state, ExecutorKind executor) { RunBatches(state, executor, IOCTL_BENCH_RUN, true); }
BENCHMARK_CAPTURE(Traced, live, ExecutorKind::Live)->Name("ioctl16/driver_to_driver_traced/live");

void ApplicationToDriver(benchmark::State& state, ExecutorKind executor) {
  Stack stack(executor, static_cast<int>(state.range(0)), /*with_caller=*/false);
  uint64_t in[2] = {1, 2}, out[2];
  for (auto _ : state) {
    ++in[0];
    IoResult result = stack.file.Ioctl(IOCTL_BENCH_EXCHANGE, in, sizeof in, out, sizeof out);
    Check(stack.machine, result.status, "ioctl");
    Check(stack.machine, result.information == sizeof out && out[0] == in[0] + 1 && out[1] == in[1] + 2, "answer");
  }
}
BENCHMARK_CAPTURE(ApplicationToDriver, live, ExecutorKind::Live)->Name("ioctl16/application/filters/live")->Arg(0)->Arg(1)->Arg(2)->Arg(4);
BENCHMARK_CAPTURE(ApplicationToDriver, simulated, ExecutorKind::Simulated)->Name("ioctl16/application/filters/simulated")->Arg(0)->Arg(4);

// The yardstick for completion by another thread: two threads that wake each other, nothing else.
void FutexWait(std::atomic<uint32_t>& word, uint32_t while_equal) {
  while (word.load(std::memory_order_acquire) == while_equal)
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, while_equal, nullptr, nullptr, 0);
}
void FutexPingPong(benchmark::State& state) {
  std::atomic<uint32_t> ping{0}, pong{0};
  std::atomic<bool> stop{false};
  std::thread other([&] {
    for (uint32_t round = 0; !stop; ++round) {
      FutexWait(ping, round);
      pong.store(round + 1, std::memory_order_release);
      syscall(SYS_futex, &pong, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
  });
  uint32_t round = 0;
  for (auto _ : state) {
    ping.store(round + 1, std::memory_order_release);
    syscall(SYS_futex, &ping, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    FutexWait(pong, round);
    ++round;
  }
  stop = true;
  ping.store(round + 1, std::memory_order_release);
  syscall(SYS_futex, &ping, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  other.join();
}
BENCHMARK(FutexPingPong)->Name("yardstick/futex_ping_pong")->UseRealTime();

void CompletedElsewhere(benchmark::State& state, ExecutorKind executor) { RunBatches(state, executor, IOCTL_BENCH_RUN_ELSEWHERE); }
BENCHMARK_CAPTURE(CompletedElsewhere, live, ExecutorKind::Live)->Name("ioctl16/completed_elsewhere/live")->UseRealTime();
BENCHMARK_CAPTURE(CompletedElsewhere, simulated, ExecutorKind::Simulated)->Name("ioctl16/completed_elsewhere/simulated");

}  // namespace
}  // namespace drydock::bench
