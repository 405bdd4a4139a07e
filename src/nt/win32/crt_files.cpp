// Files of the C run-time, and its time: those of the machine.
#include <cerrno>
#include <cstdio>
#include <string>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr int64_t kTicksFrom1601To1970 = 116'444'736'000'000'000;

// The Linux file behind a name: only below the program's own folder. Empty: not there.
std::string HostName(std::u16string_view name) {
  Program& program = ProgramFor("fopen");
  if (program.spec.host_folder.empty()) return {};
  const std::u16string full = FullNameOf(name), home = FullNameOf(CurrentDirectory());
  if (full.size() <= home.size() || !ob::EqualNames(full.substr(0, home.size()), home)) return {};
  std::string path = program.spec.host_folder + "/";
  for (char c : ob::ToUtf8(full.substr(home.size()))) path += c == '\\' ? '/' : c;
  return path;
}

FILE* Open(std::u16string_view name, const std::string& mode) {
  LeaveIfEnded();
  const std::string path = HostName(name);
  if (path.empty()) {
    errno = ENOENT;
    return nullptr;
  }
  std::string known;  // "t", "ccs=..." and others that Linux has no use for
  for (char c : mode) {
    if (c == ',') break;
    if (c == 'r' || c == 'w' || c == 'a' || c == '+' || c == 'b' || c == 'x') known += c;
  }
  return std::fopen(path.c_str(), known.c_str());
}

}  // namespace

extern "C" {

FILE* DrydockFopen(const char* name, const char* mode) { return Open(ob::ToUtf16(name), mode); }
FILE* DrydockFopenW(const char16_t* name, const char16_t* mode) { return Open(name, ob::ToUtf8(mode)); }

time_t DrydockTime(time_t* when) {
  const auto now = static_cast<time_t>((CurrentKernel().executor.SystemTime() - kTicksFrom1601To1970) / 10'000'000);
  if (when) *when = now;
  return now;
}
clock_t DrydockClock(void) { return static_cast<clock_t>(CurrentKernel().executor.InterruptTime() / 10); }  // CLOCKS_PER_SEC of Linux

// --- io.h ---

int DrydockFileno(FILE* stream) {
  const Program* program = CurrentProgram();
  for (int i = 0; program != nullptr && i < 3; ++i)
    if (program->streams[i] == stream) return i;
  return -1;
}
int DrydockSetMode(int file, int mode) {
  constexpr int kText = 0x4000;
  if (file < 0 || file > 2) return -1;
  Program& program = ProgramFor("_setmode");
  rt::LockGuard guard(program.lock);
  const int before = program.stream_modes[file] != 0 ? program.stream_modes[file] : kText;
  program.stream_modes[file] = mode;
  return before;
}
int DrydockIsATerminal(int file) { return file >= 0 && file <= 2 && ProgramFor("_isatty").spec.terminal ? 0x40 : 0; }

}  // extern "C"
