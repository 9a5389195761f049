#include "kernels/bit_pack.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace quern::kernels {
namespace {

// Four words at once; the compiler has it as SSE2 or NEON, which every CPU of its kind has.
using Lanes = std::uint32_t __attribute__((vector_size(16)));

constexpr std::size_t kVectors = kPackValues / 4;

Lanes load(const std::byte* in) {
  Lanes lanes;
  std::memcpy(&lanes, in, sizeof lanes);
  return lanes;
}

template <int kBits, int kVector>
inline Lanes unpack_one(const std::byte* in) {
  if constexpr (kBits == 0) return Lanes{};
  constexpr int kFirst = kVector * kBits / 32;
  constexpr int kShift = kVector * kBits % 32;
  constexpr std::uint32_t kMask = kBits == 32 ? ~0u : (1u << kBits) - 1;
  Lanes lanes = load(in + 16 * kFirst) >> kShift;
  if constexpr (kShift + kBits > 32) lanes |= load(in + 16 * (kFirst + 1)) << (32 - kShift);
  if constexpr (kShift + kBits != 32) lanes &= kMask;
  return lanes;
}

// Each lane, and those before it.
inline Lanes sums_within(Lanes lanes) {
  const Lanes zero = {};
  lanes += __builtin_shufflevector(lanes, zero, 4, 0, 1, 2);
  lanes += __builtin_shufflevector(lanes, zero, 4, 4, 0, 1);
  return lanes;
}

enum class Form { kValues, kAscending };

template <int kBits, Form kForm>
void unpack(const std::byte* in, std::uint32_t previous, std::uint32_t* values) {
  Lanes before = {previous, previous, previous, previous};
  const auto put = [&](Lanes lanes, int vector) {
    if constexpr (kForm == Form::kAscending) {
      lanes = sums_within(lanes + 1) + before;
      before = __builtin_shufflevector(lanes, lanes, 3, 3, 3, 3);
    }
    std::memcpy(values + 4 * vector, &lanes, sizeof lanes);
  };
  [&]<int... kVector>(std::integer_sequence<int, kVector...>) {
    (put(unpack_one<kBits, kVector>(in), kVector), ...);
  }(std::make_integer_sequence<int, static_cast<int>(kVectors)>());
}

using Unpack = void (*)(const std::byte* in, std::uint32_t previous, std::uint32_t* values);

template <Form kForm>
constexpr auto kUnpack = []<int... kBits>(std::integer_sequence<int, kBits...>) {
  return std::array<Unpack, sizeof...(kBits)>{unpack<kBits, kForm>...};
}(std::make_integer_sequence<int, kMaxPackBits + 1>());

}  // namespace

int bits_needed(std::span<const std::uint32_t> values) {
  std::uint32_t all = 0;
  for (const std::uint32_t value : values) all |= value;
  return std::bit_width(all);
}

void pack_128(std::span<const std::uint32_t, kPackValues> values, int n_bits, std::byte* out) {
  QUERN_CHECK(n_bits >= 0 && n_bits <= kMaxPackBits);
  for (std::size_t lane = 0; lane < 4; ++lane) {
    std::uint64_t pending = 0;
    int n_pending = 0;
    std::byte* to = out + 4 * lane;
    for (std::size_t vector = 0; vector < kVectors; ++vector) {
      pending |= static_cast<std::uint64_t>(values[4 * vector + lane]) << n_pending;
      n_pending += n_bits;
      if (n_pending < 32) continue;
      const auto word = static_cast<std::uint32_t>(pending);
      std::memcpy(to, &word, sizeof word);
      to += 16;
      pending >>= 32;
      n_pending -= 32;
    }
  }
}

void unpack_128(const std::byte* in, int n_bits, std::span<std::uint32_t, kPackValues> values) {
  QUERN_CHECK(n_bits >= 0 && n_bits <= kMaxPackBits);
  kUnpack<Form::kValues>[static_cast<std::size_t>(n_bits)](in, 0, values.data());
}

void unpack_ascending_128(const std::byte* in, int n_bits, std::uint32_t previous,
                          std::span<std::uint32_t, kPackValues> values) {
  QUERN_CHECK(n_bits >= 0 && n_bits <= kMaxPackBits);
  kUnpack<Form::kAscending>[static_cast<std::size_t>(n_bits)](in, previous, values.data());
}

}  // namespace quern::kernels
