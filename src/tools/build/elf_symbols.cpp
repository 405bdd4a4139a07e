#include "tools/build/elf_symbols.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include "tools/build/diagnostics.h"

namespace drydock::tools {
namespace {

// Calls visit(symbol, name) for each symbol of the sections of one type.
template <class Visit>
void ForEachSymbol(const std::filesystem::path& file, Elf64_Word section_type, Visit&& visit) {
  if (elf_version(EV_CURRENT) == EV_NONE) throw BuildError("libelf is of another version");
  struct File {
    explicit File(const char* path) : fd(::open(path, O_RDONLY | O_CLOEXEC)) {
      if (fd >= 0) elf = elf_begin(fd, ELF_C_READ, nullptr);
    }
    ~File() {
      if (elf != nullptr) elf_end(elf);
      if (fd >= 0) ::close(fd);
    }
    int fd;
    Elf* elf = nullptr;
  } opened(file.c_str());
  if (opened.elf == nullptr || elf_kind(opened.elf) != ELF_K_ELF) {
    throw BuildError(fmt::format("{} cannot be read as an ELF file", file.string()));
  }
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(opened.elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != section_type ||
        header.sh_entsize == 0)
      continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    const size_t count = header.sh_size / header.sh_entsize;
    for (size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      const char* name = elf_strptr(opened.elf, header.sh_link, symbol.st_name);
      if (name != nullptr && *name != 0) visit(symbol, name);
    }
  }
}

std::set<std::string> Undefined(const std::filesystem::path& file, Elf64_Word section_type) {
  std::set<std::string> names;
  ForEachSymbol(file, section_type, [&names](const GElf_Sym& symbol, const char* name) {
    if (symbol.st_shndx == SHN_UNDEF && GELF_ST_BIND(symbol.st_info) == STB_GLOBAL)
      names.insert(name);
  });
  return names;
}

}  // namespace

std::set<std::string> NeededSymbols(const std::filesystem::path& shared_object) {
  return Undefined(shared_object, SHT_DYNSYM);
}

std::set<std::string> OfferedSymbols(const std::filesystem::path& shared_object) {
  std::set<std::string> names;
  ForEachSymbol(shared_object, SHT_DYNSYM, [&names](const GElf_Sym& symbol, const char* name) {
    if (symbol.st_shndx != SHN_UNDEF) names.insert(name);
  });
  return names;
}

std::set<std::string> DefinedInObject(const std::filesystem::path& object) {
  std::set<std::string> names;
  ForEachSymbol(object, SHT_SYMTAB, [&names](const GElf_Sym& symbol, const char* name) {
    if (symbol.st_shndx != SHN_UNDEF && GELF_ST_BIND(symbol.st_info) != STB_LOCAL) names.insert(name);
  });
  return names;
}

std::set<std::string> UndefinedInObject(const std::filesystem::path& object) {
  return Undefined(object, SHT_SYMTAB);
}

}  // namespace drydock::tools
