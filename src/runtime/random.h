// Random: the seeded generators of a machine. Integers only, so that a seed means the same on every processor.
// Called by:  one owner each; not thread-safe (owners hold a lock or are simulated).
// Streams:    one generator per use, split from the machine's seed, so that a new use does not shift the draws of the others.
#pragma once

#include <cstdint>

namespace drydock::rt {

// SplitMix64: turns any seed, however poor, into well mixed words.
inline uint64_t SplitMix64(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// xoshiro256**.
class Random {
 public:
  // `stream` separates the uses of one seed.
  explicit Random(uint64_t seed, uint64_t stream = 0) {
    uint64_t state = seed;
    SplitMix64(state);
    state ^= stream * 0xd1342543de82ef95ull;
    for (uint64_t& word : s_) word = SplitMix64(state);
  }

  uint64_t Next() {
    const uint64_t result = Rotate(s_[1] * 5, 7) * 9;
    const uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = Rotate(s_[3], 45);
    return result;
  }

  // 0 .. limit-1; limit > 0. The bias of the multiplication is below 2^-32 for the small limits used here.
  uint64_t Below(uint64_t limit) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * limit) >> 64);
  }
  bool Chance(uint32_t per_1000) { return Below(1000) < per_1000; }

 private:
  static uint64_t Rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  uint64_t s_[4];
};

}  // namespace drydock::rt
