// A cast is an lvalue to Microsoft's C compiler: &((PVOID)(State)) becomes ((PVOID *)&(State)).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/build/dialect_tokens.h"

namespace drydock::tools {

struct AddressOfCast {
  std::string text;  // its translation
  size_t last;       // its last token
};
// What begins with the & at `i`; nothing where the token there is no & before one operand, or what follows is no cast or is not all of the
// operand, as in &((T *)p)->field.
std::optional<AddressOfCast> ReadAddressOfCast(const TokenList& tokens, size_t i);

// Whether one stands in a file as it was written.
bool SaysAddressOfCast(std::string_view source);

}  // namespace drydock::tools
