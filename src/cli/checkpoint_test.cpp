#include "cli/checkpoint.h"

#include <gtest/gtest.h>

namespace quern::cli {
namespace {

Checkpoint example() {
  return {.facts = {{"model", "abc"}, {"--dimensions", "4"}},
          .n_texts = 10,
          .texts_checksum = 0xfedcba9876543210u,
          .file = "/a \"b\"/c.txt",
          .file_bytes = 5'000'000'000,
          .file_mtime_ns = 1'700'000'000'123'456'789,
          .out_bytes = 9'000'000'000,
          .out_checksum = 7,
          .n_failed = 1,
          .n_truncated = 2,
          .n_tokens = 300,
          .n_dropped = 4};
}

}  // namespace

TEST(checkpoint, what_is_written_reads_the_same) {
  const auto read = parse_checkpoint(checkpoint_text(example()));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, example());
}

TEST(checkpoint, every_truncation_and_every_changed_byte_is_refused) {
  const std::string text = checkpoint_text(example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse_checkpoint(text.substr(0, i)).ok()) << i;
    std::string changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_checkpoint(changed).ok()) << i;
  }
  EXPECT_FALSE(parse_checkpoint(text + text).ok());
}

TEST(checkpoint, what_differs_is_named_with_both_values) {
  const RunFacts before = {{"model", "abc"}, {"--dimensions", "4"}};
  EXPECT_EQ(first_difference(before, before), "");
  EXPECT_EQ(first_difference(before, {{"model", "abc"}, {"--dimensions", "8"}}),
            "--dimensions was '4' and is '8'");
  EXPECT_EQ(first_difference(before, {{"model", "abc"}}), "it is of another version of quern");
}

}  // namespace quern::cli
