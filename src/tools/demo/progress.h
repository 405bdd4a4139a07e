// Progress: a bar on standard error while something takes long; nothing when standard error is no terminal or it is quick.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace drydock::tools {

class Progress {
 public:
  Progress(std::string what, uint64_t total);
  ~Progress();  // removes the bar
  void At(uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;
  const std::string what_;
  const uint64_t total_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_at_ = started_;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace drydock::tools
