// drydock demo [FILE]: a real stack of three drivers reads FILE; then a device behind it goes
// silent.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

// After CLI11, which uses names that NT has as macros.
#include <ntddk.h>

#include "../../../examples/filestack/inc/filestack.h"
#include "drydock/machine.h"
#include "tools/demo/drivers.h"
#include "tools/demo/picture.h"
#include "tools/demo/progress.h"
#include "tools/demo/sha256.h"
#include "tools/verbs.h"
#include "tools/verbs/command_line.h"

namespace drydock::tools {
namespace {

namespace fs = std::filesystem;
constexpr size_t kChunk = 256 * 1024;
constexpr uint64_t kDefaultSize = 64ull << 20;

void Say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

// The file that is read when none is named: bytes that do not repeat, the same every time.
fs::path MakeFile() {
  fs::path path = fs::temp_directory_path() / fmt::format("drydock-demo-{}.bin", getuid());
  std::error_code error;
  if (fs::is_regular_file(path, error) && fs::file_size(path, error) == kDefaultSize) return path;
  Progress progress("making a file of 64 MiB", kDefaultSize);
  std::mt19937_64 random(20261122);
  std::vector<uint64_t> block(kChunk / sizeof(uint64_t));
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (uint64_t at = 0; at < kDefaultSize; at += kChunk) {
    for (uint64_t& word : block) word = random();
    out.write(reinterpret_cast<const char*>(block.data()), kChunk);
    progress.At(at);
  }
  out.close();
  if (!out) throw Error(fmt::format("{}: cannot be written", path.string()));
  return path;
}

uint64_t CheckedSize(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw Error(fmt::format("{}: no such file", path.string()));
  if (!fs::is_regular_file(path, error))
    throw Error(fmt::format("{}: not a regular file", path.string()));
  std::ifstream readable(path, std::ios::binary);
  if (!readable) throw Error(fmt::format("{}: cannot be read", path.string()));
  return fs::file_size(path, error);
}

std::string HashOfFile(const fs::path& path, uint64_t size) {
  Progress progress("hashing the file directly", size);
  std::ifstream in(path, std::ios::binary);
  std::vector<char> buffer(kChunk);
  Sha256 hash;
  uint64_t done = 0;
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    hash.Add(buffer.data(), static_cast<size_t>(in.gcount()));
    progress.At(done += static_cast<uint64_t>(in.gcount()));
  }
  return hash.Hex();
}

struct Stack {
  Device device;
  File file;
};

Stack BuildStack(Machine& machine) {
  Driver port = machine.AddDriver(ExampleDriver("port"));
  Driver function = machine.AddDriver(ExampleDriver("filedisk"));
  Driver upper = machine.AddDriver(ExampleDriver("upper"));
  Stack stack;
  stack.device =
      machine.AddDevice({.function = function, .upper_filters = {upper}, .lower_filters = {port}});
  if (!stack.device.started()) throw Error("the stack did not start:\n" + machine.ReportText());
  stack.file = machine.Open(stack.device);
  if (!stack.file)
    throw Error(fmt::format("the stack cannot be opened: {}", stack.file.status().ToString()));
  return stack;
}

void Attach(File& file, const std::u16string& name) {
  Status status =
      file.Ioctl(IOCTL_FILESTACK_ATTACH, name.data(), name.size() * sizeof(char16_t)).status;
  if (!status.ok())
    throw Error(
        fmt::format("the function driver could not open its target: {}", status.ToString()));
}

std::u16string NtNameOf(const fs::path& path) {
  return u"\\??\\C:\\" + path.filename().u16string();
}

int ReadThroughTheStack(const fs::path& path, uint64_t size) {
  Machine machine({.executor = ExecutorKind::Live,
                   .names = {{.name = "C:", .path = path.parent_path().string()}}});
  Stack stack = BuildStack(machine);
  Attach(stack.file, NtNameOf(path));

  Say(fmt::format(
      "{} ({:.1f} MiB) through application -> upper -> filedisk (-> port) -> \\??\\C:\\{}",
      path.string(), static_cast<double>(size) / (1 << 20), path.filename().string()));
  std::vector<char> buffer(kChunk);
  Sha256 hash;
  uint64_t done = 0;
  auto spent = std::chrono::steady_clock::duration::zero();
  {
    Progress progress("reading through three drivers", size);
    while (done < size) {
      auto begin = std::chrono::steady_clock::now();
      IoResult result =
          stack.file.Read(buffer.data(), buffer.size(), {.offset = static_cast<int64_t>(done)});
      spent += std::chrono::steady_clock::now() - begin;
      if (!result.ok() || result.information == 0) {
        Say(fmt::format("reading failed at byte {}: {}\n{}", done, result.status.ToString(),
                        machine.ReportText()));
        return 1;
      }
      hash.Add(buffer.data(), result.information);
      progress.At(done += result.information);
    }
  }
  std::string through = hash.Hex(), direct = HashOfFile(path, size);
  double seconds = std::chrono::duration<double>(spent).count();
  FILESTACK_INFORMATION information = {};
  stack.file.Ioctl(IOCTL_FILESTACK_QUERY, nullptr, 0, &information, sizeof information);
  Say(fmt::format("  SHA-256 through the stack  {}", through));
  Say(fmt::format("  SHA-256 of the file        {}  {}", direct,
                  through == direct ? "same" : "DIFFERENT"));
  Say(fmt::format(
      "  {:.0f} MiB/s, {} transfers of up to {} KiB, {} bytes accounted by the port driver",
      seconds > 0 ? static_cast<double>(done) / (1 << 20) / seconds : 0.0,
      information.Totals.Transfers, kChunk >> 10, information.Totals.Bytes));
  stack.file.Close();
  if (Status status = machine.RemoveDevice(stack.device); !status.ok())
    Say(fmt::format("  the device could not be removed: {}", status.ToString()));
  if (!machine.reports().empty()) Say(machine.ReportText());
  return through == direct && machine.reports().empty() ? 0 : 1;
}

void ShowOneRequest(const fs::path& path) {
  Machine machine({.executor = ExecutorKind::Live,
                   .names = {{.name = "C:", .path = path.parent_path().string()}}});
  Stack stack = BuildStack(machine);
  Attach(stack.file, NtNameOf(path));
  std::vector<char> buffer(4096);
  stack.file.Read(buffer.data(), buffer.size());  // warm: caches filled, limits learnt
  machine.Trace(true);
  stack.file.Read(buffer.data(), buffer.size());
  machine.Trace(false);
  Say("\nOne read of 4 KiB on its way down and up (microseconds, real time, tracing included):\n");
  Say(DrawRequest(machine));
}

int GoSilent() {
  Machine machine({.executor = ExecutorKind::Simulated});
  int answered = 0;
  auto model = MakeModel({.on_read = [&answered](const ModelRequest& request) {
    if (++answered > 1) return request.PendCancelable();
    request.Complete(STATUS_SUCCESS, request.output_length());
  }});
  machine.AddNamedModel("\\Device\\GoesSilent", model);
  Stack stack = BuildStack(machine);
  Attach(stack.file, u"\\Device\\GoesSilent");
  std::vector<char> buffer(4096);
  stack.file.Read(buffer.data(), buffer.size());
  machine.Trace(true);
  IoResult result = stack.file.Read(buffer.data(), buffer.size());
  machine.Trace(false);
  Say("\nThe same stack, and the device behind it goes silent (virtual time, seed 1):\n");
  Say(DrawRequest(machine));
  Say(fmt::format("  the application got {}", result.status.ToString()));
  return result.status == STATUS_IO_TIMEOUT && !machine.stopped() ? 0 : 1;
}

}  // namespace

int DemoVerb(int argc, char** argv) {
  CLI::App app{"Reads FILE through a real stack of three drivers, then lets a device go silent.",
               "drydock demo"};
  std::string file;
  app.add_option("FILE", file, "the file to read (default: one of 64 MiB that the demo makes)");
  if (const auto code = ParseCommandLine(app, argc, argv,
                                         {"drydock demo /etc/services"}))
    return *code;
  try {
    fs::path path = file.empty() ? MakeFile() : fs::absolute(file);
    uint64_t size = CheckedSize(path);
    path = fs::canonical(path);
    if (int failed = ReadThroughTheStack(path, size)) return failed;
    ShowOneRequest(path);
    return GoSilent();
  } catch (const std::exception& error) {
    return TellFailure(error);
  }
}

}  // namespace drydock::tools
