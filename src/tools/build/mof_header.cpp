#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/include_scan.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

struct Token {
  std::string text;  // strings without their quotes
  bool string = false;
  int line = 0;
};

std::vector<Token> Tokens(std::string_view source, const std::string& file) {
  const std::string text = StripComments(source);
  std::vector<Token> tokens;
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      ++i;
    } else if (std::string_view(" \t\r\f\v").find(c) != std::string_view::npos) {
      ++i;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());  // #pragma
    } else if (c == '"') {
      std::string value;
      size_t end = i + 1;
      for (; end < text.size() && text[end] != '"'; ++end) {
        if (text[end] == '\\' && end + 1 < text.size()) ++end;
        value += text[end];
      }
      if (end >= text.size()) throw BuildError(file, line, "MOF: a string is not closed");
      tokens.push_back({value, true, line});
      i = end + 1;
    } else {
      size_t end = i;
      while (end < text.size() &&
             (IsIdentifier(text.substr(end, 1)) || (text[end] >= '0' && text[end] <= '9') ||
              (text[end] == '-' && end == i))) {
        ++end;
      }
      end = std::max(end, i + 1);
      tokens.push_back({text.substr(i, end - i), false, line});
      i = end;
    }
  }
  return tokens;
}

struct Qualifiers {
  std::string guid, description, size_is;
  std::optional<int> data_id, method_id;
  bool in = false, out = false;
};

struct Member {
  Qualifiers qualifiers;
  std::string type, name;
  int count = 0;  // of a fixed array
  bool method = false;
  std::vector<Member> parameters;
};

struct Class {
  Qualifiers qualifiers;
  std::string name;
  std::vector<Member> members;
};

constexpr int kDeepest = 100;

class Parser {
 public:
  Parser(std::string_view text, const std::string& file)
      : file_(file), tokens_(Tokens(text, file)) {}

  std::vector<Class> Run() {
    std::vector<Class> classes;
    while (at_ < tokens_.size()) {
      const Qualifiers qualifiers = TakeQualifiers();
      if (EqualsNoCase(Peek(), "class")) {
        classes.push_back(TakeClass(qualifiers));
      } else {
        // Instances and the like make no header.
        while (at_ < tokens_.size() && !Accept(";")) SkipOne();
      }
    }
    return classes;
  }

 private:
  std::string Peek() const {
    return at_ < tokens_.size() && !tokens_[at_].string ? tokens_[at_].text : std::string();
  }
  int Line() const { return tokens_.empty() ? 1 : tokens_[std::min(at_, tokens_.size() - 1)].line; }

  bool Accept(std::string_view text) {
    if (Peek() != text) return false;
    ++at_;
    return true;
  }
  void Expect(std::string_view text) {
    if (Accept(text)) return;
    throw BuildError(file_, Line(),
                     fmt::format("MOF: '{}' is missing before '{}'", text,
                                 at_ < tokens_.size() ? tokens_[at_].text : "the end of the file"));
  }
  std::string Identifier() {
    const std::string name = Peek();
    if (!IsIdentifier(name))
      throw BuildError(file_, Line(), fmt::format("MOF: '{}' is no name", name));
    ++at_;
    return name;
  }
  // One token, or a whole bracketed group.
  void SkipOne() {
    if (at_ >= tokens_.size()) throw BuildError(file_, Line(), "MOF: the file ends too early");
    const std::string open = Peek();
    ++at_;
    const std::string close = open == "{" ? "}" : open == "(" ? ")" : open == "[" ? "]" : "";
    if (close.empty()) return;
    if (++depth_ > kDeepest) throw BuildError(file_, Line(), "MOF: brackets are nested too deeply");
    while (!Accept(close)) SkipOne();
    --depth_;
  }

  Qualifiers TakeQualifiers() {
    Qualifiers q;
    if (!Accept("[")) return q;
    while (!Accept("]")) {
      const std::string name = Identifier();
      std::string value;
      if (Accept("(")) {
        while (!Accept(")")) {
          if (at_ >= tokens_.size())
            throw BuildError(file_, Line(), "MOF: the file ends within a qualifier");
          value += tokens_[at_++].text;
        }
      } else if (Peek() == "{") {
        SkipOne();
      }
      if (Accept(":")) {
        while (IsIdentifier(Peek())) ++at_;  // amended and other flavours
      }
      Accept(",");
      if (EqualsNoCase(name, "guid")) q.guid = value;
      if (EqualsNoCase(name, "description")) q.description = value;
      if (EqualsNoCase(name, "wmisizeis")) q.size_is = value;
      if (EqualsNoCase(name, "wmidataid")) q.data_id = std::atoi(value.c_str());
      if (EqualsNoCase(name, "wmimethodid")) q.method_id = std::atoi(value.c_str());
      if (EqualsNoCase(name, "in")) q.in = true;
      if (EqualsNoCase(name, "out")) q.out = true;
    }
    return q;
  }

  Class TakeClass(const Qualifiers& qualifiers) {
    Expect("class");
    Class result{qualifiers, Identifier(), {}};
    if (Accept(":")) Identifier();
    if (Accept(";")) return result;
    Expect("{");
    while (!Accept("}")) result.members.push_back(TakeMember());
    Accept(";");
    return result;
  }

  Member TakeMember() {
    Member member = TakeDeclaration();
    if (Accept("(")) {
      member.method = true;
      while (!Accept(")")) {
        member.parameters.push_back(TakeDeclaration());
        Accept(",");
      }
    } else if (Accept("=")) {
      while (Peek() != ";") SkipOne();
    }
    Expect(";");
    return member;
  }

  Member TakeDeclaration() {
    Member member;
    member.qualifiers = TakeQualifiers();
    member.type = Identifier();
    member.name = Identifier();
    if (Accept("[")) {
      if (!Accept("]")) {
        member.count = std::atoi(Peek().c_str());
        ++at_;
        Expect("]");
      } else {
        member.count = -1;
      }
    }
    return member;
  }

  const std::string& file_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

// C's name of a fixed-size MOF type; empty for strings and the like.
std::string CType(const std::string& mof) {
  static constexpr std::pair<const char*, const char*> kTypes[] = {
      {"boolean", "BOOLEAN"},  {"uint8", "UCHAR"},     {"sint8", "CHAR"},   {"char", "CHAR"},
      {"uint16", "USHORT"},    {"sint16", "SHORT"},    {"uint32", "ULONG"}, {"sint32", "LONG"},
      {"uint64", "ULONGLONG"}, {"sint64", "LONGLONG"}, {"real32", "float"}, {"real64", "double"},
      {"char16", "WCHAR"}};
  for (const auto& [name, c] : kTypes) {
    if (EqualsNoCase(mof, name)) return c;
  }
  if (EqualsNoCase(mof, "string") || EqualsNoCase(mof, "object")) return {};
  return mof;  // another class, embedded
}

// A structure of members in the order of their ids. What follows the first member of variable size
// has no fixed place.
std::string Structure(const std::string& name, const std::vector<const Member*>& members,
                      const std::vector<int>& ids) {
  std::string text = fmt::format("typedef struct _{} {{\n", name);
  bool variable = false;
  std::string last;
  for (size_t i = 0; i < members.size(); ++i) {
    const Member& member = *members[i];
    std::string type = CType(member.type);
    const std::string field = fmt::format("{}_{}", name, member.name);
    int count = member.count;
    if (EqualsNoCase(member.type, "datetime")) {
      type = "WCHAR";
      count = 25;
    }
    if (!member.qualifiers.description.empty()) {
      text += "    // " +
              ReplaceAll(ReplaceAll(member.qualifiers.description, "\n", " "), "\r", " ") + "\n";
    }
    if (variable) {
      text += fmt::format("    // {} {}: after data of variable size\n",
                          type.empty() ? "string" : type, member.name);
    } else if (type.empty()) {
      text += "    CHAR VariableData[1];\n";
      variable = true;
    } else if (count < 0 || !member.qualifiers.size_is.empty()) {
      text += fmt::format("    {} {}[1];\n", type, member.name);
      variable = true;
    } else {
      const std::string array = count > 0 ? fmt::format("[{}]", count) : "";
      text += fmt::format("    {} {}{};\n#define {}_SIZE sizeof({}{})\n", type, member.name, array,
                          field, type, array);
      last = member.name;
    }
    text += fmt::format("#define {}_ID {}\n", field, ids[i]);
  }
  if (members.empty()) text += "    UCHAR Reserved;\n";
  text += fmt::format("}} {0}, *P{0};\n", name);
  if (!variable && !last.empty()) {
    text += fmt::format("#define {0}_SIZE (FIELD_OFFSET({0}, {1}) + {0}_{1}_SIZE)\n", name, last);
  }
  return text + "\n";
}

std::string GuidInitializer(std::string guid, const Class& owner, const std::string& file) {
  std::erase_if(guid, [](char c) { return c == '{' || c == '}' || c == '-'; });
  if (guid.size() != 32 || guid.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    throw BuildError(file, 1, fmt::format("MOF: the guid of class {} is no GUID", owner.name));
  }
  std::string text =
      fmt::format("0x{}, 0x{}, 0x{}", guid.substr(0, 8), guid.substr(8, 4), guid.substr(12, 4));
  for (size_t i = 16; i < 32; i += 2) text += ", 0x" + guid.substr(i, 2);
  return ToLower(text);
}

std::string ClassText(const Class& one, const std::string& file) {
  std::string text =
      fmt::format("// {}: {}\n", one.name, ReplaceAll(one.qualifiers.description, "\n", " "));
  const std::string guid = GuidInitializer(one.qualifiers.guid, one, file);
  const size_t last = [&guid] {
    size_t at = 0;
    for (int i = 0; i < 3; ++i) at = guid.find(',', at + 1);
    return at;
  }();
  text += fmt::format("#define {}Guid {{ {}, {{{} }} }}\nDEFINE_GUID({}_GUID, {});\n\n", one.name,
                      guid.substr(0, last), guid.substr(last + 1), one.name, guid);
  std::vector<const Member*> data;
  for (const Member& member : one.members) {
    if (!member.method && member.qualifiers.data_id) data.push_back(&member);
    if (member.method && member.qualifiers.method_id) {
      text += fmt::format("#define {} {}\n", member.name, *member.qualifiers.method_id);
      for (const bool in : {true, false}) {
        std::vector<const Member*> parameters;
        std::vector<int> ids;
        for (const Member& parameter : member.parameters) {
          if (in ? !parameter.qualifiers.in : !parameter.qualifiers.out) continue;
          parameters.push_back(&parameter);
          ids.push_back(static_cast<int>(ids.size()) + 1);
        }
        if (!parameters.empty())
          text += Structure(member.name + (in ? "_IN" : "_OUT"), parameters, ids);
      }
    }
  }
  if (data.empty()) return text + "\n";
  std::stable_sort(data.begin(), data.end(), [](const Member* a, const Member* b) {
    return *a->qualifiers.data_id < *b->qualifiers.data_id;
  });
  std::vector<int> ids;
  for (const Member* member : data) ids.push_back(*member->qualifiers.data_id);
  return text + Structure(one.name, data, ids);
}

}  // namespace

std::string HeaderOfMof(std::string_view text, const std::string& file) {
  std::string header = "/* WMI classes of a MOF file; made by drydock build. */\n#pragma once\n\n";
  for (const Class& one : Parser(text, file).Run()) {
    if (!one.qualifiers.guid.empty()) header += ClassText(one, file);
  }
  return header;
}

}  // namespace drydock::tools
