#include "backend/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "nt/rtl/upcase.h"
#include "nt/rtl/utf.h"

namespace drydock::backend {
namespace {

constexpr size_t kDeepest = 256;

std::string ToUtf8(std::u16string_view text) {
  std::string out(nt::rtl::Utf8Length(text.data(), text.size()), '\0');
  nt::rtl::ToUtf8(text.data(), text.size(), out.data());
  return out;
}

bool SameName(std::string_view on_disk, std::u16string_view wanted) {
  std::u16string wide(nt::rtl::Utf16Length(on_disk.data(), on_disk.size()), u'\0');
  nt::rtl::ToUtf16(on_disk.data(), on_disk.size(), wide.data());
  if (wide.size() != wanted.size()) return false;
  for (size_t i = 0; i < wide.size(); ++i)
    if (nt::rtl::Upcase(wide[i]) != nt::rtl::Upcase(wanted[i])) return false;
  return true;
}

int OpenBeneath(int folder, const std::string& name, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = (flags & O_CREAT) ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int fd;
  do {
    fd = static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return fd;
}

// The entry of `folder` that is `wanted` but for its letter case; the exact spelling first. False: none.
bool FindEntry(int folder, std::u16string_view wanted, std::string* spelled) {
  *spelled = ToUtf8(wanted);
  struct stat status {};
  if (fstatat(folder, spelled->c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy < 0 ? nullptr : fdopendir(copy);
  if (!entries) {
    if (copy >= 0) close(copy);
    return false;
  }
  std::string best;
  while (dirent* entry = readdir(entries)) {
    // Of several that differ by case only, the first in byte order: the same in every run.
    if (SameName(entry->d_name, wanted) && (best.empty() || entry->d_name < best)) best = entry->d_name;
  }
  closedir(entries);
  if (best.empty()) return false;
  *spelled = best;
  return true;
}

bool Legal(std::u16string_view component) {
  if (component.empty() || component == u"." || component == u".." || component.size() > 255) return false;
  for (char16_t c : component)
    if (c < 0x20 || std::u16string_view(u"<>\"|?*/:").find(c) != std::u16string_view::npos) return false;
  return true;
}

}  // namespace

NTSTATUS StatusOfErrno(int error) {
  switch (error) {
    case 0: return STATUS_SUCCESS;
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR: return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST: return STATUS_OBJECT_NAME_COLLISION;
    case EISDIR: return STATUS_FILE_IS_A_DIRECTORY;
    case ENOTEMPTY: return STATUS_DIRECTORY_NOT_EMPTY;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EXDEV: return STATUS_ACCESS_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return STATUS_DISK_FULL;
    case ENOMEM:
    case ENFILE:
    case EMFILE: return STATUS_INSUFFICIENT_RESOURCES;
    case ENAMETOOLONG: return STATUS_OBJECT_NAME_INVALID;
    case EINVAL: return STATUS_INVALID_PARAMETER;
    case EIO: return STATUS_IO_DEVICE_ERROR;
    case ENODEV:
    case ENXIO: return STATUS_NO_SUCH_DEVICE;
    default: return STATUS_UNSUCCESSFUL;
  }
}

Folder::~Folder() {
  if (root_ >= 0) close(root_);
}

std::string Folder::Open(const std::string& path) {
  root_ = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_ < 0) return fmt::format("{}: {}", path, errno == ENOTDIR ? "not a folder" : std::strerror(errno));
  return {};
}

NTSTATUS Folder::Parent(std::u16string_view name, int* parent, std::string* last, bool* exists) const {
  int at = dup(root_);
  if (at < 0) return StatusOfErrno(errno);
  size_t depth = 0;
  while (true) {
    if (name.empty() || name[0] != u'\\' || ++depth > kDeepest) break;
    name.remove_prefix(1);
    size_t end = std::min(name.find(u'\\'), name.size());
    std::u16string_view component = name.substr(0, end);
    name.remove_prefix(end);
    if (!Legal(component)) break;
    std::string spelled;
    bool found = FindEntry(at, component, &spelled);
    if (name.empty()) {
      *parent = at;
      *last = std::move(spelled);
      *exists = found;
      return STATUS_SUCCESS;
    }
    int next = found ? OpenBeneath(at, spelled, O_RDONLY | O_DIRECTORY) : -1;
    int error = errno;
    close(at);
    if (next < 0) return found && error != ENOTDIR && error != ENOENT ? StatusOfErrno(error) : STATUS_OBJECT_PATH_NOT_FOUND;
    at = next;
  }
  close(at);
  return STATUS_OBJECT_NAME_INVALID;
}

NTSTATUS Folder::OpenPath(std::u16string_view name, ULONG disposition, ULONG options, bool write, OpenedPath* opened) const {
  while (name.size() > 1 && name.back() == u'\\') name.remove_suffix(1);
  if (name == u"\\") {
    if (options & FILE_NON_DIRECTORY_FILE) return STATUS_FILE_IS_A_DIRECTORY;
    opened->fd = openat(root_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    opened->directory = true;
    return opened->fd < 0 ? StatusOfErrno(errno) : STATUS_SUCCESS;
  }
  int parent = -1;
  std::string last;
  bool exists = false;
  NTSTATUS status = Parent(name, &parent, &last, &exists);
  if (!NT_SUCCESS(status)) return status;
  struct Closer {
    int fd;
    ~Closer() { close(fd); }
  } closer{parent};

  bool may_create = disposition != FILE_OPEN && disposition != FILE_OVERWRITE;
  bool truncate = disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
  if (!exists && !may_create) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (exists && disposition == FILE_CREATE) return STATUS_OBJECT_NAME_COLLISION;

  struct stat info {};
  if (exists) {
    if (fstatat(parent, last.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return StatusOfErrno(errno);
    if (S_ISLNK(info.st_mode)) return STATUS_ACCESS_DENIED;  // wherever it leads
    opened->directory = S_ISDIR(info.st_mode);
    if (!opened->directory && !S_ISREG(info.st_mode)) return STATUS_ACCESS_DENIED;
    if (opened->directory && ((options & FILE_NON_DIRECTORY_FILE) || truncate)) return STATUS_FILE_IS_A_DIRECTORY;
    if (!opened->directory && (options & FILE_DIRECTORY_FILE)) return STATUS_NOT_A_DIRECTORY;
  } else if (options & FILE_DIRECTORY_FILE) {
    if (mkdirat(parent, last.c_str(), 0777) != 0) return StatusOfErrno(errno);
    opened->directory = opened->created = true;
  }
  int flags = opened->directory ? O_RDONLY | O_DIRECTORY : write || truncate || !exists ? O_RDWR : O_RDONLY;
  if (!exists && !opened->directory) flags |= O_CREAT | O_EXCL;
  if (exists && truncate) flags |= O_TRUNC;
  opened->fd = OpenBeneath(parent, last, flags, 0666);
  if (opened->fd < 0) return StatusOfErrno(errno);
  opened->created = !exists;
  return STATUS_SUCCESS;
}

NTSTATUS Folder::Remove(std::u16string_view name, bool directory) const {
  int parent = -1;
  std::string last;
  bool exists = false;
  NTSTATUS status = Parent(name, &parent, &last, &exists);
  if (!NT_SUCCESS(status)) return status;
  int failed = unlinkat(parent, last.c_str(), directory ? AT_REMOVEDIR : 0) != 0 ? errno : 0;
  close(parent);
  return StatusOfErrno(failed);
}

}  // namespace drydock::backend
