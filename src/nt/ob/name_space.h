// The object name space: directories, symbolic links, and the walk from a name to an object.
// Called by:  io, cm, ob's own Zw functions, machine (name maps). PASSIVE_LEVEL.
// Names:      UTF-16, absolute ("\Device\Beep") or relative to a root directory; compared without regard to case unless asked.
// Errors:     STATUS_OBJECT_NAME_NOT_FOUND (last part), STATUS_OBJECT_PATH_NOT_FOUND (a part before), STATUS_OBJECT_NAME_INVALID,
//             STATUS_OBJECT_PATH_SYNTAX_BAD (no leading backslash, empty part), STATUS_OBJECT_NAME_COLLISION,
//             STATUS_OBJECT_TYPE_MISMATCH. A chain of more than 32 links ends in STATUS_OBJECT_NAME_INVALID (our limit).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nt/ob/object.h"

namespace drydock::nt::ob {

// What an open carries through the walk to the parse routine that ends it.
struct ParseContext {
  Kernel* kernel = nullptr;
  void* open_packet = nullptr;         // io's OpenPacket, null when the walk is not an open of a file
  const ObjectType* wanted = nullptr;  // null: any type
  ACCESS_MASK access = 0;
  ULONG attributes = OBJ_CASE_INSENSITIVE;
  KPROCESSOR_MODE mode = KernelMode;
  // A parse routine may answer STATUS_REPARSE after replacing the name here.
  std::u16string reparse_name;
};

// Finds the object and references it. `root`: a directory body or null.
NTSTATUS Lookup(ParseContext& context, void* root, std::u16string_view name, void** body);

// Enters an object under a name (one reference for the name). Missing directories are an error.
NTSTATUS Insert(Kernel& kernel, void* root, std::u16string_view name, void* body, bool permanent, ULONG attributes = OBJ_CASE_INSENSITIVE);
// Takes the name away and drops its reference. Harmless for a nameless object.
void RemoveName(void* body);

NTSTATUS CreateDirectory(Kernel& kernel, std::u16string_view name, bool permanent, void** body);
// Makes every directory of the path that is missing.
NTSTATUS CreateDirectories(Kernel& kernel, std::u16string_view path);
NTSTATUS CreateSymbolicLink(Kernel& kernel, std::u16string_view name, std::u16string_view target, bool permanent);
NTSTATUS DeleteSymbolicLink(Kernel& kernel, std::u16string_view name);
// The target text of one link, not followed.
NTSTATUS QuerySymbolicLink(Kernel& kernel, std::u16string_view name, std::u16string* target);

// Nameless ones, for the Zw functions: one reference, the caller's.
void* NewDirectoryObject(Kernel& kernel);
void* NewSymbolicLinkObject(Kernel& kernel, std::u16string_view target);
const std::u16string& TargetOf(const void* link);

struct DirectoryEntryInfo {
  std::u16string name;
  const ObjectType* type;
};
std::vector<DirectoryEntryInfo> ListDirectory(void* directory);  // in order of name

char16_t Upcase(char16_t c);
std::u16string Upcase(std::u16string_view text);
bool EqualNames(std::u16string_view a, std::u16string_view b, bool case_insensitive = true);
std::string ToUtf8(std::u16string_view text);
std::u16string ToUtf16(std::string_view text);  // bytes that are no UTF-8 become U+FFFD

inline std::u16string_view View(const UNICODE_STRING* string) {
  return string && string->Buffer ? std::u16string_view(reinterpret_cast<const char16_t*>(string->Buffer), string->Length / 2)
                                  : std::u16string_view();
}

}  // namespace drydock::nt::ob
