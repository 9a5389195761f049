#include "hub/packed_file.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

namespace quern::hub {
namespace {

const PackedKey kKey{.model_digest = std::string(60, 'a') + "0123",
                     .precision = "bf16",
                     .isa = "avx512_vnni",
                     .numerics_version = 7};

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string file_with(const std::string& payload) {
  return packed_header(kKey, bytes_of(payload)) + payload;
}

TEST(packed_file, comes_back_as_it_was_written) {
  for (const std::string& payload : {std::string(), std::string("x"), std::string(10000, 'w')}) {
    const std::string file = file_with(payload);
    const Result<PackedFile> read = parse_packed_file(bytes_of(file));
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->key, kKey);
    EXPECT_EQ(read->payload.size(), payload.size());
    EXPECT_EQ(std::memcmp(read->payload.data(), payload.data(), payload.size()), 0);
  }
}

// The table of docs/format_packed.md.
TEST(packed_file, fields_lie_where_the_document_says) {
  const std::string file = file_with("payload");
  EXPECT_EQ(file.substr(0, 8), "QUERNPK\n");
  EXPECT_EQ(file.substr(8, 4), std::string("\1\0\0\0", 4));
  EXPECT_EQ(file.substr(12, 4), std::string("\7\0\0\0", 4));
  EXPECT_EQ(file.substr(16, 8), std::string("\7\0\0\0\0\0\0\0", 8));
  EXPECT_STREQ(file.data() + 32, "bf16");
  EXPECT_STREQ(file.data() + 48, "avx512_vnni");
  EXPECT_EQ(file.substr(64, 64), kKey.model_digest);
  EXPECT_EQ(file.substr(128, 3960), std::string(3960, '\0'));
  EXPECT_EQ(file.substr(4096), "payload");
}

TEST(packed_file, any_changed_bit_is_found) {
  std::string file = file_with(std::string(500, 'p'));
  for (std::size_t i = 0; i < file.size(); ++i) {
    const char was = file[i];
    file[i] = static_cast<char>(was ^ (1 << i % 8));
    EXPECT_FALSE(parse_packed_file(bytes_of(file)).ok()) << "byte " << i;
    file[i] = was;
  }
  EXPECT_TRUE(parse_packed_file(bytes_of(file)).ok());
}

TEST(packed_file, any_truncation_and_anything_appended_is_found) {
  const std::string file = file_with(std::string(500, 'p'));
  for (std::size_t n = 0; n < file.size(); ++n) {
    EXPECT_FALSE(parse_packed_file(bytes_of(file).first(n)).ok()) << n << " bytes";
  }
  EXPECT_FALSE(parse_packed_file(bytes_of(file + "p")).ok());
}

TEST(packed_file, another_version_of_the_format_is_named) {
  std::string file = file_with("payload");
  file[8] = 2;
  const Status status = parse_packed_file(bytes_of(file)).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_EQ(status.message(), "packed weights: format version 2, want 1");
}

}  // namespace
}  // namespace quern::hub
