// Resource scripts (.rc) as far as console programs use them: string tables, version information, data and message tables.
// Called by:  the builder for applications; the text has gone through the compiler's preprocessor, whose line markers say where it is from.
// What it does: as rc.exe, it takes nothing from .h and .c files but their definitions. Dialogs, menus, icons, fonts and bitmaps are passed over.
// Errors:     BuildError with file and line. A file that a script names and that is not there is a warning, and the image lacks that resource.
// Source:     public documentation of resource-definition statements, resource files and VS_VERSIONINFO.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::tools {

struct ResourceName {
  uint16_t id = 0;
  std::u16string name;  // in capitals; empty: the id
};

struct Resource {
  ResourceName type, name;
  uint16_t language = 0x409;
  std::string data;
};

struct ResourceSurroundings {
  // The bytes of a file that the script names; nothing: there is none.
  std::function<std::optional<std::string>(const std::string& name)> file;
  std::function<void(const std::string& words)> warn;
};

std::vector<Resource> ReadResourceScript(std::string_view preprocessed, const ResourceSurroundings& surroundings);

// In the form of a .res file; nt/win32/resources.cpp reads it.
std::string ResourceFile(const std::vector<Resource>& resources);
// A source that puts that file into an image.
std::string ResourceSource(const std::string& res_path, std::string_view res);

// Bytes of resources; numbers are little-endian.
class ResourceBytes {
 public:
  void Byte(uint8_t value) { bytes_ += static_cast<char>(value); }
  void Word(uint16_t value) { Byte(static_cast<uint8_t>(value)), Byte(static_cast<uint8_t>(value >> 8)); }
  void Dword(uint32_t value) { Word(static_cast<uint16_t>(value)), Word(static_cast<uint16_t>(value >> 16)); }
  void Text(std::u16string_view text) {
    for (const char16_t c : text) Word(c);
  }
  void Align(size_t to) {
    while (bytes_.size() % to != 0) Byte(0);
  }
  void Append(std::string_view bytes) { bytes_ += bytes; }
  size_t size() const { return bytes_.size(); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

std::u16string ToUtf16(std::string_view utf8);

}  // namespace drydock::tools
