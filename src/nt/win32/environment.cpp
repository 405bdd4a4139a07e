// What an application can ask about itself: command line, environment, folders; conversions of text.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "nt/ob/name_space.h"
#include "nt/ps/process.h"
#include "nt/thread.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

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

}  // namespace

extern "C" {

DWORD GetCurrentProcessId(VOID) { return static_cast<DWORD>(EffectiveProcess(CurrentThread())->id); }
HANDLE GetCurrentThread(VOID) { return ZwCurrentThread(); }
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
