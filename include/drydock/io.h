// IoResult, File, PendingIo: how a test does I/O as an application of the machine does it.
// Threads:    any OS thread, or a task of the machine started with Machine::Start. Calls block the
// caller until the request is complete (or
//             its time-out ran out: then it is cancelled and waited for, and the result says
//             STATUS_IO_TIMEOUT).
// Ownership:  a File is a handle: closing or destroying it sends cleanup and close. Buffers must
// live until the request is complete. Errors:     as NT statuses; kStatusMachineStopped once the
// machine was stopped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "drydock/status.h"

namespace drydock {

class Machine;
using Duration = std::chrono::duration<int64_t, std::ratio<1, 10'000'000>>;  // 100 ns, as NT counts
inline constexpr Duration kNoTimeout = Duration::max();

struct IoResult {
  Status status;
  size_t information = 0;  // bytes transferred
  bool ok() const { return status.ok(); }
};

struct IoOptions {
  int64_t offset = 0;  // reads and writes
  Duration timeout = kNoTimeout;
};

// A request under way. Destroying it cancels and waits.
class PendingIo {
 public:
  PendingIo();
  PendingIo(PendingIo&&) noexcept;
  PendingIo& operator=(PendingIo&&) noexcept;
  ~PendingIo();

  bool done() const;
  // Waits until complete; with a time-out that runs out: STATUS_TIMEOUT, and the request goes on.
  IoResult Wait(Duration timeout = kNoTimeout);
  // Asks for cancellation, as CancelIoEx does; true if there was a request to cancel. Wait tells
  // how it ended.
  bool Cancel();

  struct Impl;
  explicit PendingIo(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

class File {
 public:
  File();
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  // What the create gave: the file is usable only if this is a success.
  Status status() const;
  explicit operator bool() const { return status().ok(); }

  IoResult Read(void* buffer, size_t length, IoOptions options = {});
  IoResult Write(const void* data, size_t length, IoOptions options = {});
  IoResult Write(std::string_view text, IoOptions options = {}) {
    return Write(text.data(), text.size(), options);
  }
  IoResult Ioctl(uint32_t code, const void* input = nullptr, size_t input_length = 0,
                 void* output = nullptr, size_t output_length = 0, IoOptions options = {});
  // As a kernel-mode caller sends it (IRP_MJ_INTERNAL_DEVICE_CONTROL).
  IoResult InternalIoctl(uint32_t code, const void* input = nullptr, size_t input_length = 0,
                         void* output = nullptr, size_t output_length = 0, IoOptions options = {});
  IoResult Flush();

  PendingIo StartRead(void* buffer, size_t length, int64_t offset = 0);
  PendingIo StartWrite(const void* data, size_t length, int64_t offset = 0);
  PendingIo StartIoctl(uint32_t code, const void* input, size_t input_length, void* output,
                       size_t output_length);
  bool CancelAll();  // CancelIo: every request of this handle

  Status Close();

  struct Impl;
  explicit File(std::unique_ptr<Impl> impl);
  Impl* impl() const { return impl_.get(); }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock
