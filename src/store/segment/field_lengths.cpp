#include "store/segment/field_lengths.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::store {
namespace {

// Eight bytes can be read from wherever a value begins.
constexpr std::size_t kSlackBytes = 8;

std::size_t packed_bytes(std::uint32_t n_docs, unsigned n_bits) {
  return n_bits == 0 ? 0 : (std::size_t{n_docs} * n_bits + 7) / 8 + kSlackBytes;
}

}  // namespace

std::string bytes_from_lengths(std::span<const std::uint32_t> lengths) {
  std::uint32_t longest = 0;
  for (const std::uint32_t length : lengths) longest = std::max(longest, length);
  const auto n_bits = static_cast<unsigned>(std::bit_width(longest));
  std::string out(1 + packed_bytes(static_cast<std::uint32_t>(lengths.size()), n_bits), '\0');
  out[0] = static_cast<char>(n_bits);
  for (std::size_t i = 0; i < lengths.size() && n_bits > 0; ++i) {
    char* const at = out.data() + 1 + i * n_bits / 8;
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word |= std::uint64_t{lengths[i]} << (i * n_bits % 8);
    std::memcpy(at, &word, 8);
  }
  return out;
}

Result<FieldLengths> FieldLengths::open(std::span<const std::byte> bytes, std::uint32_t n_docs) {
  const unsigned n_bits = bytes.empty() ? 33 : std::to_integer<unsigned>(bytes[0]);
  if (n_bits > 32 || bytes.size() != 1 + packed_bytes(n_docs, n_bits)) {
    return {Code::kBadInput,
            fmt::format("lengths of {} documents in {} bytes", n_docs, bytes.size())};
  }
  FieldLengths out;
  out.packed_ = bytes.subspan(1);
  out.n_docs_ = n_docs;
  out.n_bits_ = n_bits;
  return out;
}

std::uint32_t FieldLengths::length(std::uint32_t doc) const {
  QUERN_DCHECK(doc < n_docs_);
  if (n_bits_ == 0) return 0;
  const std::size_t at = std::size_t{doc} * n_bits_;
  std::uint64_t word = 0;
  std::memcpy(&word, packed_.data() + at / 8, 8);
  const std::uint64_t mask = (std::uint64_t{1} << n_bits_) - 1;
  return static_cast<std::uint32_t>(word >> (at % 8) & mask);
}

}  // namespace quern::store
