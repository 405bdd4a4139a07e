// ReadFile: the bytes of a file that somebody names, and words where there are none. What is no plain file is told as such instead of being
// waited for: a pipe that nobody writes, a device without end.
// Called by:  whoever reads what comes from outside. Any thread, no state.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

namespace drydock::rt {

enum class ReadFrom : unsigned char {
  kFiles,
  kFilesAndPipes,  // scenarios: drydock run --scenario <(...)
};

// `words`: what follows the file's name, "is a folder".
inline std::optional<std::string> ReadFile(const std::string& path, size_t megabytes, std::string* words, ReadFrom from = ReadFrom::kFiles) {
  const auto wrong = [&](std::string what) {
    *words = std::move(what);
    return std::nullopt;
  };
  const auto failed = [&] { return wrong(std::string("cannot be read: ") + std::strerror(errno)); };
  struct Descriptor {
    int fd;
    ~Descriptor() {
      if (fd >= 0) close(fd);
    }
  };
  // Without waiting, so that a pipe is seen to be one.
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return failed();
  struct stat status {};
  if (fstat(file.fd, &status) != 0) return failed();
  if (S_ISDIR(status.st_mode)) return wrong("is a folder");
  if (from == ReadFrom::kFilesAndPipes && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))) {
    if (fcntl(file.fd, F_SETFL, fcntl(file.fd, F_GETFL) & ~O_NONBLOCK) != 0) return failed();
  } else if (!S_ISREG(status.st_mode)) {
    return wrong("is no plain file");
  }
  const size_t most = megabytes << 20;
  const std::string larger = "is larger than " + std::to_string(megabytes) + " MB";
  if (S_ISREG(status.st_mode) && static_cast<unsigned long long>(status.st_size) > most) return wrong(larger);
  std::string bytes;
  for (size_t size = 0;;) {
    // One byte more than it should have, to see its end at once.
    const size_t room = size == 0 && status.st_size > 0 ? static_cast<size_t>(status.st_size) + 1 : 64 << 10;
    bytes.resize(size + room);
    const ssize_t got = read(file.fd, bytes.data() + size, room);
    if (got < 0 && errno != EINTR) return failed();
    size += got > 0 ? static_cast<size_t>(got) : 0;
    bytes.resize(size);
    if (got == 0 && size == 0 && S_ISFIFO(status.st_mode)) return wrong("is a pipe into which nobody writes");
    if (got == 0) return bytes;
    if (size > most) return wrong(larger);
  }
}

}  // namespace drydock::rt
