// The C run-time's streams for applications. FILE is glibc's: the three standard ones lead to the program's text, formats are NT's.
// A stream's callbacks never throw and never let others run while glibc holds the stream; the functions around them leave a program that
// has ended.
#include <poll.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "nt/ke/drivers_wait.h"
#include "nt/ob/name_space.h"
#include "nt/rtl/format.h"
#include "nt/thread.h"
#include "nt/win32/program.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace drydock::nt::win32 {
namespace {

struct Cookie {
  Program* program;
  int stream;
};

ssize_t WriteStream(void* cookie, const char* text, size_t bytes) {
  auto* to = static_cast<Cookie*>(cookie);
  const ProgramSpec& spec = to->program->spec;
  if (spec.wrote) spec.wrote(spec.context, to->stream, text, bytes);
  return static_cast<ssize_t>(bytes);
}

// The user's own terminal. Time stands still meanwhile in a simulation, as nothing else runs.
ssize_t ReadTerminal(Program& program, char* buffer, size_t bytes) {
  while (!program.exiting) {
    pollfd ready = {STDIN_FILENO, POLLIN, 0};
    if (poll(&ready, 1, 100) > 0) {
      const ssize_t got = read(STDIN_FILENO, buffer, bytes);
      return got < 0 ? 0 : got;
    }
    if (program.kernel->executor.stopped()) break;
  }
  return 0;
}

ssize_t ReadStream(void* cookie, char* buffer, size_t bytes) {
  Program& program = *static_cast<Cookie*>(cookie)->program;
  if (program.spec.terminal) return ReadTerminal(program, buffer, bytes);
  for (;;) {
    {
      rt::LockGuard guard(program.lock);
      const size_t left = program.input.size() - program.input_at;
      if (left != 0) {
        const size_t count = left < bytes ? left : bytes;
        std::memcpy(buffer, program.input.data() + program.input_at, count);
        program.input_at += count;
        return static_cast<ssize_t>(count);
      }
      if (program.input_ended) return 0;
      KeClearEvent(&program.input_event);
    }
    try {
      ke::DriversWait scope;
      KeWaitForSingleObject(&program.input_event, UserRequest, KernelMode, FALSE, nullptr);
    } catch (const HostEnded&) {
      return 0;
    } catch (const rt::TaskStopped&) {
      return 0;  // thrown again at the next wait
    }
  }
}

int CloseStream(void* cookie) {
  delete static_cast<Cookie*>(cookie);
  return 0;
}

}  // namespace

void OpenStreams(Program& program) {
  for (int i = 0; i < 3; ++i) {
    cookie_io_functions_t functions = {};
    if (i == 0) functions.read = &ReadStream;
    else functions.write = &WriteStream;
    functions.close = &CloseStream;
    program.streams[i] = fopencookie(new Cookie{&program, i}, i == 0 ? "r" : "w", functions);
    if (program.streams[i] && i != 0) std::setvbuf(program.streams[i], nullptr, _IONBF, 0);
  }
}

void CloseStreams(Program& program) {
  for (FILE*& stream : program.streams) {
    if (stream) std::fclose(stream);
    stream = nullptr;
  }
}

namespace {

int Put(FILE* stream, const std::string& text) {
  LeaveIfEnded();
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() ? static_cast<int>(text.size()) : -1;
}

std::string FormatWide(const char16_t* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const size_t length = rtl::FormatW(nullptr, 0, format, arguments);
  std::u16string text(length + 1, u'\0');
  rtl::FormatW(text.data(), text.size(), format, again);
  va_end(again);
  text.resize(length);
  return ob::ToUtf8(text);
}

}  // namespace
}  // namespace drydock::nt::win32

extern "C" {

FILE* DrydockStream(int which) { return ProgramFor("stdio").streams[which]; }

int DrydockVfprintfA(FILE* stream, const char* format, va_list arguments) { return Put(stream, rtl::Format(format, arguments)); }
int DrydockVfprintfW(FILE* stream, const char16_t* format, va_list arguments) { return Put(stream, FormatWide(format, arguments)); }

int DrydockPuts(const char* text) { return Put(DrydockStream(1), std::string(text) + "\n"); }
int DrydockFputws(const char16_t* text, FILE* stream) { return Put(stream, ob::ToUtf8(text)); }
int DrydockPutchar(int c) { return Put(DrydockStream(1), std::string(1, static_cast<char>(c))) < 0 ? -1 : static_cast<unsigned char>(c); }

int DrydockGetc(FILE* stream) {
  LeaveIfEnded();
  const int c = std::fgetc(stream);
  LeaveIfEnded();
  return c;
}
int DrydockGetchar(void) { return DrydockGetc(DrydockStream(0)); }

char* DrydockFgets(char* buffer, int size, FILE* stream) {
  LeaveIfEnded();
  char* got = std::fgets(buffer, size, stream);
  LeaveIfEnded();
  return got;
}
// The line without its end; a line that does not fit is dropped.
char* DrydockGets(char* buffer, size_t size) {
  if (!buffer || size == 0) return nullptr;
  size_t count = 0;
  bool fits = true;
  int c;
  while ((c = DrydockGetchar()) != EOF && c != '\n') {
    if (count + 1 < size) buffer[count++] = static_cast<char>(c);
    else fits = false;
  }
  buffer[fits ? count : 0] = 0;
  return (c == EOF && count == 0) || !fits ? nullptr : buffer;
}
char16_t* DrydockFgetws(char16_t* buffer, int size, FILE* stream) {
  std::string line(static_cast<size_t>(size > 0 ? size : 0) * 3, '\0');
  if (size <= 0 || !DrydockFgets(line.data(), static_cast<int>(line.size()), stream)) return nullptr;
  const std::u16string wide = ob::ToUtf16(line.c_str());
  const size_t count = wide.size() < static_cast<size_t>(size) ? wide.size() : static_cast<size_t>(size) - 1;
  std::memcpy(buffer, wide.data(), count * sizeof(char16_t));
  buffer[count] = 0;
  return buffer;
}

// conio: keys come from standard input, without echo of their own.
int DrydockGetch(int echo) {
  const int c = DrydockGetchar();
  if (echo && c != EOF) DrydockPutchar(c);
  return c == '\n' ? '\r' : c;
}
// There is no command interpreter. What console programs do with theirs at the end is to wait for a key, and to clear the screen.
int DrydockSystem(const char* command) {
  if (command == nullptr) return 0;
  std::string_view word(command);
  word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
  word = word.substr(0, word.find_first_of(" \t>&|"));
  const auto is = [&](std::string_view name) { return word.size() == name.size() && strncasecmp(word.data(), name.data(), name.size()) == 0; };
  if (is("cls") || is("color") || is("title")) return 0;
  if (is("pause")) {
    const bool quiet = strchr(command, '>') != nullptr;
    if (!quiet) Put(DrydockStream(1), "Press any key to continue . . . ");
    DrydockGetchar();
    if (!quiet) Put(DrydockStream(1), "\n");
    return 0;
  }
  Put(DrydockStream(2), "'" + std::string(word) + "' is not recognized as an internal or external command,\noperable program or batch file.\n");
  return 1;
}
int DrydockKbhit(void) {
  Program& program = ProgramFor("_kbhit");
  LeaveIfEnded();
  // A loop around it must let time pass and others run.
  LARGE_INTEGER a_moment;
  a_moment.QuadPart = -10'000;
  {
    ke::DriversWait scope;
    KeDelayExecutionThread(KernelMode, FALSE, &a_moment);
  }
  if (program.spec.terminal) {
    pollfd ready = {STDIN_FILENO, POLLIN, 0};
    return poll(&ready, 1, 0) > 0;
  }
  rt::LockGuard guard(program.lock);
  return program.input_at < program.input.size();
}

}  // extern "C"
