// An event manifest (.man), read: what the header of its events and the description that an image keeps are made of.
// Errors: BuildError with file and line.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::tools {

struct ManifestField {
  std::string name, in, out, map;  // inType and outType with their win: or xs:
  std::string count, length;       // a number, or the name of a field before; empty: one, or none
  std::vector<ManifestField> members;  // of a struct; then `in` is empty
};

struct ManifestMap {
  std::string name;
  bool bits = false;
  std::vector<std::pair<uint64_t, std::string>> words;
};

struct ManifestName {  // of a channel, level, opcode, task or keyword
  uint64_t value = 0;
  std::string name, symbol;
};

struct ManifestEvent {
  std::string symbol, message, layout;  // layout: the template's id; message: its text, empty: none
  uint64_t id = 0, version = 0, channel = 0, level = 0, opcode = 0, task = 0, keywords = 0;
};

struct ManifestProvider {
  std::string name, identifier, symbol;  // identifier: the name as C can have it
  std::string guid;                      // 32 hexadecimal digits
  std::vector<ManifestName> channels, levels, opcodes, tasks, keywords;
  std::vector<ManifestMap> maps;
  std::map<std::string, std::vector<ManifestField>> layouts;
  std::vector<ManifestEvent> events;
};

std::vector<ManifestProvider> ReadManifest(const std::string& text, const std::string& file);

// The description of the events that an image keeps, as lines; read by src/nt/etw/manifest.cpp.
std::string ManifestResourceText(const std::vector<ManifestProvider>& providers);
// The C source of an image's section with such a text.
std::string ManifestResourceSource(std::string_view text);

}  // namespace drydock::tools
