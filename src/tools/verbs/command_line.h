// What the verbs' command lines have in common: examples under the options, and one way to say what is wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <initializer_list>
#include <optional>
#include <string>

namespace drydock::tools {

// Parses; a value is the exit code of a verb that ends here: 0 for --help, 2 for a mistake, which is told with the nearest option's name.
// `examples`: whole command lines, shown by --help.
std::optional<int> ParseCommandLine(CLI::App& app, int argc, char** argv, std::initializer_list<const char*> examples);

// For options: a number of 64 bits without a sign; CLI11 by itself takes -1 and numbers that are too large.
std::string WholeNumber(const std::string& text);

// Tells on stderr what ended a verb, and gives its exit code. What names a place, as FILE:LINE, begins with it; other words follow "error: ".
int TellFailure(const std::exception& error);

}  // namespace drydock::tools
