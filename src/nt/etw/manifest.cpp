#include "nt/etw/manifest.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "nt/dbg/wpp_text.h"

namespace drydock::nt::etw {
namespace {

std::vector<std::string> Parts(std::string_view line) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      parts.emplace_back();
    } else if (line[i] == '\\' && i + 1 < line.size()) {
      const char c = line[++i];
      parts.back() += c == 't' ? '\t' : c == 'n' ? '\n' : c;
    } else {
      parts.back() += line[i];
    }
  }
  return parts;
}

uint64_t Number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 0); }

std::string Utf8(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    uint32_t c = static_cast<uint8_t>(bytes[i]) | static_cast<uint32_t>(static_cast<uint8_t>(bytes[i + 1])) << 8;
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size()) {
      const uint32_t low = static_cast<uint8_t>(bytes[i + 2]) | static_cast<uint32_t>(static_cast<uint8_t>(bytes[i + 3])) << 8;
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    } else if (c < 0x10000) {
      text += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    } else {
      text += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
               static_cast<char>(0x80 | (c & 0x3F))};
    }
  }
  return text;
}

std::string Hex(std::string_view bytes) {
  std::string text = bytes.empty() ? "" : "0x";
  for (const char c : bytes) text += fmt::format("{:02X}", static_cast<uint8_t>(c));
  return text;
}

std::string_view Take(std::string_view& data, size_t size) {
  const std::string_view taken = data.substr(0, size);
  data.remove_prefix(taken.size());
  return taken;
}

template <class T>
T As(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

struct Integer {
  const char* in;
  unsigned size;
  bool is_signed, hex;
};
constexpr Integer kIntegers[] = {{"win:Int8", 1, true, false},   {"win:UInt8", 1, false, false},  {"win:Int16", 2, true, false},    {"win:UInt16", 2, false, false},
                                 {"win:Int32", 4, true, false},  {"win:UInt32", 4, false, false}, {"win:HexInt32", 4, false, true}, {"win:Int64", 8, true, false},
                                 {"win:UInt64", 8, false, false}, {"win:HexInt64", 8, false, true}, {"win:Pointer", 8, false, true}};

std::string MapText(const Description::Map& map, uint64_t value) {
  std::string text;
  for (const auto& [number, word] : map.words) {
    if (!map.bits && number == value) return word;
    if (map.bits && number != 0 && (value & number) == number) text += (text.empty() ? "" : "|") + word;
  }
  return text.empty() ? fmt::format("{}", value) : text;
}

std::string TimeText(uint64_t filetime) {
  TIME_FIELDS fields;
  LARGE_INTEGER time;
  time.QuadPart = static_cast<LONGLONG>(filetime);
  RtlTimeToTimeFields(&time, &fields);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", fields.Year, fields.Month, fields.Day, fields.Hour, fields.Minute, fields.Second,
                     fields.Milliseconds);
}

std::string StatusText(uint32_t value, bool win32) {
  const dbg::WppMessage message{"", 0, 0, "", "", 0};
  return dbg::WppFormat(message, {}, win32 ? "%!WINERROR!" : "%!STATUS!", value);
}

std::string IntegerText(const Integer& type, std::string_view out, uint64_t value, const Description::Map* map) {
  if (map) return MapText(*map, value);
  if (out == "win:NTSTATUS" || out == "win:HResult") return StatusText(static_cast<uint32_t>(value), false);
  if (out == "win:ErrorCode" || out == "win:Win32Error") return StatusText(static_cast<uint32_t>(value), true);
  if (out == "win:IPv4")
    return fmt::format("{}.{}.{}.{}", value & 0xFF, value >> 8 & 0xFF, value >> 16 & 0xFF, value >> 24 & 0xFF);
  if (out == "win:Port") return fmt::format("{}", (value & 0xFF) << 8 | (value >> 8 & 0xFF));  // network byte order
  if (out == "xs:boolean" || out == "win:Boolean") return value ? "true" : "false";
  if ((out == "xs:string" || out == "win:Xml") && type.size <= 2) return Utf8({reinterpret_cast<const char*>(&value), 2});
  if (type.hex || out.find("Hex") != std::string_view::npos || out == "win:CodePointer") return fmt::format("0x{:X}", value);
  if (type.is_signed) {
    const unsigned shift = 64 - 8 * type.size;
    return fmt::format("{}", static_cast<int64_t>(value << shift) >> shift);
  }
  return fmt::format("{}", value);
}

// A name with more bits than one: each that the value has.
std::string Names(const std::map<uint64_t, std::string>& names, uint64_t value) {
  std::string text;
  for (const auto& [bits, name] : names)
    if (bits != 0 && (value & bits) == bits) text += (text.empty() ? "" : "|") + name;
  return text;
}

std::string NameOf(const std::map<uint64_t, std::string>& own, uint64_t value, const char* const* known, size_t count) {
  if (const auto at = own.find(value); at != own.end()) return at->second;
  return value < count ? known[value] : std::string();
}

// Reads the fields of one event; later fields may be as long as earlier ones say.
class Fields {
 public:
  Fields(const Description& description, std::string_view data) : description_(description), data_(data) {}

  void Read(const std::vector<FieldDescription>& fields, std::vector<std::pair<std::string, std::string>>& out, const std::string& before = {}) {
    for (const FieldDescription& field : fields) {
      if (data_.empty() && field.length.empty() && field.count.empty()) return;
      const bool array = !field.count.empty();
      const uint64_t count = array ? Quantity(field.count) : 1;
      if (!field.members.empty()) {
        for (uint64_t i = 0; i < count && !data_.empty(); ++i) {
          const size_t left = data_.size();
          Read(field.members, out, before + field.name + (array ? fmt::format("[{}].", i) : "."));
          if (data_.size() == left) break;  // members without bytes: the rest would be the same
        }
        continue;
      }
      const auto map = description_.maps.find(field.map);
      std::string text;
      for (uint64_t i = 0; i < count; ++i) {
        if (array && data_.empty()) break;
        uint64_t number = 0;
        const int64_t length = field.length.empty() ? -1 : static_cast<int64_t>(Quantity(field.length));
        const size_t left = data_.size();
        text += (i ? ", " : "") + TakeValue(data_, field.in, field.out, map == description_.maps.end() ? nullptr : &map->second, length, &number);
        if (!array) numbers_[field.name] = number;
        if (data_.size() == left) break;
      }
      out.emplace_back(before + field.name, array ? "[" + text + "]" : text);
    }
  }

 private:
  uint64_t Quantity(const std::string& text) const {
    if (text[0] >= '0' && text[0] <= '9') return Number(text);
    const auto at = numbers_.find(text);
    return at == numbers_.end() ? 0 : at->second;
  }

  const Description& description_;
  std::string_view data_;
  std::map<std::string, uint64_t> numbers_;
};

// %1 to %99 (and %1!s!), %n and %r a new line, %t a tab, %% a percent sign, %b a space.
std::string MessageText(const std::string& message, const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text;
  for (size_t i = 0; i < message.size(); ++i) {
    if (message[i] != '%' || i + 1 == message.size()) {
      text += message[i];
      continue;
    }
    const char c = message[++i];
    if (c >= '1' && c <= '9') {
      size_t number = static_cast<size_t>(c - '0');
      if (i + 1 < message.size() && message[i + 1] >= '0' && message[i + 1] <= '9') number = number * 10 + static_cast<size_t>(message[++i] - '0');
      if (i + 1 < message.size() && message[i + 1] == '!') {
        if (const size_t end = message.find('!', i + 2); end != std::string::npos) i = end;
      }
      text += number <= fields.size() ? fields[number - 1].second : fmt::format("%{}", number);
    } else if (c == 'n') {
      text += '\n';
    } else if (c == 't') {
      text += '\t';
    } else if (c == 'b') {
      text += ' ';
    } else if (c != 'r' && c != '0') {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string TakeValue(std::string_view& data, std::string_view in, std::string_view out, const Description::Map* map, int64_t length, uint64_t* number) {
  for (const Integer& type : kIntegers) {
    if (in != type.in) continue;
    *number = As<uint64_t>(Take(data, type.size));
    return IntegerText(type, out, *number, map);
  }
  if (in == "win:Boolean") {
    *number = As<uint32_t>(Take(data, 4));
    return map ? MapText(*map, *number) : *number ? "true" : "false";
  }
  if (in == "win:Float") return fmt::format("{}", As<float>(Take(data, 4)));
  if (in == "win:Double") return fmt::format("{}", As<double>(Take(data, 8)));
  if (in == "win:GUID") return GuidText(As<GUID>(Take(data, 16)));
  if (in == "win:FILETIME") return TimeText(As<uint64_t>(Take(data, 8)));
  if (in == "win:SYSTEMTIME") {
    struct Fields {
      uint16_t year, month, weekday, day, hour, minute, second, milliseconds;
    };
    const Fields f = As<Fields>(Take(data, 16));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", f.year, f.month, f.day, f.hour, f.minute, f.second, f.milliseconds);
  }
  if (in == "win:SID") {
    if (data.size() < 8) return Hex(Take(data, data.size()));
    const size_t count = static_cast<uint8_t>(data[1]);
    const std::string_view sid = Take(data, 8 + 4 * count);
    uint64_t authority = 0;
    for (size_t i = 2; i < 8; ++i) authority = authority << 8 | static_cast<uint8_t>(sid[i]);
    std::string text = fmt::format("S-{}-{}", static_cast<uint8_t>(sid[0]), authority);
    for (size_t i = 8; i + 4 <= sid.size(); i += 4) text += fmt::format("-{}", As<uint32_t>(sid.substr(i, 4)));
    return text;
  }
  if (in == "win:UnicodeString") {
    size_t bytes = 0;
    if (length >= 0) {
      const std::string_view taken = Take(data, static_cast<size_t>(length) * 2);
      std::string text = Utf8(taken);
      while (!text.empty() && text.back() == 0) text.pop_back();
      return text;
    }
    while (bytes + 1 < data.size() && (data[bytes] != 0 || data[bytes + 1] != 0)) bytes += 2;
    std::string text = Utf8(Take(data, bytes));
    Take(data, 2);
    return text;
  }
  if (in == "win:AnsiString") {
    const size_t bytes = length >= 0 ? static_cast<size_t>(length) : std::min(data.find('\0'), data.size());
    std::string text(Take(data, bytes));
    if (length < 0) Take(data, 1);
    while (!text.empty() && text.back() == 0) text.pop_back();
    return text;
  }
  const std::string_view bytes = Take(data, length >= 0 ? static_cast<size_t>(length) : data.size());
  if (out == "win:IPv6" && bytes.size() == 16) {
    std::string text;
    for (size_t i = 0; i < 16; i += 2)
      text += fmt::format("{}{:x}", i ? ":" : "", static_cast<uint8_t>(bytes[i]) << 8 | static_cast<uint8_t>(bytes[i + 1]));
    return text;
  }
  return Hex(bytes);
}

std::vector<Description> ReadDescriptions(std::string_view text) {
  std::vector<Description> all;
  std::vector<FieldDescription>* fields = nullptr;
  FieldDescription* structure = nullptr;
  uint64_t members = 0;
  Description::Map* map = nullptr;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::vector<std::string> parts = Parts(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string kind = parts[0];
    parts.resize(std::max<size_t>(parts.size(), 7));
    if (kind == "provider") {
      Description& one = all.emplace_back();
      GUID guid;
      if (ReadGuid(parts[1], &guid)) one.guid = GuidText(guid);
      one.name = parts[2];
      continue;
    }
    if (all.empty()) return all;
    Description& one = all.back();
    if (kind == "channel") one.channels[Number(parts[1])] = parts[2];
    else if (kind == "level") one.levels[Number(parts[1])] = parts[2];
    else if (kind == "opcode") one.opcodes[Number(parts[1])] = parts[2];
    else if (kind == "task") one.tasks[Number(parts[1])] = parts[2];
    else if (kind == "keyword") one.keywords[Number(parts[1])] = parts[2];
    else if (kind == "map") {
      map = &one.maps[parts[1]];
      map->bits = parts[2] == "bits";
    } else if (kind == "word" && map) {
      map->words.emplace_back(Number(parts[1]), parts[2]);
    } else if (kind == "template") {
      fields = &one.layouts[parts[1]];
      members = 0;
    } else if ((kind == "field" || kind == "struct") && fields) {
      FieldDescription field;
      field.name = parts[1];
      if (kind == "struct") {
        field.count = parts[2];
        members = Number(parts[3]);
        structure = &fields->emplace_back(std::move(field));
        continue;
      }
      field.in = parts[2], field.out = parts[3], field.map = parts[4], field.count = parts[5], field.length = parts[6];
      if (members > 0) {
        --members;
        structure->members.push_back(std::move(field));
      } else {
        fields->push_back(std::move(field));
      }
    } else if (kind == "event") {
      one.events[{static_cast<uint32_t>(Number(parts[1])), static_cast<uint32_t>(Number(parts[2]))}] = {parts[3], parts[4], parts[5]};
    }
  }
  return all;
}

void AddDescriptions(Kernel& kernel, std::string_view text) {
  for (Description& one : ReadDescriptions(text)) {
    auto kept = std::make_shared<const Description>(std::move(one));
    rt::LockGuard guard(kernel.etw->lock);
    kernel.etw->descriptions[kept->guid] = kept;
  }
}

std::shared_ptr<const Description> FindDescription(Kernel& kernel, const GUID& guid) {
  rt::LockGuard guard(kernel.etw->lock);
  const auto at = kernel.etw->descriptions.find(GuidText(guid));
  return at == kernel.etw->descriptions.end() ? nullptr : at->second;
}

void Describe(Event& event, const Description* description, std::string_view data) {
  static constexpr const char* kOpcodes[] = {"info", "start", "stop", "dc start", "dc stop", "extension", "reply", "resume", "suspend", "send"};
  static const Description kNone;
  const Description& from = description ? *description : kNone;
  event.level_name = from.levels.count(event.level) ? from.levels.at(event.level) : dbg::WppLevelName(event.level);
  event.opcode_name = NameOf(from.opcodes, event.opcode, kOpcodes, std::size(kOpcodes));
  event.task_name = NameOf(from.tasks, event.event_task, nullptr, 0);
  event.channel_name = NameOf(from.channels, event.channel, nullptr, 0);
  event.keyword_names = Names(from.keywords, event.keyword);
  const auto known = from.events.find({event.id, event.version});
  if (known == from.events.end()) {
    event.text = fmt::format("event {}{}{}", event.id, data.empty() ? "" : " ", Hex(data));
    return;
  }
  event.name = known->second.symbol;
  if (const auto layout = from.layouts.find(known->second.layout); layout != from.layouts.end()) Fields(from, data).Read(layout->second, event.fields);
  if (!known->second.message.empty()) {
    event.text = MessageText(known->second.message, event.fields);
    return;
  }
  event.text = event.name;
  for (const auto& [name, value] : event.fields) event.text += fmt::format(" {}={}", name, value);
}

}  // namespace drydock::nt::etw
