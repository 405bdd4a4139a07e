// Modules: the application's own image (in a driver: its host's), drivers' images by the address of their first byte, and the system's
// libraries, whose functions are this library's. Others are not there.
#include <dlfcn.h>

#include <cstring>
#include <string>
#include <string_view>

#include "nt/io/driver.h"
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
constexpr char kHost = 0;  // the process that drivers run in; its address is the handle
constexpr const char16_t* kHostName = u"C:\\Windows\\System32\\WUDFHost.exe";

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

HMODULE Own() {
  Program* program = CurrentProgram();
  return program != nullptr ? reinterpret_cast<HMODULE>(program) : const_cast<char*>(&kHost);
}

std::u16string_view Stem(std::u16string_view name) {
  if (const size_t slash = name.find_last_of(u"\\/"); slash != std::u16string_view::npos) name.remove_prefix(slash + 1);
  if (name.size() > 4 && ob::EqualNames(name.substr(name.size() - 4), u".dll")) name.remove_suffix(4);
  return name;
}

// A name with or without folders and ending. kLibraries: none.
int Find(std::u16string_view name) {
  name = Stem(name);
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
  if (name != nullptr && CurrentProgram() == nullptr)
    if (const io::Driver* driver = io::FindDriver(*CurrentThread().kernel, Stem(name)); driver != nullptr && driver->image_start != nullptr) return const_cast<void*>(driver->image_start);
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

HMODULE ModuleAt(const void* address) {
  if (const io::Driver* driver = io::FindDriverAt(*CurrentThread().kernel, address)) return const_cast<void*>(driver->image_start);
  Dl_info own, found;
  if (dladdr(address, &found) == 0) return nullptr;
  if (dladdr(reinterpret_cast<const void*>(&ModuleAt), &own) == 0 || own.dli_fbase != found.dli_fbase) return CurrentProgram() != nullptr ? Own() : nullptr;
  for (const auto& each : kExports)
    if (found.dli_sname != nullptr && std::strcmp(each.name, found.dli_sname) == 0) return HandleOf(each.library);
  return HandleOf(ntdll);
}

template <class Character>
DWORD ModuleName(HMODULE module, Character* buffer, DWORD size) {
  LeaveIfEnded();
  std::u16string name;
  const int library = LibraryOf(module);
  if (library >= 0) {
    name = u"C:\\Windows\\System32\\" + std::u16string(kNames[library]) + u".dll";
  } else if (module == nullptr || module == Own()) {
    const Program* program = CurrentProgram();
    name = program != nullptr ? FullNameOf(ob::ToUtf16(program->spec.name)) : kHostName;
  } else if (const io::Driver* driver = io::FindDriverAt(*CurrentThread().kernel, module)) {
    name = u"C:\\Windows\\System32\\drivers\\UMDF\\" + driver->name + u".dll";
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
  if (lpModuleName == nullptr) return Own();
  return Module(lpModuleName);
}
HMODULE GetModuleHandleA(LPCSTR lpModuleName) { return lpModuleName != nullptr ? Module(Wide(lpModuleName).c_str()) : Own(); }
// Nothing is ever unloaded while it is in use here, so references are not counted.
BOOL GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule) {
  LeaveIfEnded();
  constexpr DWORD kKnown = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
  if (phModule == nullptr || (dwFlags & ~kKnown) != 0) return Succeeded(STATUS_INVALID_PARAMETER);
  if ((dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) != 0) {
    *phModule = ModuleAt(lpModuleName);
    if (*phModule == nullptr) CurrentThread().last_error = ERROR_MOD_NOT_FOUND;
  } else {
    *phModule = GetModuleHandleW(lpModuleName);
  }
  return *phModule != nullptr;
}
BOOL GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule) {
  if ((dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) != 0 || lpModuleName == nullptr)
    return GetModuleHandleExW(dwFlags, reinterpret_cast<LPCWSTR>(lpModuleName), phModule);
  return GetModuleHandleExW(dwFlags, Wide(lpModuleName).c_str(), phModule);
}
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
