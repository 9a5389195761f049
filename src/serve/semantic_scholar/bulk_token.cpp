#include "serve/semantic_scholar/bulk_token.h"

#include <charconv>

#include <fmt/format.h>

namespace quern::serve {
namespace {

constexpr std::size_t kDigits = 16;  // Of the offset, in hexadecimal.

/// Of a mistyped token, not against forgers: any offset may be asked for.
unsigned check_of(std::uint64_t offset) {
  return static_cast<unsigned>((offset * 0x9E37'79B9'7F4A'7C15u) >> 48);
}

}  // namespace

std::string bulk_token(std::uint64_t offset) {
  return fmt::format("{:016X}{:04X}", offset, check_of(offset));
}

std::optional<std::uint64_t> offset_of_bulk_token(std::string_view token) {
  if (token.size() <= kDigits) return {};
  std::uint64_t offset = 0;
  const char* const end = token.data() + kDigits;
  if (std::from_chars(token.data(), end, offset, 16).ptr != end) return {};
  if (bulk_token(offset) != token) return {};
  return offset;
}

}  // namespace quern::serve
