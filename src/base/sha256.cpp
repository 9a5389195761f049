#include "base/sha256.h"

#include <algorithm>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/load_meter.h"

namespace quern {

namespace {

constexpr std::size_t kStepBytes = std::size_t{4} << 20;

std::string hex(const Sha256Digest& digest) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::byte b : digest) {
    out += kHex[std::to_integer<unsigned>(b) >> 4];
    out += kHex[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* const evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }

  void begin() { QUERN_CHECK(EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) == 1); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->begin(); }

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
  QUERN_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::digest() {
  Sha256Digest out;
  unsigned int n = 0;
  QUERN_CHECK(EVP_DigestFinal_ex(context_->evp, reinterpret_cast<unsigned char*>(out.data()), &n) ==
              1);
  QUERN_CHECK(n == out.size());
  context_->begin();
  return out;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 sha;
  sha.add(bytes);
  return hex(sha.digest());
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
  return hex(sha.digest());
}

Result<std::string> sha256_hex_of_file(const std::string& path) {
  QUERN_ASSIGN(const MappedFile file, MappedFile::open(path));
  return sha256_hex(file);
}

}  // namespace quern
