#include "machine/setup/inf_registry.h"

#include <fmt/format.h>

#include <optional>

namespace drydock::machine::setup {
namespace {

enum : uint32_t {
  kBinary = 0x1,
  kNoClobber = 0x2,
  kDelValue = 0x4,
  kAppend = 0x8,
  kKeyOnly = 0x10,
  kOverwriteOnly = 0x20,
  kDelRegBit = 0x8000,
  kTypeMask = 0xFFFF0001,
  kDelString = 0x00018002,  // FLG_DELREG_MULTI_SZ_DELSTRING
  k64BitKey = 0x1000,
  kKeyOnlyCommon = 0x2000,
  k32BitKey = 0x4000,
};
enum : uint32_t { kRegNone = 0, kRegSz = 1, kRegExpandSz = 2, kRegBinary = 3, kRegDword = 4, kRegMultiSz = 7 };

void AddUnits(std::vector<uint8_t>& data, const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    uint32_t code = c;
    size_t more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    if (more) code = c & (0x3F >> more);
    for (size_t k = 1; k <= more && i + k < text.size(); ++k) code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    i += more + 1;
    auto unit = [&](uint32_t value) {
      data.push_back(static_cast<uint8_t>(value));
      data.push_back(static_cast<uint8_t>(value >> 8));
    };
    if (code >= 0x10000) {
      unit(0xD800 + ((code - 0x10000) >> 10));
      unit(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      unit(code);
    }
  }
  data.push_back(0);
  data.push_back(0);
}

class EntryReader {
 public:
  EntryReader(const InfFile& file, const InfLine& line, const char* directive, InfReport& report)
      : file_(file), line_(line), directive_(directive), report_(report) {
    change.line = line.line;
  }

  bool ReadRootAndKey() {
    if (line_.has_key) return Wrong(fmt::format("'{} = ...' is no registry entry; ROOT,[SUBKEY],[NAME],[FLAGS],[VALUE] is", line_.key));
    const std::string& root = line_.value(0);
    static constexpr struct {
      const char* name;
      RegistryRoot root;
    } kRoots[] = {{"HKR", RegistryRoot::kRelative},      {"HKCR", RegistryRoot::kClassesRoot}, {"HKCU", RegistryRoot::kCurrentUser},
                  {"HKLM", RegistryRoot::kLocalMachine}, {"HKU", RegistryRoot::kUsers}};
    bool found = false;
    for (const auto& row : kRoots) {
      if (!InfEqual(root, row.name)) continue;
      change.root = row.root;
      found = true;
    }
    if (!found) return Wrong(fmt::format("'{}' is no registry root; HKR, HKLM, HKCR, HKCU and HKU are", root));
    change.subkey = line_.value(1);
    while (!change.subkey.empty() && change.subkey.front() == '\\') change.subkey.erase(0, 1);
    while (!change.subkey.empty() && change.subkey.back() == '\\') change.subkey.pop_back();
    change.name = line_.value(2);
    return true;
  }

  bool ReadFlags() {
    if (line_.value(3).empty()) return true;
    if (!InfNumber(line_.value(3), &flags)) return Wrong(fmt::format("'{}' are no flags; 0x00010001 (REG_DWORD) are, for example", line_.value(3)));
    return true;
  }

  bool ReadType() {
    const uint32_t type = flags & kTypeMask;
    switch (type) {
      case 0: change.type = kRegSz; return true;
      case kBinary: change.type = kRegBinary; return true;
      case 0x00010000: change.type = kRegMultiSz; return true;
      case 0x00020000: change.type = kRegExpandSz; return true;
      case 0x00010001: change.type = kRegDword; return true;
      case 0x00020001: change.type = kRegNone; return true;
      default:
        // Any other type stands in the high word, its data given as bytes.
        if (!(type & kBinary)) return Wrong(fmt::format("0x{:08x} is no value type", flags));
        change.type = type >> 16;
        return true;
    }
  }

  bool ReadData() {
    std::vector<std::string> values(line_.values.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(4, line_.values.size())), line_.values.end());
    switch (change.type) {
      case kRegSz:
      case kRegExpandSz: {
        if (values.size() > 1) return Wrong("more than one value; a text with commas needs quotation marks");
        change.data = RegistryText(values.empty() ? std::string() : values[0]);
        return true;
      }
      case kRegMultiSz:
        while (!values.empty() && values.back().empty()) values.pop_back();
        change.text = values;
        change.data = RegistryTexts(values);
        return true;
      case kRegDword: {
        if (values.empty()) values.push_back("0");
        uint32_t number = 0;
        if (values.size() == 1) {
          if (!InfNumber(values[0], &number)) return Wrong(fmt::format("'{}' is no number of 32 bits", values[0]));
          for (int i = 0; i < 4; ++i) change.data.push_back(static_cast<uint8_t>(number >> (8 * i)));
          return true;
        }
        if (values.size() != 4) return Wrong("a REG_DWORD is one number or four bytes");
        return ReadBytes(values);
      }
      default: return ReadBytes(values);
    }
  }

  bool Wrong(std::string words) {
    report_.Error(file_.name(), line_.line, fmt::format("{}: {}", directive_, words));
    return false;
  }

  RegistryChange change;
  uint32_t flags = 0;

 private:
  bool ReadBytes(const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      if (value.empty() && values.size() == 1) return true;
      std::string_view digits = value;
      if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
      unsigned byte = 0;
      bool good = !digits.empty() && digits.size() <= 2;
      for (char c : digits) {
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        good = good && digit >= 0;
        byte = byte * 16 + static_cast<unsigned>(digit < 0 ? 0 : digit);
      }
      if (!good) return Wrong(fmt::format("'{}' is no byte; two hexadecimal digits are", value));
      change.data.push_back(static_cast<uint8_t>(byte));
    }
    return true;
  }

  const InfFile& file_;
  const InfLine& line_;
  const char* directive_;
  InfReport& report_;
};

}  // namespace

std::vector<uint8_t> RegistryText(const std::string& text) {
  std::vector<uint8_t> data;
  AddUnits(data, text);
  return data;
}

std::vector<uint8_t> RegistryTexts(const std::vector<std::string>& texts) {
  std::vector<uint8_t> data;
  for (const std::string& text : texts) AddUnits(data, text);
  data.push_back(0);
  data.push_back(0);
  return data;
}

void ReadAddReg(const InfFile& file, const InfSection& section, std::vector<RegistryChange>& changes, InfReport& report) {
  for (const InfLine& line : section.lines) {
    EntryReader reader(file, line, "AddReg", report);
    if (!reader.ReadRootAndKey() || !reader.ReadFlags()) continue;
    RegistryChange& change = reader.change;
    if (reader.flags & kDelRegBit) {
      report.Note(file.name(), line.line, "AddReg: a DelReg flag is ignored here");
      continue;
    }
    if (reader.flags & kDelValue) {
      // With a name the value goes, without one the key.
      change.kind = change.name.empty() ? RegistryChange::Kind::kDeleteKey : RegistryChange::Kind::kDeleteValue;
      if (change.kind == RegistryChange::Kind::kDeleteKey && change.subkey.empty()) {
        reader.Wrong("a key's own root cannot be deleted");
        continue;
      }
      changes.push_back(std::move(change));
      continue;
    }
    change.keep_existing = (reader.flags & kNoClobber) != 0;
    change.only_existing = (reader.flags & kOverwriteOnly) != 0;
    if (!reader.ReadType()) continue;
    if (reader.flags & (kKeyOnly | kKeyOnlyCommon) || (line.values.size() <= 2 && !change.subkey.empty())) {
      change.kind = RegistryChange::Kind::kMakeKey;
      changes.push_back(std::move(change));
      continue;
    }
    if (line.values.size() <= 2) {
      reader.Wrong("neither a subkey nor a value");
      continue;
    }
    if (!reader.ReadData()) continue;
    if (reader.flags & kAppend) {
      if (change.type != kRegMultiSz) {
        reader.Wrong("only a REG_MULTI_SZ can be appended to (flags 0x00010008)");
        continue;
      }
      change.kind = RegistryChange::Kind::kAppend;
    }
    changes.push_back(std::move(change));
  }
}

void ReadDelReg(const InfFile& file, const InfSection& section, std::vector<RegistryChange>& changes, InfReport& report) {
  for (const InfLine& line : section.lines) {
    EntryReader reader(file, line, "DelReg", report);
    if (!reader.ReadRootAndKey() || !reader.ReadFlags()) continue;
    RegistryChange& change = reader.change;
    if ((reader.flags & kDelString) == kDelString) {
      change.kind = RegistryChange::Kind::kDeleteString;
      for (size_t i = 4; i < line.values.size(); ++i) change.text.push_back(line.values[i]);
    } else if (line.values.size() > 2) {
      change.kind = RegistryChange::Kind::kDeleteValue;
    } else if (!change.subkey.empty()) {
      change.kind = RegistryChange::Kind::kDeleteKey;
    } else {
      reader.Wrong("neither a subkey nor a value");
      continue;
    }
    changes.push_back(std::move(change));
  }
}

}  // namespace drydock::machine::setup
