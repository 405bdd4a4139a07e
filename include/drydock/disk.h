// A disk at the bottom of a stack, as filters and class drivers find one: sectors, and what IOCTL_STORAGE_... and IOCTL_DISK_... ask of it.
// Used by:    tests of storage filters; machine files: model = { kind = "disk", ... } (docs/machine.md).
// Transfers:  whole sectors inside the disk, otherwise STATUS_INVALID_PARAMETER; a read-only disk answers writes with
//             STATUS_MEDIA_WRITE_PROTECTED.
// Answers:    STORAGE_QUERY_PROPERTY (device, adapter, access alignment, seek penalty, trim; another property is STATUS_NOT_SUPPORTED, and
//             PropertyExistsQuery says which are there), GET_DEVICE_NUMBER, GET_HOTPLUG_INFO, CHECK_VERIFY and CHECK_VERIFY2,
//             DISK_GET_DRIVE_GEOMETRY and ..._EX, GET_LENGTH_INFO, IS_WRITABLE, SCSI_GET_ADDRESS.
//             SCSI requests are STATUS_INVALID_DEVICE_REQUEST, as everything else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "drydock/model.h"

namespace drydock {

struct DiskSettings {
  uint64_t size = 1 << 20;  // of a disk in memory; one of a file is as large as it
  std::string path;         // a Linux file or block device instead of memory
  bool read_only = false;
  bool removable = false;
  uint32_t sector = 512;    // 512 or a power of two above
  uint32_t bus = 11;        // STORAGE_BUS_TYPE: SATA
  uint32_t number = 0;      // of the disk: \Device\HarddiskN
  std::string vendor = "Drydock", product = "Test disk", revision = "1.0", serial = "DD0001";
};

std::shared_ptr<DeviceModel> DiskDevice(DiskSettings settings = {});  // throws Error

}  // namespace drydock
