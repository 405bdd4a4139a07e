// Linux file descriptors and errors as the backends need them. src/backend only.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include <ntddk.h>

namespace drydock::backend {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

// What a file system answers when Linux answered `error`.
NTSTATUS StatusFromErrno(int error);

// openat2 confined to `root`: no "..", no link out of it, no magic links. Without openat2 (old kernels) the path is walked part by part
// and no link at all is followed. Negative: -errno.
int OpenBeneath(int root, const char* path, int flags, mode_t mode);

// All bytes or an error; short only at the end of the file. Negative: -errno.
ssize_t ReadFully(int fd, void* buffer, size_t length, off_t offset);
ssize_t WriteFully(int fd, const void* buffer, size_t length, off_t offset);
// How long an open file's reads have all been answered by the page cache.
struct CacheStreak {
  std::atomic<uint32_t> hits{0};
};
// As ReadFully, but -EAGAIN when the bytes are not in the page cache (the caller then reads on a worker). Kernels and file systems that
// cannot tell read right away. Asking makes a cached read of 4 KiB a sixth slower, so that in a long streak only every eighth read asks: up to
// seven may then wait for the disk on the caller's thread before the next one notices.
ssize_t ReadCached(int fd, void* buffer, size_t length, off_t offset, CacheStreak& streak);

}  // namespace drydock::backend
