#include "hub/pull/file_digest.h"

#include <algorithm>
#include <memory>
#include <span>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/sha256.h"

namespace quern::hub {
namespace {

constexpr std::size_t kStepBytes = std::size_t{4} << 20;

}  // namespace

Result<std::string> git_sha1_of_file(const std::string& path) {
  QUERN_ASSIGN(const MappedFile file, MappedFile::open(path));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  const auto add = [&](const void* data, std::size_t n) {
    QUERN_CHECK(EVP_DigestUpdate(context.get(), data, n) == 1);
  };
  QUERN_CHECK(EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) == 1);
  const std::span<const std::byte> all = file.bytes();
  const std::string head = fmt::format("blob {}", all.size());
  add(head.c_str(), head.size() + 1);  // The null byte counts.
  for (std::size_t at = 0; at < all.size(); at += kStepBytes) {
    const auto step = all.subspan(at, std::min(kStepBytes, all.size() - at));
    add(step.data(), step.size());
    file.drop_pages(step);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  QUERN_CHECK(EVP_DigestFinal_ex(context.get(), digest, &n) == 1);
  std::string hex;
  for (unsigned int i = 0; i < n; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

Result<std::string> check_file(const std::string& path, const ListedFile& want) {
  QUERN_ASSIGN(const MappedFile file, MappedFile::open(path));
  if (want.n_bytes && file.bytes().size() != *want.n_bytes) {
    return {Code::kBadInput, fmt::format("'{}' came with {} bytes, the hub lists {}", want.path,
                                         file.bytes().size(), *want.n_bytes)};
  }
  std::string sha256 = sha256_hex(file);
  if (!want.sha256.empty() && sha256 != want.sha256) {
    return {Code::kBadInput, fmt::format("'{}' came with sha256 {}, the hub lists {}", want.path,
                                         sha256, want.sha256)};
  }
  if (want.git_sha1.empty()) return sha256;
  QUERN_ASSIGN(const std::string sha1, git_sha1_of_file(path));
  if (sha1 == want.git_sha1) return sha256;
  return {Code::kBadInput, fmt::format("'{}' came with git digest {}, the hub lists {}", want.path,
                                       sha1, want.git_sha1)};
}

}  // namespace quern::hub
