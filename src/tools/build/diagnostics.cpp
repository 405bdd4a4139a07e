#include "tools/build/diagnostics.h"

#include <fmt/format.h>

namespace drydock::tools {

BuildError::BuildError(std::string_view message)
    : std::runtime_error(fmt::format("error: {}", message)) {}

BuildError::BuildError(std::string_view file, int line, std::string_view message)
    : std::runtime_error(fmt::format("{}:{}: error: {}", file, line, message)) {}

void Diagnostics::Warning(std::string_view message) {
  for (const auto& said : warnings_) {
    if (said == message) return;
  }
  warnings_.emplace_back(message);
  if (out_ != nullptr) fmt::print(out_, "warning: {}\n", message);
}

void Diagnostics::Note(std::string_view message) {
  if (verbose_ && out_ != nullptr) fmt::print(out_, "note: {}\n", message);
}

}  // namespace drydock::tools
