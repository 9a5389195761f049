#include "base/sha256.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace quern {
namespace {

std::string hex_of(const std::string& text) {
  return sha256_hex(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

// Source: FIPS 180-4 examples (NIST, "Examples with Intermediate Values").
TEST(sha256, known_vectors) {
  EXPECT_EQ(hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256, of_a_file_is_of_its_bytes) {
  const std::string path = ::testing::TempDir() + "/quern_sha_" + std::to_string(::getpid());
  std::ofstream(path) << "abc";
  const Result<std::string> hex = sha256_hex_of_file(path);
  ::unlink(path.c_str());
  ASSERT_TRUE(hex.ok());
  EXPECT_EQ(*hex, hex_of("abc"));
  EXPECT_EQ(sha256_hex_of_file(path).status().code(), Code::kNotFound);
}

// In steps of 4 MB.
TEST(sha256, of_large_files_too) {
  const std::string path = ::testing::TempDir() + "/quern_sha_" + std::to_string(::getpid());
  for (const std::size_t n :
       {std::size_t{4} << 20, (std::size_t{4} << 20) + 1, std::size_t{9'000'000}}) {
    std::string text(n, 'a');
    text.back() = 'z';
    std::ofstream(path) << text;
    const Result<std::string> hex = sha256_hex_of_file(path);
    ASSERT_TRUE(hex.ok());
    EXPECT_EQ(*hex, hex_of(text)) << n;
  }
  ::unlink(path.c_str());
}

}  // namespace quern
