// File names of Win32: what they mean in NT's name space.
#pragma once

#include <string>
#include <string_view>

namespace drydock::nt::win32 {

// \\.\Name, \\?\Name: below \??. X:..., CON, NUL and COM1 likewise; others below the current directory. False: no name.
bool NtNameOf(std::u16string_view name, std::u16string* nt_name);
// The whole name of a file as Win32 sees it: with drive, without "." and "..".
std::u16string FullNameOf(std::u16string_view name);
std::u16string CurrentDirectory();

}  // namespace drydock::nt::win32
