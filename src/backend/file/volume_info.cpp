// File, directory and volume information of a folder.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>

#include "backend/file/volume.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"

namespace drydock::backend {
namespace {

LARGE_INTEGER Large(int64_t value) {
  LARGE_INTEGER large;
  large.QuadPart = value;
  return large;
}

void FillTimes(const struct stat& stat, LARGE_INTEGER* creation, LARGE_INTEGER* access, LARGE_INTEGER* write, LARGE_INTEGER* change) {
  *creation = Large(NtTime(stat.st_ctim));
  *access = Large(NtTime(stat.st_atim));
  *write = Large(NtTime(stat.st_mtim));
  *change = Large(NtTime(stat.st_ctim));
}

std::u16string NtPath(const std::string& path) {
  std::u16string text = u"\\" + nt::ob::ToUtf16(path);
  std::replace(text.begin(), text.end(), u'/', u'\\');
  return text;
}

// Fixed part of a directory entry; the four classes differ in what stands between it and the name.
struct EntryShape {
  size_t name_length_offset;
  size_t name_offset;
  bool names_only;
};

bool ShapeOf(ULONG information_class, EntryShape* shape) {
  switch (information_class) {
    case FileDirectoryInformation:
      *shape = {60, 64, false};
      return true;
    case FileFullDirectoryInformation:
      *shape = {60, 68, false};
      return true;
    case FileBothDirectoryInformation:
      *shape = {60, 94, false};
      return true;
    case FileIdBothDirectoryInformation:
      *shape = {60, 104, false};
      return true;
    case FileNamesInformation:
      *shape = {8, 12, true};
      return true;
    default:
      return false;
  }
}

template <class T>
bool Put(const ModelRequest& request, const T& value) {
  if (request.output_length() < sizeof(T)) return false;
  std::memcpy(request.output(), &value, sizeof value);
  return true;
}

timespec LinuxTime(LARGE_INTEGER time) {
  timespec result = {0, UTIME_OMIT};
  if (time.QuadPart <= 0) return result;
  int64_t ticks = time.QuadPart - 116444736000000000ll;
  result.tv_sec = ticks / 10000000;
  result.tv_nsec = (ticks % 10000000) * 100;
  return result;
}

}  // namespace

int64_t NtTime(const struct timespec& time) { return 116444736000000000ll + time.tv_sec * 10000000ll + time.tv_nsec / 100; }

ULONG NtAttributes(const struct stat& stat) {
  ULONG attributes = S_ISDIR(stat.st_mode) ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;
  if (!(stat.st_mode & 0222)) attributes |= FILE_ATTRIBUTE_READONLY;
  return attributes;
}

bool MatchesPattern(std::u16string_view pattern, std::u16string_view name) {
  if (pattern.empty() || pattern == u"*" || pattern == u"*.*") return true;
  // Iterative: remembers the last star, so that no pattern costs more than the product of the lengths.
  size_t p = 0, n = 0, star = std::u16string_view::npos, star_name = 0;
  auto is_star = [](char16_t c) { return c == u'*' || c == u'<'; };
  auto is_any = [](char16_t c) { return c == u'?' || c == u'>'; };
  while (n < name.size()) {
    if (p < pattern.size() && is_star(pattern[p])) {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && (is_any(pattern[p]) || nt::ob::Upcase(pattern[p] == u'"' ? u'.' : pattern[p]) == nt::ob::Upcase(name[n]))) {
      ++p;
      ++n;
    } else if (star != std::u16string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && is_star(pattern[p])) ++p;
  return p == pattern.size();
}

FolderVolume::Result FolderVolume::QueryInformation(const ModelRequest& request) {
  OpenedFile* opened = OpenedOf(request.file());
  if (!opened || !opened->control) return {STATUS_INVALID_PARAMETER};
  struct stat stat;
  if (::fstat(opened->fd.get(), &stat) != 0) return {StatusFromErrno(errno)};
  ULONG information_class = IoGetCurrentIrpStackLocation(request.irp())->Parameters.QueryFile.FileInformationClass;
  bool delete_pending;
  {
    rt::LockGuard guard(lock_);
    delete_pending = opened->control->delete_pending;
  }
  FILE_BASIC_INFORMATION basic = {};
  FillTimes(stat, &basic.CreationTime, &basic.LastAccessTime, &basic.LastWriteTime, &basic.ChangeTime);
  basic.FileAttributes = NtAttributes(stat);
  FILE_STANDARD_INFORMATION standard = {};
  standard.AllocationSize = Large(static_cast<int64_t>(stat.st_blocks) * 512);
  standard.EndOfFile = Large(opened->directory ? 0 : stat.st_size);
  standard.NumberOfLinks = static_cast<ULONG>(stat.st_nlink);
  standard.DeletePending = delete_pending;
  standard.Directory = opened->directory;
  FILE_POSITION_INFORMATION position = {};
  position.CurrentByteOffset = request.file()->CurrentByteOffset;
  std::u16string name = NtPath(opened->path);

  // Name classes may be cut: STATUS_BUFFER_OVERFLOW with as much as fits.
  auto put_name = [&](size_t at) -> Result {
    size_t room = request.output_length();
    if (room < at + offsetof(FILE_NAME_INFORMATION, FileName)) return {STATUS_INFO_LENGTH_MISMATCH};
    char* out = static_cast<char*>(request.output()) + at;
    ULONG bytes = static_cast<ULONG>(name.size() * 2);
    size_t copied = std::min<size_t>(bytes, room - at - offsetof(FILE_NAME_INFORMATION, FileName));
    std::memcpy(out, &bytes, sizeof bytes);
    std::memcpy(out + offsetof(FILE_NAME_INFORMATION, FileName), name.data(), copied);
    return {copied < bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, at + offsetof(FILE_NAME_INFORMATION, FileName) + copied};
  };

  switch (information_class) {
    case FileBasicInformation:
      return Put(request, basic) ? Result{STATUS_SUCCESS, sizeof basic} : Result{STATUS_INFO_LENGTH_MISMATCH};
    case FileStandardInformation:
      return Put(request, standard) ? Result{STATUS_SUCCESS, sizeof standard} : Result{STATUS_INFO_LENGTH_MISMATCH};
    case FilePositionInformation:
      return Put(request, position) ? Result{STATUS_SUCCESS, sizeof position} : Result{STATUS_INFO_LENGTH_MISMATCH};
    case FileInternalInformation: {
      FILE_INTERNAL_INFORMATION answer = {};
      answer.IndexNumber = Large(static_cast<int64_t>(stat.st_ino));
      return Put(request, answer) ? Result{STATUS_SUCCESS, sizeof answer} : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    case FileEaInformation: {
      FILE_EA_INFORMATION answer = {};
      return Put(request, answer) ? Result{STATUS_SUCCESS, sizeof answer} : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    case FileNetworkOpenInformation: {
      FILE_NETWORK_OPEN_INFORMATION answer = {};
      FillTimes(stat, &answer.CreationTime, &answer.LastAccessTime, &answer.LastWriteTime, &answer.ChangeTime);
      answer.AllocationSize = standard.AllocationSize;
      answer.EndOfFile = standard.EndOfFile;
      answer.FileAttributes = basic.FileAttributes;
      return Put(request, answer) ? Result{STATUS_SUCCESS, sizeof answer} : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    case FileAttributeTagInformation: {
      FILE_ATTRIBUTE_TAG_INFORMATION answer = {};
      answer.FileAttributes = basic.FileAttributes;
      return Put(request, answer) ? Result{STATUS_SUCCESS, sizeof answer} : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    case FileNameInformation:
      return put_name(0);
    case FileAllInformation: {
      if (request.output_length() < sizeof(FILE_ALL_INFORMATION)) return {STATUS_INFO_LENGTH_MISMATCH};
      auto* all = static_cast<FILE_ALL_INFORMATION*>(request.output());
      std::memset(static_cast<void*>(all), 0, sizeof *all);
      all->BasicInformation = basic;
      all->StandardInformation = standard;
      all->InternalInformation.IndexNumber = Large(static_cast<int64_t>(stat.st_ino));
      all->AccessInformation.AccessFlags = opened->access;
      all->PositionInformation = position;
      return put_name(offsetof(FILE_ALL_INFORMATION, NameInformation));
    }
    default:
      return {STATUS_INVALID_INFO_CLASS};
  }
}

FolderVolume::Result FolderVolume::SetInformation(const ModelRequest& request) {
  OpenedFile* opened = OpenedOf(request.file());
  if (!opened || !opened->control) return {STATUS_INVALID_PARAMETER};
  ULONG information_class = IoGetCurrentIrpStackLocation(request.irp())->Parameters.SetFile.FileInformationClass;
  const void* data = request.input();
  size_t length = request.input_length();
  auto writable = [&] { return (opened->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0; };
  switch (information_class) {
    case FileEndOfFileInformation:
    case FileAllocationInformation: {
      if (length < sizeof(LARGE_INTEGER)) return {STATUS_INFO_LENGTH_MISMATCH};
      if (!writable()) return {STATUS_ACCESS_DENIED};
      int64_t size = static_cast<const FILE_END_OF_FILE_INFORMATION*>(data)->EndOfFile.QuadPart;
      if (size < 0 || opened->directory) return {STATUS_INVALID_PARAMETER};
      if (information_class == FileAllocationInformation) {
        // Less than the file cuts it; more is a wish that Linux needs not hear.
        struct stat stat;
        if (::fstat(opened->fd.get(), &stat) != 0) return {StatusFromErrno(errno)};
        if (size >= stat.st_size) return {STATUS_SUCCESS};
      }
      return {::ftruncate(opened->fd.get(), size) == 0 ? STATUS_SUCCESS : StatusFromErrno(errno)};
    }
    case FilePositionInformation:
      if (length < sizeof(FILE_POSITION_INFORMATION)) return {STATUS_INFO_LENGTH_MISMATCH};
      request.file()->CurrentByteOffset = static_cast<const FILE_POSITION_INFORMATION*>(data)->CurrentByteOffset;
      return {STATUS_SUCCESS};
    case FileBasicInformation: {
      if (length < sizeof(FILE_BASIC_INFORMATION)) return {STATUS_INFO_LENGTH_MISMATCH};
      const auto* basic = static_cast<const FILE_BASIC_INFORMATION*>(data);
      timespec times[2] = {LinuxTime(basic->LastAccessTime), LinuxTime(basic->LastWriteTime)};
      if (::futimens(opened->fd.get(), times) != 0) return {StatusFromErrno(errno)};
      if (basic->FileAttributes) {
        struct stat stat;
        if (::fstat(opened->fd.get(), &stat) != 0) return {StatusFromErrno(errno)};
        mode_t mode = stat.st_mode & 07777;
        mode = basic->FileAttributes & FILE_ATTRIBUTE_READONLY ? mode & ~0222u : mode | 0200;
        if (mode != (stat.st_mode & 07777) && ::fchmod(opened->fd.get(), mode) != 0) return {StatusFromErrno(errno)};
      }
      return {STATUS_SUCCESS};
    }
    case FileDispositionInformation: {
      if (length < sizeof(FILE_DISPOSITION_INFORMATION)) return {STATUS_INFO_LENGTH_MISMATCH};
      if (!(opened->access & DELETE)) return {STATUS_ACCESS_DENIED};
      bool remove = static_cast<const FILE_DISPOSITION_INFORMATION*>(data)->DeleteFile != 0;
      if (remove && opened->path.empty()) return {STATUS_CANNOT_DELETE};
      if (remove && opened->directory) {
        LoadDirectory(*opened);
        if (opened->items.size() > 2) return {STATUS_DIRECTORY_NOT_EMPTY};
      }
      rt::LockGuard guard(lock_);
      opened->control->delete_pending = remove;
      request.file()->DeletePending = remove;
      return {STATUS_SUCCESS};
    }
    case FileRenameInformation:
      if (!(opened->access & DELETE)) return {STATUS_ACCESS_DENIED};
      return Rename(*opened, request.file(), static_cast<const FILE_RENAME_INFORMATION*>(data), static_cast<ULONG>(length));
    default:
      return {STATUS_INVALID_INFO_CLASS};
  }
}

FolderVolume::Result FolderVolume::QueryVolume(const ModelRequest& request) {
  struct statvfs fs;
  if (::fstatvfs(root_.get(), &fs) != 0) return {StatusFromErrno(errno)};
  ULONG sectors = static_cast<ULONG>(fs.f_frsize / 512 ? fs.f_frsize / 512 : 1);
  switch (IoGetCurrentIrpStackLocation(request.irp())->Parameters.QueryVolume.FsInformationClass) {
    case FileFsSizeInformation: {
      FILE_FS_SIZE_INFORMATION answer = {};
      answer.TotalAllocationUnits = Large(static_cast<int64_t>(fs.f_blocks));
      answer.AvailableAllocationUnits = Large(static_cast<int64_t>(fs.f_bavail));
      answer.SectorsPerAllocationUnit = sectors;
      answer.BytesPerSector = 512;
      return Put(request, answer) ? Result{STATUS_SUCCESS, sizeof answer} : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    case FileFsFullSizeInformation: {
      FILE_FS_FULL_SIZE_INFORMATION answer = {};
      answer.TotalAllocationUnits = Large(static_cast<int64_t>(fs.f_blocks));
      answer.CallerAvailableAllocationUnits = Large(static_cast<int64_t>(fs.f_bavail));
      answer.ActualAvailableAllocationUnits = Large(static_cast<int64_t>(fs.f_bfree));
      answer.SectorsPerAllocationUnit = sectors;
      answer.BytesPerSector = 512;
      return Put(request, answer) ? Result{STATUS_SUCCESS, sizeof answer} : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    case FileFsVolumeInformation: {
      FILE_FS_VOLUME_INFORMATION answer = {};
      return Put(request, answer) ? Result{STATUS_SUCCESS, offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel)}
                                  : Result{STATUS_INFO_LENGTH_MISMATCH};
    }
    default:
      return {STATUS_INVALID_INFO_CLASS};
  }
}

void FolderVolume::LoadDirectory(OpenedFile& opened) {
  opened.items.clear();
  opened.next_item = 0;
  int fd = OpenBeneath(opened.fd.get(), ".", O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return;
  DIR* stream = ::fdopendir(fd);
  if (!stream) {
    ::close(fd);
    return;
  }
  while (dirent* entry = ::readdir(stream)) {
    DirectoryItem item;
    item.name = nt::ob::ToUtf16(entry->d_name);
    if (::fstatat(fd, entry->d_name, &item.stat, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISLNK(item.stat.st_mode)) {
      // A link counts as what it leads to, as far as that lies in the folder; one that leads out is not shown.
      std::string below = opened.path.empty() ? std::string(entry->d_name) : opened.path + "/" + entry->d_name;
      UniqueFd target(OpenBeneath(root_.get(), below.c_str(), O_PATH, 0));
      if (!target || ::fstat(target.get(), &item.stat) != 0) continue;
    }
    if (!S_ISDIR(item.stat.st_mode) && !S_ISREG(item.stat.st_mode)) continue;
    opened.items.push_back(std::move(item));
  }
  ::closedir(stream);
  std::sort(opened.items.begin(), opened.items.end(), [](const DirectoryItem& a, const DirectoryItem& b) { return a.name < b.name; });
}

FolderVolume::Result FolderVolume::QueryDirectory(const ModelRequest& request) {
  OpenedFile* opened = OpenedOf(request.file());
  const IO_STACK_LOCATION* location = IoGetCurrentIrpStackLocation(request.irp());
  if (location->MinorFunction != IRP_MN_QUERY_DIRECTORY) return {STATUS_NOT_SUPPORTED};
  if (!opened || !opened->directory) return {STATUS_INVALID_PARAMETER};
  EntryShape shape;
  if (!ShapeOf(location->Parameters.QueryDirectory.FileInformationClass, &shape)) return {STATUS_INVALID_INFO_CLASS};
  bool first = !opened->scanned;
  if (first || (location->Flags & SL_RESTART_SCAN)) {
    if (first) opened->pattern = nt::ob::View(location->Parameters.QueryDirectory.FileName);
    LoadDirectory(*opened);
    opened->scanned = true;
  }
  char* out = static_cast<char*>(request.output());
  size_t room = request.output_length();
  size_t used = 0;
  char* previous = nullptr;
  for (; opened->next_item < opened->items.size(); ++opened->next_item) {
    const DirectoryItem& item = opened->items[opened->next_item];
    if (!MatchesPattern(opened->pattern, item.name)) continue;
    size_t at = (used + 7) & ~size_t{7};
    size_t name_bytes = item.name.size() * 2;
    if (at + shape.name_offset + name_bytes > room) {
      if (!previous) return {at + shape.name_offset > room ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW};
      break;
    }
    char* entry = out + at;
    std::memset(entry, 0, shape.name_offset);
    if (!shape.names_only) {
      auto* fixed = reinterpret_cast<FILE_DIRECTORY_INFORMATION*>(entry);
      FillTimes(item.stat, &fixed->CreationTime, &fixed->LastAccessTime, &fixed->LastWriteTime, &fixed->ChangeTime);
      fixed->EndOfFile = Large(S_ISDIR(item.stat.st_mode) ? 0 : item.stat.st_size);
      fixed->AllocationSize = Large(static_cast<int64_t>(item.stat.st_blocks) * 512);
      fixed->FileAttributes = NtAttributes(item.stat);
    }
    ULONG length = static_cast<ULONG>(name_bytes);
    std::memcpy(entry + shape.name_length_offset, &length, sizeof length);
    std::memcpy(entry + shape.name_offset, item.name.data(), name_bytes);
    if (previous) {
      ULONG step = static_cast<ULONG>(entry - previous);
      std::memcpy(previous, &step, sizeof step);
    }
    previous = entry;
    used = at + shape.name_offset + name_bytes;
    if (location->Flags & SL_RETURN_SINGLE_ENTRY) {
      ++opened->next_item;
      break;
    }
  }
  if (!previous) return {first ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES};
  return {STATUS_SUCCESS, used};
}

void FolderVolume::OnOther(const ModelRequest& request) {
  Result result = {STATUS_INVALID_DEVICE_REQUEST};
  switch (request.major()) {
    case IRP_MJ_QUERY_INFORMATION:
      result = QueryInformation(request);
      break;
    case IRP_MJ_SET_INFORMATION:
      result = SetInformation(request);
      break;
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      result = QueryVolume(request);
      break;
    case IRP_MJ_DIRECTORY_CONTROL:
      result = QueryDirectory(request);
      break;
    default:
      break;
  }
  request.Complete(result.status, result.information);
}

}  // namespace drydock::backend
