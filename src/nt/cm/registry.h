// The registry of a machine: keys and values in memory, loadable and storable as .reg text.
// Called by:  Zw and Rtl registry functions, io (service keys), wdf/registry, machine. PASSIVE_LEVEL.
// Names:      "\Registry\Machine\System\CurrentControlSet\Services\X"; case-insensitive, the case of the first creation is kept.
// Ownership:  a key lives as long as the tree or a Key object refers to it; a deleted key answers STATUS_KEY_DELETED.
// Errors:     NT's; LoadText tells file line and what is wrong.
// Source:     public documentation of the Zw...Key functions; "Registration Entries (.reg)" text of version 5.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ntddk.h>

#include "nt/ob/object.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::nt::cm {

struct Value {
  std::u16string name;  // "" is the default value
  ULONG type = REG_NONE;
  std::vector<uint8_t> data;
};

struct State;

// Guarded by State::lock. Whoever changes one calls TellWatches (notify.h) afterwards, without the lock.
struct KeyNode {
  std::u16string name;
  std::u16string key_class;
  KeyNode* parent = nullptr;
  State* state = nullptr;
  std::map<std::u16string, std::shared_ptr<KeyNode>> children;  // by upper-case name
  std::vector<Value> values;                                    // in order of creation
  int64_t written = 0;
  bool deleted = false;
  bool is_volatile = false;

  Value* Find(std::u16string_view name);
  void Put(std::u16string_view name, ULONG type, const void* data, size_t bytes, int64_t now);
  bool Remove(std::u16string_view name, int64_t now);  // false: no such value
  void Detach(int64_t now);                            // from its parent, with all below; the caller holds a reference
  NTSTATUS Rename(std::u16string_view name, int64_t now);
};

// The body of a Key object of ob.
struct KeyName {
  std::u16string text;
  UNICODE_STRING string;
};
struct Key {
  std::shared_ptr<KeyNode>* node;
  KeyName* name;  // for callbacks, once one asked for it
};
extern const ob::ObjectType kKeyType;

// What Walk does about keys that are not there: drivers may make the last of a path (ZwCreateKey), our own code all of it.
enum class Missing : uint8_t { kFail, kMakeLast, kMakeAll };

// The node of a path below `from` (or absolute). STATUS_OBJECT_NAME_NOT_FOUND when a key is missing and may not be made.
NTSTATUS Walk(Kernel& kernel, KeyNode* from, std::u16string_view path, Missing missing, bool is_volatile,
              std::shared_ptr<KeyNode>* node, bool* created = nullptr);
NTSTATUS OpenHandle(Kernel& kernel, std::shared_ptr<KeyNode> node, ACCESS_MASK access, ULONG attributes, HANDLE* handle);

// Conveniences for our own code; absolute paths.
NTSTATUS SetValue(Kernel& kernel, std::u16string_view path, std::u16string_view name, ULONG type, const void* data, size_t bytes);
NTSTATUS GetValue(Kernel& kernel, std::u16string_view path, std::u16string_view name, Value* value);
bool GetDword(Kernel& kernel, std::u16string_view path, std::u16string_view name, ULONG* value);
NTSTATUS RemoveValue(Kernel& kernel, std::u16string_view path, std::u16string_view name);
NTSTATUS MakeKey(Kernel& kernel, std::u16string_view path);  // with all that are missing on the way
// With everything below; open handles answer STATUS_KEY_DELETED from then. STATUS_CANNOT_DELETE: a root.
NTSTATUS DeleteTree(Kernel& kernel, std::u16string_view path);

// .reg text of version 5 (UTF-8, or UTF-16LE with its mark). Empty result: loaded; else "line 12: ..." and nothing was changed.
// HKEY_LOCAL_MACHINE is \Registry\Machine, HKEY_USERS \Registry\User, HKEY_CURRENT_USER \Registry\User\.Default.
std::string LoadText(Kernel& kernel, std::string_view text);
// A key with all below it, as UTF-8; empty: no such key, or it has no name outside (\Registry itself stores everything).
std::string StoreText(Kernel& kernel, std::u16string_view path);

// "\Registry\Machine\..." of a node.
std::u16string PathOf(const KeyNode& node);

}  // namespace drydock::nt::cm
