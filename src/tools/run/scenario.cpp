#include "tools/run/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "runtime/nearest_word.h"
#include "runtime/read_file.h"
#include "tools/run/control_codes.h"

namespace drydock::tools {
namespace {

struct NamedStatus {
  uint32_t value;
  const char* name;
};
constexpr NamedStatus kStatuses[] = {
#define STATUS_NAME(value, name) {value, name},
#include "constant_names.inc"
#undef STATUS_NAME
};

// Words of a line; what stands in quotes belongs to its word and keeps the quotes.
std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
      ++at;
      continue;
    }
    if (line[at] == '#') break;
    const size_t begin = at;
    for (bool quoted = false; at < line.size(); ++at) {
      const char c = line[at];
      if (!quoted && (c == ' ' || c == '\t' || c == '\r')) break;
      if (c == '"') quoted = !quoted;
      if (quoted && c == '\\' && at + 1 < line.size()) ++at;
      if (quoted && at + 1 >= line.size()) throw Error("a quoted text has no end");
    }
    words.push_back(line.substr(begin, at - begin));
  }
  return words;
}

// What a word stands for; an unknown one is told with the nearest.
template <class Value>
Value Meaning(const std::map<std::string, Value>& known, const std::string& word, const char* what) {
  if (const auto found = known.find(word); found != known.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : known) names.push_back(entry.first);
  throw Error(fmt::format("{} '{}'{}", what, word, rt::DidYouMean(word, names)));
}

class LineParser {
 public:
  explicit LineParser(std::vector<std::string> words) : words_(std::move(words)) {}

  Command Parse() {
    ParseVerb(Next("a verb"));
    while (at_ < words_.size()) ParseTail();
    return std::move(command_);
  }

 private:
  std::string Next(const char* what) {
    if (at_ >= words_.size()) throw Error(fmt::format("{} is missing", what));
    return words_[at_++];
  }
  bool More() const { return at_ < words_.size() && words_[at_] != "expect"; }

  void ParseVerb(const std::string& word) {
    static const std::map<std::string, ScenarioVerb> kVerbs = {
        {"open", ScenarioVerb::kOpen},   {"close", ScenarioVerb::kClose},     {"write", ScenarioVerb::kWrite},       {"read", ScenarioVerb::kRead},
        {"ioctl", ScenarioVerb::kIoctl}, {"internal", ScenarioVerb::kIoctl},  {"flush", ScenarioVerb::kFlush},       {"start", ScenarioVerb::kStart},
        {"cancel", ScenarioVerb::kCancel}, {"wait", ScenarioVerb::kWait},     {"advance", ScenarioVerb::kAdvance},   {"idle", ScenarioVerb::kIdle},
        {"remove", ScenarioVerb::kRemove}, {"surprise", ScenarioVerb::kSurprise}, {"power", ScenarioVerb::kPower},   {"tasks", ScenarioVerb::kTasks},
        {"print", ScenarioVerb::kPrint}, {"plug", ScenarioVerb::kPlug},       {"disable", ScenarioVerb::kDisable},   {"enable", ScenarioVerb::kEnable},
        {"surprise-remove", ScenarioVerb::kSurprise}, {"eject", ScenarioVerb::kEject}, {"rescan", ScenarioVerb::kRescan}, {"tree", ScenarioVerb::kTree},
        {"sleep", ScenarioVerb::kSleep}, {"resume", ScenarioVerb::kResume},   {"wake", ScenarioVerb::kWake},
        {"app", ScenarioVerb::kApp},     {"ends", ScenarioVerb::kEnds},       {"appears", ScenarioVerb::kAppears}, {"vanishes", ScenarioVerb::kVanishes}, {"state", ScenarioVerb::kState}, {"log", ScenarioVerb::kLog},
        {"raise", ScenarioVerb::kRaise}, {"lower", ScenarioVerb::kLower},     {"poke", ScenarioVerb::kPoke},         {"peek", ScenarioVerb::kPeek},
        {"press", ScenarioVerb::kPress}, {"release", ScenarioVerb::kRelease}, {"move", ScenarioVerb::kMove}, {"wmi", ScenarioVerb::kWmi},
        {"send", ScenarioVerb::kSend},   {"take", ScenarioVerb::kTake},       {"lines", ScenarioVerb::kLines}, {"serve", ScenarioVerb::kServe},
        {"trace", ScenarioVerb::kTrace}, {"expect", ScenarioVerb::kExpectTrace}, {"stops", ScenarioVerb::kStops},
        {"setting", ScenarioVerb::kSetting}, {"boot", ScenarioVerb::kBoot},   {"tell", ScenarioVerb::kTell}, {"cool", ScenarioVerb::kCool},
        {"notify", ScenarioVerb::kNotify},   {"method", ScenarioVerb::kMethod},
        {"type", ScenarioVerb::kType}, {"leaves", ScenarioVerb::kLeaves}};
    command_.verb = Meaning(kVerbs, word, "unknown verb");
    switch (command_.verb) {
      case ScenarioVerb::kOpen:
        command_.file = Next("a name for the file");
        if (More()) ParseOpened(Next("a device or a name"));
        return;
      case ScenarioVerb::kClose:
      case ScenarioVerb::kFlush: command_.file = Next("the file"); return;
      case ScenarioVerb::kRead:
      case ScenarioVerb::kWrite:
      case ScenarioVerb::kIoctl: ParseTransfer(command_.verb, word == "internal"); return;
      case ScenarioVerb::kStart: {
        command_.request = Next("a name for the request");
        std::string transfer = Next("read, write or ioctl");
        if (transfer != "read" && transfer != "write" && transfer != "ioctl")
          throw Error(fmt::format("'{}' cannot be started; read, write and ioctl can", transfer));
        command_.started = kVerbs.at(transfer);
        ParseTransfer(command_.started, false);
        return;
      }
      case ScenarioVerb::kCancel:
      case ScenarioVerb::kWait: command_.request = Next("the request's name"); return;
      case ScenarioVerb::kAdvance: command_.time = ParseDuration(Next("a time")); return;
      case ScenarioVerb::kIdle: return;
      case ScenarioVerb::kRemove:
      case ScenarioVerb::kSurprise:
      case ScenarioVerb::kDisable:
      case ScenarioVerb::kEnable:
      case ScenarioVerb::kEject:
      case ScenarioVerb::kWake:
      case ScenarioVerb::kRescan: ParseDevice(Next("a device's number or name")); return;
      case ScenarioVerb::kRaise:
      case ScenarioVerb::kLower:
        ParseDevice(Next("a device's number or name"));
        if (More()) command_.part = ParsePart(Next("a pin"));
        return;
      case ScenarioVerb::kPoke:
        ParseDevice(Next("a device's number or name"));
        command_.data = ParseData(Next("the data"));
        return;
      case ScenarioVerb::kPeek:
        ParseDevice(Next("a device's number or name"));
        command_.length = ParseNumber(Next("how many bytes"));
        return;
      case ScenarioVerb::kPress:
      case ScenarioVerb::kRelease: {
        command_.device = Word(Next("the name of a keyboard in the machine description"));
        const uint64_t code = ParseNumber(Next("a scan code, such as 0x1E or 0xE04B"));
        if (code == 0 || code > 0xE17F) throw Error("a scan code of set 1: 0x01 to 0x7F, with 0xE0 or 0xE1 before it or without");
        command_.code = static_cast<uint32_t>(code);
        return;
      }
      case ScenarioVerb::kMove:
        command_.device = Word(Next("the name of a mouse in the machine description"));
        command_.move[0] = ParseDistance(Next("how far to the right"), 255);
        command_.move[1] = ParseDistance(Next("how far down"), 255);
        while (More()) {
          const std::string what = Next("buttons or wheel");
          if (what == "buttons") {
            command_.move[2] = ParseDistance(Next("the buttons that are down, 1 left, 2 right, 4 middle"), 7);
            if (command_.move[2] < 0) throw Error("buttons: 0 to 7");
          } else if (what == "wheel") {
            command_.move[3] = ParseDistance(Next("how far the wheel turns"), 7);
          } else {
            throw Error(fmt::format("buttons or wheel, not '{}'", what));
          }
        }
        return;
      case ScenarioVerb::kSend:
        command_.device = Word(Next("the name of a serial port in the machine description"));
        command_.data = ParseData(Next("the data"));
        return;
      case ScenarioVerb::kServe:
        command_.device = Word(Next("the port: COM1, a device's name"));
        command_.text = Word(Next("the path of the terminal"));
        return;
      case ScenarioVerb::kTake: command_.device = Word(Next("the name of a serial port in the machine description")); return;
      case ScenarioVerb::kLines: {
        static const std::map<std::string, uint32_t> kLines = {{"cts", 0x10}, {"dsr", 0x20}, {"ring", 0x40}, {"dcd", 0x80}};
        command_.device = Word(Next("the name of a serial port in the machine description"));
        while (More()) {
          const std::string line = Next("a line");
          auto found = kLines.find(line);
          if (found == kLines.end()) throw Error(fmt::format("'{}' is no modem line; cts, dsr, ring and dcd are", line));
          command_.code |= found->second;
        }
        return;
      }
      case ScenarioVerb::kPlug: command_.device = Word(Next("the name of a device in the machine description")); return;
      case ScenarioVerb::kResume:
      case ScenarioVerb::kTree: return;
      case ScenarioVerb::kAppears:
      case ScenarioVerb::kVanishes: command_.device = Word(Next("a device's name or an interface {class}")); return;
      case ScenarioVerb::kState:
        ParseDevice(Next("a device's number or name"));
        do command_.words.push_back(Next("what the device should be: started, D0, ..."));
        while (More());
        return;
      case ScenarioVerb::kLog: {
        std::string words = Next("words in quotes");
        command_.none = words == "none";
        command_.text = ParseData(command_.none ? Next("words in quotes") : words);
        return;
      }
      case ScenarioVerb::kSleep: {
        std::string state = More() ? Next("S1 to S5") : "S3";
        if (state.size() != 2 || (state[0] != 'S' && state[0] != 's') || state[1] < '1' || state[1] > '5')
          throw Error(fmt::format("'{}' is no system power state; S1 to S4 sleep, S5 is off", state));
        command_.length = static_cast<size_t>(state[1] - '0');
        return;
      }
      case ScenarioVerb::kPower: {
        ParseDevice(Next("a device's number or name"));
        std::string state = Next("D0, D1, D2 or D3");
        if (state.size() != 2 || (state[0] != 'D' && state[0] != 'd') || state[1] < '0' || state[1] > '3')
          throw Error(fmt::format("'{}' is no device power state; D0, D1, D2 and D3 are", state));
        command_.length = static_cast<size_t>(state[1] - '0');
        return;
      }
      case ScenarioVerb::kApp:
        command_.request = Next("a name for the application");
        command_.text = Word(Next("its image, X.exe.so"));
        while (More() && words_[at_] != "in") command_.words.push_back(Word(Next("")));
        return;
      case ScenarioVerb::kEnds: command_.request = Next("the application's name"); return;
      case ScenarioVerb::kTasks: {
        command_.number = static_cast<int>(ParseNumber(Next("a number of tasks")));
        if (command_.number < 1 || command_.number > 1000) throw Error("tasks: 1 to 1000");
        std::string word2 = Next("times or {");
        if (word2 == "times") {
          command_.times = static_cast<int>(ParseNumber(Next("a number of rounds")));
          word2 = Next("{");
        }
        if (word2 != "{") throw Error("tasks: '{' must end the line");
        return;
      }
      case ScenarioVerb::kWmi: ParseWmi(Next("query, set, set-item, call, listen, event, collect, ignore or classes")); return;
      case ScenarioVerb::kStops: command_.text = ParseData(Next("words of the report in quotes")); return;
      case ScenarioVerb::kLeaves: command_.text = ParseData(Next("words of the report in quotes")); return;
      case ScenarioVerb::kSetting:
        command_.text = Word(Next("the {GUID} of a power setting"));
        command_.data = ParseData(Next("its value"));
        return;
      case ScenarioVerb::kBoot:
        do command_.words.push_back(Word(Next("the image of a boot driver")));
        while (More());
        return;
      case ScenarioVerb::kTell:
        command_.device = Word(Next("the name of a device in the machine description"));
        do command_.words.push_back(Word(Next("what its hardware is told")));
        while (More());
        return;
      case ScenarioVerb::kCool: {
        ParseDevice(Next("a device's number or name"));
        command_.text = Next("on, off or per cent of performance");
        if (command_.text == "on" || command_.text == "off") return;
        command_.text.clear();
        command_.length = static_cast<size_t>(ParseDistance(words_[at_ - 1], 100));
        if (words_[at_ - 1].starts_with('-')) throw Error("cool: 0 to 100 per cent");
        return;
      }
      case ScenarioVerb::kNotify:
        ParseDevice(Next("a device's number or name"));
        command_.code = static_cast<uint32_t>(ParseNumber(Next("the firmware's code")));
        return;
      case ScenarioVerb::kMethod: {
        ParseDevice(Next("a device's number or name"));
        command_.text = Next("the name of a method");
        const std::string value = Next("what it returns: a number, data, or silent");
        command_.words = {value};
        if (value != "silent" && (value[0] < '0' || value[0] > '9')) command_.data = ParseData(value);
        else if (value != "silent") command_.offset = static_cast<int64_t>(ParseNumber(value));
        return;
      }
      case ScenarioVerb::kType:
        command_.request = Next("the application's name");
        command_.data = ParseData(Next("the text"));
        return;
      case ScenarioVerb::kPrint: command_.text = ParseData(Next("words in quotes")); return;
      case ScenarioVerb::kTrace: ParseTrace(Next("on, off, capture or list")); return;
      case ScenarioVerb::kExpectTrace: {
        if (std::string what = Next("trace"); what != "trace") throw Error(fmt::format("expect {}: a line that begins with expect goes on with trace", what));
        std::string words = Next("words in quotes");
        command_.none = words == "none";
        command_.text = ParseData(command_.none ? Next("words in quotes") : words);
        return;
      }
    }
  }

  int ParseDistance(const std::string& word, int most) {
    const bool negative = word.starts_with('-');
    const uint64_t number = ParseNumber(negative ? word.substr(1) : word);
    if (number > static_cast<uint64_t>(most)) throw Error(fmt::format("'{}': at most {}", word, most));
    return negative ? -static_cast<int>(number) : static_cast<int>(number);
  }

  size_t ParsePart(const std::string& word) {
    const size_t part = ParseNumber(word);
    if (part == 0) throw Error("pins and resources are counted from 1");
    return part;
  }

  static std::string Word(const std::string& word) { return word[0] == '"' ? ParseData(word) : word; }

  void ParseWmi(const std::string& word) {
    static const std::map<std::string, WmiVerb> kVerbs = {
        {"query", WmiVerb::kQuery},   {"set", WmiVerb::kSet},         {"set-item", WmiVerb::kSetItem}, {"call", WmiVerb::kCall},      {"listen", WmiVerb::kListen},
        {"event", WmiVerb::kEvent},   {"collect", WmiVerb::kCollect}, {"ignore", WmiVerb::kIgnore},    {"classes", WmiVerb::kClasses}};
    command_.wmi = Meaning(kVerbs, word, "wmi has no");
    if (command_.wmi == WmiVerb::kClasses) return;
    command_.text = Word(Next("a class's name or {GUID}"));
    if (command_.wmi == WmiVerb::kSetItem) command_.request = Word(Next("the item's name or number"));
    if (command_.wmi == WmiVerb::kCall) command_.request = Word(Next("the method's name or number"));
  }

  void ParseTrace(const std::string& word) {
    static const std::map<std::string, TraceVerb> kVerbs = {
        {"on", TraceVerb::kOn}, {"off", TraceVerb::kOff}, {"capture", TraceVerb::kCapture}, {"list", TraceVerb::kList}};
    command_.trace = Meaning(kVerbs, word, "trace has no");
    if (command_.trace != TraceVerb::kList) command_.device = Word(Next("a provider's name or GUID, or *"));
  }

  void ParseDevice(const std::string& word) {
    if (word.find_first_not_of("0123456789") == std::string::npos) command_.number = static_cast<int>(ParseNumber(word));
    else command_.device = Word(word);
  }

  void ParseOpened(const std::string& word) {
    if (word.find_first_not_of("0123456789") == std::string::npos) command_.number = static_cast<int>(ParseNumber(word));
    else command_.text = word[0] == '"' ? ParseData(word) : word;
  }

  static uint32_t ParseControlCode(const std::string& word) {
    if (!word.starts_with("IOCTL_")) return ParseNumber(word);
    if (auto code = ControlCodeByName(word)) return *code;
    throw Error(fmt::format("{} is no control code known by name; its number is", word));
  }

  void ParseTransfer(ScenarioVerb verb, bool internal) {
    command_.internal = internal;
    command_.file = Next("the file");
    if (verb == ScenarioVerb::kRead) command_.length = ParseNumber(Next("how many bytes"));
    else if (verb == ScenarioVerb::kWrite) command_.data = ParseData(Next("the data"));
    else command_.code = ParseControlCode(Next("the control code"));
  }

  void ParseTail() {
    std::string word = Next("");
    if (word == "at") {
      command_.offset = static_cast<int64_t>(ParseNumber(Next("an offset")));
    } else if (word == "in") {
      command_.data = ParseData(Next("the input"));
    } else if (word == "of" && (command_.verb == ScenarioVerb::kPoke || command_.verb == ScenarioVerb::kPeek)) {
      command_.part = ParsePart(Next("the number of a resource"));
    } else if (word == "out") {
      const std::string room = Next("the output's length");
      if (LooksLikeData(room)) {
        command_.output = ParseData(room);
        command_.length = command_.output.size();
      } else {
        command_.length = ParseNumber(room);
      }
    } else if (command_.verb == ScenarioVerb::kTrace && command_.trace == TraceVerb::kOn && word == "level") {
      const std::string level = Next("a level");
      command_.levels.level = ParseTraceLevel(level);
      if (command_.levels.level < 0) throw Error(fmt::format("'{}' is no trace level", level));
    } else if (command_.verb == ScenarioVerb::kTrace && command_.trace == TraceVerb::kOn && (word == "flags" || word == "all")) {
      const std::string text = Next("flags, such as 0x3");
      uint64_t& mask = word == "flags" ? command_.levels.flags : command_.levels.all;
      char* end = nullptr;
      mask = std::strtoull(text.c_str(), &end, 0);
      if (text.empty() || *end != 0) throw Error(fmt::format("'{}' is no number", text));
    } else if (command_.verb == ScenarioVerb::kExpectTrace && word == "from") {
      command_.device = Word(Next("a provider's name"));
    } else if (word == "exit" && command_.verb == ScenarioVerb::kEnds) {
      command_.code = ParseNumber(Next("an exit code"));
    } else if (word == "says" && command_.verb == ScenarioVerb::kEnds) {
      command_.words.push_back(ParseData(Next("words in quotes")));
    } else if (word == "of" && command_.verb == ScenarioVerb::kWmi) {
      command_.instance = Word(Next("the instance's name"));
    } else if (word == "within") {
      command_.time = ParseDuration(Next("a time"));
    } else if (word == "expect") {
      std::string what = Next("what is expected");
      if (LooksLikeData(what)) {
        command_.expect.data = ParsePattern(what);
      } else if (std::optional<Status> status = StatusByName(what)) {
        command_.expect.status = status;
      } else if (at_ < words_.size() && words_[at_] == "bytes") {
        ++at_;
        command_.expect.bytes = ParseNumber(what);
      } else {
        throw Error(fmt::format("'{}' is no status, no data and no number of bytes", what));
      }
    } else {
      throw Error(fmt::format("'{}' is not understood here", word));
    }
  }

  std::vector<std::string> words_;
  size_t at_ = 0;
  Command command_;
};

}  // namespace

std::optional<Status> StatusByName(const std::string& name) {
  for (const NamedStatus& row : kStatuses)
    if (name == row.name) return Status(static_cast<int32_t>(row.value));
  if (name.starts_with("0x")) {
    uint32_t value = 0;
    auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), value, 16);
    if (error == std::errc() && end == name.data() + name.size()) return Status(static_cast<int32_t>(value));
  }
  return std::nullopt;
}

Duration ParseDuration(const std::string& token) {
  size_t unit_at = token.find_first_not_of("0123456789");
  uint32_t value = ParseNumber(token.substr(0, unit_at));
  std::string unit = unit_at == std::string::npos ? "" : token.substr(unit_at);
  if (unit == "us") return std::chrono::microseconds(value);
  if (unit == "ms") return std::chrono::milliseconds(value);
  if (unit == "s") return std::chrono::seconds(value);
  throw Error(fmt::format("'{}' is no time; 500ms, 2s and 10us are", token));
}

Command ParseCommand(const std::string& line, const std::string& place) {
  try {
    std::vector<std::string> words = Split(line);
    if (words.empty()) throw Error("a command is missing");
    Command command = LineParser(std::move(words)).Parse();
    command.place = place;
    return command;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", place, error.what()));
  }
}

std::vector<Command> ReadScenario(const std::string& path) {
  std::string words;
  const auto text = rt::ReadFile(path, 64, &words, rt::ReadFrom::kFilesAndPipes);
  if (!text) throw Error(path + ": " + words);
  return ParseScenario(*text, path);
}

std::vector<Command> ParseScenario(const std::string& text, const std::string& file_name) {
  std::vector<Command> commands;
  Command unread;            // a line of tasks that could not be read; what follows is inside it
  Command* block = nullptr;
  std::string place, errors;
  const auto wrong = [&errors](const std::string& words) { errors += (errors.empty() ? "" : "\n") + words; };
  int number = 0;
  constexpr size_t kMostBytes = size_t{512} << 20;  // what lines of a few letters can ask for
  size_t bytes = 0;
  for (size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    place = fmt::format("{}:{}", file_name, ++number);
    std::string first = line.substr(std::min(line.find_first_not_of(" \t\r"), line.size()));
    first.resize(std::min(first.find_first_of(" \t\r#"), first.size()));
    if (first.empty()) continue;
    if (std::any_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 && c != '\t' && c != '\r'; })) {
      throw Error(place + ": a control character: this is no scenario");  // not the first line of hundreds that a binary file would give
    }
    if (first == "}") {
      if (!block) wrong(place + ": '}' without tasks");
      block = nullptr;
      continue;
    }
    try {
      if (first == "tasks" && block) throw Error(place + ": tasks inside tasks");
      Command command = ParseCommand(line, place);
      command.line = number;
      bytes += command.data.size() + command.output.size() + (command.expect.data ? 2 * command.expect.data->bytes.size() : 0);
      if (bytes > kMostBytes) {
        wrong(place + ": the data of all lines come to more than 512 MB");
        break;
      }
      std::vector<Command>& list = block ? block->body : commands;
      list.push_back(std::move(command));
      if (first == "tasks") block = &list.back();
    } catch (const Error& error) {
      wrong(error.what());
      if (first == "tasks" && !block) block = &unread, unread.place = place;
    }
  }
  if (block) wrong(block->place + ": tasks has no closing '}'");
  if (!errors.empty()) throw Error(errors);
  for (Command& app : commands) {
    if (app.verb != ScenarioVerb::kApp) continue;
    for (const Command& other : commands) app.more_input |= other.verb == ScenarioVerb::kType && other.request == app.request;
  }
  return commands;
}

}  // namespace drydock::tools
