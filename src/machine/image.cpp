#include "machine/image.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace drydock::machine {
namespace {

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

std::string MachineName(uint16_t machine) {
  switch (machine) {
    case EM_386: return "32-bit x86";
    case EM_ARM: return "32-bit ARM";
    case EM_AARCH64: return "AArch64";
    case EM_RISCV: return "RISC-V";
    default: return fmt::format("machine type {}", machine);
  }
}

// Says what is wrong with the file before the loader gets it, in words that help.
void CheckHeader(int fd, uint64_t size, const std::string& path) {
  Elf64_Ehdr header{};
  ssize_t got = pread(fd, &header, sizeof header, 0);
  if (got >= 2 && std::memcmp(&header, "MZ", 2) == 0)
    throw Error(fmt::format(
        "{}: this is a Windows image; Drydock compiles drivers from source: drydock build PROJECT.vcxproj", path));
  if (got < static_cast<ssize_t>(sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    throw Error(fmt::format("{}: not a driver image (no ELF header); make one with drydock build", path));
  if (header.e_machine != EM_X86_64 || header.e_ident[EI_CLASS] != ELFCLASS64)
    throw Error(fmt::format("{}: built for {}, this is an x86-64 machine", path, MachineName(header.e_machine)));
  if (header.e_type != ET_DYN)
    throw Error(fmt::format("{}: not a shared object; make the image with drydock build", path));
  // The loader maps what the program headers say; memory behind the end of the file would be a bus error.
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    bool whole = header.e_phentsize == sizeof segment &&
                 pread(fd, &segment, sizeof segment, static_cast<off_t>(header.e_phoff + static_cast<uint64_t>(i) * sizeof segment)) ==
                     static_cast<ssize_t>(sizeof segment) &&
                 segment.p_offset <= size && segment.p_filesz <= size - segment.p_offset;
    if (!whole) throw Error(fmt::format("{}: cannot be loaded: the file is cut short or damaged; build it again", path));
  }
}

int FindRange(dl_phdr_info* info, size_t, void* context) {
  auto& range = *static_cast<ImageRange*>(context);
  if (info->dlpi_addr != range.base) return 0;
  range.begin = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    range.begin = std::min(range.begin, info->dlpi_addr + header.p_vaddr);
    range.end = std::max(range.end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
  }
  return 1;
}

std::string ServiceName(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  for (const char* ending : {".so", ".sys", ".dll"})
    if (name.size() > std::strlen(ending) && name.ends_with(ending)) name.resize(name.size() - std::strlen(ending));
  return name;
}

}  // namespace

std::unique_ptr<Image> Image::LoadAny(const std::string& path) {
  Descriptor source{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe is no image, and not waited for
  if (source.fd < 0) throw Error(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  struct stat status {};
  if (fstat(source.fd, &status) != 0 || !S_ISREG(status.st_mode))
    throw Error(fmt::format("{}: not a file", path));
  CheckHeader(source.fd, static_cast<uint64_t>(status.st_size), path);

  // The dynamic loader knows files by name, then by inode: a copy in memory has an inode of its own, and a name of its own as long as its
  // descriptor stays open. So each load gets fresh globals.
  std::string name = ServiceName(path);
  Descriptor copy{memfd_create(name.c_str(), MFD_CLOEXEC)};
  if (copy.fd < 0) throw Error(fmt::format("{}: no memory for a copy: {}", path, std::strerror(errno)));
  for (off_t at = 0; at < status.st_size;) {
    ssize_t sent = sendfile(copy.fd, source.fd, &at, static_cast<size_t>(status.st_size - at));
    if (sent <= 0) throw Error(fmt::format("{}: cannot be read: {}", path, sent < 0 ? std::strerror(errno) : "cut short"));
  }

  std::unique_ptr<Image> image(new Image);
  std::string in_memory = fmt::format("/proc/self/fd/{}", copy.fd);
  image->library_ = dlopen(in_memory.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!image->library_) {
    std::string reason = dlerror();
    if (size_t at = reason.find("undefined symbol: "); at != std::string::npos)
      throw Error(fmt::format("{}: the driver calls {}, which Drydock does not have yet (docs/coverage.md)", path,
                              reason.substr(at + std::strlen("undefined symbol: "))));
    if (reason.find("position-independent executable") != std::string::npos)
      throw Error(fmt::format("{}: a program, not a driver image; make one with drydock build", path));
    if (reason.starts_with(in_memory + ": ")) reason.erase(0, in_memory.size() + 2);
    throw Error(fmt::format("{}: cannot be loaded: {}", path, reason));
  }
  for (const char* symbol : {"FxDriverEntry", "DriverEntry"})
    if (!image->entry_) image->entry_ = reinterpret_cast<DriverEntryPoint>(dlsym(image->library_, symbol));
  image->application_ = dlsym(image->library_, "DrydockApplication");
  if (!image->entry_ && !image->application_) throw Error(fmt::format("{}: no driver: neither FxDriverEntry nor DriverEntry is exported", path));

  if (auto* text = static_cast<const char*>(dlsym(image->library_, "DrydockImageInfo"))) image->information_ = text;
  if (auto* text = static_cast<const char*>(dlsym(image->library_, "DrydockMofResources"))) image->mof_resources_ = text;
  if (auto* text = static_cast<const char*>(dlsym(image->library_, "DrydockEventManifest"))) image->event_manifest_ = text;
  image->resources_ = dlsym(image->library_, "DrydockResources");
  link_map* map = nullptr;
  image->descriptor_ = std::exchange(copy.fd, -1);
  if (dlinfo(image->library_, RTLD_DI_LINKMAP, &map) == 0 && map) {
    image->range_.base = map->l_addr;
    dl_iterate_phdr(FindRange, &image->range_);
  }
  char absolute[4096];
  image->range_.path = realpath(path.c_str(), absolute) ? absolute : path;
  image->driver_name_ = name;
  return image;
}

std::unique_ptr<Image> Image::Load(const std::string& path) {
  std::unique_ptr<Image> image = LoadAny(path);
  if (!image->entry_) throw Error(fmt::format("{}: an application, not a driver; drydock app runs it", path));
  return image;
}

std::unique_ptr<Image> Image::LoadApplication(const std::string& path) {
  std::unique_ptr<Image> image = LoadAny(path);
  if (!image->application_) throw Error(fmt::format("{}: a driver, not an application; drydock run loads it", path));
  return image;
}

Image::~Image() {
  if (library_) dlclose(library_);
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace drydock::machine
