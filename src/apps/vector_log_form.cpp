#include "apps/vector_log_form.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "base/checksum.h"
#include "base/sha256.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kSumBytes = sizeof(std::uint64_t);
constexpr std::size_t kFactorBytes = 2 * sizeof(float);
constexpr std::uint8_t kZeroCode = 128;

std::string_view magic_of(LogPart part) {
  return part == LogPart::kRecords ? "QUERNVLG" : "QUERNVKY";
}

std::size_t codes_end(int d) {
  return sizeof(VectorKey) + kFactorBytes + 2 * static_cast<std::size_t>(d);
}

void append_bytes(std::span<const std::byte> bytes, std::string& out) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

VectorKey vector_key(std::string_view fingerprint, std::string_view text) {
  Sha256 sha;
  sha.add(store::bytes_of(fingerprint));
  sha.add(store::bytes_of(text));
  const Sha256Digest digest = sha.digest();
  VectorKey key;
  std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

std::string log_header(LogPart part, int d) {
  std::string out(magic_of(part));
  store::append_number(out, kVersion);
  store::append_number(out, static_cast<std::uint32_t>(d));
  out.resize(kLogHeaderBytes - kSumBytes);
  store::append_number(out, checksum64(store::bytes_of(out)));
  return out;
}

Status check_log_header(std::span<const std::byte> bytes, LogPart part, int d) {
  store::ByteCursor cursor(bytes);
  if (cursor.text(kMagicBytes) != magic_of(part)) {
    return {Code::kBadInput, "this is no vector log"};
  }
  const auto version = cursor.number<std::uint32_t>();
  if (cursor.is_ok() && version != kVersion) {
    return {Code::kUnsupported,
            fmt::format("this vector log is of version {}, want {}", version, kVersion)};
  }
  const std::string want = log_header(part, d);
  if (bytes.size() < want.size() || std::memcmp(bytes.data(), want.data(), want.size()) != 0) {
    return {Code::kBadInput, fmt::format("the vector log's header is damaged, or not of d {}", d)};
  }
  return {};
}

std::size_t log_record_bytes(int d) {
  constexpr std::size_t kWord = 8;
  return (codes_end(d) + kWord - 1) / kWord * kWord + kSumBytes;
}

void append_log_record(const VectorKey& key, const store::OwnedRow& vector, int d,
                       std::string& out) {
  const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(d));
  QUERN_CHECK(vector.planes.size() == 2 * d_padded);
  const auto planes = std::as_bytes(std::span(vector.planes));
  const std::size_t begin = out.size();
  append_bytes(key.bytes, out);
  store::append_number(out, vector.factors.scale);
  store::append_number(out, vector.factors.norm2);
  append_bytes(planes.first(static_cast<std::size_t>(d)), out);
  append_bytes(planes.subspan(d_padded, static_cast<std::size_t>(d)), out);
  out.resize(begin + log_record_bytes(d) - kSumBytes);
  store::append_number(out, checksum64(store::bytes_of(std::string_view(out).substr(begin))));
}

std::optional<LogRecord> parse_log_record(std::span<const std::byte> bytes, int d) {
  if (bytes.size() != log_record_bytes(d)) return std::nullopt;
  store::ByteCursor cursor(bytes);
  LogRecord record;
  std::memcpy(&record.key, cursor.take(sizeof(VectorKey)).data(), sizeof(VectorKey));
  record.vector.factors.scale = cursor.number<float>();
  record.vector.factors.norm2 = cursor.number<float>();
  const auto hi = cursor.take(static_cast<std::size_t>(d));
  const auto lo = cursor.take(static_cast<std::size_t>(d));
  store::ByteCursor sum(bytes.last(kSumBytes));
  if (sum.number<std::uint64_t>() != checksum64(bytes.first(bytes.size() - kSumBytes))) {
    return std::nullopt;
  }
  // The sum is against damage; a score must be a number whoever wrote the file.
  const store::CodeFactors& factors = record.vector.factors;
  if (!std::isfinite(factors.scale) || !std::isfinite(factors.norm2) || factors.scale <= 0 ||
      factors.norm2 < 0) {
    return std::nullopt;
  }
  const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(d));
  record.vector.planes.assign(2 * d_padded, kZeroCode);
  std::memcpy(record.vector.planes.data(), hi.data(), hi.size());
  std::memcpy(record.vector.planes.data() + d_padded, lo.data(), lo.size());
  return record;
}

}  // namespace quern::apps
