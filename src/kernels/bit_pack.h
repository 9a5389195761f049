// 128 integers in as few bits each as the largest one needs, in a layout that vectors of four read.
//
// Value i lies in lane i mod 4: a vector of four words holds the low bits of the next four values,
// and what does not fit goes on in the next vector. So n_bits take 16 * n_bits bytes.
// Source: Lemire and Boytsov 2015, "Decoding billions of integers per second", section 4
// (SIMD-BP128's vertical layout); bit_pack_test.cpp holds it against a loop over single bits.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quern::kernels {

constexpr std::size_t kPackValues = 128;
constexpr int kMaxPackBits = 32;

constexpr std::size_t packed_bytes(int n_bits) { return 16 * static_cast<std::size_t>(n_bits); }

/// The bits that the largest of these values needs, 0 if all are 0.
int bits_needed(std::span<const std::uint32_t> values);

/// Shapes: out [packed_bytes(n_bits)], n_bits in 0..32, values below 2^n_bits.
void pack_128(std::span<const std::uint32_t, kPackValues> values, int n_bits, std::byte* out);

/// Shapes: in [packed_bytes(n_bits)], at any address.
void unpack_128(const std::byte* in, int n_bits, std::span<std::uint32_t, kPackValues> values);

/// Ascending numbers from the gaps between them: values[i] = previous + the sum of (packed[k] + 1)
/// over k <= i, modulo 2^32.
void unpack_ascending_128(const std::byte* in, int n_bits, std::uint32_t previous,
                          std::span<std::uint32_t, kPackValues> values);

}  // namespace quern::kernels
