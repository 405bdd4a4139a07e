#include "nt/cm/registry.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "nt/cm/callback.h"
#include "nt/cm/notify.h"
#include "nt/cm/state.h"
#include "nt/ob/handle_table.h"
#include "nt/rtl/upcase.h"

namespace drydock::nt::cm {
namespace {

constexpr size_t kDeepest = 512;       // keys in one path, as documented
constexpr size_t kLongestName = 255;   // characters of a key's name

std::u16string Upper(std::u16string_view name) {
  std::u16string upper(name);
  for (char16_t& c : upper) c = rtl::Upcase(c);
  return upper;
}

bool SameName(std::u16string_view a, std::u16string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char16_t x, char16_t y) { return rtl::Upcase(x) == rtl::Upcase(y); });
}

void CloseKey(void* body) {
  TellClose(body);
  EndWatches(*ob::HeaderOf(body)->kernel, body);
}

void EndKey(void* body) { ForgetObject(*ob::HeaderOf(body)->kernel, body); }

void DiscardKey(void* body) {
  delete static_cast<Key*>(body)->node;
  delete static_cast<Key*>(body)->name;
}

}  // namespace

const ob::ObjectType kKeyType = {"Key", CloseKey, EndKey, DiscardKey, nullptr, ob::kNotWaitable, KEY_ALL_ACCESS};

Value* KeyNode::Find(std::u16string_view wanted) {
  for (Value& value : values)
    if (SameName(value.name, wanted)) return &value;
  return nullptr;
}

void KeyNode::Put(std::u16string_view wanted, ULONG type, const void* bytes, size_t count, int64_t now) {
  Value* value = Find(wanted);
  const bool fresh = !value;
  if (fresh) value = &values.emplace_back(Value{.name = std::u16string(wanted), .type = type, .data = {}});
  auto* from = static_cast<const uint8_t*>(bytes);
  const bool same = !fresh && value->type == type && std::equal(value->data.begin(), value->data.end(), from, from + (from ? count : 0));
  value->type = type;
  value->data.assign(from, from + (from ? count : 0));
  written = now;
  if (!same) NoteChange(*state, *this, REG_NOTIFY_CHANGE_LAST_SET);
}

bool KeyNode::Remove(std::u16string_view wanted, int64_t now) {
  Value* value = Find(wanted);
  if (!value) return false;
  values.erase(values.begin() + (value - values.data()));
  written = now;
  NoteChange(*state, *this, REG_NOTIFY_CHANGE_LAST_SET);
  return true;
}

void KeyNode::Detach(int64_t now) {
  if (parent) NoteChange(*state, *parent, REG_NOTIFY_CHANGE_NAME);
  NoteDeletion(*state, *this);
  for (auto& [upper, child] : children) {
    child->parent = nullptr;
    child->Detach(now);
  }
  children.clear();
  deleted = true;
  if (!parent) return;
  parent->written = now;
  KeyNode* from = std::exchange(parent, nullptr);
  from->children.erase(Upper(name));  // may be the last reference on this node
}

NTSTATUS KeyNode::Rename(std::u16string_view wanted, int64_t now) {
  if (!parent || wanted.empty() || wanted.size() > kLongestName || wanted.find(u'\\') != std::u16string_view::npos)
    return STATUS_INVALID_PARAMETER;
  std::u16string upper = Upper(wanted), old = Upper(name);
  if (upper != old && parent->children.contains(upper)) return STATUS_CANNOT_DELETE;
  auto entry = parent->children.extract(old);
  entry.key() = upper;
  name = wanted;
  parent->written = written = now;
  parent->children.insert(std::move(entry));
  NoteChange(*state, *parent, REG_NOTIFY_CHANGE_NAME);
  return STATUS_SUCCESS;
}

State::State(Kernel& owner) : kernel(owner), root(std::make_shared<KeyNode>()) {
  root->name = u"Registry";
  root->state = this;
  std::shared_ptr<KeyNode> node;
  for (const char16_t* path : {u"\\Registry\\Machine\\System\\CurrentControlSet\\Services", u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
                               u"\\Registry\\Machine\\Hardware\\DeviceMap", u"\\Registry\\Machine\\Hardware\\Description\\System", u"\\Registry\\User\\.Default",
                               u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\Root",
                               u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class",
                               u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\DeviceClasses"}) {
    // The kernel's pointer to us is not set yet: walk by hand.
    KeyNode* at = root.get();
    std::u16string_view rest = std::u16string_view(path).substr(std::u16string_view(u"\\Registry\\").size());
    while (!rest.empty()) {
      size_t end = std::min(rest.find(u'\\'), rest.size());
      auto& child = at->children[Upper(rest.substr(0, end))];
      if (!child) {
        child = std::make_shared<KeyNode>();
        child->name = rest.substr(0, end);
        child->parent = at;
        child->state = this;
      }
      at = child.get();
      rest = end < rest.size() ? rest.substr(end + 1) : std::u16string_view();
    }
  }
}

State::~State() = default;

std::u16string PathOf(const KeyNode& node) {
  return (node.parent ? PathOf(*node.parent) : std::u16string()) + u"\\" + node.name;
}

namespace {

NTSTATUS WalkTree(Kernel& kernel, KeyNode* from, std::u16string_view path, Missing missing, bool is_volatile, std::shared_ptr<KeyNode>* result,
                  bool* created) {
  State& state = *kernel.cm;
  int64_t now = kernel.executor.SystemTime();
  rt::LockGuard guard(state.lock);
  KeyNode* at = from ? from : state.root.get();
  if (from && from->deleted) return STATUS_KEY_DELETED;
  if (!from) {
    constexpr std::u16string_view kRoot = u"\\Registry";
    if (path.size() < kRoot.size() || !SameName(path.substr(0, kRoot.size()), kRoot)) return STATUS_OBJECT_PATH_SYNTAX_BAD;
    path.remove_prefix(kRoot.size());
    if (!path.empty() && path[0] != u'\\') return STATUS_OBJECT_NAME_NOT_FOUND;
    if (!path.empty()) path.remove_prefix(1);
  } else if (!path.empty() && path[0] == u'\\') {
    return STATUS_OBJECT_PATH_SYNTAX_BAD;
  }
  std::shared_ptr<KeyNode> node;
  if (created) *created = false;
  for (size_t depth = 0; !path.empty(); ++depth) {
    size_t end = std::min(path.find(u'\\'), path.size());
    std::u16string_view part = path.substr(0, end);
    bool last = path.find_first_not_of(u'\\', end) == std::u16string_view::npos;
    if (part.size() > kLongestName || depth >= kDeepest) return STATUS_INVALID_PARAMETER;
    if (part.empty()) {
      path.remove_prefix(1);  // doubled or closing backslash
      continue;
    }
    auto found = at->children.find(Upper(part));
    if (found == at->children.end()) {
      if (missing == Missing::kFail || (missing == Missing::kMakeLast && !last)) return STATUS_OBJECT_NAME_NOT_FOUND;
      if (at->is_volatile && !is_volatile) return STATUS_CHILD_MUST_BE_VOLATILE;
      auto child = std::make_shared<KeyNode>();
      child->name = part;
      child->parent = at;
      child->state = &state;
      child->written = now;
      child->is_volatile = is_volatile;
      at->written = now;
      NoteChange(state, *at, REG_NOTIFY_CHANGE_NAME);
      found = at->children.emplace(Upper(part), std::move(child)).first;
      if (created && last) *created = true;
    }
    node = found->second;
    at = node.get();
    path = last ? std::u16string_view() : path.substr(end + 1);
  }
  if (!node) {
    // The path named its start: find the pointer that owns it.
    if (!at->parent) node = state.root;
    else node = at->parent->children.at(Upper(at->name));
  }
  *result = std::move(node);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS Walk(Kernel& kernel, KeyNode* from, std::u16string_view path, Missing missing, bool is_volatile,
              std::shared_ptr<KeyNode>* result, bool* created) {
  const NTSTATUS status = WalkTree(kernel, from, path, missing, is_volatile, result, created);
  if (missing != Missing::kFail) TellWatches(kernel);
  return status;
}

NTSTATUS OpenHandle(Kernel& kernel, std::shared_ptr<KeyNode> node, ACCESS_MASK access, ULONG attributes, HANDLE* handle) {
  Key* key = ob::CreateObject<Key>(kernel, kKeyType);
  if (!key) return STATUS_INSUFFICIENT_RESOURCES;
  key->node = new std::shared_ptr<KeyNode>(std::move(node));
  NTSTATUS status = ob::InsertHandle(kernel, key, access, attributes, handle);
  if (!NT_SUCCESS(status)) ob::Dereference(key);
  return status;
}

NTSTATUS SetValue(Kernel& kernel, std::u16string_view path, std::u16string_view name, ULONG type, const void* data,
                  size_t bytes) {
  std::shared_ptr<KeyNode> node;
  NTSTATUS status = Walk(kernel, nullptr, path, Missing::kMakeAll, false, &node);
  if (!NT_SUCCESS(status)) return status;
  int64_t now = kernel.executor.SystemTime();
  {
    rt::LockGuard guard(kernel.cm->lock);
    node->Put(name, type, data, bytes, now);
  }
  TellWatches(kernel);
  return STATUS_SUCCESS;
}

NTSTATUS RemoveValue(Kernel& kernel, std::u16string_view path, std::u16string_view name) {
  std::shared_ptr<KeyNode> node;
  const NTSTATUS status = Walk(kernel, nullptr, path, Missing::kFail, false, &node);
  if (!NT_SUCCESS(status)) return status;
  const int64_t now = kernel.executor.SystemTime();
  bool there;
  {
    rt::LockGuard guard(kernel.cm->lock);
    there = node->Remove(name, now);
  }
  TellWatches(kernel);
  return there ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS GetValue(Kernel& kernel, std::u16string_view path, std::u16string_view name, Value* value) {
  std::shared_ptr<KeyNode> node;
  NTSTATUS status = Walk(kernel, nullptr, path, Missing::kFail, false, &node);
  if (!NT_SUCCESS(status)) return status;
  rt::LockGuard guard(kernel.cm->lock);
  Value* found = node->Find(name);
  if (!found) return STATUS_OBJECT_NAME_NOT_FOUND;
  *value = *found;
  return STATUS_SUCCESS;
}

NTSTATUS MakeKey(Kernel& kernel, std::u16string_view path) {
  std::shared_ptr<KeyNode> node;
  return Walk(kernel, nullptr, path, Missing::kMakeAll, false, &node);
}

NTSTATUS DeleteTree(Kernel& kernel, std::u16string_view path) {
  std::shared_ptr<KeyNode> node;
  NTSTATUS status = Walk(kernel, nullptr, path, Missing::kFail, false, &node);
  if (!NT_SUCCESS(status)) return status;
  int64_t now = kernel.executor.SystemTime();
  {
    rt::LockGuard guard(kernel.cm->lock);
    if (node->deleted) return STATUS_KEY_DELETED;
    if (!node->parent || !node->parent->parent) return STATUS_CANNOT_DELETE;
    node->Detach(now);
  }
  TellWatches(kernel);
  return STATUS_SUCCESS;
}

bool GetDword(Kernel& kernel, std::u16string_view path, std::u16string_view name, ULONG* number) {
  Value value;
  if (!NT_SUCCESS(GetValue(kernel, path, name, &value)) || value.type != REG_DWORD || value.data.size() != sizeof *number) return false;
  std::memcpy(number, value.data.data(), sizeof *number);
  return true;
}

}  // namespace drydock::nt::cm
