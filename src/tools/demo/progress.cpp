#include "tools/demo/progress.h"

#include <unistd.h>

#include <cstdio>

namespace drydock::tools {

Progress::Progress(std::string what, uint64_t total) : what_(std::move(what)), total_(total), terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
}

void Progress::At(uint64_t done) {
  constexpr auto kQuick = std::chrono::milliseconds(400);
  constexpr auto kFrame = std::chrono::milliseconds(100);
  if (!terminal_ || total_ == 0) return;
  Clock::time_point now = Clock::now();
  if (now - started_ < kQuick || now - drawn_at_ < kFrame) return;
  drawn_at_ = now;
  drawn_ = true;
  constexpr int kWidth = 32;
  int full = static_cast<int>(done * kWidth / total_);
  std::string bar(static_cast<size_t>(full), '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "\r%s [%s] %3d %%", what_.c_str(), bar.c_str(), static_cast<int>(done * 100 / total_));
}

}  // namespace drydock::tools
