// __declspec as Microsoft's compiler takes it: several words in one, and what no attribute of GNU's is. The SDK's macro has made an
// __attribute__ of it already, of whose words it knows the first alone:
//
//   __declspec(noinline dllexport)         __attribute__((noinline dllexport)): becomes ((noinline, visibility("default")))
//   __declspec(property(get = G, put = P)) becomes clang's own __declspec again; gcc has none
//   __declspec(uuid("...")) struct IThing  becomes clang's own as well, where __uuidof is asked of an expression (IID_PPV_ARGS)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/build/dialect_tokens.h"

namespace drydock::tools {

// Whether a file as written has such a __declspec. Quick; may say yes in vain.
bool SaysManyDeclspecs(std::string_view source);

struct AttributeText {
  std::string text;   // in the attribute's place, with the line ends and line markers that it has
  size_t last;        // its last token
  std::string uuid;   // of __declspec(uuid(...)), with its quotes
  bool changed = false;
};
// The attribute whose word `__attribute__` is at i; nothing if there is none, or it is not read.
std::optional<AttributeText> ReadAttribute(const TokenList& tokens, size_t i, bool native_uuid);

}  // namespace drydock::tools
