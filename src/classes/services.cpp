#include "classes/services.h"

#include "classes/hid/hid.h"
#include "classes/hid/mapper.h"
#include "classes/keyboard/keyboard.h"
#include "classes/vhf/vhf.h"

namespace drydock::classes {
namespace {

constexpr struct {
  std::string_view name;
  PDRIVER_INITIALIZE entry;
} kServices[] = {
    {"i8042prt", keyboard::PortEntry},
    {"kbdclass", keyboard::ClassEntry},
    {"kbdhid", hid::KbdHidEntry},
    {"mouclass", keyboard::MouseClassEntry},
    {"mouhid", hid::MouHidEntry},
    {"mshidkmdf", hid::MsHidKmdfEntry},
    {"mshidumdf", hid::MsHidUmdfEntry},
    {"vhf", vhf::Entry},
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

PDRIVER_INITIALIZE FindService(std::string_view name) {
  for (const auto& service : kServices) {
    bool same = service.name.size() == name.size();
    for (size_t i = 0; same && i < name.size(); ++i) same = Lower(name[i]) == service.name[i];
    if (same) return service.entry;
  }
  return nullptr;
}

}  // namespace drydock::classes
