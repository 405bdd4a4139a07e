// The scanf family of the C run-time, with its sizes behind %s, %c and %[ in the _s forms.
#include <cctype>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "nt/ob/name_space.h"
#include "nt/win32/program.h"

using namespace drydock::nt;
using namespace drydock::nt::win32;

extern "C" int DrydockGetc(FILE* stream);

namespace {

// Where characters come from: a stream, or a text.
class Source {
 public:
  explicit Source(FILE* stream) : stream_(stream) {}
  explicit Source(const char* text) : text_(text) {}
  int Get() {
    const int c = stream_ ? DrydockGetc(stream_) : *text_ != 0 ? static_cast<unsigned char>(*text_++) : EOF;
    if (c != EOF) ++count_;
    return c;
  }
  void Back(int c) {
    if (c == EOF) return;
    --count_;
    if (stream_) std::ungetc(c, stream_);
    else --text_;
  }
  int count() const { return count_; }

 private:
  FILE* stream_ = nullptr;
  const char* text_ = nullptr;
  int count_ = 0;
};

struct Field {
  bool suppressed = false;
  size_t width = 0;  // 0: none
  int bytes = 4;     // of integers; 8 of double
  bool long_double = false;
  bool wide = false, narrow = false;
  char letter = 0;
  std::string set;
  bool inverted = false;
};

// Behind the '%'; returns what follows the field.
const char* ReadField(const char* at, Field* field) {
  if (*at == '*') field->suppressed = true, ++at;
  while (std::isdigit(static_cast<unsigned char>(*at))) field->width = field->width * 10 + static_cast<size_t>(*at++ - '0');
  for (;; ++at) {
    if (at[0] == 'I' && at[1] == '6' && at[2] == '4') field->bytes = 8, at += 2;
    else if (at[0] == 'I' && at[1] == '3' && at[2] == '2') field->bytes = 4, at += 2;
    else if (at[0] == 'l' && at[1] == 'l') field->bytes = 8, ++at;
    else if (at[0] == 'h' && at[1] == 'h') field->bytes = 1, field->narrow = true, ++at;
    else if (*at == 'I' || *at == 'z' || *at == 't' || *at == 'j') field->bytes = 8;
    else if (*at == 'h') field->bytes = 2, field->narrow = true;
    else if (*at == 'l' || *at == 'w') field->wide = field->long_double = true;
    else break;
  }
  field->letter = *at;
  if (*at == 0) return at;
  ++at;
  if (field->letter != '[') return at;
  if (*at == '^') field->inverted = true, ++at;
  do {
    if (*at == 0) break;
    if (at[1] == '-' && at[2] != ']' && at[2] != 0) {
      for (int c = static_cast<unsigned char>(at[0]); c <= static_cast<unsigned char>(at[2]); ++c) field->set += static_cast<char>(c);
      at += 3;
    } else {
      field->set += *at++;
    }
  } while (*at != ']');
  return *at ? at + 1 : at;
}

void Store(void* to, int bytes, uint64_t value) { std::memcpy(to, &value, static_cast<size_t>(bytes)); }

class Scanner {
 public:
  // `sized`: the _s forms. `wide`: of a wide format, whose texts are wide unless the field says otherwise.
  Scanner(Source source, bool sized, bool wide) : source_(source), sized_(sized), wide_(wide) {}

  int Scan(const char* format, va_list arguments) {
    int done = 0;
    for (const char* at = format; *at != 0;) {
      if (std::isspace(static_cast<unsigned char>(*at))) {
        SkipSpace();
        ++at;
      } else if (*at != '%' || at[1] == '%') {
        if (*at == '%') SkipSpace(), ++at;
        const int c = source_.Get();
        if (c != static_cast<unsigned char>(*at)) {
          source_.Back(c);
          return c == EOF && done == 0 ? EOF : done;
        }
        ++at;
      } else {
        Field field;
        at = ReadField(at + 1, &field);
        const int result = ReadOne(field, arguments);
        if (result < 0) return result == EOF && done == 0 ? EOF : done;
        done += result;
      }
    }
    return done;
  }

 private:
  static constexpr int kMismatch = -2;

  void SkipSpace() {
    int c;
    do c = source_.Get();
    while (c != EOF && std::isspace(c));
    source_.Back(c);
  }

  // How many arguments were filled; EOF, kMismatch.
  int ReadOne(const Field& field, va_list arguments) {
    switch (field.letter) {
      case 'n':
        if (!field.suppressed) *va_arg(arguments, int*) = source_.count();
        return 0;
      case 'c': case 'C': case 's': case 'S': case '[': return ReadText(field, arguments);
      default: return ReadNumber(field, arguments);
    }
  }

  bool Belongs(const Field& field, int c) const {
    switch (field.letter) {
      case 'c': case 'C': return true;
      case 's': case 'S': return !std::isspace(c);
      default: return (field.set.find(static_cast<char>(c)) != std::string::npos) != field.inverted;
    }
  }

  int ReadText(const Field& field, va_list arguments) {
    const bool characters = field.letter == 'c' || field.letter == 'C';
    const bool other = field.letter == 'S' || field.letter == 'C';
    const bool wide = field.narrow ? false : field.wide || wide_ != other;
    void* to = field.suppressed ? nullptr : va_arg(arguments, void*);
    const size_t room = !field.suppressed && sized_ ? va_arg(arguments, unsigned) : SIZE_MAX;
    if (!characters && field.letter != '[') SkipSpace();
    const size_t most = field.width ? field.width : characters ? 1 : SIZE_MAX;
    std::string text;
    int c = 0;
    while (text.size() < most && (c = source_.Get()) != EOF && Belongs(field, c)) text += static_cast<char>(c);
    if (text.size() < most || most == 0) source_.Back(c);
    if (text.empty()) return c == EOF ? EOF : kMismatch;
    if (field.suppressed) return 0;
    const std::u16string converted = wide ? ob::ToUtf16(text) : std::u16string();
    const size_t length = wide ? converted.size() : text.size();
    const size_t needed = length + (characters ? 0 : 1);
    const size_t unit = wide ? sizeof(char16_t) : 1;
    if (needed > room) {
      if (room > 0) std::memset(to, 0, unit);
      return kMismatch;
    }
    std::memcpy(to, wide ? static_cast<const void*>(converted.data()) : text.data(), length * unit);
    if (!characters) std::memset(static_cast<char*>(to) + length * unit, 0, unit);
    return 1;
  }

  int ReadNumber(const Field& field, va_list arguments) {
    SkipSpace();
    const bool real = std::strchr("aefgAEFG", field.letter) != nullptr;
    if (!real && !std::strchr("dioupxX", field.letter)) return kMismatch;
    const int base = field.letter == 'x' || field.letter == 'X' || field.letter == 'p' ? 16 : field.letter == 'o' ? 8 : field.letter == 'i' ? 0 : 10;
    const size_t most = field.width ? field.width : 64;
    std::string text;
    int c = 0;
    while (text.size() < most && (c = source_.Get()) != EOF && CanFollow(text, static_cast<char>(c), base, real)) text += static_cast<char>(c);
    if (text.size() < most) source_.Back(c);
    if (text.empty()) return c == EOF ? EOF : kMismatch;
    char* end = nullptr;
    if (real) {
      const double value = std::strtod(text.c_str(), &end);
      if (end == text.c_str()) return kMismatch;
      if (field.suppressed) return 0;
      if (field.long_double || field.bytes == 8) *va_arg(arguments, double*) = value;
      else *va_arg(arguments, float*) = static_cast<float>(value);
      return 1;
    }
    const bool negative = text[0] == '-';
    const uint64_t value = std::strtoull(text.c_str() + (negative || text[0] == '+'), &end, base);
    if (end == text.c_str() + (negative || text[0] == '+')) return kMismatch;
    if (field.suppressed) return 0;
    Store(va_arg(arguments, void*), field.letter == 'p' ? 8 : field.bytes, negative ? 0 - value : value);
    return 1;
  }

  static bool CanFollow(const std::string& text, char c, int base, bool real) {
    if (c == '+' || c == '-') return text.empty() || (real && (text.back() == 'e' || text.back() == 'E'));
    if (real) return std::isdigit(static_cast<unsigned char>(c)) || c == '.' || ((c == 'e' || c == 'E') && !text.empty());
    const bool leads = text == "0" || text == "-0" || text == "+0";
    if (c == 'x' || c == 'X') return leads && (base == 16 || base == 0);
    const bool hex = base == 16 || (base == 0 && text.find_first_of("xX") != std::string::npos);
    if (hex) return std::isxdigit(static_cast<unsigned char>(c));
    return c >= '0' && c <= (base == 8 ? '7' : '9');
  }

  Source source_;
  const bool sized_, wide_;
};

}  // namespace

extern "C" {

int DrydockScan(FILE* stream, const char* format, va_list arguments, int sized) {
  return Scanner(Source(stream), sized != 0, false).Scan(format, arguments);
}
int DrydockScanText(const char* text, const char* format, va_list arguments, int sized) {
  return Scanner(Source(text), sized != 0, false).Scan(format, arguments);
}
int DrydockScanW(FILE* stream, const char16_t* format, va_list arguments, int sized) {
  return Scanner(Source(stream), sized != 0, true).Scan(ob::ToUtf8(format).c_str(), arguments);
}
int DrydockScanTextW(const char16_t* text, const char16_t* format, va_list arguments, int sized) {
  const std::string narrow = ob::ToUtf8(text);
  return Scanner(Source(narrow.c_str()), sized != 0, true).Scan(ob::ToUtf8(format).c_str(), arguments);
}

}  // extern "C"
