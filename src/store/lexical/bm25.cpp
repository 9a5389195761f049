#include "store/lexical/bm25.h"

#include <bit>
#include <cmath>

namespace quern::store {
namespace {

// Lucene's int4: values below 8 as they are, then three bits behind the leading one.
constexpr std::uint32_t int4_from_length(std::uint32_t length) {
  const int n_bits = std::bit_width(length);
  if (n_bits < 4) return length;
  const int shift = n_bits - 4;
  return ((length >> shift) & 7) | static_cast<std::uint32_t>(shift + 1) << 3;
}

constexpr std::uint32_t length_from_int4(std::uint32_t code) {
  if (code < 8) return code;
  return ((code & 7) | 8) << ((code >> 3) - 1);
}

// What the largest int leaves of a byte goes to short lengths.
constexpr std::uint32_t kMaxLength = 0x7FFFFFFF;
constexpr std::uint32_t kExact = 255 - int4_from_length(kMaxLength);
static_assert(kExact == 24);

}  // namespace

std::uint8_t norm_from_length(std::uint32_t n_tokens) {
  if (n_tokens < kExact) return static_cast<std::uint8_t>(n_tokens);
  const std::uint32_t length = n_tokens < kMaxLength ? n_tokens : kMaxLength;
  return static_cast<std::uint8_t>(kExact + int4_from_length(length - kExact));
}

std::uint32_t length_from_norm(std::uint8_t norm) {
  return norm < kExact ? norm : kExact + length_from_int4(norm - kExact);
}

float bm25_idf(std::int64_t n_docs, std::int64_t n_with) {
  const double with = static_cast<double>(n_with);
  return static_cast<float>(
      std::log(1 + (static_cast<double>(n_docs) - with + 0.5) / (with + 0.5)));
}

InverseNorms inverse_norms(const Bm25Parameters& parameters, const FieldStats& stats) {
  const float average = stats.n_docs == 0 ? 1
                                          : static_cast<float>(static_cast<double>(stats.n_tokens) /
                                                               static_cast<double>(stats.n_docs));
  InverseNorms inverse{};
  for (std::size_t norm = 0; norm < inverse.size(); ++norm) {
    const auto length = static_cast<float>(length_from_norm(static_cast<std::uint8_t>(norm)));
    inverse[norm] =
        1.0f / (parameters.k1 * ((1.0f - parameters.b) + parameters.b * length / average));
  }
  return inverse;
}

}  // namespace quern::store
