#include "machine/symbolizer.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <link.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

namespace drydock::machine {
namespace {

struct Mapped {
  uintptr_t base = 0, begin = 0, end = 0;
  std::string path;
};

int CollectModule(dl_phdr_info* info, size_t, void* context) {
  auto& modules = *static_cast<std::vector<Mapped>*>(context);
  Mapped module{.base = info->dlpi_addr, .begin = UINTPTR_MAX, .end = 0, .path = info->dlpi_name ? info->dlpi_name : ""};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    module.begin = std::min(module.begin, info->dlpi_addr + header.p_vaddr);
    module.end = std::max(module.end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
  }
  if (module.path.empty()) {
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) module.path.assign(self, static_cast<size_t>(length));
  }
  if (module.end != 0) modules.push_back(std::move(module));
  return 0;
}

std::string Demangle(const char* name) {
  int failed = 0;
  char* plain = abi::__cxa_demangle(name, nullptr, nullptr, &failed);
  std::string result = failed == 0 && plain ? plain : name;
  std::free(plain);
  return result;
}

// Paths below the current folder are shown from there: what a developer clicks on.
std::string Shown(const char* path) {
  std::error_code error;
  std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  std::filesystem::path here = std::filesystem::current_path(error);
  std::filesystem::path relative = normal.lexically_relative(here);
  return (relative.empty() || relative.native().starts_with("..") ? normal : relative).string();
}

// What the SDK's headers inline is marked as not the author's (gcc's `artificial`; with clang, `nodebug` leaves nothing of it): the place is
// where the author called it.
void LeaveArtificial(Dwarf_Die* unit, Dwarf_Addr address, StackFrame& frame) {
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes(unit, address, &scopes);
  for (int i = 0; i < count; ++i) {
    const int tag = dwarf_tag(&scopes[i]);
    if (tag == DW_TAG_subprogram) break;
    if (tag != DW_TAG_inlined_subroutine) continue;
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    if (!dwarf_attr_integrate(&scopes[i], DW_AT_artificial, &attribute)) break;
    if (dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_file, &attribute), &file) != 0 ||
        dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_line, &attribute), &line) != 0)
      break;
    Dwarf_Files* files = nullptr;
    size_t known = 0;
    const char* name = dwarf_getsrcfiles(unit, &files, &known) == 0 && file < known ? dwarf_filesrc(files, file, nullptr, nullptr) : nullptr;
    if (!name) break;
    frame.file = Shown(name);
    frame.line = static_cast<int>(line);
  }
  std::free(scopes);
}

// Looks into the units one by one: clang writes no address index (.debug_aranges) that elfutils' own look-up needs.
void FindLine(Dwfl_Module* module, uintptr_t address, StackFrame& frame) {
  Dwarf_Addr bias = 0;
  for (Dwarf_Die* unit = nullptr; (unit = dwfl_module_nextcu(module, unit, &bias)) != nullptr;) {
    if (dwarf_haspc(unit, address - bias) <= 0) continue;
    // Line 0 marks instructions that the optimiser merged: the last real line before them is the best there is.
    constexpr uintptr_t kBack = 64;
    for (uintptr_t at = address - bias, first = at; first - at <= kBack; --at) {
      Dwarf_Line* line = dwarf_getsrc_die(unit, at);
      int number = 0;
      const char* file = line ? dwarf_linesrc(line, nullptr, nullptr) : nullptr;
      if (!file || dwarf_lineno(line, &number) != 0 || number == 0) continue;
      frame.file = Shown(file);
      frame.line = number;
      LeaveArtificial(unit, address - bias, frame);
      return;
    }
    return;
  }
}

}  // namespace

struct Symbolizer::Impl {
  // One session per module file: elfutils cannot add modules to a session that has ended its report.
  struct Module {
    Dwfl* dwfl = nullptr;
    Dwfl_Module* module = nullptr;
  };
  std::map<std::pair<std::string, uintptr_t>, Module> open;
  Dwfl_Callbacks callbacks{};

  Module& Open(const Mapped& mapped) {
    auto [entry, fresh] = open.try_emplace({mapped.path, mapped.base});
    if (fresh) {
      callbacks.find_elf = dwfl_build_id_find_elf;
      callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
      callbacks.section_address = dwfl_offline_section_address;
      entry->second.dwfl = dwfl_begin(&callbacks);
      if (entry->second.dwfl) {
        dwfl_report_begin(entry->second.dwfl);
        entry->second.module =
            dwfl_report_elf(entry->second.dwfl, mapped.path.c_str(), mapped.path.c_str(), -1, mapped.base, false);
        dwfl_report_end(entry->second.dwfl, nullptr, nullptr);
      }
    }
    return entry->second;
  }
  ~Impl() {
    for (auto& [key, module] : open)
      if (module.dwfl) dwfl_end(module.dwfl);
  }
};

Symbolizer::Symbolizer() : impl_(std::make_unique<Impl>()) {}
Symbolizer::~Symbolizer() = default;

std::vector<StackFrame> Symbolizer::Resolve(const std::vector<void*>& stack, bool first_is_exact,
                                            const std::vector<ImageRange>& images) {
  std::vector<Mapped> modules;
  dl_iterate_phdr(CollectModule, &modules);
  std::vector<StackFrame> frames;
  frames.reserve(stack.size());
  for (size_t i = 0; i < stack.size(); ++i) {
    uintptr_t address = reinterpret_cast<uintptr_t>(stack[i]);
    // A return address belongs to the call before it.
    uintptr_t lookup = (i == 0 && first_is_exact) ? address : address - 1;
    StackFrame frame;
    frame.address = address;
    const Mapped* found = nullptr;
    for (const Mapped& module : modules)
      if (lookup >= module.begin && lookup < module.end) found = &module;
    Mapped driver;
    for (const ImageRange& image : images) {
      if (lookup < image.begin || lookup >= image.end) continue;
      driver = {image.base, image.begin, image.end, image.path};
      found = &driver;
      frame.in_driver = true;
    }
    if (found) {
      frame.module = found->path.substr(found->path.rfind('/') + 1);
      Impl::Module& module = impl_->Open(*found);
      if (module.module) {
        if (const char* name = dwfl_module_addrname(module.module, lookup)) frame.function = Demangle(name);
        FindLine(module.module, lookup, frame);
      }
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace drydock::machine
