#include "apps/claims/claim_parts.h"

#include <random>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::vector<std::string> parts_of(std::string_view claim) {
  std::vector<std::string> out;
  for (const ClaimPart& part : split_claim(claim)) out.push_back(part.text);
  return out;
}

using Parts = std::vector<std::string>;

}  // namespace

TEST(claim_parts, statements_are_cut_apart) {
  EXPECT_EQ(parts_of("Aspirin lowers fever; it is cheap."),
            (Parts{"Aspirin lowers fever", "it is cheap"}));
  EXPECT_EQ(parts_of("Aspirin reduces fever and the risk of stroke is lower in Rome."),
            (Parts{"Aspirin reduces fever", "the risk of stroke is lower in Rome"}));
  EXPECT_EQ(parts_of("Zinc was found in soil, but copper was found in water."),
            (Parts{"Zinc was found in soil", "copper was found in water"}));
}

TEST(claim_parts, a_part_without_a_subject_takes_that_before_it) {
  EXPECT_EQ(parts_of("Low zinc causes fever and reduces growth."),
            (Parts{"Low zinc causes fever", "Low zinc reduces growth"}));
  const auto parts = split_claim("Low zinc causes fever and reduces growth.");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].span, (ByteSpan{26, 40}));  // "reduces growth"
}

TEST(claim_parts, what_is_not_surely_two_statements_stays_whole) {
  for (const char* whole : {
           "Aspirin and ibuprofen reduce fever.",
           "Aspirin reduces fever and pain.",
           "The difference between zinc and copper is small.",
           "If zinc is low, fever rises and growth falls.",
           "Aspirin does not reduce fever and does not reduce pain.",
           "Smoking increases risk and mortality in men.",
           "Rates of increases and decreases were studied.",
           "He said \"zinc is low and copper is high\".",
           "and",
           "",
           ";",
           "; ; ;",
           "is and is",
           "1,200 patients",
       }) {
    EXPECT_EQ(parts_of(whole), Parts{whole}) << whole;
  }
}

TEST(claim_parts, any_words_give_parts_in_order_within_the_claim) {
  std::mt19937 random(11);
  const char* const words[] = {"zinc", "is",    "and", ";",   ",",    "low", "reduces",
                               "but",  "fever", "the", "1.5", "\xff", "."};
  for (int round = 0; round < 5000; ++round) {
    std::string claim;
    for (int i = 0; i < 14; ++i) claim += std::string(words[random() % std::size(words)]) + " ";
    const std::vector<ClaimPart> parts = split_claim(claim);
    ASSERT_FALSE(parts.empty());
    ASSERT_LE(parts.size(), kMostClaimParts);
    std::size_t end = 0;
    for (const ClaimPart& part : parts) {
      EXPECT_LE(end, part.span.begin) << claim;
      EXPECT_LT(part.span.begin, part.span.end) << claim;
      end = part.span.end;
      EXPECT_TRUE(
          part.text.ends_with(claim.substr(part.span.begin, part.span.end - part.span.begin)));
    }
    EXPECT_LE(end, claim.size());
  }
}

}  // namespace quern::apps
