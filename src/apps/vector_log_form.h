// The bytes of a vector log: what a file begins with, and one record. docs/format_vector_log.md.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/vector/vector_part.h"

namespace quern::apps {

/// What a vector is found by: the first half of a SHA-256, so that nobody compares texts.
struct VectorKey {
  std::array<std::byte, 16> bytes = {};

  auto operator<=>(const VectorKey&) const = default;

  std::uint64_t hash() const {
    std::uint64_t out;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
  }
};

/// Of a text under a fingerprint, which is of one length.
VectorKey vector_key(std::string_view fingerprint, std::string_view text);

inline constexpr std::size_t kLogHeaderBytes = 64;

/// Which of the two files of a pair.
enum class LogPart { kRecords, kKeys };

std::string log_header(LogPart part, int d);

/// Errors: kBadInput for what is no such file, or of another d; kUnsupported for another version,
/// naming both.
Status check_log_header(std::span<const std::byte> bytes, LogPart part, int d);

/// Of a record of `d` numbers.
std::size_t log_record_bytes(int d);

void append_log_record(const VectorKey& key, const store::OwnedRow& vector, int d,
                       std::string& out);

struct LogRecord {
  VectorKey key;
  store::OwnedRow vector;
};

/// Nothing where the bytes are damaged. Shapes: bytes [log_record_bytes(d)]
std::optional<LogRecord> parse_log_record(std::span<const std::byte> bytes, int d);

}  // namespace quern::apps

template <>
struct std::hash<quern::apps::VectorKey> {
  std::size_t operator()(const quern::apps::VectorKey& key) const { return key.hash(); }
};
