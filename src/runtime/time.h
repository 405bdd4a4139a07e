// Time as NT counts it: signed 64-bit counts of 100 ns.
#pragma once

#include <cstdint>

namespace drydock::rt {

using Ticks = int64_t;
inline constexpr Ticks kNever = INT64_MAX;
inline constexpr Ticks kTicksPerMicrosecond = 10;
inline constexpr Ticks kTicksPerMillisecond = 10'000;
inline constexpr Ticks kTicksPerSecond = 10'000'000;

}  // namespace drydock::rt
