// The translations of MSVC's dialect, on text as it was written and as if it were preprocessed. A translation may refuse nothing and loses
// no line; one that has nothing to do gives the text back.
#include <algorithm>

#include "target.h"
#include "tools/build/dialect_long.h"
#include "tools/build/dialect_tokens.h"
#include "tools/build/diagnostics.h"
#include "tools/build/msvc_dialect.h"

using namespace drydock;

namespace {

auto Lines(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

void Tokens(std::string_view text, tools::TextForm form) {
  std::string all;
  for (const tools::Token& token : tools::SplitTokens(text, form)) all += token.text;
  fuzz::Check(all == text, "tokens lose text");
}

}  // namespace

DRYDOCK_FUZZ_TARGET(dialect) {
  Tokens(input, tools::TextForm::kPreprocessed);
  Tokens(input, tools::TextForm::kWritten);
  fuzz::Check(Lines(tools::TranslateWrittenLong(input).text) == Lines(input), "a translated file has other lines");
  tools::NeedOf(input);
  for (const bool cxx : {false, true})
    for (const bool clang : {false, true})
      fuzz::Answers<tools::BuildError>([&] { tools::TranslateDialect(input, cxx, clang); });
}
