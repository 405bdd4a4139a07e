// VerifierSettings: the thresholds of the rules (MachineOptions::rules). The documentation gives advice without numbers, so every
// number here is a choice that a test may change.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace drydock {

struct VerifierSettings {
  using Time = std::chrono::duration<int64_t, std::ratio<1, 10'000'000>>;

  // [SyncSendRate]: more synchronous sends than this from one device to one target within the interval.
  uint32_t sync_sends = 1000;
  Time sync_send_interval = std::chrono::seconds(1);

  // [SyncSendCost]: threads of one device spend a larger share than this of a window blocked in synchronous sends (threads add up), or
  // so many requests wait undelivered in the device's queues while one of its threads is blocked.
  double blocked_share = 0.5;
  Time blocked_window = std::chrono::seconds(1);
  uint32_t undelivered = 16;

  // [SyncSendStall]: a synchronous send that is out for so long; the default wait of the framework's own verifier.
  Time stall = std::chrono::seconds(60);

  // [CriticalRequestBlocked]: a user-mode driver's cancel, PnP or power request that takes so long. The host ends the process after 60 s.
  Time critical = std::chrono::seconds(50);

  // [ExclusiveOverlap], [ExclusiveSentAsynchronously]: control codes of operations that run alone at their target, such as a reset or
  // the access to a register.
  std::vector<uint32_t> exclusive_codes;
};

}  // namespace drydock
