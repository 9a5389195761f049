#include "serve/random_id.h"

#include <cstdint>
#include <random>

#include <fmt/format.h>

namespace quern::serve {

namespace {

std::uint64_t random_bits() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return random();
}

}  // namespace

std::string random_id(std::string_view prefix) {
  const std::uint64_t high = random_bits(), low = random_bits();
  return fmt::format("{}-{:016x}{:016x}", prefix, high, low);
}

std::string random_uuid() {
  constexpr std::uint64_t kVersion = 0x4000, kVariant = 0x8000;
  const std::uint64_t high = random_bits(), low = random_bits();
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     (high & 0x0FFF) | kVersion, (low >> 48 & 0x3FFF) | kVariant,
                     low & 0xFFFF'FFFF'FFFF);
}

}  // namespace quern::serve
