// Disk: a whole file or block device as \Device\HarddiskN\DR0.
// Called by:  the I/O manager, through ModelDevice; IRQL PASSIVE_LEVEL.
// Rules:      offset and length of transfers are whole sectors and inside the disk, otherwise STATUS_INVALID_PARAMETER; a disk whose
//             file may only be read answers writes with STATUS_MEDIA_WRITE_PROTECTED.
// Blocking:   as FolderVolume.
#pragma once

#include "backend/model.h"
#include "backend/posix.h"

namespace drydock::backend {

class Disk : public ModelDevice {
 public:
  Disk(UniqueFd fd, uint64_t bytes, uint32_t sector, bool writable, uint32_t number)
      : fd_(std::move(fd)), bytes_(bytes), sector_(sector), writable_(writable), number_(number) {}

  void OnRead(const ModelRequest& request) override;
  void OnWrite(const ModelRequest& request) override;
  void OnDeviceControl(const ModelRequest& request) override;
  void OnFlush(const ModelRequest& request) override;

 private:
  bool InRange(const ModelRequest& request, size_t length) const;

  UniqueFd fd_;
  CacheStreak streak_;
  uint64_t bytes_;
  uint32_t sector_;
  bool writable_;
  uint32_t number_;
};

}  // namespace drydock::backend
