// A Linux folder as a volume: \Device\HarddiskVolumeN. Regular files only; transfers are done at once on the caller's task, because
// cached file I/O does not wait for anybody inside the machine, under either executor.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "backend/folder.h"
#include "backend/map.h"
#include "backend/mapped.h"
#include "backend/model.h"
#include "nt/kernel.h"
#include "runtime/lock.h"

namespace drydock::backend {
namespace {

constexpr int64_t kTicksFrom1601To1970 = 116444736000000000;

// What the sharing rules compare: all opens of one file on disk.
struct SharedFile {
  SHARE_ACCESS access{};
  uint32_t opens = 0;
};

struct OpenFile {
  int fd = -1;
  bool directory = false;
  bool writable = false;
  bool remove_at_close = false;
  std::u16string name;
  std::pair<dev_t, ino_t> identity;
  ~OpenFile() {
    if (fd >= 0) close(fd);
  }
};

LARGE_INTEGER TimeOf(const timespec& time) {
  LARGE_INTEGER ticks;
  ticks.QuadPart = kTicksFrom1601To1970 + time.tv_sec * 10'000'000LL + time.tv_nsec / 100;
  return ticks;
}

class VolumeDevice : public ModelDevice {
 public:
  std::string Open(const std::string& folder) { return folder_.Open(folder); }

  void OnCreate(const ModelRequest& request) override {
    const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(request.irp());
    ULONG disposition = stack->Parameters.Create.Options >> 24, options = stack->Parameters.Create.Options & 0xFFFFFF;
    ACCESS_MASK access = stack->Parameters.Create.SecurityContext ? stack->Parameters.Create.SecurityContext->DesiredAccess : 0;
    FILE_OBJECT* file = request.file();
    auto open = std::make_unique<OpenFile>();
    open->name.assign(reinterpret_cast<const char16_t*>(file->FileName.Buffer), file->FileName.Length / sizeof(WCHAR));
    if (open->name.empty()) {  // the volume itself
      request.Complete(STATUS_SUCCESS, FILE_OPENED);
      return;
    }
    bool write = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)) != 0;
    OpenedPath path;
    NTSTATUS status = folder_.OpenPath(open->name, disposition, options, write, &path);
    if (!NT_SUCCESS(status)) {
      request.Complete(status, status == STATUS_OBJECT_NAME_COLLISION ? FILE_EXISTS : FILE_DOES_NOT_EXIST);
      return;
    }
    open->fd = path.fd;
    open->directory = path.directory;
    open->writable = write;
    open->remove_at_close = (options & FILE_DELETE_ON_CLOSE) != 0;
    struct stat info {};
    fstat(open->fd, &info);
    open->identity = {info.st_dev, info.st_ino};
    {
      rt::LockGuard guard(lock_);
      SharedFile& shared = shared_[open->identity];
      if (shared.opens == 0) {
        IoSetShareAccess(access, stack->Parameters.Create.ShareAccess, file, &shared.access);
      } else {
        status = IoCheckShareAccess(access, stack->Parameters.Create.ShareAccess, file, &shared.access, TRUE);
      }
      if (NT_SUCCESS(status)) ++shared.opens;
    }
    if (!NT_SUCCESS(status)) {
      request.Complete(status, 0);
      return;
    }
    file->FsContext2 = open.release();
    bool replaced = !path.created && disposition != FILE_OPEN && disposition != FILE_OPEN_IF;
    request.Complete(STATUS_SUCCESS, path.created                    ? FILE_CREATED
                                     : !replaced                     ? FILE_OPENED
                                     : disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED
                                                                     : FILE_OVERWRITTEN);
  }

  void OnRead(const ModelRequest& request) override {
    OpenFile* open = Of(request);
    if (!open || open->directory || request.offset() < 0) return void(request.Complete(STATUS_INVALID_DEVICE_REQUEST));
    size_t done = 0;
    while (done < request.output_length()) {
      ssize_t got = pread(open->fd, static_cast<char*>(request.output()) + done, request.output_length() - done,
                          request.offset() + static_cast<int64_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return void(request.Complete(StatusOfErrno(errno)));
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    if (done == 0 && request.output_length() != 0) return void(request.Complete(STATUS_END_OF_FILE));
    Advance(request, done);
    request.Complete(STATUS_SUCCESS, done);
  }

  void OnWrite(const ModelRequest& request) override {
    OpenFile* open = Of(request);
    if (!open || open->directory) return void(request.Complete(STATUS_INVALID_DEVICE_REQUEST));
    if (!open->writable) return void(request.Complete(STATUS_ACCESS_DENIED));
    int64_t offset = request.offset();
    if (offset == -1) {  // FILE_WRITE_TO_END_OF_FILE
      struct stat info {};
      fstat(open->fd, &info);
      offset = info.st_size;
    }
    if (offset < 0) return void(request.Complete(STATUS_INVALID_PARAMETER));
    size_t done = 0;
    while (done < request.input_length()) {
      ssize_t put = pwrite(open->fd, static_cast<const char*>(request.input()) + done, request.input_length() - done,
                           offset + static_cast<int64_t>(done));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) {
        int error = put < 0 ? errno : ENOSPC;
        if (done == 0) return void(request.Complete(StatusOfErrno(error)));
        break;
      }
      done += static_cast<size_t>(put);
    }
    Advance(request, done, offset);
    request.Complete(STATUS_SUCCESS, done);
  }

  void OnFlush(const ModelRequest& request) override {
    OpenFile* open = Of(request);
    request.Complete(open && fdatasync(open->fd) != 0 ? StatusOfErrno(errno) : STATUS_SUCCESS);
  }

  void OnOther(const ModelRequest& request) override {
    OpenFile* open = Of(request);
    const IO_STACK_LOCATION* stack = IoGetCurrentIrpStackLocation(request.irp());
    if (open && request.major() == IRP_MJ_QUERY_INFORMATION) return Query(request, *open, stack);
    if (open && request.major() == IRP_MJ_SET_INFORMATION) return Set(request, *open, stack);
    request.Complete(STATUS_INVALID_DEVICE_REQUEST);
  }

  void OnCleanup(FILE_OBJECT* file) override {
    auto* open = static_cast<OpenFile*>(file->FsContext2);
    if (!open) return;
    rt::LockGuard guard(lock_);
    auto found = shared_.find(open->identity);
    if (found == shared_.end()) return;
    IoRemoveShareAccess(file, &found->second.access);
    if (--found->second.opens == 0) shared_.erase(found);
  }

  void OnClose(FILE_OBJECT* file) override {
    std::unique_ptr<OpenFile> open(static_cast<OpenFile*>(file->FsContext2));
    file->FsContext2 = nullptr;
    if (open && open->remove_at_close) folder_.Remove(open->name, open->directory);
  }

 private:
  static OpenFile* Of(const ModelRequest& request) {
    return request.file() ? static_cast<OpenFile*>(request.file()->FsContext2) : nullptr;
  }

  static void Advance(const ModelRequest& request, size_t done, int64_t offset = -1) {
    FILE_OBJECT* file = request.file();
    if (file->Flags & FO_SYNCHRONOUS_IO)
      file->CurrentByteOffset.QuadPart = (offset >= 0 ? offset : request.offset()) + static_cast<int64_t>(done);
  }

  template <class T>
  static void Give(const ModelRequest& request, ULONG length, const T& information) {
    if (length < sizeof(T)) return void(request.Complete(STATUS_BUFFER_TOO_SMALL));
    std::memcpy(request.irp()->AssociatedIrp.SystemBuffer, &information, sizeof information);
    request.Complete(STATUS_SUCCESS, sizeof information);
  }

  static void Query(const ModelRequest& request, const OpenFile& open, const IO_STACK_LOCATION* stack) {
    struct stat info {};
    if (fstat(open.fd, &info) != 0) return void(request.Complete(StatusOfErrno(errno)));
    ULONG length = stack->Parameters.QueryFile.Length;
    switch (stack->Parameters.QueryFile.FileInformationClass) {
      case FileBasicInformation: {
        FILE_BASIC_INFORMATION basic{};
        basic.CreationTime = TimeOf(info.st_ctim);
        basic.LastAccessTime = TimeOf(info.st_atim);
        basic.LastWriteTime = basic.ChangeTime = TimeOf(info.st_mtim);
        basic.FileAttributes = open.directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
        return Give(request, length, basic);
      }
      case FileStandardInformation: {
        FILE_STANDARD_INFORMATION standard{};
        standard.AllocationSize.QuadPart = info.st_blocks * 512;
        standard.EndOfFile.QuadPart = info.st_size;
        standard.NumberOfLinks = static_cast<ULONG>(info.st_nlink);
        standard.DeletePending = open.remove_at_close;
        standard.Directory = open.directory;
        return Give(request, length, standard);
      }
      case FilePositionInformation: {
        FILE_POSITION_INFORMATION position{};
        position.CurrentByteOffset = request.file()->CurrentByteOffset;
        return Give(request, length, position);
      }
      default: request.Complete(STATUS_INVALID_PARAMETER);
    }
  }

  static void Set(const ModelRequest& request, OpenFile& open, const IO_STACK_LOCATION* stack) {
    const void* given = request.irp()->AssociatedIrp.SystemBuffer;
    ULONG length = stack->Parameters.SetFile.Length;
    switch (stack->Parameters.SetFile.FileInformationClass) {
      case FileEndOfFileInformation: {
        FILE_END_OF_FILE_INFORMATION end;
        if (length < sizeof end) return void(request.Complete(STATUS_INFO_LENGTH_MISMATCH));
        std::memcpy(&end, given, sizeof end);
        if (!open.writable || end.EndOfFile.QuadPart < 0)
          return void(request.Complete(open.writable ? STATUS_INVALID_PARAMETER : STATUS_ACCESS_DENIED));
        return void(request.Complete(ftruncate(open.fd, end.EndOfFile.QuadPart) != 0 ? StatusOfErrno(errno) : STATUS_SUCCESS));
      }
      case FileDispositionInformation: {
        FILE_DISPOSITION_INFORMATION disposition;
        if (length < sizeof disposition) return void(request.Complete(STATUS_INFO_LENGTH_MISMATCH));
        std::memcpy(&disposition, given, sizeof disposition);
        open.remove_at_close = disposition.DeleteFile != FALSE;
        return void(request.Complete(STATUS_SUCCESS));
      }
      case FilePositionInformation: {
        FILE_POSITION_INFORMATION position;
        if (length < sizeof position) return void(request.Complete(STATUS_INFO_LENGTH_MISMATCH));
        std::memcpy(&position, given, sizeof position);
        if (position.CurrentByteOffset.QuadPart < 0) return void(request.Complete(STATUS_INVALID_PARAMETER));
        request.file()->CurrentByteOffset = position.CurrentByteOffset;
        return void(request.Complete(STATUS_SUCCESS));
      }
      default: request.Complete(STATUS_INVALID_PARAMETER);
    }
  }

  Folder folder_;
  rt::Lock lock_;
  std::map<std::pair<dev_t, ino_t>, SharedFile> shared_ RT_GUARDED_BY(lock_);
};

}  // namespace

std::string MapFolder(nt::Kernel& kernel, std::u16string_view name, const std::string& folder) {
  auto volume = std::make_unique<VolumeDevice>();
  if (std::string error = volume->Open(folder); !error.empty()) return error;
  NamedDeviceOptions options;
  options.flags = DO_DIRECT_IO;
  options.device_type = FILE_DEVICE_DISK_FILE_SYSTEM;
  return internal::AddMapped(kernel, name, u"\\Device\\HarddiskVolume", u"", options, std::move(volume));
}

}  // namespace drydock::backend
