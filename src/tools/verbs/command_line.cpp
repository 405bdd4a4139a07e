#include "tools/verbs/command_line.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "runtime/nearest_word.h"

namespace drydock::tools {
namespace {

// The option that somebody meant, when one is not known.
std::string Meant(const CLI::App& app, const CLI::Error& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError)) return {};
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const std::string& word : app.remaining())
    if (word.starts_with("-")) return rt::DidYouMean(word.substr(0, word.find('=')), names);
  return {};
}

// "x.toml:12: ..." and "x.c:3:5: error: ..."; each line of several has its own.
bool HasPlace(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  for (size_t at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1))
    if (at + 1 < line.size() && line[at + 1] >= '0' && line[at + 1] <= '9') return true;
  return false;
}

}  // namespace

std::optional<int> ParseCommandLine(CLI::App& app, int argc, char** argv, std::initializer_list<const char*> examples) {
  std::string footer = examples.size() == 1 ? "Example:" : "Examples:";
  for (const char* example : examples) footer += std::string("\n  ") + example;
  app.footer(footer);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return fmt::format("{}: {}{} ({} --help tells more)\n", failed->get_name(), error.what(), Meant(*failed, error), failed->get_name());
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

std::string WholeNumber(const std::string& text) {
  const bool hexadecimal = text.starts_with("0x");
  uint64_t number;
  const char* end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data() + (hexadecimal ? 2 : 0), end, number, hexadecimal ? 16 : 10);
  return wrong == std::errc() && stop == end ? std::string() : fmt::format("'{}' is no number from 0 to {}", text, UINT64_MAX);
}

int TellFailure(const std::exception& error) {
  const std::string_view text = error.what();
  fmt::print(stderr, "{}{}\n", text.find("error: ") != std::string_view::npos || HasPlace(text) ? "" : "error: ", text);
  return 1;
}

}  // namespace drydock::tools
