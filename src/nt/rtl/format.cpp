#include "nt/rtl/format.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <drydock_text.h>
#include <ntddk.h>

#include "nt/rtl/utf.h"

namespace drydock::nt::rtl {
namespace {

enum class Size : uint8_t { kDefault, kChar, kShort, kLong, kWide, kInt32, kInt64 };

struct Spec {
  bool left = false, plus = false, space = false, alternate = false, zero = false;
  int width = 0;
  int precision = -1;  // -1: none given
  Size size = Size::kDefault;
  char16_t conversion = 0;
};

constexpr int kMaxField = 65'536;  // no format of sense asks for more

// Where characters go: at most `limit` of them; all are counted.
template <class Char>
class Output {
 public:
  Output(Char* buffer, size_t limit) : buffer_(buffer), limit_(limit) {}
  void Put(Char c) {
    if (length_ < limit_) buffer_[length_] = c;
    ++length_;
  }
  void Fill(Char c, long count) {
    for (; count > 0; --count) Put(c);
  }
  void PutAscii(const char* text, size_t length) {
    for (size_t i = 0; i < length; ++i) Put(static_cast<Char>(static_cast<unsigned char>(text[i])));
  }
  size_t length() const { return length_; }

 private:
  Char* buffer_;
  size_t limit_;
  size_t length_ = 0;
};

template <class Char>
size_t BoundedLength(const Char* text, int precision) {
  size_t length = 0;
  while ((precision < 0 || length < static_cast<size_t>(precision)) && text[length] != 0) ++length;
  return length;
}

template <class Char>
void PutPadded(Output<Char>& out, const Spec& spec, const Char* text, size_t length) {
  const long pad = spec.width - static_cast<long>(length);
  if (!spec.left) out.Fill(spec.zero ? '0' : ' ', pad);
  for (size_t i = 0; i < length; ++i) out.Put(text[i]);
  if (spec.left) out.Fill(' ', pad);
}
// Text of the other width: wide becomes UTF-8, narrow is taken as UTF-8.
void PutPadded(Output<char>& out, const Spec& spec, const char16_t* text, size_t length) {
  std::string narrow(Utf8Length(text, length), 0);
  ToUtf8(text, length, narrow.data());
  PutPadded(out, spec, narrow.data(), narrow.size());
}
void PutPadded(Output<char16_t>& out, const Spec& spec, const char* text, size_t length) {
  std::u16string wide(Utf16Length(text, length), 0);
  ToUtf16(text, length, wide.data());
  PutPadded(out, spec, wide.data(), wide.size());
}

template <class Char>
void PutNarrow(Output<Char>& out, const Spec& spec, const char* text) {
  if (text == nullptr) text = "(null)";
  PutPadded(out, spec, text, BoundedLength(text, spec.precision));
}
template <class Char>
void PutWide(Output<Char>& out, const Spec& spec, const char16_t* text) {
  if (text == nullptr) text = u"(null)";
  PutPadded(out, spec, text, BoundedLength(text, spec.precision));
}

template <class Char>
void PutCounted(Output<Char>& out, Spec spec, const void* counted, bool wide) {
  // ANSI_STRING and UNICODE_STRING: both lengths in bytes, then the buffer.
  auto* string = static_cast<const UNICODE_STRING*>(counted);
  if (string == nullptr || string->Buffer == nullptr) {
    PutNarrow(out, spec, "(null)");
    return;
  }
  size_t length = wide ? string->Length / sizeof(char16_t) : string->Length;
  if (spec.precision >= 0 && static_cast<size_t>(spec.precision) < length) length = static_cast<size_t>(spec.precision);
  if (wide) {
    PutPadded(out, spec, reinterpret_cast<const char16_t*>(string->Buffer), length);
  } else {
    PutPadded(out, spec, reinterpret_cast<const char*>(string->Buffer), length);
  }
}

// Digits and sign by the field's flags.
template <class Char>
void PutNumber(Output<Char>& out, const Spec& spec, uint64_t magnitude, bool negative, bool is_signed, unsigned base, bool upper) {
  char digits[64];
  size_t count = 0;
  for (uint64_t rest = magnitude; rest != 0; rest /= base) {
    digits[count++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
  }
  if (count == 0 && spec.precision != 0) digits[count++] = '0';
  char prefix[3];
  size_t prefix_length = 0;
  if (negative) {
    prefix[prefix_length++] = '-';
  } else if (is_signed && (spec.plus || spec.space)) {
    prefix[prefix_length++] = spec.plus ? '+' : ' ';
  }
  if (spec.alternate && base == 16 && magnitude != 0) {
    prefix[prefix_length++] = '0';
    prefix[prefix_length++] = upper ? 'X' : 'x';
  }
  long zeros = spec.precision - static_cast<long>(count);
  if (spec.alternate && base == 8 && zeros <= 0 && (count == 0 || digits[count - 1] != '0')) zeros = 1;
  if (zeros < 0) zeros = 0;
  long pad = spec.width - static_cast<long>(prefix_length + static_cast<size_t>(zeros) + count);
  if (spec.zero && !spec.left && spec.precision < 0 && pad > 0) {
    zeros += pad;
    pad = 0;
  }
  if (!spec.left) out.Fill(' ', pad);
  out.PutAscii(prefix, prefix_length);
  out.Fill('0', zeros);
  while (count > 0) out.Put(static_cast<Char>(digits[--count]));
  if (spec.left) out.Fill(' ', pad);
}

template <class Char>
void PutFloat(Output<Char>& out, const Spec& spec, double value) {
  char format[32], text[512];
  int at = 0;
  format[at++] = '%';
  if (spec.left) format[at++] = '-';
  if (spec.plus) format[at++] = '+';
  if (spec.space) format[at++] = ' ';
  if (spec.alternate) format[at++] = '#';
  if (spec.zero) format[at++] = '0';
  std::snprintf(format + at, sizeof format - static_cast<size_t>(at), "*.*%c", static_cast<char>(spec.conversion));
  const int width = spec.width < 400 ? spec.width : 400, precision = spec.precision < 0 ? 6 : spec.precision < 300 ? spec.precision : 300;
  const int length = std::snprintf(text, sizeof text, format, width, precision, value);
  if (length > 0) out.PutAscii(text, std::min<size_t>(static_cast<size_t>(length), sizeof text - 1));
}

bool IsWideText(const Spec& spec, bool wide_by_default) {
  switch (spec.size) {
    case Size::kShort: return false;
    case Size::kLong:
    case Size::kWide: return true;
    default: return wide_by_default;
  }
}

template <class Char>
const Char* ParseSize(const Char* at, Spec& spec) {
  switch (*at) {
    case 'h':
      spec.size = at[1] == 'h' ? Size::kChar : Size::kShort;
      return at + (at[1] == 'h' ? 2 : 1);
    case 'l':
      spec.size = at[1] == 'l' ? Size::kInt64 : Size::kLong;
      return at + (at[1] == 'l' ? 2 : 1);
    case 'w': spec.size = Size::kWide; return at + 1;
    case 'I':
      if (at[1] == '6' && at[2] == '4') {
        spec.size = Size::kInt64;
        return at + 3;
      }
      if (at[1] == '3' && at[2] == '2') {
        spec.size = Size::kInt32;
        return at + 3;
      }
      spec.size = Size::kInt64;
      return at + 1;
    case 'z':
    case 't':
    case 'j': spec.size = Size::kInt64; return at + 1;
    case 'L': return at + 1;  // long double is double on Windows
    default: return at;
  }
}

// A va_list behind a struct, so that it can be passed on by reference whatever its type is.
struct Arguments {
  va_list list;
};

template <class Char>
const Char* ParseField(const Char* at, Spec& spec, Arguments& arguments) {
  for (;; ++at) {
    if (*at == '-') spec.left = true;
    else if (*at == '+') spec.plus = true;
    else if (*at == ' ') spec.space = true;
    else if (*at == '#') spec.alternate = true;
    else if (*at == '0') spec.zero = true;
    else break;
  }
  auto number = [&](int& value) {
    if (*at == '*') {
      value = va_arg(arguments.list, int);
      ++at;
      return;
    }
    value = 0;
    for (; *at >= '0' && *at <= '9'; ++at) {
      if (value < kMaxField) value = value * 10 + (*at - '0');
    }
  };
  if (*at == '*' || (*at >= '1' && *at <= '9')) number(spec.width);
  if (spec.width < 0) {
    spec.left = true;
    spec.width = spec.width == INT32_MIN ? kMaxField : -spec.width;
  }
  if (spec.width > kMaxField) spec.width = kMaxField;
  if (*at == '.') {
    ++at;
    number(spec.precision);
    if (spec.precision < 0) spec.precision = -1;
    if (spec.precision > kMaxField) spec.precision = kMaxField;
  }
  at = ParseSize(at, spec);
  spec.conversion = static_cast<char16_t>(*at);
  return *at == 0 ? at : at + 1;
}

template <class Char>
void PutInteger(Output<Char>& out, const Spec& spec, Arguments& arguments) {
  uint64_t value = 0;
  int64_t as_signed = 0;
  switch (spec.size) {
    case Size::kInt64:
      value = va_arg(arguments.list, uint64_t);
      as_signed = static_cast<int64_t>(value);
      break;
    case Size::kShort:
      value = static_cast<uint16_t>(va_arg(arguments.list, int));
      as_signed = static_cast<int16_t>(value);
      break;
    case Size::kChar:
      value = static_cast<uint8_t>(va_arg(arguments.list, int));
      as_signed = static_cast<int8_t>(value);
      break;
    default:  // `l` too: a LONG has 32 bits
      value = va_arg(arguments.list, uint32_t);
      as_signed = static_cast<int32_t>(value);
      break;
  }
  switch (spec.conversion) {
    case 'd':
    case 'i': {
      const bool negative = as_signed < 0;
      const uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(as_signed) : static_cast<uint64_t>(as_signed);
      PutNumber(out, spec, magnitude, negative, true, 10, false);
      break;
    }
    case 'u': PutNumber(out, spec, value, false, false, 10, false); break;
    case 'o': PutNumber(out, spec, value, false, false, 8, false); break;
    default: PutNumber(out, spec, value, false, false, 16, spec.conversion == 'X'); break;
  }
}

template <class Char>
void PutOne(Output<Char>& out, Spec& spec, Arguments& arguments) {
  constexpr bool kWide = sizeof(Char) == 2;
  switch (spec.conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': PutInteger(out, spec, arguments); break;
    case 'p':
    case 'P':
      spec.precision = 16;
      spec.zero = false;
      PutNumber(out, spec, va_arg(arguments.list, uint64_t), false, false, 16, true);
      break;
    case 's':
    case 'S':
      if (IsWideText(spec, (spec.conversion == 's') == kWide)) {
        PutWide(out, spec, va_arg(arguments.list, const char16_t*));
      } else {
        PutNarrow(out, spec, va_arg(arguments.list, const char*));
      }
      break;
    case 'c':
    case 'C': {
      const int c = va_arg(arguments.list, int);
      if (IsWideText(spec, (spec.conversion == 'c') == kWide)) {
        const auto wide = static_cast<char16_t>(c);
        PutPadded(out, spec, &wide, 1);
      } else {
        const auto narrow = static_cast<char>(c);
        PutPadded(out, spec, &narrow, 1);
      }
      break;
    }
    case 'Z': PutCounted(out, spec, va_arg(arguments.list, const void*), spec.size == Size::kWide || spec.size == Size::kLong); break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A': PutFloat(out, spec, va_arg(arguments.list, double)); break;
    case 'n': (void)va_arg(arguments.list, void*); break;  // writing through a format is no service to anybody
    case 0: break;
    default: out.Put(static_cast<Char>(spec.conversion)); break;  // %% and what nobody knows
  }
}

template <class Char>
size_t FormatTo(Char* buffer, size_t limit, const Char* format, va_list list) {
  Output<Char> out(buffer, limit);
  Arguments arguments;
  va_copy(arguments.list, list);
  while (*format != 0) {
    if (*format != '%') {
      out.Put(*format++);
      continue;
    }
    Spec spec;
    format = ParseField(format + 1, spec, arguments);
    PutOne(out, spec, arguments);
  }
  va_end(arguments.list);
  return out.length();
}

}  // namespace

namespace {

template <class Char>
size_t FormatTerminated(Char* buffer, size_t capacity, const Char* format, va_list arguments) {
  const size_t limit = capacity == 0 ? 0 : capacity - 1;
  const size_t length = FormatTo(buffer, limit, format, arguments);
  if (capacity != 0) buffer[length < limit ? length : limit] = 0;
  return length;
}

// As sdk/shared/drydock_text.h wants it: a terminator only where there is room.
template <class Char>
int FormatUnterminated(Char* buffer, size_t capacity, const Char* format, va_list arguments) {
  const size_t length = FormatTo(buffer, capacity, format, arguments);
  if (length < capacity) buffer[length] = 0;
  return static_cast<int>(length > INT32_MAX ? INT32_MAX : length);
}

}  // namespace

size_t FormatA(char* buffer, size_t capacity, const char* format, va_list arguments) {
  return FormatTerminated(buffer, capacity, format, arguments);
}

size_t FormatW(char16_t* buffer, size_t capacity, const char16_t* format, va_list arguments) {
  return FormatTerminated(buffer, capacity, format, arguments);
}

std::string Format(const char* format, va_list arguments) {
  char text[512];
  const size_t length = FormatA(text, sizeof text, format, arguments);
  if (length < sizeof text) return std::string(text, length);
  std::string longer(length + 1, 0);
  FormatA(longer.data(), longer.size(), format, arguments);
  longer.resize(length);
  return longer;
}

}  // namespace drydock::nt::rtl

extern "C" int DrydockVsnprintfA(CHAR* buffer, size_t capacity, const CHAR* format, va_list arguments) {
  return drydock::nt::rtl::FormatUnterminated(buffer, capacity, format, arguments);
}

extern "C" int DrydockVsnprintfW(WCHAR* buffer, size_t capacity, const WCHAR* format, va_list arguments) {
  return drydock::nt::rtl::FormatUnterminated(reinterpret_cast<char16_t*>(buffer), capacity, reinterpret_cast<const char16_t*>(format),
                                              arguments);
}
