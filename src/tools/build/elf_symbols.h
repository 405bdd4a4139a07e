// The symbols of ELF files, as far as the builder asks: what an image needs, what a library offers.
// Errors: BuildError.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace drydock::tools {

// Dynamic symbols that a shared object leaves to others; weak ones need not exist and are not
// counted.
std::set<std::string> NeededSymbols(const std::filesystem::path& shared_object);
// Dynamic symbols that a shared object defines.
std::set<std::string> OfferedSymbols(const std::filesystem::path& shared_object);
// Functions and variables that an object file defines for others.
std::set<std::string> DefinedInObject(const std::filesystem::path& object);
// Symbols that an object file refers to and does not define.
std::set<std::string> UndefinedInObject(const std::filesystem::path& object);

}  // namespace drydock::tools
