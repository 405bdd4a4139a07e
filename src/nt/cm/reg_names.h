// The roots that .reg text names, and where they lie in the registry.
#pragma once

#include <string>
#include <string_view>

namespace drydock::nt::cm {

struct RootName {
  std::u16string_view text;
  std::u16string_view path;
};

// The first that fits is used; those that lie below another's path come first.
inline constexpr RootName kRootNames[] = {
    {u"HKEY_CURRENT_USER", u"\\Registry\\User\\.Default"},
    {u"HKEY_CLASSES_ROOT", u"\\Registry\\Machine\\Software\\Classes"},
    {u"HKEY_CURRENT_CONFIG", u"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
    {u"HKEY_LOCAL_MACHINE", u"\\Registry\\Machine"},
    {u"HKEY_USERS", u"\\Registry\\User"},
};

// "HKEY_LOCAL_MACHINE\X" as "\Registry\Machine\X"; empty when it begins with no root.
std::u16string PathOfRegName(std::u16string_view name);

inline constexpr char16_t kRegHeader[] = u"Windows Registry Editor Version 5.00";

}  // namespace drydock::nt::cm
