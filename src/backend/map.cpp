#include "backend/map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cstring>

#include "backend/file/disk.h"
#include "backend/file/volume.h"
#include "backend/terminal/terminal.h"
#include "nt/kernel.h"
#include "nt/ob/name_space.h"

namespace drydock::backend {
namespace {

std::string ErrorText(const std::string& path, int error) { return "cannot map " + path + ": " + std::strerror(error); }

std::string StatusText(NTSTATUS status, std::u16string_view name) {
  if (status == STATUS_OBJECT_NAME_COLLISION) return "cannot map " + nt::ob::ToUtf8(name) + ": the name is taken";
  char text[64];
  std::snprintf(text, sizeof text, ": status 0x%08X", static_cast<unsigned>(status));
  return "cannot map " + nt::ob::ToUtf8(name) + text;
}

std::string CheckName(std::u16string_view name) {
  if (name.empty() || name.find(u'\\') != std::u16string_view::npos || name.find(u'/') != std::u16string_view::npos) {
    return "\"" + nt::ob::ToUtf8(name) + "\" is no name below \\??\\";
  }
  return {};
}

// \Device\<prefix>N with the lowest free N, tried in order: names are the same in every run.
std::string CreateNumbered(nt::Kernel& kernel, std::u16string_view dos_name, NamedDeviceOptions options, const std::u16string& prefix,
                           uint32_t number, std::unique_ptr<ModelDevice> model) {
  options.name = u"\\Device\\" + prefix + nt::ob::ToUtf16(std::to_string(number));
  if (options.device_type == FILE_DEVICE_DISK) {
    NTSTATUS status = nt::ob::CreateDirectories(kernel, options.name);
    if (!NT_SUCCESS(status)) return StatusText(status, dos_name);
    options.name += u"\\DR0";
  }
  std::u16string link = u"\\??\\" + std::u16string(dos_name);
  NTSTATUS status = nt::ob::CreateSymbolicLink(kernel, link, options.name, true);
  if (!NT_SUCCESS(status)) return StatusText(status, dos_name);
  DEVICE_OBJECT* device;
  status = CreateModelDevice(kernel, options, std::move(model), &device);
  if (!NT_SUCCESS(status)) {
    nt::ob::DeleteSymbolicLink(kernel, link);
    return StatusText(status, dos_name);
  }
  return {};
}

// The lowest N for which \Device\<prefix>N does not exist.
uint32_t FreeNumber(nt::Kernel& kernel, const std::u16string& prefix, uint32_t from) {
  for (uint32_t number = from;; ++number) {
    nt::ob::ParseContext context;
    context.kernel = &kernel;
    void* body;
    NTSTATUS status = nt::ob::Lookup(context, nullptr, u"\\Device\\" + prefix + nt::ob::ToUtf16(std::to_string(number)), &body);
    if (!NT_SUCCESS(status)) return number;
    nt::ob::Dereference(body);
  }
}

}  // namespace

std::string MapFolder(nt::Kernel& kernel, std::u16string_view dos_name, const std::string& path) {
  if (std::string error = CheckName(dos_name); !error.empty()) return error;
  UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return ErrorText(path, errno);
  NamedDeviceOptions options;
  options.device_type = FILE_DEVICE_DISK_FILE_SYSTEM;
  options.flags = 0;  // "neither": data go straight to and from the requestor's buffer
  options.sector_size = 512;
  uint32_t number = FreeNumber(kernel, u"HarddiskVolume", 1);
  return CreateNumbered(kernel, dos_name, options, u"HarddiskVolume", number, std::make_unique<FolderVolume>(std::move(root), path));
}

std::string MapDisk(nt::Kernel& kernel, std::u16string_view dos_name, const std::string& path) {
  if (std::string error = CheckName(dos_name); !error.empty()) return error;
  bool writable = true;
  int opened = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) {
    writable = false;
    opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  }
  if (opened < 0) return ErrorText(path, errno);
  UniqueFd fd(opened);
  struct stat stat;
  if (::fstat(fd.get(), &stat) != 0) return ErrorText(path, errno);
  uint64_t bytes = 0;
  uint32_t sector = 512;
  if (S_ISREG(stat.st_mode)) {
    bytes = static_cast<uint64_t>(stat.st_size);
  } else if (S_ISBLK(stat.st_mode)) {
    int size = 0;
    if (::ioctl(fd.get(), BLKGETSIZE64, &bytes) != 0) return ErrorText(path, errno);
    if (::ioctl(fd.get(), BLKSSZGET, &size) == 0 && size > 0) sector = static_cast<uint32_t>(size);
    int read_only = 0;
    if (::ioctl(fd.get(), BLKROGET, &read_only) == 0 && read_only) writable = false;
  } else {
    return "cannot map " + path + ": neither a file nor a block device";
  }
  bytes -= bytes % sector;  // a last part of a sector cannot be reached
  NamedDeviceOptions options;
  options.device_type = FILE_DEVICE_DISK;
  options.flags = DO_DIRECT_IO;
  options.sector_size = static_cast<USHORT>(sector);
  uint32_t number = FreeNumber(kernel, u"Harddisk", 0);
  return CreateNumbered(kernel, dos_name, options, u"Harddisk", number,
                        std::make_unique<Disk>(std::move(fd), bytes, sector, writable, number));
}

std::string MapTerminal(nt::Kernel& kernel, std::u16string_view dos_name, const std::string& path) {
  if (std::string error = CheckName(dos_name); !error.empty()) return error;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return ErrorText(path, errno);
  if (!::isatty(fd.get())) return "cannot map " + path + ": not a terminal";
  std::string error;
  std::unique_ptr<ModelDevice> terminal = CreateTerminal(kernel, std::move(fd), &error);
  if (!terminal) return "cannot map " + path + ": " + error;
  NamedDeviceOptions options;
  options.device_type = FILE_DEVICE_SERIAL_PORT;
  options.flags = DO_BUFFERED_IO;
  uint32_t number = FreeNumber(kernel, u"Serial", 0);
  return CreateNumbered(kernel, dos_name, options, u"Serial", number, std::move(terminal));
}

}  // namespace drydock::backend
