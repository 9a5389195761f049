#include "store/segment/stored_text.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

class stored_text : public FolderTest {
 protected:
  static std::vector<StoredDocument> random_documents(std::size_t n, std::mt19937& random) {
    std::vector<StoredDocument> out(n);
    for (StoredDocument& document : out) {
      document.fields = {text(random() % 300, random), text(random() % 20, random)};
      document.stored = text(random() % (random() % 50 == 0 ? 60'000 : 500), random);
    }
    return out;
  }

  static std::string text(std::size_t n, std::mt19937& random) {
    std::string out;
    while (out.size() < n) out += std::to_string(random() % 1000) + " ";
    return out;
  }

  void write_all(const std::vector<StoredDocument>& documents) {
    std::string blocks = "before";
    StoredTextWriter writer([&](std::span<const std::byte> bytes) {
      blocks.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Status();
    });
    for (const StoredDocument& document : documents) {
      ASSERT_TRUE(writer.add(document.fields, document.stored).ok());
    }
    index_.clear();
    ASSERT_TRUE(writer
                    .finish([&](std::span<const std::byte> bytes) {
                      index_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                      return Status();
                    })
                    .ok());
    n_block_bytes_ = blocks.size() - 6;
    write(path("blocks"), blocks + "behind");
  }

  Result<StoredText> open(std::size_t n_docs) {
    file_ = std::move(*InputFile::open(path("blocks")));
    return StoredText::open(bytes_of(index_), static_cast<std::uint32_t>(n_docs), file_, 6,
                            n_block_bytes_);
  }

  std::string index_;
  std::size_t n_block_bytes_ = 0;
  InputFile file_;
};

}  // namespace

TEST_F(stored_text, comes_back_in_any_order) {
  std::mt19937 random(1);
  for (const std::size_t n : {1u, 7u, 400u}) {
    const auto documents = random_documents(n, random);
    write_all(documents);
    const auto text = open(n);
    ASSERT_TRUE(text.ok()) << text.status().message();
    StoredTextReader reader(*text, 2);
    for (std::uint32_t i = 0; i < n; ++i) EXPECT_EQ(*reader.read(i), documents[i]);
    for (int round = 0; round < 200; ++round) {
      const std::uint32_t i = static_cast<std::uint32_t>(random() % n);
      EXPECT_EQ(*reader.read(i), documents[i]);
      EXPECT_EQ(*reader.read_stored(i), documents[i].stored);
    }
    EXPECT_TRUE(reader.check().ok());
  }
}

TEST_F(stored_text, empty_and_large_documents) {
  std::mt19937 random(2);
  std::vector<StoredDocument> documents(3, {.fields = {"", ""}, .stored = ""});
  documents[1].fields[0] = text(3'000'000, random);
  write_all(documents);
  const auto text = open(3);
  ASSERT_TRUE(text.ok());
  StoredTextReader reader(*text, 2);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(*reader.read(i), documents[i]);
  EXPECT_LT(n_block_bytes_, 2'000'000u);
  write_all({});
  EXPECT_TRUE(open(0).ok());
  EXPECT_FALSE(open(1).ok());
}

TEST_F(stored_text, damage_is_an_error_and_no_wrong_text) {
  std::mt19937 random(3);
  const auto documents = random_documents(200, random);
  write_all(documents);
  const std::string blocks = read(path("blocks"));
  const std::string index = index_;
  for (int round = 0; round < 100; ++round) {
    std::string changed = blocks;
    index_ = index;
    if (round % 2 == 0) {
      changed[6 + random() % n_block_bytes_] ^= static_cast<char>(1 + random() % 255);
    } else {
      index_[random() % index_.size()] ^= static_cast<char>(1 + random() % 255);
    }
    write(path("blocks"), changed);
    const auto text = open(200);
    ASSERT_TRUE(text.ok());
    StoredTextReader reader(*text, 2);
    for (std::uint32_t i = 0; i < 200; ++i) {
      const auto document = reader.read(i);
      EXPECT_TRUE(!document.ok() || *document == documents[i]) << round << " " << i;
    }
    EXPECT_FALSE(reader.check().ok()) << round;
  }
}

TEST_F(stored_text, a_file_that_was_cut_is_an_error) {
  std::mt19937 random(4);
  write_all(random_documents(200, random));
  const std::string blocks = read(path("blocks"));
  write(path("blocks"), blocks.substr(0, blocks.size() / 2));
  EXPECT_EQ(open(200).status().code(), Code::kBadInput);
}

}  // namespace quern::store
