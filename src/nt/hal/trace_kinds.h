// Kinds of events that hal records: 0x130 to 0x13F.
#pragma once

#include <cstdint>

namespace drydock::nt::hal {

enum EventKindId : uint16_t {
  kInterruptAssert = 0x130,  // vector, level, -
  kInterruptDeassert,        // vector, level, -
  kInterruptServe,           // vector, level, claimed
  kInterruptConnect,         // vector, level, -
  kInterruptDisconnect,      // vector, level, -
};

}  // namespace drydock::nt::hal
