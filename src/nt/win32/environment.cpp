// What an application can ask about itself: command line, environment, folders, modules; texts of errors; conversions of text.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

// The length without the terminator; with it when the buffer is too small.
DWORD GiveText(const std::u16string& text, LPWSTR buffer, DWORD size) {
  if (text.size() >= size) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.c_str(), (text.size() + 1) * sizeof(char16_t));
  return static_cast<DWORD>(text.size());
}
DWORD GiveText(const std::u16string& wide, LPSTR buffer, DWORD size) {
  const std::string text = ob::ToUtf8(wide);
  if (text.size() >= size) return static_cast<DWORD>(text.size() + 1);
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return static_cast<DWORD>(text.size());
}

bool Variable(std::u16string_view name, std::u16string* value) {
  Program& program = ProgramFor("GetEnvironmentVariable");
  LeaveIfEnded();
  for (const auto& [key, text] : program.spec.environment) {
    if (!ob::EqualNames(ob::ToUtf16(key), name)) continue;
    *value = ob::ToUtf16(text);
    return true;
  }
  CurrentThread().last_error = ERROR_ENVVAR_NOT_FOUND;
  return false;
}

std::u16string CurrentFolder() {
  std::u16string folder = CurrentDirectory();
  if (folder.size() > 3 && folder.back() == u'\\') folder.pop_back();
  return folder;
}

// Its image's file name. Modules other than the application itself are not there.
template <class Character>
DWORD ModuleName(HMODULE module, Character* buffer, DWORD size) {
  Program& program = ProgramFor("GetModuleFileName");
  LeaveIfEnded();
  if (module != nullptr && module != reinterpret_cast<HMODULE>(&program)) {
    CurrentThread().last_error = ERROR_MOD_NOT_FOUND;
    return 0;
  }
  const DWORD length = GiveText(FullNameOf(ob::ToUtf16(program.spec.name)), buffer, size);
  if (length < size) return length;
  CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
  return size;
}

struct Message {
  DWORD code;
  const char16_t* text;
};
constexpr Message kMessages[] = {
    {ERROR_SUCCESS, u"The operation completed successfully."},
    {ERROR_INVALID_FUNCTION, u"Incorrect function."},
    {ERROR_FILE_NOT_FOUND, u"The system cannot find the file specified."},
    {ERROR_PATH_NOT_FOUND, u"The system cannot find the path specified."},
    {ERROR_ACCESS_DENIED, u"Access is denied."},
    {ERROR_INVALID_HANDLE, u"The handle is invalid."},
    {ERROR_NOT_ENOUGH_MEMORY, u"Not enough memory resources are available to process this command."},
    {ERROR_NOT_READY, u"The device is not ready."},
    {ERROR_GEN_FAILURE, u"A device attached to the system is not functioning."},
    {ERROR_SHARING_VIOLATION, u"The process cannot access the file because it is being used by another process."},
    {ERROR_HANDLE_EOF, u"Reached the end of the file."},
    {ERROR_NOT_SUPPORTED, u"The request is not supported."},
    {ERROR_FILE_EXISTS, u"The file exists."},
    {ERROR_INVALID_PARAMETER, u"The parameter is incorrect."},
    {ERROR_INSUFFICIENT_BUFFER, u"The data area passed to a system call is too small."},
    {ERROR_INVALID_NAME, u"The filename, directory name, or volume label syntax is incorrect."},
    {ERROR_MOD_NOT_FOUND, u"The specified module could not be found."},
    {ERROR_PROC_NOT_FOUND, u"The specified procedure could not be found."},
    {ERROR_BUSY, u"The requested resource is in use."},
    {ERROR_ALREADY_EXISTS, u"Cannot create a file when that file already exists."},
    {ERROR_MORE_DATA, u"More data is available."},
    {WAIT_TIMEOUT, u"The wait operation timed out."},
    {ERROR_NO_MORE_ITEMS, u"No more data is available."},
    {ERROR_OPERATION_ABORTED, u"The I/O operation has been aborted because of either a thread exit or an application request."},
    {ERROR_IO_INCOMPLETE, u"Overlapped I/O event is not in a signaled state."},
    {ERROR_IO_PENDING, u"Overlapped I/O operation is in progress."},
    {ERROR_IO_DEVICE, u"The request could not be performed because of an I/O device error."},
    {ERROR_DEVICE_NOT_CONNECTED, u"The device is not connected."},
    {ERROR_NOT_FOUND, u"Element not found."},
    {ERROR_NO_SYSTEM_RESOURCES, u"Insufficient system resources exist to complete the requested service."},
    {ERROR_TIMEOUT, u"This operation returned because the timeout period expired."},
    {ERROR_SERVICE_DOES_NOT_EXIST, u"The specified service does not exist as an installed service."},
    {ERROR_SERVICE_EXISTS, u"The specified service already exists."},
    {ERROR_SERVICE_ALREADY_RUNNING, u"An instance of the service is already running."},
};

// Without inserts but %%, %n and %0; texts of the system only, and strings of the caller's.
bool FindMessage(DWORD flags, const void* source, bool wide, DWORD id, std::u16string* text) {
  if (flags & FORMAT_MESSAGE_FROM_STRING) {
    *text = wide ? std::u16string(static_cast<const char16_t*>(source)) : ob::ToUtf16(static_cast<const char*>(source));
    return true;
  }
  for (const Message& message : kMessages) {
    if (message.code != id) continue;
    *text = message.text;
    *text += (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK ? u" " : u"\r\n";
    return true;
  }
  CurrentThread().last_error = 317;  // ERROR_MR_MID_NOT_FOUND
  return false;
}

template <class Character>
DWORD GiveMessage(DWORD flags, const std::u16string& text, Character* buffer, DWORD size) {
  if (!(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER)) {
    const DWORD length = GiveText(text, buffer, size);
    if (length < size) return length;
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return 0;
  }
  const DWORD room = static_cast<DWORD>(text.size()) * 3 + 1;
  auto* memory = static_cast<Character*>(LocalAlloc(LPTR, (room > size ? room : size) * sizeof(Character)));
  std::memcpy(buffer, &memory, sizeof memory);
  return memory != nullptr ? GiveText(text, memory, room) : 0;
}

}  // namespace

extern "C" {

DWORD GetCurrentProcessId(VOID) { return static_cast<DWORD>(EffectiveProcess(CurrentThread())->id); }
HANDLE GetCurrentThread(VOID) { return ZwCurrentThread(); }
BOOL TerminateProcess(HANDLE hProcess, UINT uExitCode) {
  if (hProcess != ZwCurrentProcess()) return Succeeded(STATUS_ACCESS_DENIED);
  ExitProgram(static_cast<int32_t>(uExitCode));
}
LPSTR GetCommandLineA(VOID) { return ProgramFor("GetCommandLine").narrow_command_line.data(); }
LPWSTR GetCommandLineW(VOID) { return ProgramFor("GetCommandLine").command_line.data(); }

// One block for LocalFree: the pointers, then the words.
LPWSTR* CommandLineToArgvW(LPCWSTR lpCmdLine, int* pNumArgs) {
  std::vector<std::u16string> words;
  std::u16string word;
  bool quoted = false, any = false;
  size_t backslashes = 0;
  for (const char16_t* at = lpCmdLine;; ++at) {
    if (*at == u'\\') {
      ++backslashes;
      any = true;
      continue;
    }
    if (*at == u'"') {
      word.append(backslashes / 2, u'\\');
      any = true;
      if (backslashes % 2) word += u'"';
      else quoted = !quoted;
      backslashes = 0;
      continue;
    }
    word.append(backslashes, u'\\');
    backslashes = 0;
    if (*at == 0 || (!quoted && (*at == u' ' || *at == u'\t'))) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
      if (*at == 0) break;
      continue;
    }
    word += *at;
    any = true;
  }
  size_t bytes = (words.size() + 1) * sizeof(LPWSTR);
  for (const std::u16string& each : words) bytes += (each.size() + 1) * sizeof(char16_t);
  auto** list = static_cast<LPWSTR*>(LocalAlloc(LPTR, bytes));
  if (list == nullptr) return nullptr;
  auto* text = reinterpret_cast<char16_t*>(list + words.size() + 1);
  for (size_t i = 0; i < words.size(); ++i) {
    list[i] = text;
    std::memcpy(text, words[i].c_str(), (words[i].size() + 1) * sizeof(char16_t));
    text += words[i].size() + 1;
  }
  *pNumArgs = static_cast<int>(words.size());
  return list;
}

DWORD GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize) {
  std::u16string value;
  return Variable(lpName, &value) ? GiveText(value, lpBuffer, nSize) : 0;
}
DWORD GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize) {
  std::u16string value;
  return Variable(ob::ToUtf16(lpName), &value) ? GiveText(value, lpBuffer, nSize) : 0;
}
DWORD GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer) { return GiveText(CurrentFolder(), lpBuffer, nBufferLength); }
DWORD GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer) { return GiveText(CurrentFolder(), lpBuffer, nBufferLength); }
UINT GetSystemDirectoryW(LPWSTR lpBuffer, UINT uSize) { return GiveText(u"C:\\Windows\\System32", lpBuffer, uSize); }
UINT GetSystemDirectoryA(LPSTR lpBuffer, UINT uSize) { return GiveText(u"C:\\Windows\\System32", lpBuffer, uSize); }
UINT GetWindowsDirectoryW(LPWSTR lpBuffer, UINT uSize) { return GiveText(u"C:\\Windows", lpBuffer, uSize); }
UINT GetWindowsDirectoryA(LPSTR lpBuffer, UINT uSize) { return GiveText(u"C:\\Windows", lpBuffer, uSize); }
DWORD GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength, LPWSTR lpBuffer, LPWSTR* lpFilePart) {
  const DWORD length = GiveText(FullNameOf(lpFileName), lpBuffer, nBufferLength);
  if (lpFilePart == nullptr || length >= nBufferLength) return length;
  LPWSTR part = lpBuffer + length;
  while (part > lpBuffer && part[-1] != u'\\') --part;
  *lpFilePart = *part != 0 ? part : nullptr;
  return length;
}
DWORD GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength, LPSTR lpBuffer, LPSTR* lpFilePart) {
  const DWORD length = GiveText(FullNameOf(ob::ToUtf16(lpFileName)), lpBuffer, nBufferLength);
  if (lpFilePart == nullptr || length >= nBufferLength) return length;
  LPSTR part = std::strrchr(lpBuffer, '\\');
  *lpFilePart = part != nullptr && part[1] != 0 ? part + 1 : nullptr;
  return length;
}

DWORD GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize) { return ModuleName(hModule, lpFilename, nSize); }
DWORD GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize) { return ModuleName(hModule, lpFilename, nSize); }
HMODULE GetModuleHandleW(LPCWSTR lpModuleName) {
  if (lpModuleName == nullptr) return reinterpret_cast<HMODULE>(&ProgramFor("GetModuleHandle"));
  CurrentThread().last_error = ERROR_MOD_NOT_FOUND;
  return nullptr;
}
HMODULE GetModuleHandleA(LPCSTR lpModuleName) { return GetModuleHandleW(Wide(lpModuleName).c_str()); }
HMODULE LoadLibraryW(LPCWSTR lpLibFileName) {
  (void)lpLibFileName;
  CurrentThread().last_error = ERROR_MOD_NOT_FOUND;
  return nullptr;
}
HMODULE LoadLibraryA(LPCSTR lpLibFileName) { return LoadLibraryW(Wide(lpLibFileName).c_str()); }
BOOL FreeLibrary(HMODULE hLibModule) { return hLibModule != nullptr || Succeeded(STATUS_INVALID_HANDLE); }
FARPROC GetProcAddress(HMODULE hModule, LPCSTR lpProcName) {
  (void)hModule;
  (void)lpProcName;
  CurrentThread().last_error = ERROR_PROC_NOT_FOUND;
  return nullptr;
}

DWORD FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD, LPWSTR lpBuffer, DWORD nSize, va_list*) {
  std::u16string text;
  return FindMessage(dwFlags, lpSource, true, dwMessageId, &text) ? GiveMessage(dwFlags, text, lpBuffer, nSize) : 0;
}
DWORD FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD, LPSTR lpBuffer, DWORD nSize, va_list*) {
  std::u16string text;
  return FindMessage(dwFlags, lpSource, false, dwMessageId, &text) ? GiveMessage(dwFlags, text, lpBuffer, nSize) : 0;
}

// Code pages are all UTF-8 here, which ASCII is a part of.
int MultiByteToWideChar(UINT, DWORD, LPCSTR lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar) {
  const size_t bytes = cbMultiByte < 0 ? std::strlen(lpMultiByteStr) + 1 : static_cast<size_t>(cbMultiByte);
  const std::u16string text = ob::ToUtf16(std::string_view(lpMultiByteStr, bytes));
  if (cchWideChar == 0) return static_cast<int>(text.size());
  if (text.size() > static_cast<size_t>(cchWideChar)) {
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return 0;
  }
  std::memcpy(lpWideCharStr, text.data(), text.size() * sizeof(char16_t));
  return static_cast<int>(text.size());
}
int WideCharToMultiByte(UINT, DWORD, LPCWSTR lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte, LPCSTR,
                        LPBOOL lpUsedDefaultChar) {
  const size_t count = cchWideChar < 0 ? std::char_traits<char16_t>::length(lpWideCharStr) + 1 : static_cast<size_t>(cchWideChar);
  const std::string text = ob::ToUtf8(std::u16string_view(lpWideCharStr, count));
  if (lpUsedDefaultChar != nullptr) *lpUsedDefaultChar = FALSE;
  if (cbMultiByte == 0) return static_cast<int>(text.size());
  if (text.size() > static_cast<size_t>(cbMultiByte)) {
    CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
    return 0;
  }
  std::memcpy(lpMultiByteStr, text.data(), text.size());
  return static_cast<int>(text.size());
}

DWORD TlsAlloc(VOID) {
  Program& program = ProgramFor("TlsAlloc");
  rt::LockGuard guard(program.lock);
  DWORD index = 0;
  while (index < program.tls_used.size() && program.tls_used[index]) ++index;
  if (index == program.tls_used.size()) {
    program.tls_used.push_back(true);
    program.tls.emplace_back();
  }
  program.tls_used[index] = true;
  program.tls[index].clear();
  return index;
}
BOOL TlsFree(DWORD dwTlsIndex) {
  Program& program = ProgramFor("TlsFree");
  bool known;
  {
    rt::LockGuard guard(program.lock);
    known = dwTlsIndex < program.tls_used.size() && program.tls_used[dwTlsIndex];
    if (known) program.tls_used[dwTlsIndex] = false;
  }
  return known || Succeeded(STATUS_INVALID_PARAMETER);
}
LPVOID TlsGetValue(DWORD dwTlsIndex) {
  Program& program = ProgramFor("TlsGetValue");
  CurrentThread().last_error = ERROR_SUCCESS;
  rt::LockGuard guard(program.lock);
  if (dwTlsIndex >= program.tls.size()) return nullptr;
  const auto& values = program.tls[dwTlsIndex];
  const auto found = values.find(CurrentThread().thread_id);
  return found == values.end() ? nullptr : found->second;
}
BOOL TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue) {
  Program& program = ProgramFor("TlsSetValue");
  {
    rt::LockGuard guard(program.lock);
    if (dwTlsIndex < program.tls.size()) {
      program.tls[dwTlsIndex][CurrentThread().thread_id] = lpTlsValue;
      return TRUE;
    }
  }
  return Succeeded(STATUS_INVALID_PARAMETER);
}

}  // extern "C"
