// MOF files as drivers have them: classes with their qualifiers, data items and methods. What Windows' mofcomp reads.
// Errors: BuildError with file and line.
// Source: public documentation (MOF, WMI class, property and method qualifiers).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::tools {

// A qualifier with one value has one; with a list, all of it; without a value, none.
struct MofQualifier {
  std::string name;
  std::vector<std::string> values;
  int line = 0;
};

struct MofQualifiers {
  std::vector<MofQualifier> all;
  const MofQualifier* Find(std::string_view name) const;  // in any letter case
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  std::string Text(std::string_view name) const;               // its first value, or empty
  std::optional<long> Number(std::string_view name) const;     // its first value, decimal or 0x
};

// A property, a method or a method's parameter.
struct MofMember {
  static constexpr long kNoArray = -1, kVariable = 0;
  MofQualifiers qualifiers;
  std::string type, name;
  long count = kNoArray;  // of an array; kVariable if the declaration says none
  bool method = false;
  std::vector<MofMember> parameters;
  int line = 0;
};

struct MofClass {
  MofQualifiers qualifiers;
  std::string name, base;
  std::vector<MofMember> members;
  int line = 0;
};

std::vector<MofClass> ParseMof(std::string_view text, const std::string& file);

// The data items of a class in the order of their ids, those of the classes it derives from among them (as far as `classes` has them).
struct MofDataItem {
  const MofMember* member;
  int id;
};
std::vector<MofDataItem> DataItemsOf(const MofClass& one, const std::vector<MofClass>& classes);

// {XXXXXXXX-...} of a class; empty if it has none.
std::string GuidOf(const MofClass& one, const std::string& file);

}  // namespace drydock::tools
