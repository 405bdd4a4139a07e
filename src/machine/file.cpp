// File and PendingIo: the application's side of I/O, over nt/io.
#include "drydock/io.h"

#include "machine/impl.h"
#include "machine/names.h"

namespace drydock {

struct File::Impl {
  Machine::Impl* machine = nullptr;
  FILE_OBJECT* object = nullptr;
  Status status = STATUS_INVALID_HANDLE;
  KPROCESSOR_MODE mode = UserMode;
};

struct PendingIo::Impl {
  Machine::Impl* machine = nullptr;
  nt::io::AsyncIo io;
};

namespace {

constexpr IoResult kStoppedResult{kStatusMachineStopped, 0};

IoResult Send(File::Impl* file, const nt::io::Request& request, Duration timeout) {
  if (!file || !file->object) return {file ? STATUS_INVALID_HANDLE : STATUS_INVALID_HANDLE, 0};
  return machine::Guarded(*file->machine, kStoppedResult, [&]() -> IoResult {
    nt::io::Result result = nt::io::Send(file->object, request, machine::ToTicks(timeout));
    return {result.status, result.information};
  });
}

PendingIo Start(File::Impl* file, const nt::io::Request& request) {
  if (!file || !file->object) return {};
  auto impl = std::make_unique<PendingIo::Impl>();
  impl->machine = file->machine;
  bool sent = machine::Guarded(*file->machine, false, [&] {
    impl->io.Start(file->object, request);
    return true;
  });
  return sent ? PendingIo(std::move(impl)) : PendingIo();
}

nt::io::Request Transfer(File::Impl* file, UCHAR major, void* buffer, size_t length, int64_t offset) {
  nt::io::Request request;
  request.major = major;
  request.mode = file ? file->mode : static_cast<KPROCESSOR_MODE>(UserMode);
  request.has_offset = true;
  request.offset = offset;
  if (major == IRP_MJ_READ) {
    request.output = buffer;
    request.output_length = static_cast<ULONG>(length);
  } else {
    request.input = buffer;
    request.input_length = static_cast<ULONG>(length);
  }
  return request;
}

nt::io::Request Control(File::Impl* file, UCHAR major, uint32_t code, const void* input, size_t input_length, void* output,
                        size_t output_length) {
  nt::io::Request request;
  request.major = major;
  request.mode = major == IRP_MJ_INTERNAL_DEVICE_CONTROL || !file ? static_cast<KPROCESSOR_MODE>(KernelMode) : file->mode;
  request.code = code;
  request.input = const_cast<void*>(input);
  request.input_length = static_cast<ULONG>(input_length);
  request.output = output;
  request.output_length = static_cast<ULONG>(output_length);
  return request;
}

bool TooLong(size_t a, size_t b = 0) { return a > UINT32_MAX || b > UINT32_MAX; }
constexpr IoResult kTooLong{STATUS_INVALID_PARAMETER, 0};

}  // namespace

PendingIo::PendingIo() = default;
PendingIo::PendingIo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PendingIo::PendingIo(PendingIo&&) noexcept = default;
PendingIo& PendingIo::operator=(PendingIo&& other) noexcept {
  PendingIo mine(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}
PendingIo::~PendingIo() {
  if (!impl_) return;
  machine::Guarded(*impl_->machine, false, [&] {
    if (!impl_->io.done()) impl_->io.Cancel();
    impl_->io.Wait();
    impl_->io = nt::io::AsyncIo();
    return true;
  });
}

bool PendingIo::done() const { return !impl_ || impl_->machine->stopped() || impl_->io.done(); }

IoResult PendingIo::Wait(Duration timeout) {
  if (!impl_) return kStoppedResult;
  return machine::Guarded(*impl_->machine, kStoppedResult, [&]() -> IoResult {
    if (impl_->io.Wait(machine::ToTicks(timeout)) == STATUS_TIMEOUT) return {STATUS_TIMEOUT, 0};
    return {impl_->io.status(), impl_->io.information()};
  });
}

bool PendingIo::Cancel() {
  return impl_ && machine::Guarded(*impl_->machine, false, [&] { return impl_->io.Cancel(); });
}

File::File() = default;
File::File(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&& other) noexcept {
  Close();
  impl_ = std::move(other.impl_);
  return *this;
}
File::~File() { Close(); }

Status File::status() const { return impl_ ? impl_->status : Status(STATUS_INVALID_HANDLE); }

IoResult File::Read(void* buffer, size_t length, IoOptions options) {
  if (TooLong(length)) return kTooLong;
  return Send(impl_.get(), Transfer(impl_.get(), IRP_MJ_READ, buffer, length, options.offset), options.timeout);
}

IoResult File::Write(const void* data, size_t length, IoOptions options) {
  if (TooLong(length)) return kTooLong;
  return Send(impl_.get(), Transfer(impl_.get(), IRP_MJ_WRITE, const_cast<void*>(data), length, options.offset),
              options.timeout);
}

IoResult File::Ioctl(uint32_t code, const void* input, size_t input_length, void* output, size_t output_length,
                     IoOptions options) {
  if (TooLong(input_length, output_length)) return kTooLong;
  return Send(impl_.get(), Control(impl_.get(), IRP_MJ_DEVICE_CONTROL, code, input, input_length, output, output_length),
              options.timeout);
}

IoResult File::InternalIoctl(uint32_t code, const void* input, size_t input_length, void* output, size_t output_length,
                             IoOptions options) {
  if (TooLong(input_length, output_length)) return kTooLong;
  return Send(impl_.get(),
              Control(impl_.get(), IRP_MJ_INTERNAL_DEVICE_CONTROL, code, input, input_length, output, output_length),
              options.timeout);
}

IoResult File::Flush() {
  nt::io::Request request;
  request.major = IRP_MJ_FLUSH_BUFFERS;
  request.mode = impl_ ? impl_->mode : static_cast<KPROCESSOR_MODE>(UserMode);
  return Send(impl_.get(), request, kNoTimeout);
}

PendingIo File::StartRead(void* buffer, size_t length, int64_t offset) {
  return Start(impl_.get(), Transfer(impl_.get(), IRP_MJ_READ, buffer, length, offset));
}

PendingIo File::StartWrite(const void* data, size_t length, int64_t offset) {
  return Start(impl_.get(), Transfer(impl_.get(), IRP_MJ_WRITE, const_cast<void*>(data), length, offset));
}

PendingIo File::StartIoctl(uint32_t code, const void* input, size_t input_length, void* output, size_t output_length) {
  return Start(impl_.get(),
               Control(impl_.get(), IRP_MJ_DEVICE_CONTROL, code, input, input_length, output, output_length));
}

bool File::CancelAll() {
  if (!impl_ || !impl_->object) return false;
  return machine::Guarded(*impl_->machine, false, [&] { return nt::io::CancelFile(impl_->object, false) != 0; });
}

Status File::Close() {
  if (!impl_ || !impl_->object) return STATUS_INVALID_HANDLE;
  FILE_OBJECT* object = std::exchange(impl_->object, nullptr);
  impl_->status = STATUS_INVALID_HANDLE;
  return machine::Guarded(*impl_->machine, kStatusMachineStopped, [&]() -> Status {
    nt::io::CloseFile(object);
    return STATUS_SUCCESS;
  });
}

namespace {

template <class OpenCall>
File OpenWith(Machine::Impl& machine, const OpenOptions& options, OpenCall call) {
  auto impl = std::make_unique<File::Impl>();
  impl->machine = &machine;
  impl->mode = options.kernel_mode ? KernelMode : UserMode;
  impl->status = machine::Guarded(machine, kStatusMachineStopped,
                                  [&]() -> Status { return call(machine::ToNt(options), &impl->object); });
  if (!impl->status.ok()) impl->object = nullptr;
  return File(std::move(impl));
}

}  // namespace

File Machine::Open(Device device, OpenOptions options) {
  std::u16string rest = machine::ToUtf16(options.reference);
  return OpenWith(*impl_, options, [&](const nt::io::OpenOptions& nt_options, FILE_OBJECT** object) -> Status {
    if (!device || !device.impl()->pdo) return STATUS_NO_SUCH_DEVICE;
    return nt::io::OpenDevice(device.impl()->pdo, rest, nt_options, object);
  });
}

File Machine::Open(const std::string& name, OpenOptions options) {
  return OpenWith(*impl_, options, [&](const nt::io::OpenOptions& nt_options, FILE_OBJECT** object) -> Status {
    return nt::io::OpenFile(*impl_->kernel, machine::NtName(name), nt_options, object);
  });
}

namespace machine {

FILE_OBJECT* ObjectOf(const File& file) { return file.impl() ? file.impl()->object : nullptr; }

nt::io::OpenOptions ToNt(const OpenOptions& options) {
  nt::io::OpenOptions result;
  result.access = options.access;
  result.share = options.share;
  result.disposition = options.disposition;
  result.options = options.options;
  result.mode = options.kernel_mode ? KernelMode : UserMode;
  result.impersonation = static_cast<SECURITY_IMPERSONATION_LEVEL>(options.impersonation < 0 || options.impersonation > 3 ? 2 : options.impersonation);
  return result;
}

std::u16string NtName(const std::string& name) {
  if (!name.empty() && name[0] == '\\') return ToUtf16(name);
  return u"\\??\\" + ToUtf16(name);
}

rt::Ticks ToTicks(Duration duration) { return duration == kNoTimeout ? rt::kNever : duration.count(); }

}  // namespace machine
}  // namespace drydock
