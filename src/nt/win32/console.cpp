// The console of an application: standard handles, control handlers.
#include <cstdio>
#include <string>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/console.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

extern "C" char* DrydockFgets(char* buffer, int size, FILE* stream);

namespace drydock::nt::win32 {

int StreamOf(HANDLE handle) {
  switch (static_cast<DWORD>(reinterpret_cast<LONG_PTR>(handle))) {
    case STD_INPUT_HANDLE: return 0;
    case STD_OUTPUT_HANDLE: return 1;
    case STD_ERROR_HANDLE: return 2;
    default: return -1;
  }
}

BOOL StreamTransfer(int stream, bool write, void* buffer, DWORD length, DWORD* transferred) {
  LeaveIfEnded();
  FILE* file = ProgramFor("a console").streams[stream];
  if (transferred != nullptr) *transferred = 0;
  if ((stream == 0) == write || file == nullptr) return Succeeded(STATUS_ACCESS_DENIED);
  size_t count;
  if (write) {
    count = std::fwrite(buffer, 1, length, file);
  } else {
    // A line at a time, ended as a console ends it.
    std::string line(length + 1, '\0');
    if (length == 0 || DrydockFgets(line.data(), static_cast<int>(length + 1), file) == nullptr) line.clear();
    line.resize(std::char_traits<char>::length(line.c_str()));
    if (!line.empty() && line.back() == '\n' && line.size() < length) line.insert(line.size() - 1, "\r");
    count = line.size();
    line.copy(static_cast<char*>(buffer), count);
  }
  if (transferred != nullptr) *transferred = static_cast<DWORD>(count);
  return TRUE;
}

}  // namespace drydock::nt::win32

extern "C" {

HANDLE GetStdHandle(DWORD nStdHandle) {
  const HANDLE handle = reinterpret_cast<HANDLE>(static_cast<LONG_PTR>(static_cast<LONG>(nStdHandle)));
  if (StreamOf(handle) >= 0) return handle;
  Succeeded(STATUS_INVALID_HANDLE);
  return INVALID_HANDLE_VALUE;
}

BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add) {
  Program& program = ProgramFor("SetConsoleCtrlHandler");
  LeaveIfEnded();
  auto* handler = reinterpret_cast<int (*)(unsigned)>(HandlerRoutine);
  rt::LockGuard guard(program.lock);
  if (Add) {
    program.control_handlers.push_back(handler);
    return TRUE;
  }
  for (size_t i = program.control_handlers.size(); i-- > 0;) {
    if (program.control_handlers[i] != handler) continue;
    program.control_handlers.erase(program.control_handlers.begin() + static_cast<std::ptrdiff_t>(i));
    return TRUE;
  }
  return HandlerRoutine == nullptr ? TRUE : Succeeded(STATUS_INVALID_PARAMETER);
}

BOOL GetConsoleMode(HANDLE hConsoleHandle, LPDWORD lpMode) {
  const int stream = StreamOf(hConsoleHandle);
  if (stream < 0) return Succeeded(STATUS_INVALID_HANDLE);
  *lpMode = stream == 0 ? ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT
                        : ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT;
  return TRUE;
}
BOOL SetConsoleMode(HANDLE hConsoleHandle, DWORD dwMode) {
  (void)dwMode;
  return StreamOf(hConsoleHandle) >= 0 || Succeeded(STATUS_INVALID_HANDLE);
}

BOOL ReadConsoleA(HANDLE hConsoleInput, LPVOID lpBuffer, DWORD nNumberOfCharsToRead, LPDWORD lpNumberOfCharsRead, PVOID) {
  if (StreamOf(hConsoleInput) != 0) return Succeeded(STATUS_INVALID_HANDLE);
  return StreamTransfer(0, false, lpBuffer, nNumberOfCharsToRead, lpNumberOfCharsRead);
}
BOOL ReadConsoleW(HANDLE hConsoleInput, LPVOID lpBuffer, DWORD nNumberOfCharsToRead, LPDWORD lpNumberOfCharsRead, PVOID) {
  std::string narrow(nNumberOfCharsToRead, '\0');
  DWORD count = 0;
  if (!ReadConsoleA(hConsoleInput, narrow.data(), nNumberOfCharsToRead, &count, nullptr)) return FALSE;
  const std::u16string wide = ob::ToUtf16(std::string_view(narrow).substr(0, count));  // never more characters than bytes
  wide.copy(static_cast<char16_t*>(lpBuffer), wide.size());
  if (lpNumberOfCharsRead != nullptr) *lpNumberOfCharsRead = static_cast<DWORD>(wide.size());
  return TRUE;
}
BOOL FlushConsoleInputBuffer(HANDLE hConsoleInput) {
  if (StreamOf(hConsoleInput) != 0) return Succeeded(STATUS_INVALID_HANDLE);
  return TRUE;  // what is redirected stays, as of a pipe
}
BOOL GenerateConsoleCtrlEvent(DWORD dwCtrlEvent, DWORD dwProcessGroupId) {
  if (dwCtrlEvent > CTRL_BREAK_EVENT || dwProcessGroupId != 0) return Succeeded(STATUS_INVALID_PARAMETER);
  SendControl(ProgramFor("GenerateConsoleCtrlEvent"), dwCtrlEvent);
  return TRUE;
}
BOOL GetConsoleScreenBufferInfo(HANDLE hConsoleOutput, PCONSOLE_SCREEN_BUFFER_INFO lpConsoleScreenBufferInfo) {
  if (StreamOf(hConsoleOutput) < 1) return Succeeded(STATUS_INVALID_HANDLE);
  *lpConsoleScreenBufferInfo = {{120, 30}, {0, 0}, FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE, {0, 0, 119, 29}, {120, 30}};
  return TRUE;
}
BOOL SetConsoleTextAttribute(HANDLE hConsoleOutput, WORD) { return StreamOf(hConsoleOutput) >= 1 || Succeeded(STATUS_INVALID_HANDLE); }
BOOL SetConsoleTitleW(LPCWSTR) { return TRUE; }
BOOL SetConsoleTitleA(LPCSTR) { return TRUE; }
UINT GetConsoleCP(VOID) { return CP_UTF8; }
UINT GetConsoleOutputCP(VOID) { return CP_UTF8; }
BOOL SetConsoleCP(UINT) { return TRUE; }
BOOL SetConsoleOutputCP(UINT) { return TRUE; }

BOOL WriteConsoleA(HANDLE hConsoleOutput, const VOID* lpBuffer, DWORD nNumberOfCharsToWrite, LPDWORD lpNumberOfCharsWritten, LPVOID) {
  const int stream = StreamOf(hConsoleOutput);
  if (stream < 1) return Succeeded(STATUS_INVALID_HANDLE);
  return StreamTransfer(stream, true, const_cast<VOID*>(lpBuffer), nNumberOfCharsToWrite, lpNumberOfCharsWritten);
}
BOOL WriteConsoleW(HANDLE hConsoleOutput, const VOID* lpBuffer, DWORD nNumberOfCharsToWrite, LPDWORD lpNumberOfCharsWritten, LPVOID) {
  const int stream = StreamOf(hConsoleOutput);
  if (stream < 1) return Succeeded(STATUS_INVALID_HANDLE);
  std::string text = ob::ToUtf8(std::u16string_view(static_cast<const char16_t*>(lpBuffer), nNumberOfCharsToWrite));
  if (!StreamTransfer(stream, true, text.data(), static_cast<DWORD>(text.size()), nullptr)) return FALSE;
  if (lpNumberOfCharsWritten != nullptr) *lpNumberOfCharsWritten = nNumberOfCharsToWrite;
  return TRUE;
}

}  // extern "C"
