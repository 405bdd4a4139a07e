#include "drydock/disk.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <string_view>

#include <ntddk.h>

#include <ntdddisk.h>
#include <ntddscsi.h>
#include <ntddstor.h>

#include "drydock/description.h"

namespace drydock {
namespace {

template <class T>
void Answer(const ModelRequest& request, const T& value) {
  if (request.output_length() < sizeof value) return request.Complete(STATUS_BUFFER_TOO_SMALL);
  std::memcpy(request.output(), &value, sizeof value);
  request.Complete(STATUS_SUCCESS, sizeof value);
}

// The sectors are those of a model that has bytes.
class DiskModel : public DeviceModel {
 public:
  DiskModel(std::shared_ptr<DeviceModel> bytes, DiskSettings settings) : bytes_(std::move(bytes)), settings_(std::move(settings)) {}

  void OnRead(const ModelRequest& request) override {
    if (!Whole(request, request.output_length())) return request.Complete(STATUS_INVALID_PARAMETER);
    bytes_->OnRead(request);
  }
  void OnWrite(const ModelRequest& request) override {
    if (settings_.read_only) return request.Complete(STATUS_MEDIA_WRITE_PROTECTED);
    if (!Whole(request, request.input_length())) return request.Complete(STATUS_INVALID_PARAMETER);
    bytes_->OnWrite(request);
  }
  void OnInternalIoctl(const ModelRequest& request) override {
    // IRP_MJ_SCSI is the same major function, without a code.
    request.ioctl() == 0 ? request.Complete(STATUS_INVALID_DEVICE_REQUEST) : OnIoctl(request);
  }

  void OnIoctl(const ModelRequest& request) override {
    switch (request.ioctl()) {
      case IOCTL_STORAGE_QUERY_PROPERTY: return Property(request);
      case IOCTL_STORAGE_GET_DEVICE_NUMBER:
        return Answer(request, STORAGE_DEVICE_NUMBER{.DeviceType = FILE_DEVICE_DISK, .DeviceNumber = settings_.number, .PartitionNumber = 0});
      case IOCTL_STORAGE_GET_HOTPLUG_INFO:
        return Answer(request, STORAGE_HOTPLUG_INFO{.Size = sizeof(STORAGE_HOTPLUG_INFO), .MediaRemovable = settings_.removable});
      case IOCTL_STORAGE_CHECK_VERIFY:
      case IOCTL_STORAGE_CHECK_VERIFY2:
      case IOCTL_DISK_CHECK_VERIFY: return request.Complete(STATUS_SUCCESS);
      case IOCTL_DISK_IS_WRITABLE: return request.Complete(settings_.read_only ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS);
      case IOCTL_DISK_GET_LENGTH_INFO: {
        GET_LENGTH_INFORMATION length = {};
        length.Length.QuadPart = static_cast<LONGLONG>(settings_.size);
        return Answer(request, length);
      }
      case IOCTL_DISK_GET_DRIVE_GEOMETRY: return Answer(request, Geometry());
      case IOCTL_DISK_GET_DRIVE_GEOMETRY_EX: {
        // Without the partition and detection parts that may follow.
        struct {
          DISK_GEOMETRY geometry;
          LARGE_INTEGER size;
        } value = {.geometry = Geometry(), .size = {}};
        value.size.QuadPart = static_cast<LONGLONG>(settings_.size);
        return Answer(request, value);
      }
      case IOCTL_SCSI_GET_ADDRESS:
        return Answer(request, SCSI_ADDRESS{.Length = sizeof(SCSI_ADDRESS), .TargetId = static_cast<UCHAR>(settings_.number)});
      default: return request.Complete(STATUS_INVALID_DEVICE_REQUEST);
    }
  }

 private:
  bool Whole(const ModelRequest& request, size_t length) const {
    const int64_t offset = request.offset();
    if (offset < 0 || offset % settings_.sector != 0 || length % settings_.sector != 0) return false;
    return static_cast<uint64_t>(offset) <= settings_.size && length <= settings_.size - static_cast<uint64_t>(offset);
  }

  DISK_GEOMETRY Geometry() const {
    DISK_GEOMETRY geometry = {};
    geometry.MediaType = settings_.removable ? RemovableMedia : FixedMedia;
    geometry.TracksPerCylinder = 255;
    geometry.SectorsPerTrack = 63;
    geometry.BytesPerSector = settings_.sector;
    const uint64_t cylinder = 255ull * 63 * settings_.sector;
    geometry.Cylinders.QuadPart = static_cast<LONGLONG>((settings_.size + cylinder - 1) / cylinder);
    return geometry;
  }

  // The fixed part, and behind it the texts that it points to; with `Version` and `Size` in front, as every property.
  template <class T>
  std::string Described(T descriptor, size_t fixed = sizeof(T), const std::string& texts = {}) const {
    descriptor.Version = sizeof(T);
    descriptor.Size = static_cast<ULONG>(fixed + texts.size());
    std::string all(reinterpret_cast<const char*>(&descriptor), fixed);
    return all + texts;
  }

  std::string DeviceDescriptor() const {
    constexpr size_t kFixed = FIELD_OFFSET(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties);
    STORAGE_DEVICE_DESCRIPTOR device = {};
    device.RemovableMedia = settings_.removable;
    device.CommandQueueing = TRUE;
    device.BusType = static_cast<STORAGE_BUS_TYPE>(settings_.bus);
    std::string texts;
    auto text = [&](const std::string& words) -> ULONG {
      if (words.empty()) return 0;
      const size_t at = kFixed + texts.size();
      texts += words;
      texts += '\0';
      return static_cast<ULONG>(at);
    };
    device.VendorIdOffset = text(settings_.vendor);
    device.ProductIdOffset = text(settings_.product);
    device.ProductRevisionOffset = text(settings_.revision);
    device.SerialNumberOffset = text(settings_.serial);
    return Described(device, kFixed, texts);
  }

  std::string Descriptor(STORAGE_PROPERTY_ID id) const {
    switch (id) {
      case StorageDeviceProperty: return DeviceDescriptor();
      case StorageAdapterProperty: {
        STORAGE_ADAPTER_DESCRIPTOR adapter = {};
        adapter.MaximumTransferLength = 1 << 20;
        adapter.MaximumPhysicalPages = 257;
        adapter.AlignmentMask = 1;
        adapter.CommandQueueing = TRUE;
        adapter.BusType = static_cast<UCHAR>(settings_.bus);
        return Described(adapter);
      }
      case StorageAccessAlignmentProperty: {
        STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR alignment = {};
        alignment.BytesPerCacheLine = 64;
        alignment.BytesPerLogicalSector = alignment.BytesPerPhysicalSector = settings_.sector;
        return Described(alignment);
      }
      case StorageDeviceSeekPenaltyProperty: return Described(DEVICE_SEEK_PENALTY_DESCRIPTOR{});
      case StorageDeviceTrimProperty: return Described(DEVICE_TRIM_DESCRIPTOR{});
      default: return {};
    }
  }

  void Property(const ModelRequest& request) const {
    STORAGE_PROPERTY_QUERY query = {};
    constexpr size_t kShort = FIELD_OFFSET(STORAGE_PROPERTY_QUERY, AdditionalParameters);
    if (request.input_length() < kShort) return request.Complete(STATUS_INVALID_PARAMETER);
    std::memcpy(&query, request.input(), kShort);
    if (query.QueryType != PropertyStandardQuery && query.QueryType != PropertyExistsQuery) return request.Complete(STATUS_NOT_SUPPORTED);
    const std::string descriptor = Descriptor(query.PropertyId);
    if (descriptor.empty()) return request.Complete(STATUS_NOT_SUPPORTED);
    if (query.QueryType == PropertyExistsQuery) return request.Complete(STATUS_SUCCESS);
    if (request.output_length() < sizeof(STORAGE_DESCRIPTOR_HEADER)) return request.Complete(STATUS_BUFFER_TOO_SMALL);
    // Less room than the whole: as much as there is, with the size of all in it.
    const size_t bytes = std::min(descriptor.size(), request.output_length());
    std::memcpy(request.output(), descriptor.data(), bytes);
    request.Complete(STATUS_SUCCESS, bytes);
  }

  const std::shared_ptr<DeviceModel> bytes_;
  const DiskSettings settings_;
};

}  // namespace

std::shared_ptr<DeviceModel> DiskDevice(DiskSettings settings) {
  if (settings.sector < 512 || (settings.sector & (settings.sector - 1)) != 0)
    throw Error(fmt::format("a disk's sectors have 512 bytes or a power of two above, not {}", settings.sector));
  std::shared_ptr<DeviceModel> bytes;
  if (settings.path.empty()) {
    bytes = MemoryDevice(settings.size);
  } else {
    bytes = FileDevice(settings.path, settings.read_only);
    std::error_code error;
    if (const auto size = std::filesystem::file_size(settings.path, error); !error) settings.size = size;
  }
  settings.size -= settings.size % settings.sector;
  return std::make_shared<DiskModel>(std::move(bytes), std::move(settings));
}

}  // namespace drydock
