// One file of packed weights: whose they are, and the bytes as the kernels read them, in sections
// that can be written, checked and read one at a time. Byte table in docs/format_packed.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/mapped_sections.h"
#include "base/status.h"

namespace quern::hub {

/// What packed bytes depend on.
struct PackedKey {
  std::string model_digest;  // Of the files they were packed from: 64 hex digits (model_digest.h).
  std::string precision;     // "f32", "bf16", "int8"; "auto" for the choice among them
  std::string isa;           // "avx2", ...
  std::uint32_t numerics_version = 0;

  bool operator==(const PackedKey&) const = default;
};

/// Sections, and the first one's place, begin at multiples of this.
inline constexpr std::size_t kPackedAlignment = 4096;
inline constexpr std::size_t kMaxPackedSections = 1 << 16;

/// What stands in the table for one section.
struct PackedSection {
  std::uint64_t n_bytes = 0;
  std::uint64_t checksum = 0;

  bool operator==(const PackedSection&) const = default;
};

/// Everything before the sections, and bytes of it. The names of a key have at most 15 bytes.
std::string packed_head(const PackedKey& key, std::span<const PackedSection> sections);
std::size_t packed_head_bytes(std::size_t n_sections);

/// Where the next section begins when the file has `n_bytes` so far.
std::size_t packed_next(std::size_t n_bytes);

struct PackedFile {
  PackedKey key;
  std::vector<MappedSections::Section> sections;  // Borrowed from the file's bytes.
};

/// Reads and checks the head; the sections are found, not read.
/// Errors: kBadInput, naming what is wrong; kUnsupported for another version of the format.
Result<PackedFile> parse_packed_file(std::span<const std::byte> file);

}  // namespace quern::hub
