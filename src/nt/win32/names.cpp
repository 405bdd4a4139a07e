#include "nt/win32/names.h"

#include <vector>

#include "nt/ob/name_space.h"
#include "nt/win32/program.h"

namespace drydock::nt::win32 {
namespace {

bool IsSlash(char16_t c) { return c == u'\\' || c == u'/'; }
bool HasDrive(std::u16string_view name) { return name.size() >= 2 && name[1] == u':'; }

// Names that are devices wherever they are spoken.
bool IsDosDevice(std::u16string_view name) {
  for (std::u16string_view device : {u"CON", u"NUL", u"PRN", u"AUX", u"CONIN$", u"CONOUT$"})
    if (ob::EqualNames(name, device)) return true;
  return name.size() == 4 && name[3] >= u'1' && name[3] <= u'9' &&
         (ob::EqualNames(name.substr(0, 3), u"COM") || ob::EqualNames(name.substr(0, 3), u"LPT"));
}

}  // namespace

std::u16string CurrentDirectory() {
  Program* program = CurrentProgram();
  if (program == nullptr) return u"C:\\Windows\\System32\\";
  rt::LockGuard guard(program->lock);
  return program->spec.folder;
}

std::u16string FullNameOf(std::u16string_view name) {
  std::u16string text;
  if (HasDrive(name)) {
    text = name;
    if (name.size() == 2 || !IsSlash(name[2])) text.insert(2, u"\\");
  } else if (!name.empty() && IsSlash(name[0])) {
    text = CurrentDirectory().substr(0, 2);
    text += name;
  } else {
    text = CurrentDirectory();
    text += name;
  }
  std::vector<std::u16string> parts;
  std::u16string part;
  bool ends_with_slash = false;
  for (size_t i = 2; i <= text.size(); ++i) {
    if (i < text.size() && !IsSlash(text[i])) {
      part += text[i];
      continue;
    }
    if (part == u"..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != u".") {
      parts.push_back(part);
    }
    ends_with_slash = i < text.size();
    part.clear();
  }
  std::u16string full = text.substr(0, 2);
  for (const std::u16string& each : parts) full += u'\\' + each;
  if (ends_with_slash || parts.empty()) full += u'\\';
  return full;
}

bool NtNameOf(std::u16string_view name, std::u16string* nt_name) {
  if (name.empty()) return false;
  *nt_name = u"\\??\\";
  if (name.size() > 4 && IsSlash(name[0]) && IsSlash(name[1]) && (name[2] == u'.' || name[2] == u'?') && IsSlash(name[3])) {
    const bool as_it_is = name[2] == u'?';
    for (char16_t c : name.substr(4)) *nt_name += c == u'/' && !as_it_is ? u'\\' : c;
    return true;
  }
  if (name.starts_with(u"\\??\\")) {
    *nt_name = name;
    return true;
  }
  if (IsDosDevice(name)) *nt_name += name;
  else *nt_name += FullNameOf(name);
  return true;
}

}  // namespace drydock::nt::win32
