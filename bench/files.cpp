// A read of 4 KiB of cached data through a filter and a file target, against pread of the same file.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "setup.h"
// After ntddk.h, whose types it uses.
#include "../examples/filestack/inc/filestack.h"

namespace drydock::bench {
namespace {

constexpr size_t kRead = 4096;
constexpr size_t kFile = 1 << 20;

struct ScratchFile {
  std::filesystem::path folder;
  ScratchFile() {
    std::string name = (std::filesystem::temp_directory_path() / "drydock-bench-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    folder = name;
    // Every 8 bytes are their own offset, so that a read from the wrong place shows.
    std::vector<uint64_t> content(kFile / sizeof(uint64_t));
    for (size_t i = 0; i < content.size(); ++i) content[i] = i * sizeof(uint64_t);
    int fd = open(Path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, content.data(), kFile) != static_cast<ssize_t>(kFile)) std::abort();
    close(fd);
  }
  ~ScratchFile() { std::filesystem::remove_all(folder); }
  std::string Path() const { return (folder / "data.bin").string(); }
};

// First and last word of what was read from `at`.
bool Right(const std::vector<uint64_t>& buffer, int64_t at) {
  return buffer.front() == static_cast<uint64_t>(at) && buffer.back() == static_cast<uint64_t>(at) + kRead - sizeof(uint64_t);
}
int64_t Next(int64_t at) { return (at + static_cast<int64_t>(kRead)) % static_cast<int64_t>(kFile); }

void Pread(benchmark::State& state) {
  ScratchFile scratch;
  int fd = open(scratch.Path().c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<uint64_t> buffer(kRead / sizeof(uint64_t));
  int64_t at = 0;
  for (auto _ : state) {
    if (pread(fd, buffer.data(), kRead, at) != static_cast<ssize_t>(kRead) || !Right(buffer, at)) state.SkipWithError("pread");
    at = Next(at);
  }
  close(fd);
}
BENCHMARK(Pread)->Name("yardstick/pread_4k");

void Measure(benchmark::State& state, ScratchFile& scratch, Machine& machine, const DeviceSpec& spec, uint32_t attach) {
  Check(machine, machine.Map({.name = "C:", .path = scratch.folder.string()}), "map");
  Device device = machine.AddDevice(spec);
  Check(machine, device.started(), "the stack does not start");
  File file = machine.Open(device);
  Check(machine, file.status(), "open");
  std::u16string name = u"\\??\\C:\\data.bin";
  Check(machine, file.Ioctl(attach, name.data(), name.size() * 2).status, "attach");
  std::vector<uint64_t> buffer(kRead / sizeof(uint64_t));
  int64_t at = 0;
  for (auto _ : state) {
    IoResult result = file.Read(buffer.data(), kRead, {.offset = at});
    Check(machine, result.status, "read");
    Check(machine, result.information == kRead && Right(buffer, at), "data");
    at = Next(at);
  }
}

// A filter that forwards, a driver, its file target: what the shortest driver of this sort needs.
void ThroughFilter(benchmark::State& state, ExecutorKind executor) {
  ScratchFile scratch;
  Machine machine({.executor = executor, .strategy = Strategy::RunToBlock});
  Driver reader = machine.AddDriver(DriverImage("bench_filereader"));
  Driver filter = machine.AddDriver(DriverImage("bench_forwarder"));
  Measure(state, scratch, machine, {.function = reader, .upper_filters = {filter}}, IOCTL_BENCH_ATTACH);
}
BENCHMARK_CAPTURE(ThroughFilter, live, ExecutorKind::Live)->Name("read4k/filter_and_file_target/live");
BENCHMARK_CAPTURE(ThroughFilter, simulated, ExecutorKind::Simulated)->Name("read4k/filter_and_file_target/simulated");

// What a system call between two requests does to the requests: an application's control and a pread by turns. Less the pread it is the
// same control as ioctl16/application, now with the processor's caches and predictors as the kernel leaves them.
void ControlAndPread(benchmark::State& state) {
  ScratchFile scratch;
  int fd = open(scratch.Path().c_str(), O_RDONLY | O_CLOEXEC);
  Stack stack(ExecutorKind::Live, static_cast<int>(state.range(0)), /*with_caller=*/false);
  std::vector<uint64_t> buffer(kRead / sizeof(uint64_t));
  int64_t at = 0;
  uint64_t in[2] = {1, 2}, out[2];
  for (auto _ : state) {
    if (pread(fd, buffer.data(), kRead, at) != static_cast<ssize_t>(kRead) || !Right(buffer, at)) state.SkipWithError("pread");
    at = Next(at);
    ++in[0];
    IoResult result = stack.file.Ioctl(IOCTL_BENCH_EXCHANGE, in, sizeof in, out, sizeof out);
    Check(stack.machine, result.status, "ioctl");
    Check(stack.machine, result.information == sizeof out && out[0] == in[0] + 1 && out[1] == in[1] + 2, "answer");
  }
  close(fd);
}
BENCHMARK(ControlAndPread)->Name("read4k/control_and_pread/live")->Arg(0)->Arg(1);  // filters

// The drivers of examples/filestack: four synchronous sends a read, each with a time-out.
void ThroughStack(benchmark::State& state, ExecutorKind executor) {
  ScratchFile scratch;
  Machine machine({.executor = executor, .strategy = Strategy::RunToBlock});
  Driver port = machine.AddDriver(DriverImage("port"));
  Driver function = machine.AddDriver(DriverImage("filedisk"));
  Driver upper = machine.AddDriver(DriverImage("upper"));
  Measure(state, scratch, machine, {.function = function, .upper_filters = {upper}, .lower_filters = {port}}, IOCTL_FILESTACK_ATTACH);
}
BENCHMARK_CAPTURE(ThroughStack, live, ExecutorKind::Live)->Name("read4k/filestack/live");
BENCHMARK_CAPTURE(ThroughStack, simulated, ExecutorKind::Simulated)->Name("read4k/filestack/simulated");

}  // namespace
}  // namespace drydock::bench
