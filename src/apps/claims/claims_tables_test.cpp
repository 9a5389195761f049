#include "apps/claims/claims_tables.h"

#include <bit>
#include <random>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

TEST(claims_tables, logits_come_back_to_the_bit) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const NliLogits logits = {std::bit_cast<float>(static_cast<std::uint32_t>(random())),
                              std::bit_cast<float>(static_cast<std::uint32_t>(random())), -0.0f};
    const auto read = logits_from_bytes(bytes_of(bytes_from_logits(logits)));
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(std::bit_cast<std::uint32_t>(read->entailment),
              std::bit_cast<std::uint32_t>(logits.entailment));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(read->contradiction),
              std::bit_cast<std::uint32_t>(logits.contradiction));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(read->neutral), 0x80000000u);
  }
}

TEST(claims_tables, nearness_comes_back_with_what_is_not_known) {
  for (int known = 0; known < 16; ++known) {
    Nearness nearness = {.passage_rank = static_cast<std::uint32_t>(known)};
    if (known & 1) nearness.cosine = 0.1;
    if (known & 2) nearness.passage_cosine = -0.25;
    if (known & 4) nearness.lexical = 1e300;
    if (known & 8) nearness.passage_lexical = 0;
    const auto read = nearness_from_bytes(bytes_of(bytes_from_nearness(nearness)));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->cosine, nearness.cosine);
    EXPECT_EQ(read->passage_cosine, nearness.passage_cosine);
    EXPECT_EQ(read->lexical, nearness.lexical);
    EXPECT_EQ(read->passage_lexical, nearness.passage_lexical);
    EXPECT_EQ(read->passage_rank, nearness.passage_rank);
  }
}

TEST(claims_tables, bytes_of_another_length_or_form_are_refused) {
  const std::string logits = bytes_from_logits({1, 2, 3});
  const std::string nearness = bytes_from_nearness({.cosine = 1, .passage_rank = 2});
  for (std::size_t n = 0; n < logits.size(); ++n) {
    EXPECT_FALSE(logits_from_bytes(bytes_of(logits.substr(0, n))).ok());
  }
  for (std::size_t n = 0; n < nearness.size(); ++n) {
    EXPECT_FALSE(nearness_from_bytes(bytes_of(nearness.substr(0, n))).ok());
  }
  EXPECT_FALSE(logits_from_bytes(bytes_of(logits + "x")).ok());
  EXPECT_FALSE(nearness_from_bytes(bytes_of(nearness + "x")).ok());
  std::string unknown = nearness;
  unknown[0] = 16;
  EXPECT_FALSE(nearness_from_bytes(bytes_of(unknown)).ok());
}

}  // namespace quern::apps
