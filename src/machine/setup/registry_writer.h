// Writing into a machine's registry what setup writes: values in UTF-8 and the changes of AddReg and DelReg sections.
// Called by:  machine/setup, inside the machine, PASSIVE_LEVEL.
#pragma once

#include <string>
#include <vector>

#include "machine/setup/inf_registry.h"

namespace drydock::nt {
struct Kernel;
}

namespace drydock::machine::setup {

inline constexpr char16_t kControlSet[] = u"\\Registry\\Machine\\System\\CurrentControlSet";

class RegistryWriter {
 public:
  explicit RegistryWriter(nt::Kernel& kernel) : kernel_(kernel) {}

  void Text(const std::u16string& key, const std::string& name, const std::string& text, bool expand = false);
  void Number(const std::u16string& key, const std::string& name, uint32_t number);
  void Texts(const std::u16string& key, const std::string& name, const std::vector<std::string>& texts);
  void Key(const std::u16string& key);
  // `relative`: the key that HKR stands for.
  void Apply(const std::u16string& relative, const RegistryChange& change);
  void Apply(const std::u16string& relative, const std::vector<RegistryChange>& changes) {
    for (const RegistryChange& change : changes) Apply(relative, change);
  }

  // "" and {} when there is no such value.
  std::string ReadText(const std::u16string& key, const std::string& name);
  std::vector<std::string> ReadTexts(const std::u16string& key, const std::string& name);
  bool Has(const std::u16string& key, const std::string& name);

 private:
  void Put(const std::u16string& key, const std::string& name, uint32_t type, const std::vector<uint8_t>& data);
  nt::Kernel& kernel_;
};

}  // namespace drydock::machine::setup
