// The models that a machine description names.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ntddk.h>

#include "drydock/description.h"
#include "runtime/lock.h"

namespace drydock {
namespace {

class MemoryModel : public DeviceModel {
 public:
  explicit MemoryModel(size_t size) : memory_(size) {}

  void OnRead(const ModelRequest& request) override {
    const uint64_t offset = static_cast<uint64_t>(request.offset());
    if (request.offset() < 0 || offset >= memory_.size()) return request.Complete(STATUS_END_OF_FILE);
    const size_t bytes = std::min<uint64_t>(request.output_length(), memory_.size() - offset);
    {
      rt::LockGuard guard(lock_);
      std::memcpy(request.output(), memory_.data() + offset, bytes);
    }
    request.Complete(STATUS_SUCCESS, bytes);
  }

  void OnWrite(const ModelRequest& request) override {
    const uint64_t offset = static_cast<uint64_t>(request.offset());
    if (request.offset() < 0 || offset > memory_.size() || request.input_length() > memory_.size() - offset) return request.Complete(STATUS_DISK_FULL);
    {
      rt::LockGuard guard(lock_);
      std::memcpy(memory_.data() + offset, request.input(), request.input_length());
    }
    request.Complete(STATUS_SUCCESS, request.input_length());
  }

 private:
  rt::Lock lock_;
  std::vector<char> memory_;
};

class FileModel : public DeviceModel {
 public:
  FileModel(int fd, bool read_only) : fd_(fd), read_only_(read_only) {}
  ~FileModel() override { close(fd_); }

  void OnRead(const ModelRequest& request) override {
    if (request.offset() < 0) return request.Complete(STATUS_INVALID_PARAMETER);
    ssize_t got = pread(fd_, request.output(), request.output_length(), request.offset());
    if (got < 0) return request.Complete(STATUS_IO_DEVICE_ERROR);
    if (got == 0 && request.output_length() != 0) return request.Complete(STATUS_END_OF_FILE);
    request.Complete(STATUS_SUCCESS, static_cast<size_t>(got));
  }

  void OnWrite(const ModelRequest& request) override {
    if (read_only_) return request.Complete(STATUS_MEDIA_WRITE_PROTECTED);
    if (request.offset() < 0) return request.Complete(STATUS_INVALID_PARAMETER);
    ssize_t put = pwrite(fd_, request.input(), request.input_length(), request.offset());
    if (put < 0) return request.Complete(errno == ENOSPC || errno == EFBIG ? STATUS_DISK_FULL : STATUS_IO_DEVICE_ERROR);
    request.Complete(STATUS_SUCCESS, static_cast<size_t>(put));
  }

 private:
  const int fd_;
  const bool read_only_;
};

class BytesFile : public RegisterFile {
 public:
  BytesFile(size_t length, const std::string& content) : bytes_(content.begin(), content.end()) { bytes_.resize(length); }

  uint64_t ReadRegister(uint64_t offset, unsigned bytes) override {
    uint64_t value = ~uint64_t{0};
    if (offset > bytes_.size() || bytes > bytes_.size() - offset) return value;
    value = 0;
    rt::LockGuard guard(lock_);
    std::memcpy(&value, bytes_.data() + offset, bytes);
    return value;
  }

  void WriteRegister(uint64_t offset, unsigned bytes, uint64_t value) override {
    if (offset > bytes_.size() || bytes > bytes_.size() - offset) return;
    rt::LockGuard guard(lock_);
    std::memcpy(bytes_.data() + offset, &value, bytes);
  }

 private:
  rt::Lock lock_;
  std::vector<char> bytes_;
};

}  // namespace

std::shared_ptr<RegisterFile> ByteRegisters(size_t length, const std::string& content) { return std::make_shared<BytesFile>(length, content); }

Resource MakeResource(const ResourceDescription& description) {
  switch (description.kind) {
    case ResourceDescription::Kind::kRegisters: return Resource::Memory(description.length, ByteRegisters(description.length, description.content), description.start);
    case ResourceDescription::Kind::kMemory: return Resource::Memory(MakeDeviceMemory(description.length));
    case ResourceDescription::Kind::kPort:
      return Resource::Port(static_cast<uint32_t>(description.length), ByteRegisters(description.length, description.content), static_cast<uint16_t>(description.start));
    case ResourceDescription::Kind::kLine: return Resource::Line(InterruptPin(), description.line);
    case ResourceDescription::Kind::kMessages: return Resource::Messages(std::vector<InterruptPin>(description.messages));
    case ResourceDescription::Kind::kI2c:
    case ResourceDescription::Kind::kSpi:
    case ResourceDescription::Kind::kPins: break;  // they need the machine
  }
  return {};
}

std::shared_ptr<DeviceModel> MemoryDevice(size_t size) { return std::make_shared<MemoryModel>(size); }

std::shared_ptr<DeviceModel> FileDevice(const std::string& path, bool read_only) {
  int fd = open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  if (fd < 0) throw Error(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  struct stat status {};
  if (fstat(fd, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))) {
    close(fd);
    throw Error(fmt::format("{}: neither a file nor a block device", path));
  }
  return std::make_shared<FileModel>(fd, read_only);
}

std::shared_ptr<DeviceModel> MakeModel(const ModelDescription& description) {
  switch (description.kind) {
    case ModelDescription::Kind::kNone:
    case ModelDescription::Kind::kKeyboard:
    case ModelDescription::Kind::kMouse:
    case ModelDescription::Kind::kModule:  // Machine::Build loads it
    case ModelDescription::Kind::kUart: return nullptr;  // its hardware is in its resources
    case ModelDescription::Kind::kSilent: return SilentDevice(description.cancelable);
    case ModelDescription::Kind::kMemory: return MemoryDevice(description.size);
    case ModelDescription::Kind::kFile: return FileDevice(description.path, description.read_only);
    case ModelDescription::Kind::kDisk: return DiskDevice(description.disk);
  }
  return nullptr;
}

}  // namespace drydock
