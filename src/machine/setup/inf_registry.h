// Entries of AddReg and DelReg sections.
// Called by:  inf_package; the driver store applies what they say. Errors: into the report, the entry is left out.
// Source:     public documentation, "INF AddReg Directive", "INF DelReg Directive".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "machine/setup/inf_text.h"

namespace drydock::machine::setup {

enum class RegistryRoot : uint8_t { kRelative, kClassesRoot, kCurrentUser, kLocalMachine, kUsers };

struct RegistryChange {
  enum class Kind : uint8_t { kSet, kAppend, kMakeKey, kDeleteValue, kDeleteKey, kDeleteString };
  Kind kind = Kind::kSet;
  RegistryRoot root = RegistryRoot::kRelative;  // HKR: whose key it is depends on the section that named the AddReg section
  std::string subkey;
  std::string name;  // "" is the key's default value
  uint32_t type = 1;
  std::vector<uint8_t> data;      // as the registry stores it
  std::vector<std::string> text;  // kAppend, kDeleteString: the strings
  bool keep_existing = false;     // FLG_ADDREG_NOCLOBBER
  bool only_existing = false;     // FLG_ADDREG_OVERWRITEONLY
  int line = 0;
};

void ReadAddReg(const InfFile& file, const InfSection& section, std::vector<RegistryChange>& changes, InfReport& report);
void ReadDelReg(const InfFile& file, const InfSection& section, std::vector<RegistryChange>& changes, InfReport& report);

// Strings as REG_SZ / REG_MULTI_SZ data.
std::vector<uint8_t> RegistryText(const std::string& text);
std::vector<uint8_t> RegistryTexts(const std::vector<std::string>& texts);

}  // namespace drydock::machine::setup
