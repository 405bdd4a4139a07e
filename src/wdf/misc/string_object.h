// StringObject: a WDFSTRING.
// Called by:  drivers; every DDI that fills a string (device names, interface links, registry strings). PASSIVE_LEVEL.
// Ownership:  owns its text; what WdfStringGetUnicodeString hands out is this buffer, valid until the next change or the end of the object.
// Errors:     STATUS_INVALID_PARAMETER for text that does not fit a UNICODE_STRING.
// Source:     OBJ-47, OBJ-48.
#pragma once

#include <string>
#include <string_view>

#include "wdf/object/object.h"

namespace drydock::wdf {

class StringObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kString;
  static constexpr size_t kMaxUnits = 0x7FFE;

  NTSTATUS Assign(std::u16string_view text);
  const std::u16string& text() const { return text_; }

 private:
  void ReleaseOutside() override { std::u16string().swap(text_); }
  std::u16string text_;
};

// The text of a counted string; empty for null.
inline std::u16string_view TextOf(const UNICODE_STRING* string) {
  return string && string->Buffer ? std::u16string_view(reinterpret_cast<const char16_t*>(string->Buffer), string->Length / sizeof(WCHAR))
                                  : std::u16string_view();
}
// A counted string over text that lives longer (no copy).
UNICODE_STRING Counted(std::u16string_view text);

NTSTATUS CreateString(DriverGlobals& globals, std::u16string_view text, const WDF_OBJECT_ATTRIBUTES* attributes, StringObject** out);

}  // namespace drydock::wdf
