#include "hub/packed_file.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"
#include "base/checksum.h"

namespace quern::hub {
namespace {

constexpr std::string_view kMagic = "QUERNPK\n";
constexpr std::uint32_t kFormatVersion = 1;

// Numbers are little-endian, as is every machine this is built for.
struct Header {
  char magic[8];
  std::uint32_t format_version;
  std::uint32_t numerics_version;
  std::uint64_t payload_bytes;
  std::uint64_t payload_checksum;
  char precision[16];  // Padded with NUL, the last byte always NUL; so is isa.
  char isa[16];
  char model_digest[64];
  char zeros[3960];
  std::uint64_t checksum;  // Of all bytes before.
};
static_assert(sizeof(Header) == kPackedHeaderBytes);
static_assert(offsetof(Header, checksum) == kPackedHeaderBytes - 8);

template <std::size_t n>
void put(const std::string& text, char (&field)[n]) {
  QUERN_CHECK(text.size() <= n);
  std::memcpy(field, text.data(), text.size());
}

template <std::size_t n>
std::string name_of(const char (&field)[n]) {
  return {field, std::find(field, field + n - 1, '\0')};
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::uint64_t header_checksum(const Header& h) {
  return checksum64(std::as_bytes(std::span(&h, 1)).first(offsetof(Header, checksum)));
}

Status bad(const std::string& what) { return {Code::kBadInput, "packed weights: " + what}; }

}  // namespace

std::string packed_header(const PackedKey& key, std::span<const std::byte> payload) {
  QUERN_CHECK(key.precision.size() < 16 && key.isa.size() < 16);
  QUERN_CHECK(key.model_digest.size() == 64 && is_hex(key.model_digest));
  Header h{};
  std::memcpy(h.magic, kMagic.data(), kMagic.size());
  h.format_version = kFormatVersion;
  h.numerics_version = key.numerics_version;
  h.payload_bytes = payload.size();
  h.payload_checksum = checksum64(payload);
  put(key.precision, h.precision);
  put(key.isa, h.isa);
  put(key.model_digest, h.model_digest);
  h.checksum = header_checksum(h);
  return {reinterpret_cast<const char*>(&h), sizeof h};
}

Result<PackedFile> parse_packed_file(std::span<const std::byte> file) {
  Header h{};
  if (file.size() < sizeof h) {
    return bad(fmt::format("{} bytes, want a header of {}", file.size(), sizeof h));
  }
  std::memcpy(&h, file.data(), sizeof h);
  if (std::string_view(h.magic, sizeof h.magic) != kMagic) return bad("wrong magic");
  if (h.format_version != kFormatVersion) {
    return {Code::kUnsupported, fmt::format("packed weights: format version {}, want {}",
                                            h.format_version, kFormatVersion)};
  }
  if (h.checksum != header_checksum(h)) return bad("the header is damaged");
  const std::span<const std::byte> payload = file.subspan(sizeof h);
  if (payload.size() != h.payload_bytes) {
    return bad(fmt::format("{} bytes after the header, want {}", payload.size(), h.payload_bytes));
  }
  PackedFile out{.key = {.model_digest = {h.model_digest, sizeof h.model_digest},
                         .precision = name_of(h.precision),
                         .isa = name_of(h.isa),
                         .numerics_version = h.numerics_version},
                 .payload = payload};
  if (!is_hex(out.key.model_digest)) return bad("the model's digest is not one");
  if (checksum64(payload) != h.payload_checksum) return bad("the payload is damaged");
  return out;
}

}  // namespace quern::hub
