#include "nt/win32/resources.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "nt/ob/name_space.h"
#include "nt/thread.h"
#include "nt/win32/program.h"
#include "nt/win32/text.h"
#include "nt/win32/win32.h"

using namespace drydock;
using namespace drydock::nt;
using namespace drydock::nt::win32;

namespace {

constexpr WORD kEnglish = 0x409;

template <class Number>
Number At(const unsigned char* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

// A number or a word.
struct Id {
  WORD number = 0;
  std::u16string word;
};

struct Entry {
  const unsigned char* header = nullptr;
  const unsigned char* data = nullptr;
  DWORD bytes = 0;
  WORD language = 0;
};

const unsigned char* SkipId(const unsigned char* at) {
  if (At<WORD>(at) == 0xFFFF) return at + 4;
  while (At<WORD>(at) != 0) at += 2;
  return at + 2;
}
bool Matches(const unsigned char* at, const Id& id) {
  if (At<WORD>(at) == 0xFFFF) return id.word.empty() && At<WORD>(at + 2) == id.number;
  return !id.word.empty() && ob::EqualNames(std::u16string(reinterpret_cast<const char16_t*>(at)), id.word);
}

Entry EntryAt(const unsigned char* header) {
  const auto header_bytes = At<DWORD>(header + 4);
  return {header, header + header_bytes, At<DWORD>(header), At<WORD>(header + header_bytes - 10)};
}

Id IdOf(PCWSTR name) {
  if (IS_INTRESOURCE(name)) return {static_cast<WORD>(reinterpret_cast<ULONG_PTR>(name)), {}};
  if (*name == u'#') {
    unsigned number = 0;
    for (++name; *name >= u'0' && *name <= u'9'; ++name) number = number * 10 + static_cast<unsigned>(*name - u'0');
    return {static_cast<WORD>(number), {}};
  }
  return {0, name};
}

enum class Owner : uint8_t { kSelf, kSystem };
Owner OwnerOf(Program& program, const void* module) {
  return module == nullptr || module == static_cast<const void*>(&program) ? Owner::kSelf : Owner::kSystem;
}

// The best of that type and name. `has_type`: there is one of that type.
Entry Find(const Program& program, const Id& type, const Id& name, WORD language, bool* has_type) {
  Entry best;
  int best_rank = 0;
  const auto* blob = static_cast<const unsigned char*>(program.resources);
  const uint64_t size = blob != nullptr ? At<uint64_t>(blob) : 0;
  const unsigned char* at = blob + 8;
  for (const unsigned char* end = blob != nullptr ? at + size : at; blob != nullptr && at + 32 <= end;) {
    const Entry entry = EntryAt(at);
    if (Matches(at + 8, type)) {
      *has_type = true;
      if (Matches(SkipId(at + 8), name)) {
        const int rank = entry.language == language ? 4 : language != 0 ? 0 : entry.language == 0 ? 3 : entry.language == kEnglish ? 2 : 1;
        if (rank > best_rank) best = entry, best_rank = rank;
      }
    }
    at = entry.data + ((entry.bytes + 3) & ~3u);
  }
  return best;
}

Entry FindFor(HMODULE module, const Id& type, const Id& name, WORD language) {
  LeaveIfEnded();
  Program& program = ProgramFor("a resource function");
  bool has_type = false;
  Entry entry;
  if (OwnerOf(program, module) == Owner::kSelf) entry = Find(program, type, name, language, &has_type);
  if (entry.header == nullptr)
    CurrentThread().last_error = OwnerOf(program, module) == Owner::kSystem || program.resources == nullptr ? ERROR_RESOURCE_DATA_NOT_FOUND
                                 : !has_type                                                               ? ERROR_RESOURCE_TYPE_NOT_FOUND
                                                                                                           : ERROR_RESOURCE_NAME_NOT_FOUND;
  return entry;
}

// Text `id` of the string tables, in the image.
std::u16string_view TextOf(HINSTANCE module, UINT id) {
  const Entry bundle = FindFor(static_cast<HMODULE>(module), {6, {}}, {static_cast<WORD>((id >> 4) + 1), {}}, 0);
  const unsigned char* at = bundle.data;
  for (UINT i = 0; bundle.header != nullptr && i < (id & 15); ++i) at += 2 + At<WORD>(at) * 2;
  if (bundle.header == nullptr || At<WORD>(at) == 0) {
    CurrentThread().last_error = ERROR_RESOURCE_NAME_NOT_FOUND;
    return {};
  }
  return {reinterpret_cast<const char16_t*>(at + 2), At<WORD>(at)};
}

HRSRC HandleOf(const Entry& entry) { return reinterpret_cast<HRSRC>(const_cast<unsigned char*>(entry.header)); }

}  // namespace

namespace drydock::nt::win32 {

MessageSearch FindTableMessage(const void* module, DWORD id, WORD language, std::u16string* text) {
  Program* program = CurrentProgram();
  if (program == nullptr || OwnerOf(*program, module) == Owner::kSystem) return MessageSearch::kSystemModule;
  const Entry table = FindFor(static_cast<HMODULE>(const_cast<void*>(module)), {11, {}}, {1, {}}, language);
  if (table.header == nullptr) return MessageSearch::kNotFound;
  const auto blocks = At<DWORD>(table.data);
  for (DWORD i = 0; i < blocks; ++i) {
    const unsigned char* block = table.data + 4 + i * 12;
    if (id < At<DWORD>(block) || id > At<DWORD>(block + 4)) continue;
    const unsigned char* entry = table.data + At<DWORD>(block + 8);
    for (DWORD k = At<DWORD>(block); k < id; ++k) entry += At<WORD>(entry);
    if (At<WORD>(entry + 2) & 1) *text = reinterpret_cast<const char16_t*>(entry + 4);
    else *text = ob::ToUtf16(reinterpret_cast<const char*>(entry + 4));
    return MessageSearch::kFound;
  }
  CurrentThread().last_error = ERROR_MR_MID_NOT_FOUND;
  return MessageSearch::kNotFound;
}

}  // namespace drydock::nt::win32

extern "C" {

HRSRC FindResourceExW(HMODULE hModule, LPCWSTR lpType, LPCWSTR lpName, WORD wLanguage) {
  return HandleOf(FindFor(hModule, IdOf(lpType), IdOf(lpName), wLanguage));
}
HRSRC FindResourceExA(HMODULE hModule, LPCSTR lpType, LPCSTR lpName, WORD wLanguage) {
  const Wide type(IS_INTRESOURCE(lpType) ? "" : lpType), name(IS_INTRESOURCE(lpName) ? "" : lpName);
  return FindResourceExW(hModule, IS_INTRESOURCE(lpType) ? reinterpret_cast<LPCWSTR>(lpType) : type.c_str(),
                         IS_INTRESOURCE(lpName) ? reinterpret_cast<LPCWSTR>(lpName) : name.c_str(), wLanguage);
}
HRSRC FindResourceW(HMODULE hModule, LPCWSTR lpName, LPCWSTR lpType) { return FindResourceExW(hModule, lpType, lpName, 0); }
HRSRC FindResourceA(HMODULE hModule, LPCSTR lpName, LPCSTR lpType) { return FindResourceExA(hModule, lpType, lpName, 0); }

HGLOBAL LoadResource(HMODULE hModule, HRSRC hResInfo) {
  (void)hModule;
  if (hResInfo == nullptr) return Succeeded(STATUS_INVALID_HANDLE), nullptr;
  return const_cast<unsigned char*>(EntryAt(reinterpret_cast<const unsigned char*>(hResInfo)).data);
}
LPVOID LockResource(HGLOBAL hResData) { return hResData; }
DWORD SizeofResource(HMODULE hModule, HRSRC hResInfo) {
  (void)hModule;
  if (hResInfo == nullptr) return Succeeded(STATUS_INVALID_HANDLE), 0;
  return EntryAt(reinterpret_cast<const unsigned char*>(hResInfo)).bytes;
}
BOOL FreeResource(HGLOBAL) { return FALSE; }  // FALSE means that it worked

int LoadStringW(HINSTANCE hInstance, UINT uID, LPWSTR lpBuffer, int cchBufferMax) {
  const std::u16string_view text = TextOf(hInstance, uID);
  if (lpBuffer == nullptr || cchBufferMax < 0) return 0;
  if (cchBufferMax == 0) {
    const char16_t* place = text.data();
    std::memcpy(lpBuffer, &place, sizeof place);
    return static_cast<int>(text.size());
  }
  const size_t count = text.size() < static_cast<size_t>(cchBufferMax) ? text.size() : static_cast<size_t>(cchBufferMax) - 1;
  std::copy_n(text.begin(), count, lpBuffer);
  lpBuffer[count] = 0;
  return static_cast<int>(count);
}
int LoadStringA(HINSTANCE hInstance, UINT uID, LPSTR lpBuffer, int cchBufferMax) {
  if (lpBuffer == nullptr || cchBufferMax <= 0) return 0;
  const std::string text = ob::ToUtf8(std::u16string(TextOf(hInstance, uID)));
  const size_t count = text.size() < static_cast<size_t>(cchBufferMax) ? text.size() : static_cast<size_t>(cchBufferMax) - 1;
  std::memcpy(lpBuffer, text.data(), count);
  lpBuffer[count] = 0;
  return static_cast<int>(count);
}

LPSTR CharNextA(LPCSTR lpsz) { return const_cast<LPSTR>(*lpsz != 0 ? lpsz + 1 : lpsz); }
LPWSTR CharNextW(LPCWSTR lpsz) { return const_cast<LPWSTR>(*lpsz != 0 ? lpsz + 1 : lpsz); }
LPSTR CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent) { return const_cast<LPSTR>(lpszCurrent > lpszStart ? lpszCurrent - 1 : lpszStart); }
LPWSTR CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent) { return const_cast<LPWSTR>(lpszCurrent > lpszStart ? lpszCurrent - 1 : lpszStart); }

}  // extern "C"
