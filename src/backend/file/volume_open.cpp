// Opening, cleaning up and closing files of a folder.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include <algorithm>

#include "backend/file/volume.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"

namespace drydock::backend {
namespace {

bool IsForbidden(char16_t c) {
  return c < 0x20 || c == u'<' || c == u'>' || c == u':' || c == u'"' || c == u'/' || c == u'|' || c == u'?' || c == u'*';
}

NTSTATUS CheckPart(std::u16string_view part) {
  if (part.empty() || part == u"." || part == u".." || part.size() > 255) return STATUS_OBJECT_NAME_INVALID;
  for (char16_t c : part) {
    if (IsForbidden(c)) return STATUS_OBJECT_NAME_INVALID;
  }
  return STATUS_SUCCESS;
}

// The entry of `directory` that is named `name` but for case; empty: none. Of several the first in byte order, so that it is always the same.
std::string FindFolded(int root, const std::string& directory, std::u16string_view name) {
  int fd = OpenBeneath(root, directory.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return {};
  DIR* stream = ::fdopendir(fd);
  if (!stream) {
    ::close(fd);
    return {};
  }
  std::string found;
  while (dirent* entry = ::readdir(stream)) {
    if (!nt::ob::EqualNames(nt::ob::ToUtf16(entry->d_name), name)) continue;
    if (found.empty() || found > entry->d_name) found = entry->d_name;
  }
  ::closedir(stream);
  return found;
}

int LinuxFlags(ACCESS_MASK access) {
  bool read = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
  bool write = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
  return (write ? (read ? O_RDWR : O_WRONLY) : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
}

std::string Parent(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string LastPart(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

NTSTATUS FolderVolume::Resolve(std::u16string_view name, std::string* path, bool* missing, bool* trailing_slash) {
  path->clear();
  *missing = false;
  *trailing_slash = false;
  if (!name.empty() && name[0] == u'\\') name.remove_prefix(1);
  while (!name.empty()) {
    size_t slash = name.find(u'\\');
    std::u16string_view part = name.substr(0, slash);
    NTSTATUS status = CheckPart(part);
    if (!NT_SUCCESS(status)) return status;
    bool last = slash == std::u16string_view::npos || slash + 1 == name.size();
    if (slash != std::u16string_view::npos && last) *trailing_slash = true;
    name = last ? std::u16string_view() : name.substr(slash + 1);
    std::string exact = nt::ob::ToUtf8(part);
    std::string prefix = path->empty() ? std::string() : *path + "/";
    UniqueFd probe(OpenBeneath(root_.get(), (prefix + exact).c_str(), O_PATH, 0));
    if (!probe) {
      std::string folded = FindFolded(root_.get(), *path, part);
      if (folded.empty()) {
        if (!last) return STATUS_OBJECT_PATH_NOT_FOUND;
        *missing = true;
      } else {
        exact = folded;
      }
    }
    *path = prefix + exact;
  }
  return STATUS_SUCCESS;
}

void FolderVolume::OnCreate(const ModelRequest& request) {
  Result result = Create(request);
  request.Complete(result.status, result.information);
}

FolderVolume::Result FolderVolume::Create(const ModelRequest& request) {
  FILE_OBJECT* file = request.file();
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(request.irp());
  ULONG disposition = location->Parameters.Create.Options >> 24;
  ULONG options = location->Parameters.Create.Options & 0x00FFFFFF;
  ACCESS_MASK access = location->Parameters.Create.SecurityContext->DesiredAccess;

  std::u16string name(nt::ob::View(&file->FileName));
  if (OpenedFile* related = OpenedOf(file->RelatedFileObject)) {
    if (!name.empty() && name[0] == u'\\') return {STATUS_INVALID_PARAMETER};
    std::u16string base = nt::ob::ToUtf16(related->path);
    std::replace(base.begin(), base.end(), u'/', u'\\');
    name = name.empty() ? u"\\" + base : u"\\" + base + (base.empty() ? u"" : u"\\") + name;
  } else if (name.empty()) {
    // The volume itself.
    auto opened = std::make_unique<OpenedFile>();
    opened->access = access;
    file->FsContext2 = opened.release();
    return {STATUS_SUCCESS, FILE_OPENED};
  }

  std::string path;
  bool missing, trailing_slash;
  NTSTATUS status = Resolve(name, &path, &missing, &trailing_slash);
  if (!NT_SUCCESS(status)) return {status};
  if (!missing) {
    if (disposition == FILE_CREATE) return {STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS};
    return OpenExisting(request, path, disposition, options, trailing_slash);
  }

  if (disposition == FILE_OPEN || disposition == FILE_OVERWRITE) {
    // Is it the last part that is missing, or something on the way that is no directory?
    UniqueFd parent(OpenBeneath(root_.get(), Parent(path).c_str(), O_PATH | O_DIRECTORY, 0));
    return {parent ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND, FILE_DOES_NOT_EXIST};
  }
  bool directory = (options & FILE_DIRECTORY_FILE) != 0;
  if (trailing_slash && !directory) return {STATUS_OBJECT_NAME_INVALID};
  UniqueFd parent(OpenBeneath(root_.get(), Parent(path).c_str(), O_PATH | O_DIRECTORY, 0));
  if (!parent) return {STATUS_OBJECT_PATH_NOT_FOUND};
  UniqueFd fd;
  if (directory) {
    if (::mkdirat(parent.get(), LastPart(path).c_str(), 0777) != 0) return {StatusFromErrno(errno)};
    fd.reset(OpenBeneath(parent.get(), LastPart(path).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0));
  } else {
    int opened = OpenBeneath(parent.get(), LastPart(path).c_str(), LinuxFlags(access) | O_CREAT | O_EXCL, 0666);
    if (opened < 0) return {StatusFromErrno(-opened)};
    fd.reset(opened);
  }
  struct stat stat;
  if (!fd || ::fstat(fd.get(), &stat) != 0) return {StatusFromErrno(errno)};
  return Enter(request, std::move(fd), path, stat, FILE_CREATED, false);
}

FolderVolume::Result FolderVolume::OpenExisting(const ModelRequest& request, const std::string& path, ULONG disposition, ULONG options,
                                                bool trailing_slash) {
  ACCESS_MASK access = IoGetCurrentIrpStackLocation(request.irp())->Parameters.Create.SecurityContext->DesiredAccess;
  // Look before opening: a pipe or a device node must not be opened at all.
  UniqueFd probe(OpenBeneath(root_.get(), path.c_str(), O_PATH, 0));
  struct stat stat;
  if (!probe || ::fstat(probe.get(), &stat) != 0) return {STATUS_ACCESS_DENIED};
  bool directory = S_ISDIR(stat.st_mode);
  if (!directory && !S_ISREG(stat.st_mode)) return {STATUS_ACCESS_DENIED};
  if (directory && (options & FILE_NON_DIRECTORY_FILE)) return {STATUS_FILE_IS_A_DIRECTORY};
  if (!directory && (options & FILE_DIRECTORY_FILE)) return {STATUS_NOT_A_DIRECTORY};
  if (!directory && trailing_slash) return {STATUS_OBJECT_NAME_INVALID};
  bool truncate = disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
  if (directory && truncate) return {path.empty() ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_COLLISION};

  int flags = directory ? O_RDONLY | O_DIRECTORY : LinuxFlags(truncate ? access | FILE_WRITE_DATA : access) & ~O_NOFOLLOW;
  int opened = OpenBeneath(root_.get(), path.c_str(), flags, 0);
  if (opened < 0) return {StatusFromErrno(-opened)};
  UniqueFd fd(opened);
  struct stat now;
  if (::fstat(fd.get(), &now) != 0) return {StatusFromErrno(errno)};
  if (now.st_ino != stat.st_ino || now.st_dev != stat.st_dev) return {STATUS_ACCESS_DENIED};  // exchanged under our hands
  ULONG_PTR information = disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : truncate ? FILE_OVERWRITTEN : FILE_OPENED;
  return Enter(request, std::move(fd), path, now, information, truncate);
}

FolderVolume::Result FolderVolume::Enter(const ModelRequest& request, UniqueFd fd, const std::string& path, const struct stat& stat,
                                         ULONG_PTR information, bool truncate) {
  FILE_OBJECT* file = request.file();
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(request.irp());
  ACCESS_MASK access = location->Parameters.Create.SecurityContext->DesiredAccess;
  FileControlBlock* control;
  {
    rt::LockGuard guard(lock_);
    auto& slot = controls_[{stat.st_dev, stat.st_ino}];
    if (!slot) {
      slot = std::make_unique<FileControlBlock>();
      slot->device = stat.st_dev;
      slot->inode = stat.st_ino;
    }
    control = slot.get();
    NTSTATUS status = STATUS_SUCCESS;
    if (control->delete_pending) {
      status = STATUS_DELETE_PENDING;
    } else if (control->handles == 0) {
      IoSetShareAccess(access, location->Parameters.Create.ShareAccess, file, &control->share);
    } else {
      status = IoCheckShareAccess(access, location->Parameters.Create.ShareAccess, file, &control->share, TRUE);
    }
    if (!NT_SUCCESS(status)) {
      if (control->opens == 0) controls_.erase({stat.st_dev, stat.st_ino});
      return {status};
    }
    ++control->handles;
    ++control->opens;
  }
  if (truncate && ::ftruncate(fd.get(), 0) != 0) {
    NTSTATUS status = StatusFromErrno(errno);
    rt::LockGuard guard(lock_);
    IoRemoveShareAccess(file, &control->share);
    --control->handles;
    if (--control->opens == 0) controls_.erase({stat.st_dev, stat.st_ino});
    return {status};
  }
  auto opened = std::make_unique<OpenedFile>();
  opened->fd = std::move(fd);
  opened->control = control;
  opened->path = path;
  opened->directory = S_ISDIR(stat.st_mode);
  opened->access = access;
  opened->append_only = (access & FILE_APPEND_DATA) && !(access & FILE_WRITE_DATA);
  opened->delete_on_close = (location->Parameters.Create.Options & FILE_DELETE_ON_CLOSE) != 0;
  if (opened->delete_on_close) file->Flags |= FO_DELETE_ON_CLOSE;
  file->FsContext = control;
  file->FsContext2 = opened.release();
  return {STATUS_SUCCESS, information};
}

NTSTATUS FolderVolume::RemoveFile(const std::string& path, bool directory) {
  if (path.empty()) return STATUS_ACCESS_DENIED;  // the folder itself
  UniqueFd parent(OpenBeneath(root_.get(), Parent(path).c_str(), O_PATH | O_DIRECTORY, 0));
  if (!parent) return STATUS_OBJECT_PATH_NOT_FOUND;
  return ::unlinkat(parent.get(), LastPart(path).c_str(), directory ? AT_REMOVEDIR : 0) == 0 ? STATUS_SUCCESS : StatusFromErrno(errno);
}

FolderVolume::Result FolderVolume::Rename(OpenedFile& opened, FILE_OBJECT* file, const FILE_RENAME_INFORMATION* information,
                                          ULONG length) {
  (void)file;
  if (length < offsetof(FILE_RENAME_INFORMATION, FileName) ||
      information->FileNameLength > length - offsetof(FILE_RENAME_INFORMATION, FileName) || information->FileNameLength % 2) {
    return {STATUS_INVALID_PARAMETER};
  }
  if (information->RootDirectory) return {STATUS_NOT_SUPPORTED};
  std::u16string_view target(reinterpret_cast<const char16_t*>(information->FileName), information->FileNameLength / 2);
  std::u16string name;
  if (!target.empty() && target[0] == u'\\') {
    // A full name: everything up to this volume's device or drive name is left out.
    std::u16string device = nt::ob::NameOf(device_object());
    if (target.size() > device.size() && nt::ob::EqualNames(target.substr(0, device.size()), device)) {
      name = target.substr(device.size());
    } else {
      size_t colon = target.find(u":\\");
      if (colon == std::u16string_view::npos) return {STATUS_NOT_SAME_DEVICE};
      name = target.substr(colon + 1);
    }
  } else {
    std::u16string base = nt::ob::ToUtf16(Parent(opened.path));
    std::replace(base.begin(), base.end(), u'/', u'\\');
    name = u"\\" + base + (base.empty() ? u"" : u"\\") + std::u16string(target);
  }
  std::string path;
  bool missing, trailing_slash;
  NTSTATUS status = Resolve(name, &path, &missing, &trailing_slash);
  if (!NT_SUCCESS(status)) return {status};
  if (path.empty() || opened.path.empty()) return {STATUS_ACCESS_DENIED};
  if (!missing && path != opened.path && !information->ReplaceIfExists) return {STATUS_OBJECT_NAME_COLLISION};
  if (missing) {
    // The new name in the case that was asked for.
    size_t slash = name.rfind(u'\\');
    std::string parent = Parent(path);
    path = (parent.empty() ? std::string() : parent + "/") + nt::ob::ToUtf8(std::u16string_view(name).substr(slash + 1));
  }
  UniqueFd from(OpenBeneath(root_.get(), Parent(opened.path).c_str(), O_PATH | O_DIRECTORY, 0));
  UniqueFd to(OpenBeneath(root_.get(), Parent(path).c_str(), O_PATH | O_DIRECTORY, 0));
  if (!from || !to) return {STATUS_OBJECT_PATH_NOT_FOUND};
  if (::renameat(from.get(), LastPart(opened.path).c_str(), to.get(), LastPart(path).c_str()) != 0) return {StatusFromErrno(errno)};
  opened.path = path;
  return {STATUS_SUCCESS};
}

void FolderVolume::OnCleanup(FILE_OBJECT* file) {
  OpenedFile* opened = OpenedOf(file);
  if (!opened || opened->cleaned_up) return;
  opened->cleaned_up = true;
  FileControlBlock* control = opened->control;
  if (!control) return;
  bool remove = false;
  {
    rt::LockGuard guard(lock_);
    IoRemoveShareAccess(file, &control->share);
    if (opened->delete_on_close) control->delete_pending = true;
    remove = --control->handles == 0 && control->delete_pending;
  }
  if (remove) RemoveFile(opened->path, opened->directory);
}

void FolderVolume::OnClose(FILE_OBJECT* file) {
  std::unique_ptr<OpenedFile> opened(OpenedOf(file));
  if (!opened) return;
  file->FsContext = nullptr;
  file->FsContext2 = nullptr;
  if (!opened->control) return;
  rt::LockGuard guard(lock_);
  if (--opened->control->opens == 0) controls_.erase({opened->control->device, opened->control->inode});
}

}  // namespace drydock::backend
