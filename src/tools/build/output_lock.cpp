#include "tools/build/output_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace drydock::tools {

OutputLock::OutputLock(const std::filesystem::path& folder, Diagnostics& diagnostics) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw BuildError(fmt::format("the output folder {} cannot be made: {}", folder.string(), error.message()));
  fd_ = open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw BuildError(fmt::format("the output folder {} cannot be written: {}", folder.string(), std::strerror(errno)));
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) diagnostics.Warning(fmt::format("another build is at work in {}; this one waits for it", folder.string()));
  // A file system that knows no locks does not keep anybody from building.
  while (flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

OutputLock::~OutputLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace drydock::tools
