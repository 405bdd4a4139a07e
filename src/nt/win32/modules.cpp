// Modules: the application's own image, and the system's libraries, whose functions are this library's. Others are not there.
#include <dlfcn.h>

#include <cstring>
#include <string>
#include <string_view>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/names.h"
#include "nt/win32/program.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

// In the order of system_dlls.def's names; an address of one is its handle.
enum Library { kernel32, ntdll, advapi32, setupapi, cfgmgr32, newdev, hid, user32, shell32, tdh, kLibraries };
constexpr const char16_t* kNames[kLibraries] = {u"KERNEL32", u"ntdll", u"ADVAPI32", u"SETUPAPI", u"CFGMGR32", u"newdev", u"HID", u"USER32", u"SHELL32", u"tdh"};
constexpr char kHandles[kLibraries] = {};

constexpr struct {
  Library library;
  const char* name;
} kExports[] = {
#define X(library, name) {library, #name},
#include "nt/win32/system_dlls.def"
#undef X
};

HMODULE HandleOf(int library) { return const_cast<char*>(&kHandles[library]); }
int LibraryOf(HMODULE module) {
  const auto* at = static_cast<const char*>(module);
  return at >= kHandles && at < kHandles + kLibraries ? static_cast<int>(at - kHandles) : -1;
}

// By its name with or without folders and ending. kLibraries: none.
int Find(std::u16string_view name) {
  if (const size_t slash = name.find_last_of(u"\\/"); slash != std::u16string_view::npos) name.remove_prefix(slash + 1);
  if (name.size() > 4 && ob::EqualNames(name.substr(name.size() - 4), u".dll")) name.remove_suffix(4);
  if (ob::EqualNames(name, u"kernelbase")) return kernel32;
  if (ob::EqualNames(name, u"sechost")) return advapi32;
  int library = 0;
  while (library < kLibraries && !ob::EqualNames(name, kNames[library])) ++library;
  return library;
}

HMODULE Module(PCWSTR name) {
  LeaveIfEnded();
  const int library = name != nullptr ? Find(name) : kLibraries;
  if (library < kLibraries) return HandleOf(library);
  CurrentThread().last_error = ERROR_MOD_NOT_FOUND;
  return nullptr;
}

bool Begins(std::string_view name, std::initializer_list<const char*> beginnings) {
  for (const char* each : beginnings)
    if (name.starts_with(each)) return true;
  return false;
}

bool Exports(int library, std::string_view name) {
  if (library == ntdll) return Begins(name, {"Rtl", "Zw", "Nt", "DbgPrint"});
  for (const auto& each : kExports)
    if (each.library == library && each.name == name) return true;
  return false;
}

// A function of this library, not one of the process's others.
void* OwnFunction(const char* name) {
  Dl_info own, found;
  if (dladdr(reinterpret_cast<const void*>(&OwnFunction), &own) == 0) return nullptr;
  void* library = dlopen(own.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  void* function = dlsym(library, name);
  dlclose(library);
  return function != nullptr && dladdr(function, &found) != 0 && found.dli_fbase == own.dli_fbase ? function : nullptr;
}

template <class Character>
DWORD ModuleName(HMODULE module, Character* buffer, DWORD size) {
  Program& program = ProgramFor("GetModuleFileName");
  LeaveIfEnded();
  std::u16string name;
  const int library = LibraryOf(module);
  if (library >= 0) {
    name = u"C:\\Windows\\System32\\" + std::u16string(kNames[library]) + u".dll";
  } else if (module == nullptr || module == reinterpret_cast<HMODULE>(&program)) {
    name = FullNameOf(ob::ToUtf16(program.spec.name));
  } else {
    CurrentThread().last_error = ERROR_MOD_NOT_FOUND;
    return 0;
  }
  const DWORD length = GiveText(name, buffer, size);
  if (length < size) return length;
  CurrentThread().last_error = ERROR_INSUFFICIENT_BUFFER;
  return size;
}

}  // namespace

extern "C" {

DWORD GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize) { return ModuleName(hModule, lpFilename, nSize); }
DWORD GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize) { return ModuleName(hModule, lpFilename, nSize); }
HMODULE GetModuleHandleW(LPCWSTR lpModuleName) {
  if (lpModuleName == nullptr) return reinterpret_cast<HMODULE>(&ProgramFor("GetModuleHandle"));
  return Module(lpModuleName);
}
HMODULE GetModuleHandleA(LPCSTR lpModuleName) { return GetModuleHandleW(Wide(lpModuleName).c_str()); }
HMODULE LoadLibraryW(LPCWSTR lpLibFileName) { return Module(lpLibFileName); }
HMODULE LoadLibraryA(LPCSTR lpLibFileName) { return Module(Wide(lpLibFileName).c_str()); }
HMODULE LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE, DWORD) { return Module(lpLibFileName); }
HMODULE LoadLibraryExA(LPCSTR lpLibFileName, HANDLE, DWORD) { return Module(Wide(lpLibFileName).c_str()); }
BOOL FreeLibrary(HMODULE hLibModule) { return hLibModule != nullptr || Succeeded(STATUS_INVALID_HANDLE); }

BOOL DisableThreadLibraryCalls(HMODULE) { return TRUE; }
FARPROC GetProcAddress(HMODULE hModule, LPCSTR lpProcName) {
  LeaveIfEnded();
  const int library = LibraryOf(hModule);
  void* function = nullptr;
  // A number below 65536 is an ordinal; none are kept.
  if (library >= 0 && reinterpret_cast<ULONG_PTR>(lpProcName) > 0xFFFF && Exports(library, lpProcName)) {
    function = OwnFunction(lpProcName);
    // The system services have one body for both of their names.
    if (function == nullptr && std::string_view(lpProcName).starts_with("Nt")) function = OwnFunction(("Zw" + std::string(lpProcName + 2)).c_str());
  }
  if (function == nullptr) CurrentThread().last_error = library >= 0 ? ERROR_PROC_NOT_FOUND : ERROR_INVALID_HANDLE;
  return reinterpret_cast<FARPROC>(function);
}

}  // extern "C"
