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
constexpr std::uint32_t kFormatVersion = 2;

// Numbers are little-endian, as is every machine this is built for.
struct Header {
  char magic[8];
  std::uint32_t format_version;
  std::uint32_t numerics_version;
  std::uint64_t file_bytes;
  std::uint64_t n_sections;
  char precision[16];  // Padded with NUL, the last byte always NUL; so is isa.
  char isa[16];
  char model_digest[64];
};
static_assert(sizeof(Header) == 128);
static_assert(sizeof(PackedSection) == 16);

constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);

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

Status bad(const std::string& what) { return {Code::kBadInput, "packed weights: " + what}; }

/// Of all of a head but its last bytes, where it stands.
std::uint64_t head_checksum(std::span<const std::byte> head) {
  return checksum64(head.first(head.size() - kChecksumBytes));
}

/// A header whose sizes fit the file.
Result<Header> read_header(std::span<const std::byte> file) {
  Header h{};
  if (file.size() < sizeof h) {
    return bad(fmt::format("{} bytes, want a header of {}", file.size(), sizeof h));
  }
  std::memcpy(&h, file.data(), sizeof h);
  if (std::string_view(h.magic, sizeof h.magic) != kMagic) return bad("wrong magic");
  if (h.format_version != kFormatVersion) {
    return Status(Code::kUnsupported, fmt::format("packed weights: format version {}, want {}",
                                                  h.format_version, kFormatVersion));
  }
  if (h.n_sections > kMaxPackedSections || packed_head_bytes(h.n_sections) > file.size()) {
    return bad(fmt::format("{} sections in a file of {} bytes", h.n_sections, file.size()));
  }
  if (h.file_bytes != file.size()) {
    return bad(fmt::format("{} bytes, want {}", file.size(), h.file_bytes));
  }
  return h;
}

}  // namespace

std::size_t packed_next(std::size_t n_bytes) {
  return (n_bytes + kPackedAlignment - 1) / kPackedAlignment * kPackedAlignment;
}

std::size_t packed_head_bytes(std::size_t n_sections) {
  return packed_next(sizeof(Header) + n_sections * sizeof(PackedSection) + kChecksumBytes);
}

std::string packed_head(const PackedKey& key, std::span<const PackedSection> sections) {
  QUERN_CHECK(key.precision.size() < 16 && key.isa.size() < 16);
  QUERN_CHECK(key.model_digest.size() == 64 && is_hex(key.model_digest));
  QUERN_CHECK(sections.size() <= kMaxPackedSections);
  std::string out(packed_head_bytes(sections.size()), '\0');
  Header h{};
  std::memcpy(h.magic, kMagic.data(), kMagic.size());
  h.format_version = kFormatVersion;
  h.numerics_version = key.numerics_version;
  h.file_bytes = out.size();
  for (const PackedSection& s : sections) h.file_bytes = packed_next(h.file_bytes) + s.n_bytes;
  h.n_sections = sections.size();
  put(key.precision, h.precision);
  put(key.isa, h.isa);
  put(key.model_digest, h.model_digest);
  std::memcpy(out.data(), &h, sizeof h);
  if (!sections.empty()) std::memcpy(out.data() + sizeof h, sections.data(), sections.size_bytes());
  const std::uint64_t checksum = head_checksum(std::as_bytes(std::span(out)));
  std::memcpy(out.data() + out.size() - kChecksumBytes, &checksum, kChecksumBytes);
  return out;
}

Result<PackedFile> parse_packed_file(std::span<const std::byte> file) {
  QUERN_ASSIGN(const Header h, read_header(file));
  const std::span<const std::byte> head = file.first(packed_head_bytes(h.n_sections));
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, head.last(kChecksumBytes).data(), kChecksumBytes);
  if (checksum != head_checksum(head)) return bad("the head is damaged");
  PackedFile out{.key = {.model_digest = {h.model_digest, sizeof h.model_digest},
                         .precision = name_of(h.precision),
                         .isa = name_of(h.isa),
                         .numerics_version = h.numerics_version},
                 .sections = {}};
  if (!is_hex(out.key.model_digest)) return bad("the model's digest is not one");
  std::size_t end = head.size();  // Of what was read so far.
  for (std::uint64_t i = 0; i < h.n_sections; ++i) {
    PackedSection section;
    std::memcpy(&section, head.data() + sizeof h + i * sizeof section, sizeof section);
    const std::size_t at = packed_next(end);
    if (at > file.size() || section.n_bytes > file.size() - at) {
      return bad(fmt::format("section {} of {} bytes begins at {} in a file of {}", i,
                             section.n_bytes, at, file.size()));
    }
    out.sections.push_back({file.subspan(at, section.n_bytes), section.checksum});
    end = at + section.n_bytes;
  }
  if (end != file.size()) return bad("bytes after the last section");
  return out;
}

}  // namespace quern::hub
