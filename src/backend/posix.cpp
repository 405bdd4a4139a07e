#include "backend/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cstring>
#include <string>

namespace drydock::backend {
namespace {

// For kernels without openat2.
int WalkBeneath(int root, const std::string& path, int flags, mode_t mode) {
  UniqueFd at(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at) return -errno;
  size_t begin = 0;
  for (;;) {
    size_t slash = path.find('/', begin);
    std::string part = path.substr(begin, slash == std::string::npos ? std::string::npos : slash - begin);
    if (part == "..") return -EXDEV;
    if (slash == std::string::npos) {
      int fd = ::openat(at.get(), part.empty() ? "." : part.c_str(), flags | O_NOFOLLOW, mode);
      return fd < 0 ? -errno : fd;
    }
    int next = ::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) return -errno;
    at.reset(next);
    begin = slash + 1;
  }
}

}  // namespace

NTSTATUS StatusFromErrno(int error) {
  switch (error) {
    case 0: return STATUS_SUCCESS;
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR: return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST: return STATUS_OBJECT_NAME_COLLISION;
    case ENOTEMPTY: return STATUS_DIRECTORY_NOT_EMPTY;
    case EISDIR: return STATUS_FILE_IS_A_DIRECTORY;
    case EACCES:
    case EPERM:
    case EXDEV:   // a link that leads out of the folder
    case ELOOP: return STATUS_ACCESS_DENIED;
    case EROFS: return STATUS_MEDIA_WRITE_PROTECTED;
    case ENOSPC:
    case EDQUOT: return STATUS_DISK_FULL;
    case EFBIG: return STATUS_DISK_FULL;
    case EMFILE:
    case ENFILE: return STATUS_TOO_MANY_OPENED_FILES;
    case ENOMEM: return STATUS_INSUFFICIENT_RESOURCES;
    case ENAMETOOLONG: return STATUS_OBJECT_NAME_INVALID;
    case EBUSY:
    case ETXTBSY: return STATUS_SHARING_VIOLATION;
    case EINVAL: return STATUS_INVALID_PARAMETER;
    case ENODEV:
    case ENXIO: return STATUS_NO_SUCH_DEVICE;
    case EIO: return STATUS_IO_DEVICE_ERROR;
    default: return STATUS_UNSUCCESSFUL;
  }
}

int OpenBeneath(int root, const char* path, int flags, mode_t mode) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < 16; ++tries) {
    long fd = ::syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno == ENOSYS) return WalkBeneath(root, path, flags | O_CLOEXEC, mode);
    if (errno != EAGAIN) return -errno;  // EAGAIN: something was renamed meanwhile, the kernel could not be sure
  }
  return -EAGAIN;
}

ssize_t ReadFully(int fd, void* buffer, size_t length, off_t offset) {
  size_t done = 0;
  while (done < length) {
    ssize_t got = ::pread(fd, static_cast<char*>(buffer) + done, length - done, offset + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return done ? static_cast<ssize_t>(done) : -errno;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

ssize_t WriteFully(int fd, const void* buffer, size_t length, off_t offset) {
  size_t done = 0;
  while (done < length) {
    ssize_t put = ::pwrite(fd, static_cast<const char*>(buffer) + done, length - done, offset + static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return done ? static_cast<ssize_t>(done) : -errno;
    done += static_cast<size_t>(put);
  }
  return static_cast<ssize_t>(done);
}

namespace {

constexpr uint32_t kLongStreak = 64, kAskEvery = 8;

ssize_t ReadIfCached(int fd, void* buffer, size_t length, off_t offset) {
  iovec vector{buffer, length};
  ssize_t got = ::preadv2(fd, &vector, 1, offset, RWF_NOWAIT);
  if (got >= 0) {
    // A short count may mean the end of the file or the end of what is cached.
    if (static_cast<size_t>(got) == length || got == 0) return got;
    ssize_t rest = ReadIfCached(fd, static_cast<char*>(buffer) + got, length - static_cast<size_t>(got), offset + got);
    return rest < 0 ? rest : got + rest;
  }
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) return ReadFully(fd, buffer, length, offset);
  return -errno;
}

}  // namespace

ssize_t ReadCached(int fd, void* buffer, size_t length, off_t offset, CacheStreak& streak) {
  const uint32_t hits = streak.hits.load(std::memory_order_relaxed);
  const bool ask = hits < kLongStreak || hits % kAskEvery == 0;
  const ssize_t got = ask ? ReadIfCached(fd, buffer, length, offset) : ReadFully(fd, buffer, length, offset);
  // Counted modulo: a round number that stays above kLongStreak.
  streak.hits.store(got < 0 ? 0 : hits < 2 * kLongStreak ? hits + 1 : kLongStreak + 1, std::memory_order_relaxed);
  return got;
}

}  // namespace drydock::backend
