#include "nt/ob/name_space.h"

#include <map>

#include "nt/bugcheck.h"
#include "nt/kernel.h"
#include "nt/ob/handle_table.h"
#include "nt/ob/state.h"
#include "nt/rtl/upcase.h"
#include "nt/rtl/utf.h"
#include "nt/thread.h"
#include "runtime/assert.h"

namespace drydock::nt::ob {
void MakeWellKnownNames(Kernel& kernel);

namespace {

constexpr int kMaxLinks = 32;

struct Directory {
  std::map<std::u16string, void*>* entries;  // by upper-case name
};

struct SymbolicLink {
  std::u16string* target;
};

void DiscardDirectory(void* body) { delete static_cast<Directory*>(body)->entries; }
void DiscardLink(void* body) { delete static_cast<SymbolicLink*>(body)->target; }

State& StateOf(Kernel& kernel) {
  State& state = *kernel.ob;
  if (__builtin_expect(state.root == nullptr, 0)) MakeWellKnownNames(kernel);
  return state;
}

void* NewDirectory(Kernel& kernel) {
  auto* directory = CreateObject<Directory>(kernel, kDirectoryType);
  if (directory) directory->entries = new std::map<std::u16string, void*>;
  return directory;
}

// The entry of that name, referenced; null: none, or its end is under way.
void* FindEntry(State& state, void* directory, std::u16string_view name, bool case_insensitive) {
  std::u16string key = Upcase(name);
  rt::LockGuard guard(state.names_lock);
  auto* entries = static_cast<Directory*>(directory)->entries;
  auto found = entries->find(key);
  if (found == entries->end()) return nullptr;
  if (!case_insensitive && *HeaderOf(found->second)->name != name) return nullptr;
  return ReferenceUnlessZero(found->second) ? found->second : nullptr;
}

// Directory and last part of a path; the directory is referenced.
NTSTATUS FindParent(Kernel& kernel, void* root, std::u16string_view name, void** directory, std::u16string_view* last) {
  size_t slash = name.rfind(u'\\');
  if (slash == std::u16string_view::npos) {
    if (!root) return STATUS_OBJECT_PATH_SYNTAX_BAD;
    *last = name;
    Reference(root);
    *directory = root;
    return name.empty() ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
  }
  if (!root && name[0] != u'\\') return STATUS_OBJECT_PATH_SYNTAX_BAD;
  *last = name.substr(slash + 1);
  if (last->empty()) return STATUS_OBJECT_NAME_INVALID;
  std::u16string_view path = name.substr(0, slash);
  ParseContext context;
  context.kernel = &kernel;
  context.wanted = &kDirectoryType;
  NTSTATUS status = Lookup(context, root, path.empty() && !root ? std::u16string_view(u"\\") : path, directory);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_TYPE_MISMATCH) status = STATUS_OBJECT_PATH_NOT_FOUND;
  return status;
}

}  // namespace

const ObjectType kDirectoryType = {"Directory", nullptr, nullptr, DiscardDirectory, nullptr, kNotWaitable, 0xF000F};
const ObjectType kSymbolicLinkType = {"SymbolicLink", nullptr, nullptr, DiscardLink, nullptr, kNotWaitable, 0xF0001};

NTSTATUS Lookup(ParseContext& context, void* root, std::u16string_view name, void** body) {
  Kernel& kernel = *context.kernel;
  State& state = StateOf(kernel);
  *body = nullptr;
  std::u16string storage;  // keeps a name that a link or a reparse made
  bool case_insensitive = (context.attributes & OBJ_CASE_INSENSITIVE) != 0;
  for (int links = 0; links <= kMaxLinks; ++links) {
    std::u16string_view rest = name;
    void* current;
    if (root) {
      if (!IsObject(root, kDirectoryType)) {
        const ObjectType* type = HeaderOf(root)->type;
        return type->parse ? type->parse(context, root, name, body) : STATUS_OBJECT_TYPE_MISMATCH;
      }
      if (!rest.empty() && rest[0] == u'\\') return STATUS_OBJECT_PATH_SYNTAX_BAD;
      current = root;
    } else {
      if (rest.empty()) return STATUS_OBJECT_PATH_SYNTAX_BAD;
      if (rest[0] != u'\\') return STATUS_OBJECT_PATH_SYNTAX_BAD;
      rest.remove_prefix(1);
      current = state.root;
    }
    Reference(current);
    bool restart = false;
    while (!restart) {
      if (rest.empty()) {  // the directory itself
        if (context.wanted && context.wanted != &kDirectoryType) {
          Dereference(current);
          return STATUS_OBJECT_TYPE_MISMATCH;
        }
        *body = current;
        return STATUS_SUCCESS;
      }
      size_t slash = rest.find(u'\\');
      std::u16string_view part = rest.substr(0, slash);
      std::u16string_view remaining = slash == std::u16string_view::npos ? std::u16string_view() : rest.substr(slash);
      if (part.empty()) {
        Dereference(current);
        return STATUS_OBJECT_NAME_INVALID;
      }
      void* found = FindEntry(state, current, part, case_insensitive);
      const bool is_last = remaining.empty() || current == state.dos_devices;  // docs/architecture.md: a drive that is not mapped
      Dereference(current);
      if (!found) return is_last ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
      const ObjectType* type = HeaderOf(found)->type;
      if (type == &kDirectoryType) {
        if (remaining.size() == 1) {  // a trailing backslash
          Dereference(found);
          return STATUS_OBJECT_NAME_INVALID;
        }
        current = found;
        rest = remaining.empty() ? remaining : remaining.substr(1);
        continue;
      }
      if (type == &kSymbolicLinkType && !(remaining.empty() && (context.wanted == type || (context.attributes & OBJ_OPENLINK)))) {
        std::u16string next = *static_cast<SymbolicLink*>(found)->target;
        next += remaining;
        Dereference(found);
        storage = std::move(next);
        name = storage;
        root = nullptr;
        restart = true;
        continue;
      }
      if (type->parse) {
        NTSTATUS status = type->parse(context, found, remaining, body);
        Dereference(found);
        if (status != STATUS_REPARSE) return status;
        storage = std::move(context.reparse_name);
        context.reparse_name.clear();
        name = storage;
        root = nullptr;
        restart = true;
        continue;
      }
      if (!remaining.empty() || (context.wanted && context.wanted != type)) {
        Dereference(found);
        return remaining.empty() ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_OBJECT_PATH_NOT_FOUND;
      }
      *body = found;
      return STATUS_SUCCESS;
    }
  }
  return STATUS_OBJECT_NAME_INVALID;  // too many links: a loop
}

NTSTATUS Insert(Kernel& kernel, void* root, std::u16string_view name, void* body, bool permanent, ULONG attributes) {
  (void)attributes;
  RT_ASSERT(HeaderOf(body)->name == nullptr);
  void* directory = nullptr;
  std::u16string_view last;
  NTSTATUS status = FindParent(kernel, root, name, &directory, &last);
  if (!NT_SUCCESS(status)) return status;
  ObjectHeader* header = HeaderOf(body);
  auto text = std::make_unique<std::u16string>(last);
  bool entered;
  {
    State& state = StateOf(kernel);
    rt::LockGuard guard(state.names_lock);
    entered = static_cast<Directory*>(directory)->entries->emplace(Upcase(last), body).second;
    if (entered) {
      header->name = text.release();
      header->directory = directory;  // takes over our reference
      if (permanent) header->flags |= kPermanent;
    }
  }
  if (!entered) {
    Dereference(directory);
    return STATUS_OBJECT_NAME_COLLISION;
  }
  Reference(body);
  return STATUS_SUCCESS;
}

void RemoveName(void* body) {
  ObjectHeader* header = HeaderOf(body);
  State& state = StateOf(*header->kernel);
  void* directory;
  {
    rt::LockGuard guard(state.names_lock);
    directory = header->directory;
    if (!directory) return;
    static_cast<Directory*>(directory)->entries->erase(Upcase(*header->name));
    header->directory = nullptr;
    delete header->name;
    header->name = nullptr;
    header->flags &= ~kPermanent;
  }
  Dereference(directory);
  Dereference(body);
}

std::u16string NameOf(const void* body) {
  ObjectHeader* header = HeaderOf(body);
  State& state = StateOf(*header->kernel);
  std::u16string text;
  rt::LockGuard guard(state.names_lock);
  for (; header->directory; header = HeaderOf(header->directory)) text = u"\\" + *header->name + text;
  return text;
}

NTSTATUS CreateDirectory(Kernel& kernel, std::u16string_view name, bool permanent, void** body) {
  *body = nullptr;
  void* directory = NewDirectory(kernel);
  if (!directory) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS status = Insert(kernel, nullptr, name, directory, permanent);
  if (!NT_SUCCESS(status)) {
    Dereference(directory);
    return status;
  }
  *body = directory;
  return STATUS_SUCCESS;
}

NTSTATUS CreateDirectories(Kernel& kernel, std::u16string_view path) {
  for (size_t end = path.find(u'\\', 1);; end = path.find(u'\\', end + 1)) {
    void* directory;
    NTSTATUS status = CreateDirectory(kernel, path.substr(0, end), true, &directory);
    if (NT_SUCCESS(status)) {
      Dereference(directory);
    } else if (status != STATUS_OBJECT_NAME_COLLISION) {
      return status;
    }
    if (end == std::u16string_view::npos) return STATUS_SUCCESS;
  }
}

NTSTATUS CreateSymbolicLink(Kernel& kernel, std::u16string_view name, std::u16string_view target, bool permanent) {
  auto* link = CreateObject<SymbolicLink>(kernel, kSymbolicLinkType);
  if (!link) return STATUS_INSUFFICIENT_RESOURCES;
  link->target = new std::u16string(target);
  NTSTATUS status = Insert(kernel, nullptr, name, link, permanent);
  Dereference(link);  // the name keeps it
  return status;
}

NTSTATUS DeleteSymbolicLink(Kernel& kernel, std::u16string_view name) {
  ParseContext context;
  context.kernel = &kernel;
  context.wanted = &kSymbolicLinkType;
  void* link;
  NTSTATUS status = Lookup(context, nullptr, name, &link);
  if (!NT_SUCCESS(status)) return status;
  RemoveName(link);
  Dereference(link);
  return STATUS_SUCCESS;
}

NTSTATUS QuerySymbolicLink(Kernel& kernel, std::u16string_view name, std::u16string* target) {
  ParseContext context;
  context.kernel = &kernel;
  context.wanted = &kSymbolicLinkType;
  void* link;
  NTSTATUS status = Lookup(context, nullptr, name, &link);
  if (!NT_SUCCESS(status)) return status;
  *target = TargetOf(link);
  Dereference(link);
  return STATUS_SUCCESS;
}

const std::u16string& TargetOf(const void* link) { return *static_cast<const SymbolicLink*>(link)->target; }

void* NewDirectoryObject(Kernel& kernel) { return NewDirectory(kernel); }

void* NewSymbolicLinkObject(Kernel& kernel, std::u16string_view target) {
  auto* link = CreateObject<SymbolicLink>(kernel, kSymbolicLinkType);
  if (link) link->target = new std::u16string(target);
  return link;
}

std::vector<DirectoryEntryInfo> ListDirectory(void* directory) {
  std::vector<DirectoryEntryInfo> list;
  State& state = StateOf(*HeaderOf(directory)->kernel);
  rt::LockGuard guard(state.names_lock);
  for (const auto& entry : *static_cast<Directory*>(directory)->entries) {
    list.push_back({*HeaderOf(entry.second)->name, HeaderOf(entry.second)->type});
  }
  return list;
}

char16_t Upcase(char16_t c) { return rtl::Upcase(c); }

std::u16string Upcase(std::u16string_view text) {
  std::u16string result(text);
  for (char16_t& c : result) c = rtl::Upcase(c);
  return result;
}

bool EqualNames(std::u16string_view a, std::u16string_view b, bool case_insensitive) {
  if (!case_insensitive) return a == b;
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (rtl::Upcase(a[i]) != rtl::Upcase(b[i])) return false;
  }
  return true;
}

std::string ToUtf8(std::u16string_view text) {
  std::string result(rtl::Utf8Length(text.data(), text.size()), '\0');
  rtl::ToUtf8(text.data(), text.size(), result.data());
  return result;
}

std::u16string ToUtf16(std::string_view text) {
  std::u16string result(rtl::Utf16Length(text.data(), text.size()), u'\0');
  rtl::ToUtf16(text.data(), text.size(), result.data());
  return result;
}

State::State(Kernel& owner) : kernel(owner) {}

// At first use: Kernel::ob is not set yet while State is being made.
void MakeWellKnownNames(Kernel& kernel) {
  State& state = *kernel.ob;
  state.root = NewDirectory(kernel);
  for (const char16_t* name : {u"\\Device", u"\\Driver", u"\\FileSystem", u"\\??", u"\\ObjectTypes", u"\\BaseNamedObjects", u"\\KernelObjects",
                               u"\\Callback"}) {
    CreateDirectories(kernel, name);
  }
  state.dos_devices = FindEntry(state, state.root, u"??", false);
  Dereference(state.dos_devices);  // permanent: its directory keeps it
  CreateSymbolicLink(kernel, u"\\DosDevices", u"\\??", true);
  CreateSymbolicLink(kernel, u"\\GLOBAL??", u"\\??", true);
  CreateSymbolicLink(kernel, u"\\??\\GLOBALROOT", u"", true);
  CreateSymbolicLink(kernel, u"\\??\\Global", u"\\??", true);
}

void DiscardObjects(Kernel& kernel, const ObjectType& type) {
  State& state = *kernel.ob;
  ObjectHeader* next;
  for (ObjectHeader* header = state.first_object; header; header = next) {
    next = header->next;
    if (header->type != &type) continue;
    if (header->previous) {
      header->previous->next = next;
    } else {
      state.first_object = next;
    }
    if (next) next->previous = header->previous;
    if (type.discard && !(header->flags & kDiscarded)) type.discard(BodyOf(header));
    header->canary = 0;
    delete header->name;
    free(header);
  }
}

State::~State() {
  tables.clear();
  while (ObjectHeader* header = first_object) {
    first_object = header->next;
    if (header->type->discard && !(header->flags & kDiscarded)) header->type->discard(BodyOf(header));
    delete header->name;
    free(header);
  }
  delete static_cast<WORK_QUEUE_ITEM*>(deferred_item);
}

}  // namespace drydock::nt::ob
