#include "base/sha256.h"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/load_meter.h"

namespace quern {

namespace {

constexpr std::size_t kStepBytes = std::size_t{4} << 20;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    QUERN_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void add(std::span<const std::byte> bytes) {
    QUERN_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    QUERN_CHECK(EVP_DigestFinal_ex(context_.get(), digest, &n) == 1);
    constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (unsigned int i = 0; i < n; ++i) {
      out += kHex[digest[i] >> 4];
      out += kHex[digest[i] & 15];
    }
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 sha;
  sha.add(bytes);
  return sha.hex();
}

std::string sha256_hex(const MappedFile& file) {
  Sha256 sha;
  const std::span<const std::byte> all = file.bytes();
  LoadMeter& meter = LoadMeter::current();
  meter.begin(LoadMeter::Phase::kHashing, all.size());
  for (std::size_t at = 0; at < all.size(); at += kStepBytes) {
    const std::span<const std::byte> step = all.subspan(at, std::min(kStepBytes, all.size() - at));
    sha.add(step);
    file.drop_pages(step);
    meter.add(step.size());
  }
  return sha.hex();
}

Result<std::string> sha256_hex_of_file(const std::string& path) {
  QUERN_ASSIGN(const MappedFile file, MappedFile::open(path));
  return sha256_hex(file);
}

}  // namespace quern
