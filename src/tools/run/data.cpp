#include "tools/run/data.h"

#include <fmt/format.h>

#include <charconv>

namespace drydock::tools {
namespace {

constexpr uint32_t kMost = 1 << 24;

int Digit(char c, const std::string& token) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw Error(fmt::format("'{}' has something that is no hexadecimal digit", token));
}

// Parts between the '+' that stand outside quotes.
std::vector<std::string> Parts(const std::string& token) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if (c == '"') quoted = !quoted;
    if (c == '+' && !quoted) {
      parts.emplace_back();
      continue;
    }
    parts.back() += c;
    if (quoted && c == '\\' && i + 1 < token.size()) parts.back() += token[++i];
  }
  return parts;
}

std::string Quoted(const std::string& token) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"')
    throw Error(fmt::format("'{}' is no data; \"text\", hex:00ff, u32:5 and wide\"text\" are", token));
  std::string data;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    if (token[i] != '\\') {
      data += token[i];
      continue;
    }
    switch (const char c = token[++i]) {
      case 'n': data += '\n'; break;
      case 't': data += '\t'; break;
      case 'r': data += '\r'; break;
      case '0': data += '\0'; break;
      case 'x':
        if (i + 3 >= token.size()) throw Error(fmt::format("'{}' ends inside \\x", token));
        data += static_cast<char>(Digit(token[i + 1], token) << 4 | Digit(token[i + 2], token));
        i += 2;
        break;
      default: data += c;
    }
  }
  return data;
}

std::string Utf16(const std::string& text, const std::string& token) {
  std::string wide;
  auto unit = [&](uint32_t value) {
    wide += static_cast<char>(value & 0xFF);
    wide += static_cast<char>(value >> 8);
  };
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    int follow = first < 0x80 ? 0 : first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    uint32_t code = first < 0x80 ? first : first & (0x3F >> follow);
    for (; follow > 0; --follow) {
      if (i >= text.size() || (text[i] & 0xC0) != 0x80) throw Error(fmt::format("{} is no UTF-8", token));
      code = code << 6 | (text[i++] & 0x3F);
    }
    if (code >= 0x10000) {
      unit(0xD800 + ((code - 0x10000) >> 10));
      unit(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      unit(code);
    }
  }
  return wide;
}

std::string Integer(const std::string& part, size_t bytes, const std::string& digits) {
  std::string_view text = digits;
  const bool minus = text.starts_with("-");
  if (minus) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) throw Error(fmt::format("'{}' is no number", part));
  const uint64_t largest = bytes == 8 ? UINT64_MAX : (uint64_t{1} << (bytes * 8)) - 1;
  if (minus ? value > largest / 2 + 1 : value > largest) throw Error(fmt::format("'{}' does not fit into {} bytes", part, bytes));
  if (minus) value = 0 - value;
  std::string data;
  for (size_t i = 0; i < bytes; ++i) data += static_cast<char>(value >> (i * 8));
  return data;
}

constexpr int kDeepest = 16;  // repeat:2:repeat:3: ...

void Append(const std::string& part, DataPattern* pattern, bool expectation, int depth = 0) {
  const size_t colon = part.find(':');
  const std::string kind = part.substr(0, colon), rest = colon == std::string::npos ? "" : part.substr(colon + 1);
  if (pattern->more) throw Error("'more' is the last part of what is expected");
  std::string data;
  if (kind == "hex") {
    if (rest.size() % 2 != 0) throw Error(fmt::format("'{}' has half a byte", part));
    for (size_t i = 0; i < rest.size(); i += 2) data += static_cast<char>(Digit(rest[i], part) << 4 | Digit(rest[i + 1], part));
  } else if (kind == "u8" || kind == "u16" || kind == "u32" || kind == "u64") {
    data = Integer(part, static_cast<size_t>(std::stoi(kind.substr(1))) / 8, rest);
  } else if (kind == "guid") {
    const GuidBytes guid = ParseGuid(rest);
    data.assign(reinterpret_cast<const char*>(guid.bytes), sizeof guid.bytes);
  } else if (kind == "zero" || (expectation && kind == "any")) {
    const uint32_t count = ParseNumber(rest);
    if (count > kMost) throw Error(fmt::format("'{}' is too long", part));
    data.assign(count, '\0');
    if (kind == "any") {
      pattern->bytes += data;
      pattern->counts += data;
      return;
    }
  } else if (kind == "repeat") {
    const size_t second = rest.find(':');
    if (second == std::string::npos) throw Error(fmt::format("'{}': repeat:TIMES:DATA", part));
    if (depth == kDeepest) throw Error(fmt::format("'{}': too many repeats within repeats", part));
    const uint32_t times = ParseNumber(rest.substr(0, second));
    DataPattern one;
    Append(rest.substr(second + 1), &one, expectation, depth + 1);
    if (one.more || times * static_cast<uint64_t>(one.bytes.size()) > kMost) throw Error(fmt::format("'{}' is too long", part));
    for (uint32_t i = 0; i < times && !one.bytes.empty(); ++i) {
      pattern->bytes += one.bytes;
      pattern->counts += one.counts;
    }
    return;
  } else if (expectation && part == "more") {
    pattern->more = true;
    return;
  } else if (part.starts_with("wide\"")) {
    data = Utf16(Quoted(part.substr(4)), part);
  } else if (part.starts_with("counted\"")) {
    data = Utf16(Quoted(part.substr(7)), part);
    data.insert(0, Integer(part, 2, std::to_string(data.size())));
  } else {
    data = Quoted(part);
  }
  pattern->bytes += data;
  pattern->counts.append(data.size(), '\1');
}

DataPattern Parse(const std::string& token, bool expectation) {
  DataPattern pattern;
  for (const std::string& part : Parts(token)) {
    Append(part, &pattern, expectation);
    if (pattern.bytes.size() > kMost) throw Error("data of more than 16 MB");
  }
  return pattern;
}

}  // namespace

bool DataPattern::Matches(const std::string& data) const {
  if (more ? data.size() < bytes.size() : data.size() != bytes.size()) return false;
  for (size_t i = 0; i < bytes.size(); ++i)
    if (counts[i] && bytes[i] != data[i]) return false;
  return true;
}

bool LooksLikeData(const std::string& token) {
  if (token == "more" || token.starts_with("more+")) return true;
  for (const char* begin : {"\"", "hex:", "u8:", "u16:", "u32:", "u64:", "guid:", "zero:", "any:", "repeat:", "wide\"", "counted\""})
    if (token.starts_with(begin)) return true;
  return false;
}

std::string ParseData(const std::string& token) { return Parse(token, /*expectation=*/false).bytes; }
DataPattern ParsePattern(const std::string& token) { return Parse(token, /*expectation=*/true); }

uint32_t ParseNumber(const std::string& token) {
  uint32_t value = 0;
  bool hex = token.starts_with("0x") || token.starts_with("0X");
  const char* begin = token.data() + (hex ? 2 : 0);
  auto [end, error] = std::from_chars(begin, token.data() + token.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != token.data() + token.size() || begin == end)
    throw Error(fmt::format("'{}' is no number (decimal or 0x..., at most 32 bits)", token));
  return value;
}

GuidBytes ParseGuid(const std::string& token) {
  // Where the digits of each byte stand; the first three numbers are little endian in memory.
  static constexpr int kAt[16] = {7, 5, 3, 1, 12, 10, 17, 15, 20, 22, 25, 27, 29, 31, 33, 35};
  bool good = token.size() == 38 && token.front() == '{' && token.back() == '}';
  for (int dash : {9, 14, 19, 24}) good = good && token[static_cast<size_t>(dash)] == '-';
  if (!good) throw Error(fmt::format("'{}' is no GUID; {{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}} is", token));
  GuidBytes guid;
  for (int i = 0; i < 16; ++i) {
    const auto at = static_cast<size_t>(kAt[i]);
    guid.bytes[i] = static_cast<unsigned char>(Digit(token[at], token) << 4 | Digit(token[at + 1], token));
  }
  return guid;
}

}  // namespace drydock::tools
