#include "wdf/object/reference_log.h"

#include <fmt/format.h>

#include <cctype>

namespace drydock::wdf {

void ReferenceLog::Add(const Object* object, const Entry& entry) {
  rt::LockGuard guard(lock_);
  entries_[object].push_back(entry);
}

bool ReferenceLog::Remove(const Object* object, const void* tag) {
  rt::LockGuard guard(lock_);
  auto found = entries_.find(object);
  if (found == entries_.end()) return false;
  std::vector<Entry>& list = found->second;
  for (size_t i = list.size(); i-- > 0;) {
    if (list[i].tag != tag) continue;
    list.erase(list.begin() + static_cast<ptrdiff_t>(i));
    return true;
  }
  return false;
}

void ReferenceLog::Forget(const Object* object) {
  rt::LockGuard guard(lock_);
  entries_.erase(object);
}

std::string ReferenceLog::Describe(const Object* object) {
  rt::LockGuard guard(lock_);
  std::string text;
  auto found = entries_.find(object);
  if (found == entries_.end()) return text;
  for (const Entry& entry : found->second) {
    const uintptr_t value = reinterpret_cast<uintptr_t>(entry.tag);
    std::string tag;
    for (unsigned i = 0; i < 4; ++i) {
      const char c = static_cast<char>(value >> (8 * i));
      if (std::isprint(static_cast<unsigned char>(c))) tag += c;
    }
    if (!text.empty()) text += ", ";
    text += fmt::format("tag '{}' at {}:{}", tag, entry.file ? entry.file : "?", entry.line);
  }
  return text;
}

}  // namespace drydock::wdf
