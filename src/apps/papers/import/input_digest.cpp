#include "apps/papers/import/input_digest.h"

#include <span>

#include <fmt/format.h>

#include "base/sha256.h"

namespace quern::apps {
namespace {

std::string digest_with_version(std::string_view kind, std::string_view bytes) {
  const std::string head = fmt::format("{} {}\n", kind, kPaperReadersVersion);
  Sha256 sha;
  sha.add(std::as_bytes(std::span(head)));
  sha.add(std::as_bytes(std::span(bytes)));
  const Sha256Digest digest = sha.digest();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string digest_of_record(std::string_view bytes) {
  return digest_with_version("record", bytes);
}

Result<std::string> digest_of_record_file(const std::string& path) {
  QUERN_ASSIGN(const std::string of_file, sha256_hex_of_file(path));
  return digest_with_version("file", of_file);
}

}  // namespace quern::apps
