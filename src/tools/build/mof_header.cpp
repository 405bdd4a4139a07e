// What wmimofck -h makes of a MOF file: per class its GUID, structure, sizes and data ids; ids of methods, and with -m structures of their
// parameters.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tools/build/diagnostics.h"
#include "tools/build/generated_headers.h"
#include "tools/build/mof.h"
#include "tools/build/text.h"

namespace drydock::tools {
namespace {

constexpr size_t kLargestHeader = 64 << 20;

std::string OneLine(const std::string& text) { return ReplaceAll(ReplaceAll(ReplaceAll(text, "\r", " "), "\n", " "), "\\", "/"); }

class HeaderWriter {
 public:
  HeaderWriter(const std::vector<MofClass>& classes, const std::string& file, const MofHeaderOptions& options)
      : classes_(classes), file_(file), options_(options) {}

  std::string Run() {
    std::string header = "/* WMI classes of a MOF file; made by drydock build. */\n#pragma once\n\n";
    for (const MofClass& one : classes_) {
      header += ClassText(one);
      if (header.size() > kLargestHeader) throw BuildError(file_, one.line, "MOF: the header of the classes comes to more than 64 MB");
    }
    return header;
  }

 private:
  // C's name of a fixed-size MOF type; empty for strings and the like.
  std::string CType(const std::string& mof) const {
    static constexpr std::pair<const char*, const char*> kTypes[] = {
        {"boolean", "BOOLEAN"},  {"uint8", "UCHAR"},     {"sint8", "CHAR"},   {"char", "CHAR"},    {"uint16", "USHORT"},
        {"sint16", "SHORT"},     {"uint32", "ULONG"},    {"sint32", "LONG"},  {"uint64", "ULONGLONG"}, {"sint64", "LONGLONG"},
        {"real32", "float"},     {"real64", "double"},   {"char16", "WCHAR"}};
    for (const auto& [name, c] : kTypes) {
      if (EqualsNoCase(mof, name)) return c;
    }
    if (EqualsNoCase(mof, "string") || EqualsNoCase(mof, "object")) return {};
    // Another class, embedded, by the name of its structure.
    for (const MofClass& one : classes_) {
      if (EqualsNoCase(one.name, mof)) return NameInHeader(one.qualifiers, one.name);
    }
    return mof;
  }

  static std::string NameInHeader(const MofQualifiers& qualifiers, const std::string& name) {
    const std::string other = qualifiers.Text("HeaderName");
    return other.empty() ? name : other;
  }

  // A structure of members in the order of their ids. What follows the first member of variable size has no fixed place.
  std::string Structure(const std::string& name, const std::vector<MofDataItem>& items) const {
    std::string text = fmt::format("typedef struct _{} {{\n", name);
    bool variable = false;
    std::string last;
    for (const MofDataItem& item : items) {
      const MofMember& member = *item.member;
      const MofQualifiers& qualifiers = member.qualifiers;
      std::string type = CType(member.type), count;
      const std::string field = fmt::format("{}_{}", name, NameInHeader(qualifiers, member.name));
      bool open = member.count == MofMember::kVariable || qualifiers.Has("WmiSizeIs");
      if (member.count > 0) count = fmt::format("[{}]", member.count);
      if (EqualsNoCase(member.type, "datetime")) {
        type = "WCHAR";
        count += "[25]";
      } else if (const auto most = qualifiers.Number("MaxLen"); EqualsNoCase(member.type, "string") && most && *most > 0) {
        type = "WCHAR";  // the length comes first
        count += fmt::format("[{} + 1]", *most);
      }
      if (const std::string words = qualifiers.Text("Description"); !words.empty()) text += "    // " + OneLine(words) + "\n";
      if (variable) {
        text += fmt::format("    // {} {}: after data of variable size\n", type.empty() ? "string" : type, member.name);
      } else if (type.empty()) {
        text += "    CHAR VariableData[1];\n";
        variable = true;
      } else if (open) {
        text += fmt::format("    {} {}[1];\n", type, NameInHeader(qualifiers, member.name));
        variable = true;
      } else {
        last = NameInHeader(qualifiers, member.name);
        text += fmt::format("    {} {}{};\n#define {}_SIZE sizeof({}{})\n", type, last, count, field, type, count);
      }
      text += fmt::format("#define {}_ID {}\n", field, item.id);
    }
    if (items.empty()) text += "    UCHAR Reserved;\n";
    text += fmt::format("}} {0}, *P{0};\n", name);
    if (!variable && !last.empty()) text += fmt::format("#define {0}_SIZE (FIELD_OFFSET({0}, {1}) + {0}_{1}_SIZE)\n", name, last);
    return text + "\n";
  }

  // Names of values: those of ValueMap or, for flags, of BitMap; numbered without either.
  std::string Values(const MofQualifiers& qualifiers) const {
    const MofQualifier* names = qualifiers.Find("DefineValues");
    if (!names) return {};
    const MofQualifier* values = qualifiers.Find("ValueMap");
    if (!values) values = qualifiers.Find("BitMap");
    if (values && values->values.size() != names->values.size())
      throw BuildError(file_, names->line,
                       fmt::format("MOF: DefineValues has {} names, {} has {} values", names->values.size(), values->name, values->values.size()));
    std::string text;
    for (size_t i = 0; i < names->values.size(); ++i)
      text += fmt::format("#define {} {}\n", names->values[i], values ? values->values[i] : std::to_string(i));
    return text + "\n";
  }

  // Parameters keep the numbers that they have among all, in and out; Id counts from 0.
  std::string Parameters(const MofMember& method) const {
    const std::string name = NameInHeader(method.qualifiers, method.name);
    std::string text;
    for (const char* direction : {"in", "out"}) {
      std::vector<MofDataItem> items;
      for (size_t i = 0; i < method.parameters.size(); ++i) {
        const MofMember& parameter = method.parameters[i];
        const long id = parameter.qualifiers.Number("Id").value_or(static_cast<long>(i)) + 1;
        if (parameter.qualifiers.Has(direction)) items.push_back({&parameter, static_cast<int>(id)});
      }
      if (!items.empty()) text += Structure(name + (direction[0] == 'i' ? "_IN" : "_OUT"), items);
    }
    return text;
  }

  std::string GuidText(const MofClass& one) const {
    std::string guid = GuidOf(one, file_);
    if (guid.empty()) return {};
    std::erase_if(guid, [](char c) { return c == '{' || c == '}' || c == '-'; });
    const std::string head = fmt::format("0x{}, 0x{}, 0x{}", guid.substr(0, 8), guid.substr(8, 4), guid.substr(12, 4));
    std::string tail;
    for (size_t i = 16; i < 32; i += 2) tail += (tail.empty() ? "0x" : ", 0x") + guid.substr(i, 2);
    const std::string macro = one.qualifiers.Text("GuidName1"), constant = one.qualifiers.Text("GuidName2");
    return fmt::format("#define {} {{ {}, {{ {} }} }}\nDEFINE_GUID({}, {}, {});\n\n", macro.empty() ? one.name + "Guid" : macro, head, tail,
                       constant.empty() ? one.name + "_GUID" : constant, head, tail);
  }

  std::string ClassText(const MofClass& one) const {
    const std::vector<MofDataItem> items = DataItemsOf(one, classes_);
    std::string body = GuidText(one);
    body += Values(one.qualifiers);
    for (const MofMember& member : one.members) {
      body += Values(member.qualifiers);
      const auto id = member.qualifiers.Number("WmiMethodId");
      if (!member.method || !id) continue;
      body += fmt::format("#define {} {}\n", member.name, *id);
      for (const MofMember& parameter : member.parameters) body += Values(parameter.qualifiers);
      if (options_.method_structures) body += Parameters(member);
    }
    if (!items.empty()) body += Structure(NameInHeader(one.qualifiers, one.name), items);
    if (body.empty()) return {};
    return fmt::format("// {}: {}\n{}\n", one.name, OneLine(one.qualifiers.Text("Description")), body);
  }

  const std::vector<MofClass>& classes_;
  const std::string& file_;
  const MofHeaderOptions& options_;
};

}  // namespace

std::string HeaderOfMof(std::string_view text, const std::string& file, const MofHeaderOptions& options) {
  const std::vector<MofClass> classes = ParseMof(text, file);
  return HeaderWriter(classes, file, options).Run();
}

}  // namespace drydock::tools
