// Numbers that a seed stands for, the same on every machine.
// Source: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
// generators").

#pragma once

#include <cstdint>

namespace quern {

/// The next number; `state` is the seed before the first.
constexpr std::uint64_t next_split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace quern
