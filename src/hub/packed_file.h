// One file of packed weights: whose they are, and the bytes as the kernels read them.
// Byte table in docs/format_packed.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

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

struct PackedFile {
  PackedKey key;
  std::span<const std::byte> payload;  // Borrowed from the file's bytes.
};

inline constexpr std::size_t kPackedHeaderBytes = 4096;  // The payload begins at a page.

/// The header of a file that holds `payload`. The names of a key have at most 15 bytes.
std::string packed_header(const PackedKey& key, std::span<const std::byte> payload);

/// Reads a whole file and checks all of it, the payload's checksum too.
/// Errors: kBadInput, naming what is wrong; kUnsupported for another version of the format.
Result<PackedFile> parse_packed_file(std::span<const std::byte> file);

}  // namespace quern::hub
