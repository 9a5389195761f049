#include "engine/cache/packed_floats.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace quern::engine {
namespace {

// Each number: sign and mantissa in 24 bits; then how far its exponent is below the largest, as so
// many zeros and a one. From kFar zeros on the exponent itself follows, in 8 bits.
constexpr unsigned kMantissaBits = 23;
constexpr unsigned kFar = 15;

unsigned exponent_of(float value) {
  return std::bit_cast<std::uint32_t>(value) >> kMantissaBits & 0xff;
}

/// The lowest bits first.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}

  /// At most 32 at a time.
  void put(std::uint64_t bits, unsigned n) {
    held_ |= bits << n_held_;
    for (n_held_ += n; n_held_ >= 8; n_held_ -= 8) {
      out_.push_back(static_cast<std::byte>(held_ & 0xff));
      held_ >>= 8;
    }
  }
  void finish() {
    if (n_held_ > 0) put(0, 8 - n_held_);
  }

 private:
  std::vector<std::byte>& out_;
  std::uint64_t held_ = 0;
  unsigned n_held_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> in) : in_(in) {}

  std::uint32_t take(unsigned n) {
    fill();
    const auto out = static_cast<std::uint32_t>(held_ & ((std::uint64_t{1} << n) - 1));
    skip(n);
    return out;
  }
  /// Zeros before the next one, at most `most`; the one is taken too.
  unsigned take_zeros(unsigned most) {
    fill();
    const auto n = std::min(static_cast<unsigned>(std::countr_zero(held_)), most);
    skip(n < most ? n + 1 : n);
    return n;
  }

 private:
  void fill() {
    for (; n_held_ <= 56 && at_ < in_.size(); n_held_ += 8) {
      held_ |= std::to_integer<std::uint64_t>(in_[at_++]) << n_held_;
    }
  }
  void skip(unsigned n) {
    held_ >>= n;
    n_held_ -= std::min(n, n_held_);
  }

  std::span<const std::byte> in_;
  std::size_t at_ = 0;
  std::uint64_t held_ = 0;
  unsigned n_held_ = 0;
};

}  // namespace

void pack_floats(std::span<const float> values, std::vector<std::byte>& out) {
  unsigned largest = 0;
  for (const float v : values) largest = std::max(largest, exponent_of(v));
  BitWriter writer(out);
  writer.put(largest, 8);
  for (const float v : values) {
    const auto bits = std::bit_cast<std::uint32_t>(v);
    const std::uint32_t mantissa = bits & ((1u << kMantissaBits) - 1);
    writer.put(mantissa | (bits >> 31) << kMantissaBits, kMantissaBits + 1);
    const unsigned below = largest - exponent_of(v);
    if (below < kFar) {
      writer.put(std::uint64_t{1} << below, below + 1);
    } else {
      writer.put(std::uint64_t{exponent_of(v)} << kFar, kFar + 8);
    }
  }
  writer.finish();
}

void unpack_floats(std::span<const std::byte> packed, std::span<float> out) {
  BitReader reader(packed);
  const unsigned largest = reader.take(8);
  for (float& v : out) {
    const std::uint32_t with_sign = reader.take(kMantissaBits + 1);
    const unsigned below = reader.take_zeros(kFar);
    const unsigned exponent = below < kFar ? largest - below : reader.take(8);
    v = std::bit_cast<float>((with_sign >> kMantissaBits) << 31 | exponent << kMantissaBits |
                             (with_sign & ((1u << kMantissaBits) - 1)));
  }
}

}  // namespace quern::engine
