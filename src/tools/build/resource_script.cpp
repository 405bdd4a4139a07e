#include "tools/build/resource_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "tools/build/resource_lexer.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

using Kind = ResourceToken::Kind;

constexpr int kDeepest = 100;
constexpr uint16_t kString = 6, kRcData = 10, kMessageTable = 11, kVersion = 16;

struct KnownType {
  const char* word;
  uint16_t id;
  enum Form : uint8_t { kData, kPassedBlock, kPassedFile } form;
};
constexpr KnownType kTypes[] = {
    {"RCDATA", kRcData, KnownType::kData},        {"MESSAGETABLE", kMessageTable, KnownType::kData},
    {"HTML", 23, KnownType::kData},               {"MANIFEST", 24, KnownType::kData},
    {"RT_MANIFEST", 24, KnownType::kData},        {"DIALOG", 5, KnownType::kPassedBlock},
    {"DIALOGEX", 5, KnownType::kPassedBlock},     {"MENU", 4, KnownType::kPassedBlock},
    {"MENUEX", 4, KnownType::kPassedBlock},       {"ACCELERATORS", 9, KnownType::kPassedBlock},
    {"TOOLBAR", 241, KnownType::kPassedBlock},    {"ICON", 14, KnownType::kPassedFile},
    {"CURSOR", 12, KnownType::kPassedFile},       {"BITMAP", 2, KnownType::kPassedFile},
    {"FONT", 8, KnownType::kPassedFile},          {"FONTDIR", 7, KnownType::kPassedFile},
    {"ANICURSOR", 21, KnownType::kPassedFile},    {"ANIICON", 22, KnownType::kPassedFile},
    {"PLUGPLAY", 19, KnownType::kPassedFile},     {"VXD", 20, KnownType::kPassedFile},
};

std::u16string Capitals(std::u16string text) {
  for (char16_t& c : text)
    if (c >= u'a' && c <= u'z') c = static_cast<char16_t>(c - 32);
  return text;
}

class Reader {
 public:
  Reader(std::string_view text, const ResourceSurroundings& surroundings) : lexer_(text), surroundings_(surroundings) {}

  std::vector<Resource> Run() {
    while (lexer_.Peek().kind != Kind::kEnd) Statement();
    for (auto& [key, strings] : bundles_) {
      ResourceBytes bytes;
      for (unsigned i = 0; i < 16; ++i) {
        const auto one = strings.find(static_cast<uint16_t>(i));
        const std::u16string text = one == strings.end() ? std::u16string() : one->second;
        bytes.Word(static_cast<uint16_t>(text.size()));
        bytes.Text(text);
      }
      resources_.push_back({{kString, {}}, {static_cast<uint16_t>(key.second + 1), {}}, key.first, bytes.Take()});
    }
    return std::move(resources_);
  }

 private:
  void Statement() {
    const ResourceToken first = lexer_.Peek();
    if (first.IsWord("LANGUAGE")) {
      lexer_.Next();
      language_ = Language();
      return;
    }
    if (first.IsWord("STRINGTABLE")) {
      lexer_.Next();
      return Strings(Options());
    }
    Resource resource;
    resource.name = Name();
    const ResourceToken type = lexer_.Peek();
    if (type.IsWord("VERSIONINFO")) {
      lexer_.Next();
      resource.type.id = kVersion;
      resource.language = language_;
      resource.data = Version();
      resources_.push_back(std::move(resource));
      return;
    }
    KnownType::Form form = KnownType::kData;
    const KnownType* known = nullptr;
    for (const KnownType& one : kTypes)
      if (type.IsWord(one.word)) known = &one;
    if (known != nullptr) {
      lexer_.Next();
      resource.type.id = known->id;
      form = known->form;
    } else {
      if (type.kind == Kind::kEnd || type.kind == Kind::kSign) lexer_.Fail(first.at, fmt::format("'{}' is no resource statement", first.text));
      resource.type = Name();
    }
    resource.language = Options();
    if (form == KnownType::kPassedBlock) return PassBlock(type.at);
    if (!lexer_.Peek().Opens()) {
      const std::string file = lexer_.FileName();
      if (form == KnownType::kPassedFile) return;
      const auto bytes = surroundings_.file(file);
      if (!bytes) return surroundings_.warn(fmt::format("{}: {} is not there, so the image lacks that resource", lexer_.Place(first.at), file));
      resource.data = *bytes;
    } else {
      resource.data = Data();
    }
    if (form == KnownType::kData) resources_.push_back(std::move(resource));
  }

  ResourceName Name() {
    const ResourceToken token = lexer_.Peek();
    if (token.kind == Kind::kWord || token.kind == Kind::kString) {
      lexer_.Next();
      return {0, Capitals(token.kind == Kind::kWord ? ToUtf16(token.text) : token.characters)};
    }
    return {static_cast<uint16_t>(Number()), {}};
  }

  uint16_t Language() {
    const uint32_t primary = Number();
    Comma();
    return static_cast<uint16_t>(primary | Number() << 10);
  }

  // Memory options mean nothing any more.
  uint16_t Options() {
    uint16_t language = language_;
    for (;;) {
      const ResourceToken token = lexer_.Peek();
      if (token.IsWord("LANGUAGE")) {
        lexer_.Next();
        language = Language();
      } else if (token.IsWord("CHARACTERISTICS") || token.IsWord("VERSION")) {
        lexer_.Next();
        Number();
      } else {
        bool known = false;
        for (const char* word : {"DISCARDABLE", "MOVEABLE", "FIXED", "PURE", "IMPURE", "SHARED", "NONSHARED", "PRELOAD", "LOADONCALL"})
          known = known || token.IsWord(word);
        if (!known) return language;
        lexer_.Next();
      }
    }
  }

  void Open(const char* what) {
    const ResourceToken token = lexer_.Next();
    if (!token.Opens()) lexer_.Fail(token.at, fmt::format("BEGIN of {} is missing", what));
  }
  bool Comma() {
    if (!lexer_.Peek().Is(',')) return false;
    lexer_.Next();
    return true;
  }

  // Statements before the BEGIN (CAPTION, STYLE) belong to it.
  void PassBlock(size_t at) {
    int depth = 0;
    for (bool opened = false; !opened || depth > 0;) {
      const ResourceToken token = lexer_.Next();
      if (token.kind == Kind::kEnd) lexer_.Fail(at, "its END is missing");
      if (token.Opens()) ++depth, opened = true;
      else if (token.Closes()) --depth;
    }
  }

  // Of parentheses, signs and blocks.
  struct Deeper {
    Deeper(Reader& reader, size_t at) : depth(reader.depth_) {
      if (depth == kDeepest) reader.lexer_.Fail(at, "this is nested too deeply");
      ++depth;
    }
    ~Deeper() { --depth; }
    int& depth;
  };

  // Sums, differences, bits.
  uint32_t Number(bool* is_long = nullptr) {
    uint32_t value = Operand(is_long);
    for (;;) {
      const ResourceToken sign = lexer_.Peek();
      if (sign.Is('+')) lexer_.Next(), value += Operand(is_long);
      else if (sign.Is('-')) lexer_.Next(), value -= Operand(is_long);
      else if (sign.Is('|')) lexer_.Next(), value |= Operand(is_long);
      else if (sign.Is('&')) lexer_.Next(), value &= Operand(is_long);
      else return value;
    }
  }
  uint32_t Operand(bool* is_long) {
    const ResourceToken token = lexer_.Next();
    const Deeper deeper(*this, token.at);
    if (token.Is('-')) return 0u - Operand(is_long);
    if (token.Is('~') || token.IsWord("NOT")) return ~Operand(is_long);
    if (token.Is('(')) {
      const uint32_t value = Number(is_long);
      if (!lexer_.Next().Is(')')) lexer_.Fail(token.at, "a parenthesis is not closed");
      return value;
    }
    if (token.kind != Kind::kNumber) {
      if (lenient_ && token.kind == Kind::kWord) return 0;
      lexer_.Fail(token.at, token.kind == Kind::kWord ? fmt::format("'{}' is no number, and not defined", token.text) : "a number is missing");
    }
    if (is_long != nullptr && token.is_long) *is_long = true;
    return token.value;
  }

  void Strings(uint16_t language) {
    Open("the string table");
    while (!lexer_.Peek().Closes()) {
      const ResourceToken first = lexer_.Peek();
      if (first.kind == Kind::kEnd) lexer_.Fail(first.at, "END of the string table is missing");
      const auto id = static_cast<uint16_t>(Number());
      Comma();
      if (lexer_.Peek().kind != Kind::kString) lexer_.Fail(lexer_.Peek().at, fmt::format("string {} has no text", id));
      std::u16string text;
      while (lexer_.Peek().kind == Kind::kString) text += lexer_.Next().characters;
      if (!bundles_[{language, static_cast<uint16_t>(id >> 4)}].emplace(id & 15, std::move(text)).second)
        lexer_.Fail(first.at, fmt::format("string {} is there twice", id));
    }
    lexer_.Next();
  }

  static void AddText(const ResourceToken& token, ResourceBytes& bytes) {
    if (token.wide) return bytes.Text(token.characters);
    for (const char16_t c : token.characters) bytes.Byte(static_cast<uint8_t>(c < 0x100 ? c : '?'));
  }

  std::string Data() {
    Open("the data");
    ResourceBytes bytes;
    while (!lexer_.Peek().Closes()) {
      const ResourceToken token = lexer_.Peek();
      if (token.kind == Kind::kEnd) lexer_.Fail(token.at, "END of the data is missing");
      if (token.kind == Kind::kString) {
        AddText(lexer_.Next(), bytes);
      } else if (!Comma()) {
        bool is_long = false;
        const uint32_t value = Number(&is_long);
        is_long ? bytes.Dword(value) : bytes.Word(static_cast<uint16_t>(value));
      }
    }
    lexer_.Next();
    return bytes.Take();
  }

  // --- VERSIONINFO ---

  std::string Version() {
    lenient_ = true;
    Options();
    uint32_t fixed[13] = {0xFEEF04BD, 0x00010000};
    constexpr struct {
      const char* word;
      unsigned at;
    } kFixed[] = {{"FILEFLAGSMASK", 6}, {"FILEFLAGS", 7}, {"FILEOS", 8}, {"FILETYPE", 9}, {"FILESUBTYPE", 10}};
    for (ResourceToken word = lexer_.Next(); !word.Opens(); word = lexer_.Next()) {
      if (word.kind != Kind::kWord) lexer_.Fail(word.at, "BEGIN of the version information is missing");
      const bool file = word.IsWord("FILEVERSION");
      if (file || word.IsWord("PRODUCTVERSION")) {
        uint32_t parts[4] = {};
        for (uint32_t& part : parts) {
          part = Number() & 0xFFFF;
          if (!Comma()) break;
        }
        fixed[file ? 2 : 4] = parts[0] << 16 | parts[1];
        fixed[file ? 3 : 5] = parts[2] << 16 | parts[3];
        continue;
      }
      const auto* known = std::find_if(std::begin(kFixed), std::end(kFixed), [&](const auto& each) { return word.IsWord(each.word); });
      if (known == std::end(kFixed)) lexer_.Fail(word.at, fmt::format("'{}' is no statement of version information", word.text));
      fixed[known->at] = Number();
    }
    ResourceBytes value;
    for (const uint32_t number : fixed) value.Dword(number);
    std::string bytes = Node(u"VS_VERSION_INFO", false, value.size(), value.Take(), Blocks());
    lenient_ = false;
    return bytes;
  }

  // What stands between a BEGIN, already read, and its END.
  std::string Blocks() {
    const Deeper deeper(*this, lexer_.Peek().at);
    ResourceBytes all;
    for (ResourceToken word = lexer_.Next(); !word.Closes(); word = lexer_.Next()) {
      const ResourceToken key = lexer_.Next();
      const bool block = word.IsWord("BLOCK");
      if ((!block && !word.IsWord("VALUE")) || key.kind != Kind::kString) lexer_.Fail(word.at, "BLOCK or VALUE with a name is missing");
      std::string node;
      if (block) {
        Open("the block");
        node = Node(key.characters, true, 0, {}, Blocks());
      } else {
        bool text = false;
        std::u16string characters;
        ResourceBytes numbers;
        while (Comma() || lexer_.Peek().kind == Kind::kString) {
          const ResourceToken value = lexer_.Peek();
          if (value.kind == Kind::kString) {
            text = true;
            characters += lexer_.Next().characters;
          } else if (value.IsWord("VALUE") || value.IsWord("BLOCK") || value.Closes()) {
            break;
          } else {
            bool is_long = false;
            const uint32_t number = Number(&is_long);
            is_long ? numbers.Dword(number) : numbers.Word(static_cast<uint16_t>(number));
          }
        }
        if (text) {
          while (!characters.empty() && characters.back() == 0) characters.pop_back();
          characters += u'\0';
          ResourceBytes bytes;
          bytes.Text(characters);
          node = Node(key.characters, true, characters.size(), bytes.Take(), {});
        } else {
          node = Node(key.characters, false, numbers.size(), numbers.Take(), {});
        }
      }
      all.Align(4);
      all.Append(node);
    }
    return all.Take();
  }

  static std::string Node(const std::u16string& key, bool text, size_t value_length, const std::string& value, const std::string& children) {
    ResourceBytes bytes;
    bytes.Word(0);
    bytes.Word(static_cast<uint16_t>(value_length));
    bytes.Word(text ? 1 : 0);
    bytes.Text(key);
    bytes.Word(0);
    if (!value.empty()) bytes.Align(4);
    bytes.Append(value);
    if (!children.empty()) bytes.Align(4);
    bytes.Append(children);
    std::string node = bytes.Take();
    node[0] = static_cast<char>(node.size());
    node[1] = static_cast<char>(node.size() >> 8);
    return node;
  }

  int depth_ = 0;
  ResourceLexer lexer_;
  const ResourceSurroundings& surroundings_;
  std::vector<Resource> resources_;
  std::map<std::pair<uint16_t, uint16_t>, std::map<uint16_t, std::u16string>> bundles_;  // by language and number
  uint16_t language_ = 0x409;
  bool lenient_ = false;  // unknown names count as 0
};

void AddName(const ResourceName& name, ResourceBytes& bytes) {
  if (name.name.empty()) {
    bytes.Word(0xFFFF);
    bytes.Word(name.id);
  } else {
    bytes.Text(name.name);
    bytes.Word(0);
  }
}

void AddResource(const Resource& resource, ResourceBytes& bytes) {
  ResourceBytes names;
  AddName(resource.type, names);
  AddName(resource.name, names);
  names.Align(4);
  bytes.Dword(static_cast<uint32_t>(resource.data.size()));
  bytes.Dword(static_cast<uint32_t>(8 + names.size() + 16));
  bytes.Append(names.Take());
  bytes.Dword(0);
  bytes.Word(0x1030);
  bytes.Word(resource.language);
  bytes.Dword(0);
  bytes.Dword(0);
  bytes.Append(resource.data);
  bytes.Align(4);
}

}  // namespace

std::vector<Resource> ReadResourceScript(std::string_view preprocessed, const ResourceSurroundings& surroundings) {
  return Reader(preprocessed, surroundings).Run();
}

std::string ResourceFile(const std::vector<Resource>& resources) {
  ResourceBytes bytes;
  Resource first;  // what marks the file's kind
  first.language = 0;
  AddResource(first, bytes);
  for (const Resource& resource : resources) AddResource(resource, bytes);
  return bytes.Take();
}

std::string ResourceSource(const std::string& res_path, std::string_view res) {
  uint64_t mark = 0xcbf29ce484222325u;
  for (const char c : res) mark = (mark ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return fmt::format(
      "/* The resources of this application ({:016x}): their size in eight bytes, then a .res file. */\n"
      "__asm__(\".pushsection .drydock.resources,\\\"a\\\",@progbits\\n\"\n"
      "        \".balign 8\\n.globl DrydockResources\\n.type DrydockResources, @object\\n\"\n"
      "        \"DrydockResources: .quad 2f-1f\\n1: .incbin \\\"{}\\\"\\n2: .popsection\");\n",
      mark, EscapeC(EscapeC(res_path)));
}

std::u16string ToUtf16(std::string_view utf8) {
  std::u16string out;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    uint32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t k = 1; k < length && i + k < utf8.size(); ++k) code = code << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3F);
    i += length;
    if (code >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
      code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    out += static_cast<char16_t>(code);
  }
  return out;
}

}  // namespace drydock::tools
