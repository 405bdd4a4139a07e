// Format: text by NT's format rules, for DbgPrint, the safe-string functions and bug check texts.
// Called by:  dbg, rtl; any IRQL (it touches only its arguments and the buffer).
// Rules:      `l` and no size are 32 bits, `ll`, `I64`, `I`, `z`, `t`, `j` are 64; `p` is 16 digits. Wide is 16 bits.
//             %s and %c follow the format's own width, %S and %C the other one; `h` narrow, `l` and `w` wide.
//             %Z is an ANSI_STRING*, %wZ (and %lZ) a UNICODE_STRING*. A null string prints as (null). %n is ignored.
// Source:     public documentation of DbgPrint and of the printf family's format fields.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <string>

namespace drydock::nt::rtl {

// Writes at most capacity - 1 characters and a terminator (capacity 0: nothing). Returns how long the whole text is.
size_t FormatA(char* buffer, size_t capacity, const char* format, va_list arguments);
size_t FormatW(char16_t* buffer, size_t capacity, const char16_t* format, va_list arguments);

std::string Format(const char* format, va_list arguments);

}  // namespace drydock::nt::rtl
