// A regular file or block device as a disk: \Device\HarddiskN\DR0. Whole sectors only, at once on the caller's task.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "backend/folder.h"
#include "backend/map.h"
#include "backend/mapped.h"
#include "backend/model.h"

namespace drydock::backend {
namespace {

// ntdddisk.h: the two that every disk answers, and its geometry.
constexpr ULONG kGetDriveGeometry = CTL_CODE(FILE_DEVICE_DISK, 0x0000, METHOD_BUFFERED, FILE_ANY_ACCESS);
constexpr ULONG kGetLengthInfo = CTL_CODE(FILE_DEVICE_DISK, 0x0017, METHOD_BUFFERED, FILE_READ_ACCESS);
constexpr ULONG kIsWritable = CTL_CODE(FILE_DEVICE_DISK, 0x0009, METHOD_BUFFERED, FILE_ANY_ACCESS);

struct Geometry {  // DISK_GEOMETRY
  int64_t cylinders;
  uint32_t media_type;
  uint32_t tracks_per_cylinder;
  uint32_t sectors_per_track;
  uint32_t bytes_per_sector;
};
static_assert(sizeof(Geometry) == 24);
constexpr uint32_t kFixedMedia = 12;
constexpr uint32_t kTracks = 255, kSectors = 63;  // what a disk without a real geometry says

class DiskDevice : public ModelDevice {
 public:
  ~DiskDevice() override {
    if (fd_ >= 0) close(fd_);
  }

  std::string Open(const std::string& path) {
    fd_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd_ < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) {
      read_only_ = true;
      fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    }
    if (fd_ < 0) return fmt::format("{}: {}", path, std::strerror(errno));
    struct stat info {};
    if (fstat(fd_, &info) != 0) return fmt::format("{}: {}", path, std::strerror(errno));
    if (S_ISBLK(info.st_mode)) {
      uint64_t bytes = 0;
      int sector = 0;
      if (ioctl(fd_, BLKGETSIZE64, &bytes) != 0 || ioctl(fd_, BLKSSZGET, &sector) != 0 || sector <= 0)
        return fmt::format("{}: {}", path, std::strerror(errno));
      bytes_ = static_cast<int64_t>(bytes);
      sector_ = static_cast<uint32_t>(sector);
    } else if (S_ISREG(info.st_mode)) {
      bytes_ = info.st_size;
    } else {
      return fmt::format("{}: neither a regular file nor a block device", path);
    }
    if (bytes_ % sector_ != 0) return fmt::format("{}: its length, {} bytes, is no multiple of a sector of {}", path, bytes_, sector_);
    return {};
  }
  uint32_t sector() const { return sector_; }

  void OnRead(const ModelRequest& request) override {
    Transfer(request, request.output_length(), [&](size_t done) {
      return pread(fd_, static_cast<char*>(request.output()) + done, request.output_length() - done,
                   request.offset() + static_cast<int64_t>(done));
    });
  }

  void OnWrite(const ModelRequest& request) override {
    if (read_only_) return void(request.Complete(STATUS_MEDIA_WRITE_PROTECTED));
    Transfer(request, request.input_length(), [&](size_t done) {
      return pwrite(fd_, static_cast<const char*>(request.input()) + done, request.input_length() - done,
                    request.offset() + static_cast<int64_t>(done));
    });
  }

  void OnFlush(const ModelRequest& request) override {
    request.Complete(fdatasync(fd_) != 0 ? StatusOfErrno(errno) : STATUS_SUCCESS);
  }

  void OnDeviceControl(const ModelRequest& request) override {
    switch (request.ioctl()) {
      case kGetLengthInfo: return Give(request, bytes_);
      case kGetDriveGeometry:
        return Give(request, Geometry{bytes_ / sector_ / kSectors / kTracks, kFixedMedia, kTracks, kSectors, sector_});
      case kIsWritable: return void(request.Complete(read_only_ ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS));
      default: request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    }
  }

 private:
  template <class T>
  static void Give(const ModelRequest& request, const T& answer) {
    if (request.output_length() < sizeof answer) return void(request.Complete(STATUS_BUFFER_TOO_SMALL));
    std::memcpy(request.output(), &answer, sizeof answer);
    request.Complete(STATUS_SUCCESS, sizeof answer);
  }

  template <class Step>
  void Transfer(const ModelRequest& request, size_t length, Step step) {
    int64_t offset = request.offset();
    if (offset < 0 || offset % sector_ != 0 || length % sector_ != 0) return void(request.Complete(STATUS_INVALID_PARAMETER));
    if (offset > bytes_ || static_cast<int64_t>(length) > bytes_ - offset) return void(request.Complete(STATUS_END_OF_MEDIA));
    size_t done = 0;
    while (done < length) {
      ssize_t moved = step(done);
      if (moved < 0 && errno == EINTR) continue;
      if (moved <= 0) return void(request.Complete(moved < 0 ? StatusOfErrno(errno) : STATUS_IO_DEVICE_ERROR, done));
      done += static_cast<size_t>(moved);
    }
    request.Complete(STATUS_SUCCESS, done);
  }

  int fd_ = -1;
  bool read_only_ = false;
  int64_t bytes_ = 0;
  uint32_t sector_ = 512;
};

}  // namespace

std::string MapDisk(nt::Kernel& kernel, std::u16string_view name, const std::string& path) {
  auto disk = std::make_unique<DiskDevice>();
  if (std::string error = disk->Open(path); !error.empty()) return error;
  NamedDeviceOptions options;
  options.flags = DO_DIRECT_IO;
  options.device_type = FILE_DEVICE_DISK;
  options.sector_size = static_cast<USHORT>(disk->sector());
  return internal::AddMapped(kernel, name, u"\\Device\\Harddisk", u"\\DR0", options, std::move(disk));
}

}  // namespace drydock::backend
