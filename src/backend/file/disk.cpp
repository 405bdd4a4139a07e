#include "backend/file/disk.h"

#include <errno.h>

#include <cstring>

#include "nt/kernel.h"
#include "runtime/executor.h"

namespace drydock::backend {
namespace {

// From ntdddisk.h and ntddstor.h.
constexpr ULONG kGetDriveGeometry = 0x00070000;
constexpr ULONG kGetDriveGeometryEx = 0x000700A0;
constexpr ULONG kGetLengthInfo = 0x0007405C;
constexpr ULONG kIsWritable = 0x00070024;
constexpr ULONG kDiskCheckVerify = 0x00074800;
constexpr ULONG kStorageCheckVerify = 0x002D4800;
constexpr ULONG kStorageCheckVerify2 = 0x002D0800;
constexpr ULONG kGetDeviceNumber = 0x002D1080;

struct Geometry {  // DISK_GEOMETRY
  int64_t cylinders;
  uint32_t media_type;
  uint32_t tracks_per_cylinder;
  uint32_t sectors_per_track;
  uint32_t bytes_per_sector;
};
struct GeometryEx {
  Geometry geometry;
  int64_t disk_size;
};
struct DeviceNumber {
  uint32_t device_type;
  uint32_t device_number;
  uint32_t partition_number;
};
constexpr uint32_t kFixedMedia = 12;

template <class T>
void Answer(const ModelRequest& request, const T& value) {
  if (request.output_length() < sizeof value) {
    request.Complete(STATUS_BUFFER_TOO_SMALL);
    return;
  }
  std::memcpy(request.output(), &value, sizeof value);
  request.Complete(STATUS_SUCCESS, sizeof value);
}

struct SlowRead {
  WORK_QUEUE_ITEM item;
  ModelRequest request;
  int fd;
};

void FinishTransfer(const ModelRequest& request, ssize_t done) {
  if (done < 0) {
    request.Complete(StatusFromErrno(static_cast<int>(-done)));
  } else {
    FILE_OBJECT* file = request.file();
    if (file && (file->Flags & FO_SYNCHRONOUS_IO)) file->CurrentByteOffset.QuadPart = request.offset() + done;
    request.Complete(STATUS_SUCCESS, static_cast<ULONG_PTR>(done));
  }
}

VOID NTAPI RunSlowRead(PVOID context) {
  std::unique_ptr<SlowRead> read(static_cast<SlowRead*>(context));
  FinishTransfer(read->request, ReadFully(read->fd, read->request.output(), read->request.output_length(), read->request.offset()));
}

}  // namespace

bool Disk::InRange(const ModelRequest& request, size_t length) const {
  int64_t offset = request.offset();
  if (offset < 0 || offset % sector_ || length % sector_) return false;
  return static_cast<uint64_t>(offset) <= bytes_ && length <= bytes_ - static_cast<uint64_t>(offset);
}

void Disk::OnRead(const ModelRequest& request) {
  if (!InRange(request, request.output_length())) {
    request.Complete(STATUS_INVALID_PARAMETER);
    return;
  }
  if (kernel().executor.simulated()) {
    FinishTransfer(request, ReadFully(fd_.get(), request.output(), request.output_length(), request.offset()));
    return;
  }
  ssize_t done = ReadCached(fd_.get(), request.output(), request.output_length(), request.offset(), streak_);
  if (done != -EAGAIN) {
    FinishTransfer(request, done);
    return;
  }
  auto slow = std::make_unique<SlowRead>();
  slow->fd = fd_.get();
  slow->request = Pend(request, false);
  ExInitializeWorkItem(&slow->item, RunSlowRead, slow.get());
  ExQueueWorkItem(&slow.release()->item, DelayedWorkQueue);
}

void Disk::OnWrite(const ModelRequest& request) {
  if (!writable_) {
    request.Complete(STATUS_MEDIA_WRITE_PROTECTED);
  } else if (!InRange(request, request.input_length())) {
    request.Complete(STATUS_INVALID_PARAMETER);
  } else {
    FinishTransfer(request, WriteFully(fd_.get(), request.input(), request.input_length(), request.offset()));
  }
}

void Disk::OnFlush(const ModelRequest& request) {
  bool failed = ::fsync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS;
  request.Complete(failed ? StatusFromErrno(errno) : STATUS_SUCCESS);
}

void Disk::OnDeviceControl(const ModelRequest& request) {
  Geometry geometry = {};
  geometry.media_type = kFixedMedia;
  geometry.tracks_per_cylinder = 255;
  geometry.sectors_per_track = 63;
  geometry.bytes_per_sector = sector_;
  geometry.cylinders = static_cast<int64_t>(bytes_ / (uint64_t{255} * 63 * sector_));
  switch (request.ioctl()) {
    case kGetLengthInfo:
      return Answer(request, static_cast<int64_t>(bytes_));
    case kGetDriveGeometry:
      return Answer(request, geometry);
    case kGetDriveGeometryEx:
      return Answer(request, GeometryEx{geometry, static_cast<int64_t>(bytes_)});
    case kGetDeviceNumber:
      return Answer(request, DeviceNumber{FILE_DEVICE_DISK, number_, 0});
    case kIsWritable:
      request.Complete(writable_ ? STATUS_SUCCESS : STATUS_MEDIA_WRITE_PROTECTED);
      return;
    case kDiskCheckVerify:
    case kStorageCheckVerify:
    case kStorageCheckVerify2:
      request.Complete(STATUS_SUCCESS);
      return;
    default:
      request.Complete(STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace drydock::backend
