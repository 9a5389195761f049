#include "hub/packed_file.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "base/checksum.h"

namespace quern::hub {
namespace {

const PackedKey kKey{.model_digest = std::string(60, 'a') + "0123",
                     .precision = "bf16",
                     .isa = "avx512_vnni",
                     .numerics_version = 7};

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string file_with(const std::vector<std::string>& payloads) {
  std::vector<PackedSection> sections;
  for (const std::string& payload : payloads) {
    sections.push_back({payload.size(), checksum64(bytes_of(payload))});
  }
  std::string file = packed_head(kKey, sections);
  for (const std::string& payload : payloads) {
    file.resize(packed_next(file.size()));
    file += payload;
  }
  return file;
}

TEST(packed_file, comes_back_as_it_was_written) {
  const std::vector<std::vector<std::string>> files = {
      {},
      {""},
      {"x"},
      {std::string(10000, 'w'), "", "y"},
      std::vector<std::string>(300, "more than one page of head")};
  for (const std::vector<std::string>& payloads : files) {
    const std::string file = file_with(payloads);
    const Result<PackedFile> read = parse_packed_file(bytes_of(file));
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->key, kKey);
    ASSERT_EQ(read->sections.size(), payloads.size());
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      const std::span<const std::byte> bytes = read->sections[i].bytes;
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                payloads[i]);
      EXPECT_EQ(read->sections[i].checksum, checksum64(bytes));
      EXPECT_EQ((reinterpret_cast<const char*>(bytes.data()) - file.data()) % 4096, 0);
    }
  }
}

// The table of docs/format_packed.md.
TEST(packed_file, fields_lie_where_the_document_says) {
  const std::string file = file_with({"payload", "p2"});
  EXPECT_EQ(file.substr(0, 8), "QUERNPK\n");
  EXPECT_EQ(file.substr(8, 4), std::string("\2\0\0\0", 4));
  EXPECT_EQ(file.substr(12, 4), std::string("\7\0\0\0", 4));
  EXPECT_EQ(file.substr(16, 8), std::string("\2\x20\0\0\0\0\0\0", 8));
  EXPECT_EQ(file.substr(24, 8), std::string("\2\0\0\0\0\0\0\0", 8));
  EXPECT_STREQ(file.data() + 32, "bf16");
  EXPECT_STREQ(file.data() + 48, "avx512_vnni");
  EXPECT_EQ(file.substr(64, 64), kKey.model_digest);
  EXPECT_EQ(file.substr(128, 8), std::string("\7\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(file.substr(144, 8), std::string("\2\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(file.substr(160, 3928), std::string(3928, '\0'));
  EXPECT_EQ(file.substr(4096, 8), std::string("payload\0", 8));
  EXPECT_EQ(file.substr(8192), "p2");
}

TEST(packed_file, any_changed_bit_is_found) {
  std::string file = file_with({std::string(500, 'p'), "q"});
  const auto is_found = [&] {
    const Result<PackedFile> read = parse_packed_file(bytes_of(file));
    return !read.ok() || std::any_of(read->sections.begin(), read->sections.end(),
                                     [](const MappedSections::Section& s) {
                                       return checksum64(s.bytes) != s.checksum;
                                     });
  };
  EXPECT_FALSE(is_found());
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (i == 4096 + 500) i = 8192;  // Zeros that nobody reads.
    file[i] = static_cast<char>(file[i] ^ (1 << i % 8));
    EXPECT_TRUE(is_found()) << "byte " << i;
    file[i] = static_cast<char>(file[i] ^ (1 << i % 8));
  }
  EXPECT_FALSE(is_found());
}

TEST(packed_file, any_truncation_and_anything_appended_is_found) {
  const std::string file = file_with({std::string(500, 'p')});
  for (std::size_t n = 0; n < file.size(); ++n) {
    EXPECT_FALSE(parse_packed_file(bytes_of(file).first(n)).ok()) << n << " bytes";
  }
  EXPECT_FALSE(parse_packed_file(bytes_of(file + "p")).ok());
}

TEST(packed_file, another_version_of_the_format_is_named) {
  std::string file = file_with({"payload"});
  file[8] = 1;
  const Status status = parse_packed_file(bytes_of(file)).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_EQ(status.message(), "packed weights: format version 1, want 2");
}

// A head whose checksum is right may still say too much.
TEST(packed_file, sizes_beyond_the_file_are_refused) {
  for (const std::uint64_t n :
       {std::uint64_t{4097}, std::uint64_t{1} << 40, ~std::uint64_t{0}, ~std::uint64_t{0} - 4095}) {
    std::string file = file_with({"payload"});
    std::memcpy(file.data() + 128, &n, sizeof n);
    const std::uint64_t checksum = checksum64(bytes_of(file).first(4088));
    std::memcpy(file.data() + 4088, &checksum, sizeof checksum);
    EXPECT_EQ(parse_packed_file(bytes_of(file)).status().code(), Code::kBadInput) << n;
  }
}

}  // namespace
}  // namespace quern::hub
