#include "store/segment/container.h"

#include <filesystem>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

constexpr PartIdentity kIdentity{.segment = 7, .nonce = 0xabcd, .n_docs = 3};

class container : public FolderTest {
 protected:
  /// A file of two sections, the second one of three blocks.
  PartSeal write_file(const std::string& name) {
    auto writer = ContainerWriter::create(real_files(), path(name), kIdentity);
    EXPECT_TRUE(writer.ok()) << writer.status().message();
    EXPECT_TRUE(writer->begin_section(SectionKind::kKeys).ok());
    EXPECT_TRUE(writer->append(bytes_of("keys")).ok());
    writer->end_section(3);
    EXPECT_TRUE(writer->begin_section(SectionKind::kNorms, 2).ok());
    const ByteSink sink = writer->sink();
    for (int i = 0; i < 3 << 16; i += 16) EXPECT_TRUE(sink(bytes_of("0123456789abcdef")).ok());
    writer->end_section(3);
    const auto seal = writer->finish();
    EXPECT_TRUE(seal.ok()) << seal.status().message();
    return seal.ok() ? *seal : PartSeal();
  }

  std::string error(const std::string& name) {
    return Container::open({path(name)}).status().message();
  }

  /// Writes `bytes` anew and says what opening, or else reading, finds.
  Status status_of(const std::string& bytes) {
    write(path("changed"), bytes);
    const auto file = Container::open({path("changed")});
    return file.ok() ? file->check_all() : file.status();
  }
};

}  // namespace

TEST_F(container, sections_come_back) {
  const PartSeal seal = write_file("a");
  const auto file = Container::open({path("a")}, kIdentity, seal);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(seal.n_bytes, std::filesystem::file_size(path("a")));
  ASSERT_EQ(file->sections().size(), 2u);
  const auto keys = file->need(SectionKind::kKeys);
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys->n_rows, 3u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file->bytes(*keys).data()), 4), "keys");
  EXPECT_EQ(file->bytes(*file->find(SectionKind::kNorms, 2)).size(), 3u << 16);
  EXPECT_EQ(file->find(SectionKind::kNorms, 1), nullptr);
  EXPECT_THAT(file->need(SectionKind::kNorms, 1).status().message(),
              HasSubstr("has no section 'norms' of 1"));
  EXPECT_TRUE(file->check(file->bytes(*keys)).ok());
  EXPECT_TRUE(file->check_all().ok());
}

TEST_F(container, a_file_without_sections_is_one) {
  auto writer = ContainerWriter::create(real_files(), path("a"), {});
  ASSERT_TRUE(writer.ok() && writer->finish().ok());
  EXPECT_TRUE(Container::open({path("a")})->check_all().ok());
}

TEST_F(container, an_unfinished_file_goes) {
  {
    auto writer = ContainerWriter::create(real_files(), path("a"), kIdentity);
    ASSERT_TRUE(writer.ok());
    EXPECT_EQ(ContainerWriter::create(real_files(), path("a"), kIdentity).status().code(),
              Code::kUnavailable);
  }
  EXPECT_FALSE(std::filesystem::exists(path("a")));
}

TEST_F(container, another_file_in_its_place_is_seen) {
  const PartSeal seal = write_file("a");
  const auto message = [&](const PartIdentity& identity, const PartSeal& wanted) {
    const auto file = Container::open({path("a")}, identity, wanted);
    EXPECT_EQ(file.status().code(), Code::kBadInput);
    return file.status().message();
  };
  PartIdentity identity = kIdentity;
  identity.nonce = 1;
  EXPECT_THAT(message(identity, seal), HasSubstr("part of segment 7 (000000000000abcd"));
  PartSeal other = seal;
  other.n_bytes += 1;
  EXPECT_THAT(message(kIdentity, other), HasSubstr("bytes, want"));
  other = seal;
  other.footer_sum += 1;
  EXPECT_THAT(message(kIdentity, other), HasSubstr("not the one that the catalog knows"));
}

TEST_F(container, what_is_wrong_is_named) {
  write_file("a");
  const std::string whole = read(path("a"));
  write(path("b"), "short");
  EXPECT_THAT(error("b"), HasSubstr("it has 5 bytes, want 128 at least"));
  write(path("b"), "X" + whole.substr(1));
  EXPECT_THAT(error("b"), HasSubstr("no part of a segment"));
  std::string newer = whole;
  newer[8] = 2;
  write(path("b"), newer);
  EXPECT_EQ(Container::open({path("b")}).status().code(), Code::kUnsupported);
  EXPECT_THAT(error("b"), HasSubstr("it has format 2, this version reads 1"));
  write(path("b"), whole.substr(0, whole.size() - 1));
  EXPECT_THAT(error("b"), HasSubstr("it was cut"));
  EXPECT_EQ(Container::open({path("none")}).status().code(), Code::kNotFound);
}

TEST_F(container, a_damaged_block_is_named_when_it_is_touched) {
  const PartSeal seal = write_file("a");
  std::string bytes = read(path("a"));
  bytes[130'000] ^= 1;
  write(path("a"), bytes);
  const auto file = Container::open({path("a")}, kIdentity, seal);
  ASSERT_TRUE(file.ok());
  const auto norms = file->bytes(*file->find(SectionKind::kNorms, 2));
  EXPECT_TRUE(file->check(norms.first(1000)).ok());
  EXPECT_TRUE(file->check(norms.last(1)).ok());
  EXPECT_THAT(file->check(norms).message(),
              HasSubstr("is damaged between bytes 65536 and 131072 (section 'norms')"));
  EXPECT_FALSE(file->check(norms).ok());  // Nor the second time.
}

TEST_F(container, no_flipped_bit_goes_unseen) {
  auto writer = ContainerWriter::create(real_files(), path("a"), kIdentity);
  ASSERT_TRUE(writer.ok() && writer->begin_section(SectionKind::kKeys).ok());
  ASSERT_TRUE(writer->append(bytes_of("some bytes")).ok());
  writer->end_section(3);
  const auto seal = writer->finish();
  ASSERT_TRUE(seal.ok());
  const std::string whole = read(path("a"));
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    const std::size_t bit = byte * 8 + byte % 8;
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    write(path("a"), changed);
    const auto file = Container::open({path("a")}, kIdentity, *seal);
    EXPECT_FALSE(file.ok() && file->check_all().ok()) << bit;
  }
}

TEST_F(container, random_damage_is_an_error_or_nothing) {
  write_file("a");
  const std::string whole = read(path("a"));
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::string changed = whole;
    // Where the footer, the table and the header are.
    const std::size_t at = round % 3 == 0 ? random() % 64 : changed.size() - 1 - random() % 300;
    changed[at] = static_cast<char>(random());
    if (round % 4 == 0) changed.resize(random() % changed.size());
    EXPECT_EQ(status_of(changed).ok(), changed == whole);
  }
}

}  // namespace quern::store
