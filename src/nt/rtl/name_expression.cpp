// Names with wildcards, as FsRtlIsNameInExpression compares them. Source: public documentation of that function: '*' any characters, '?' one;
// DOS_STAR ('<') any up to the last dot, DOS_QM ('>') one or, at a dot or the end, none; DOS_DOT ('"') a dot or the end.
#include <ntifs.h>

#include <string_view>
#include <vector>

#include "nt/rtl/upcase.h"

namespace {

using Text = std::u16string_view;

Text View(const UNICODE_STRING* string) { return {reinterpret_cast<const char16_t*>(string->Buffer), string->Length / sizeof(WCHAR)}; }

// One row for each character of the name, so that no expression takes longer than their product.
bool Matches(Text expression, Text name, bool ignore_case) {
  const size_t n = name.size();
  const size_t last_dot = name.rfind(u'.');
  std::vector<bool> here(n + 1), next(n + 1);  // here[i]: the expression so far matches the first i characters
  here[0] = true;
  for (char16_t c : expression) {
    for (size_t i = 0; i <= n; ++i) {
      bool ok = false;
      switch (c) {
        case u'*': ok = here[i] || (i > 0 && next[i - 1]); break;
        case u'<': ok = here[i] || (i > 0 && next[i - 1] && (last_dot == Text::npos || i - 1 != last_dot)); break;
        case u'?': ok = i > 0 && here[i - 1]; break;
        case u'>': ok = (i > 0 && here[i - 1] && name[i - 1] != u'.') || (here[i] && (i == n || name[i] == u'.')); break;
        case u'"': ok = (i > 0 && here[i - 1] && name[i - 1] == u'.') || (here[i] && i == n); break;
        default:
          if (i > 0 && here[i - 1]) {
            const char16_t other = name[i - 1];
            ok = c == other || (ignore_case && c == drydock::nt::rtl::Upcase(other));
          }
      }
      next[i] = ok;
    }
    here.swap(next);
  }
  return here[n];
}

}  // namespace

extern "C" {

// With `IgnoreCase` the expression is in upper case already.
BOOLEAN FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCH UpcaseTable) {
  (void)UpcaseTable;
  if (Name->Length == 0 || Expression->Length == 0) return Name->Length == 0 && Expression->Length == 0;
  return Matches(View(Expression), View(Name), IgnoreCase);
}

BOOLEAN FsRtlDoesNameContainWildCards(PUNICODE_STRING Name) { return View(Name).find_first_of(u"*?<>\"") != Text::npos; }

}  // extern "C"
