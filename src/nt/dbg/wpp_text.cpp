#include "nt/dbg/wpp_text.h"

#include <drydock_wpp.h>
#include <fmt/format.h>
#include <ntddk.h>

#include <algorithm>
#include <cstring>

#include "nt/rtl/format.h"

namespace drydock::nt::dbg {
namespace {

struct StatusName {
  uint32_t value;
  const char* name;
};
constexpr StatusName kStatusNames[] = {
#define STATUS_NAME(value, name) {value, name},
#include "constant_names.inc"
#undef STATUS_NAME
};

// One printf field with its one argument.
std::string Field(const char* field, ...) {
  va_list arguments;
  va_start(arguments, field);
  std::string text = rtl::Format(field, arguments);
  va_end(arguments);
  return text;
}

std::string_view BaseName(const char* file) {
  const std::string_view path = file != nullptr ? file : "";
  return path.substr(path.find_last_of('/') + 1);
}

std::string GuidText(const GUID* guid) {
  if (guid == nullptr) return "<NULL>";
  const unsigned char* d = guid->Data4;
  return fmt::format("{{{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}}}",
                     guid->Data1, guid->Data2, guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5],
                     d[6], d[7]);
}

std::string StatusText(uint32_t status) {
  for (const StatusName& known : kStatusNames) {
    if (known.value == status) return fmt::format("0x{:08X}({})", status, known.name);
  }
  return fmt::format("0x{:08X}", status);
}

std::string BytesText(const DRYDOCK_WPP_BUFFER& buffer) {
  std::string text;
  const auto* bytes = static_cast<const unsigned char*>(buffer.Data);
  if (bytes == nullptr) return "<NULL>";
  for (int i = 0; i < buffer.Length; ++i)
    text += fmt::format("{}{:02x}", i == 0 ? "" : " ", bytes[i]);
  return text;
}

std::string Ipv6Text(const unsigned char* bytes) {
  if (bytes == nullptr) return "<NULL>";
  std::string text;
  for (int i = 0; i < 16; i += 2) text += fmt::format("{}{:x}", i == 0 ? "" : ":", bytes[i] << 8 | bytes[i + 1]);
  return text;
}

std::string TimeText(int64_t time) {
  LARGE_INTEGER ticks;
  ticks.QuadPart = time;
  TIME_FIELDS at;
  RtlTimeToTimeFields(&ticks, &at);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", at.Year, at.Month, at.Day, at.Hour, at.Minute, at.Second, at.Milliseconds);
}

// Milliseconds as day~h:m:s.
std::string SpanText(int64_t milliseconds) {
  const char* sign = milliseconds < 0 ? "-" : "";
  const uint64_t all = milliseconds < 0 ? 0 - static_cast<uint64_t>(milliseconds) : static_cast<uint64_t>(milliseconds);
  const uint64_t seconds = all / 1000;
  return fmt::format("{}{}~{}:{:02}:{:02}.{:03}", sign, seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, all % 1000);
}

std::string SidText(const unsigned char* sid) {
  if (sid == nullptr) return "<NULL>";
  uint64_t authority = 0;
  for (int i = 2; i < 8; ++i) authority = authority << 8 | sid[i];
  std::string text = fmt::format("S-{}-{}", sid[0], authority);
  for (int i = 0; i < sid[1]; ++i) {
    uint32_t part;
    std::memcpy(&part, sid + 8 + 4 * i, sizeof part);
    text += fmt::format("-{}", part);
  }
  return text;
}

std::string TypeText(const WppType& type, int64_t value) {
  if (!type.is_set) {
    for (const auto& [known, word] : type.words) {
      if (known == value) return fmt::format("{}({})", word, value);
    }
    return std::to_string(value);
  }
  std::string text;
  for (const auto& [bit, word] : type.words) {
    if (bit < 0 || bit > 63 || ((static_cast<uint64_t>(value) >> bit) & 1) == 0) continue;
    text += (text.empty() ? "" : "|") + word;
  }
  return fmt::format("{}({:#x})", text, static_cast<uint64_t>(value));
}

class Writer {
 public:
  Writer(const WppMessage& message, const std::vector<WppType>& types)
      : message_(message), types_(types) {}

  std::string Write(const char* format, va_list arguments) {
    va_copy(arguments_, arguments);
    for (const char* at = format; *at != 0;) {
      if (*at != '%') {
        text_ += *at++;
      } else if (at[1] == '%') {
        text_ += '%';
        at += 2;
      } else {
        at = at[1] == '!' ? Name(at) : Printf(at);
      }
    }
    va_end(arguments_);
    return std::move(text_);
  }

 private:
  // %!NAME!
  const char* Name(const char* at) {
    const char* end = std::strchr(at + 2, '!');
    if (end == nullptr) {
      text_ += at;
      return at + std::strlen(at);
    }
    const std::string_view name(at + 2, static_cast<size_t>(end - at - 2));
    if (!OfTheCall(name)) text_ += Argument(name);
    return end + 1;
  }

  bool OfTheCall(std::string_view name) {
    if (name == "FUNC") {
      text_ += message_.function;
    } else if (name == "FILE") {
      text_ += BaseName(message_.file);
    } else if (name == "LINE") {
      text_ += std::to_string(message_.line);
    } else if (name == "LEVEL") {
      text_ += WppLevelName(message_.level);
    } else if (name == "FLAGS") {
      text_ += fmt::format("{:#x}", message_.flags);
    } else if (name == "COMPNAME" || name == "MOD") {
      text_ += message_.driver;
    } else {
      // The standard prefix is what every line of the debug log starts with.
      return name == "STDPREFIX";
    }
    return true;
  }

  std::string Argument(std::string_view name) {
    for (const WppType& type : types_) {
      if (type.name != name) continue;
      if (type.alias.empty()) return TypeText(type, va_arg(arguments_, int));
      name = type.alias;
      break;
    }
    if (name == "STATUS" || name == "status") return StatusText(va_arg(arguments_, uint32_t));
    if (name == "HRESULT" || name == "hresult")
      return fmt::format("0x{:08X}", va_arg(arguments_, uint32_t));
    if (name == "bool" || name == "BOOLEAN" || name == "BOOL")
      return va_arg(arguments_, int) != 0 ? "true" : "false";
    if (name == "GUID" || name == "guid" || name == "CLSID" || name == "LIBID" || name == "IID") {
      return GuidText(va_arg(arguments_, const GUID*));
    }
    if (name == "HEXDUMP" || name == "hexdump")
      return BytesText(va_arg(arguments_, DRYDOCK_WPP_BUFFER));
    if (name == "IPADDR" || name == "ipaddr") {
      const uint32_t address = va_arg(arguments_, uint32_t);
      return fmt::format("{}.{}.{}.{}", address & 255, address >> 8 & 255, address >> 16 & 255,
                         address >> 24);
    }
    if (name == "IPV6ADDR" || name == "ipv6addr") return Ipv6Text(va_arg(arguments_, const unsigned char*));
    if (name == "PORT" || name == "port") {
      const unsigned port = va_arg(arguments_, unsigned);  // in network byte order
      return std::to_string((port & 255) << 8 | (port >> 8 & 255));
    }
    if (name == "TIMESTAMP" || name == "TIME" || name == "DATE" || name == "DATETIME" || name == "datetime")
      return TimeText(va_arg(arguments_, int64_t));
    if (name == "delta" || name == "due" || name == "WAITTIME") return SpanText(va_arg(arguments_, int64_t));
    if (name == "ASTR" || name == "ARSTR" || name == "STR") return StringText("%s");
    if (name == "WSTR" || name == "ARWSTR" || name == "AWSTR") return StringText("%S");
    if (name == "USTR" || name == "PUSTR" || name == "UNSTR") return StringText("%wZ");
    if (name == "ANSTR" || name == "CSTR") return StringText("%Z");
    if (name == "sid" || name == "SID") return SidText(va_arg(arguments_, const unsigned char*));
    if (name == "irql") {
      constexpr const char* kNames[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
      const int irql = va_arg(arguments_, int);
      return irql >= 0 && irql < 3 ? kNames[irql] : fmt::format("DIRQL {}", irql);
    }
    if (name == "LONGLONG") return std::to_string(va_arg(arguments_, int64_t));
    if (name == "ULONGLONG") return std::to_string(va_arg(arguments_, uint64_t));
    if (name == "ULONG") return std::to_string(va_arg(arguments_, uint32_t));
    if (name == "POINTER") return StringText("%p");
    return std::to_string(va_arg(arguments_, int));
  }

  std::string StringText(const char* field) {
    const void* string = va_arg(arguments_, const void*);
    return string != nullptr ? Field(field, string) : "<NULL>";
  }

  // A field of printf: its argument is taken here, by the size that NT's rules give it, so that the
  // next one is found.
  const char* Printf(const char* at) {
    std::string field = "%";
    ++at;
    while (*at != 0 && std::strchr("-+ #0123456789.*", *at) != nullptr) {
      if (*at == '*') {
        field += std::to_string(va_arg(arguments_, int));
      } else {
        field += *at;
      }
      ++at;
    }
    bool wide = false;
    for (;;) {
      if (std::strncmp(at, "I64", 3) == 0 || std::strncmp(at, "ll", 2) == 0) {
        wide = true;
        const size_t length = *at == 'I' ? 3 : 2;
        field.append(at, length);
        at += length;
      } else if (std::strncmp(at, "I32", 3) == 0) {
        field.append(at, 3);
        at += 3;
      } else if (*at == 'I' || *at == 'z' || *at == 't' || *at == 'j') {
        wide = true;
        field += *at++;
      } else if (*at == 'h' || *at == 'l' || *at == 'w' || *at == 'L') {
        field += *at++;
      } else {
        break;
      }
    }
    if (*at == 0) {
      text_ += field;
      return at;
    }
    const char conversion = *at++;
    field += conversion;
    if (std::strchr("diuxXocC", conversion) != nullptr) {
      text_ += wide ? Field(field.c_str(), va_arg(arguments_, int64_t))
                    : Field(field.c_str(), va_arg(arguments_, int));
    } else if (std::strchr("sSZ", conversion) != nullptr) {
      const void* string = va_arg(arguments_, const void*);
      text_ += string != nullptr ? Field(field.c_str(), string) : "<NULL>";
    } else if (conversion == 'p') {
      text_ += Field(field.c_str(), va_arg(arguments_, const void*));
    } else if (std::strchr("eEfFgGaA", conversion) != nullptr) {
      text_ += Field(field.c_str(), va_arg(arguments_, double));
    } else if (conversion == 'n') {
      va_arg(arguments_, void*);
    } else {
      text_ += field;
    }
    return at;
  }

  const WppMessage& message_;
  const std::vector<WppType>& types_;
  va_list arguments_;
  std::string text_;
};

}  // namespace

std::string WppLevelName(unsigned level) {
  constexpr const char* kNames[] = {"always",  "critical",    "error",
                                    "warning", "information", "verbose"};
  return level < 6 ? kNames[level] : std::to_string(level);
}

std::string WppText(const WppMessage& message, const std::vector<WppType>& types,
                    const char* format, va_list arguments) {
  return Writer(message, types).Write(format, arguments);
}

std::string WppFormat(const WppMessage& message, const std::vector<WppType>& types,
                      const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string text = WppText(message, types, format, arguments);
  va_end(arguments);
  return text;
}

}  // namespace drydock::nt::dbg
