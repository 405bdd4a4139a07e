#include "nt/ob/altitude_list.h"

namespace drydock::nt::ob {
namespace {

std::pair<std::u16string_view, std::u16string_view> Split(std::u16string_view text) {
  const size_t dot = std::min(text.find(u'.'), text.size());
  std::u16string_view whole = text.substr(0, dot);
  while (whole.size() > 1 && whole.front() == u'0') whole.remove_prefix(1);
  return {whole, dot < text.size() ? text.substr(dot + 1) : std::u16string_view()};
}

}  // namespace

bool HigherAltitude(std::u16string_view a, std::u16string_view b) {
  const auto [whole_a, part_a] = Split(a);
  const auto [whole_b, part_b] = Split(b);
  if (whole_a.size() != whole_b.size()) return whole_a.size() > whole_b.size();
  return whole_a != whole_b ? whole_a > whole_b : part_a > part_b;
}

bool IsAltitude(std::u16string_view text) { return !text.empty() && text.find_first_not_of(u"0123456789.") == std::u16string_view::npos; }

}  // namespace drydock::nt::ob
