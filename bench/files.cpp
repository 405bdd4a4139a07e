// A read of 4 KiB of cached data through a filter and a file target, against pread of the same file.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "../examples/filestack/inc/filestack.h"
#include "setup.h"

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
    std::vector<char> content(kFile, 'x');
    int fd = open(Path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size())) std::abort();
    close(fd);
  }
  ~ScratchFile() { std::filesystem::remove_all(folder); }
  std::string Path() const { return (folder / "data.bin").string(); }
};

void Pread(benchmark::State& state) {
  ScratchFile scratch;
  int fd = open(scratch.Path().c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> buffer(kRead);
  off_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(pread(fd, buffer.data(), kRead, at));
    at = (at + kRead) % kFile;
  }
  close(fd);
}
BENCHMARK(Pread)->Name("yardstick/pread_4k");

// The file stack's own drivers: filter, function driver with grant and account, file target.
void ThroughStack(benchmark::State& state, ExecutorKind executor) {
  ScratchFile scratch;
  Machine machine({.executor = executor, .strategy = Strategy::RunToBlock, .names = {{.name = "C:", .path = scratch.folder.string()}}});
  Driver port = machine.AddDriver(DriverImage("port"));
  Driver function = machine.AddDriver(DriverImage("filedisk"));
  Driver upper = machine.AddDriver(DriverImage("upper"));
  Device device = machine.AddDevice({.function = function, .upper_filters = {upper}, .lower_filters = {port}});
  File file = machine.Open(device);
  std::u16string name = u"\\??\\C:\\data.bin";
  Check(machine, file.Ioctl(IOCTL_FILESTACK_ATTACH, name.data(), name.size() * 2).status, "attach");
  std::vector<char> buffer(kRead);
  int64_t at = 0;
  for (auto _ : state) {
    Check(machine, file.Read(buffer.data(), kRead, {.offset = at}).status, "read");
    at = (at + static_cast<int64_t>(kRead)) % static_cast<int64_t>(kFile);
  }
}
BENCHMARK_CAPTURE(ThroughStack, live, ExecutorKind::Live)->Name("read4k/filestack/live");
BENCHMARK_CAPTURE(ThroughStack, simulated, ExecutorKind::Simulated)->Name("read4k/filestack/simulated");

}  // namespace
}  // namespace drydock::bench
