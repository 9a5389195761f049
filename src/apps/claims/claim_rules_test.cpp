#include "apps/claims/claim_rules.h"

#include <ctime>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

/// Kinds, commas between.
std::string kinds(std::string_view claim, std::string_view sentence) {
  std::string out;
  for (const ClaimMismatch& found : find_mismatches(claim, sentence)) {
    out += (out.empty() ? "" : ",") + std::string(mismatch_name(found.kind));
  }
  return out;
}

std::string bytes(const std::string& text, ByteSpan span) {
  return text.substr(span.begin, span.end - span.begin);
}

}  // namespace

TEST(claim_rules, a_mismatch_says_where_it_is_on_both_sides) {
  const std::string claim = "The trial enrolled 1,200 patients in 12 centers.";
  const std::string sentence = "In all, the trial enrolled 1,300 patients in 12 centers.";
  const auto found = find_mismatches(claim, sentence);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, MismatchKind::kNumber);
  EXPECT_EQ(bytes(claim, found[0].in_claim), "1,200");
  EXPECT_EQ(bytes(sentence, found[0].in_sentence), "1,300");
  EXPECT_EQ(found[0].reason, "the claim says 1,200, the sentence 1,300");
}

TEST(claim_rules, the_same_number_may_be_written_in_many_ways) {
  const char* const same[][2] = {
      {"The trial enrolled 1,200 patients.", "The trial enrolled 1200 patients."},
      {"The trial enrolled 1.2 thousand patients.", "The trial enrolled 1,200 patients."},
      {"The trial enrolled twenty-five patients.", "The trial enrolled 25 patients."},
      {"The trial enrolled two million patients.", "The trial enrolled 2,000,000 patients."},
      {"Risk fell by 40 percent in patients.", "Risk fell by 40% in patients."},
      {"Risk fell by 40% in patients.", "Risk fell by 39.8 per cent in patients."},
      {"Risk fell by about 40% in patients.", "Risk fell by 42% in patients."},
      {"Risk fell by more than 40% in patients.", "Risk fell by 55% in patients."},
      {"Risk fell by 10-20% in patients.", "Risk fell by 15% in patients."},
      {"Risk fell by 15% in patients.", "Risk fell by between 10 and 20% in patients."},
      {"Risk fell by > 40% in patients.", "Risk fell by more than 40% in patients."},
      {"Risk fell by at least 40% in patients.", "Risk fell by no less than 40% in patients."},
      {"Risk fell by 41\u00b72% in patients.", "Risk fell by 41.2% in patients."},
  };
  for (const auto& [claim, sentence] : same) EXPECT_EQ(kinds(claim, sentence), "") << claim;
}

TEST(claim_rules, other_numbers_are_found) {
  const char* const other[][2] = {
      {"The trial enrolled 1,200 patients.", "The trial enrolled 1201 patients."},
      {"Risk fell by 40% in patients.", "Risk fell by 14% in patients."},
      {"Risk fell by about 40% in patients.", "Risk fell by 60% in patients."},
      {"Risk fell by more than 40% in patients.", "Risk fell by less than 30% in patients."},
      {"Risk fell by more than 80% in patients.", "Risk fell by more than 40% in patients."},
      {"Risk fell by 30-35% in patients.", "Risk fell by 10 to 20% in patients."},
      {"The trial enrolled three hundred patients.", "The trial enrolled 400 patients."},
      {"Risk fell by 4.5% in patients.", "Risk fell by 4.6% in patients."},
  };
  for (const auto& [claim, sentence] : other) EXPECT_EQ(kinds(claim, sentence), "number") << claim;
}

TEST(claim_rules, numbers_of_other_things_are_not_compared) {
  const char* const apart[][2] = {
      // Names, statistics, citations and counts of other things.
      {"IL-6 levels in CD4 cells rose in patients.", "IL-17 levels in CD8 cells rose in patients."},
      {"Levels in patients rose (P < 0.01).", "Levels in patients rose (P < 0.05)."},
      {"Levels in patients rose [12].", "Levels in patients rose [13]."},
      {"Levels rose in 12 patients.", "Levels rose in patients of 3 hospitals."},
      {"Risk fell by 40% in patients.", "Risk in patients fell; 5 mg were given."},
      {"Exactly 12 planets are known.", "Treatment of 40 patients failed."},
  };
  for (const auto& [claim, sentence] : apart) EXPECT_EQ(kinds(claim, sentence), "") << claim;
}

TEST(claim_rules, units_are_converted_or_said_to_differ) {
  const char* const same[][2] = {
      {"A dose of 500 mg was given daily.", "A dose of 0.5 g was given daily."},
      {"The route is 5 miles long.", "The route is 8 km long."},
      {"Patients were followed for 2 years.", "Patients were followed for 24 months."},
      {"Patients were followed for 14 days.", "Patients were followed for 2 weeks."},
      {"Cells were kept at 37 \u00b0C.", "Cells were kept at 98.6 degrees, 37\u00b0C."},
      {"A dose of 20mg was given.", "A dose of 20 mg was given."},
      {"Levels of 5 \u00b5g/ml were measured.", "Levels of 5 ug/ml were measured."},
  };
  for (const auto& [claim, sentence] : same) EXPECT_EQ(kinds(claim, sentence), "") << claim;
  EXPECT_EQ(kinds("A dose of 5 mg was given daily.", "A dose of 5 g was given daily."), "unit");
  EXPECT_EQ(kinds("The route is 5 km long.", "The route is 5 miles long."), "unit");
  EXPECT_EQ(kinds("Levels of 5 mg/dl were measured.", "Levels of 5 mg/l were measured."), "unit");
  EXPECT_EQ(kinds("A dose of 5 mg was given daily.", "A dose of 6 g was given daily."), "number");
}

TEST(claim_rules, dates_are_compared_as_far_as_both_say_them) {
  const char* const same[][2] = {
      {"The trial began on 12 March 2020.", "The trial began on 2020-03-12."},
      {"The trial began in March 2020.", "The trial began on March 12, 2020."},
      {"The trial began in 2020.", "The trial began on 12th of March 2020."},
      {"The trial began in the 1990s.", "The trial began in 1995."},
      {"The trial began in 2020 in Rome.", "The trial began in Rome."},
      {"The trial enrolled 2000 patients.", "The trial enrolled 2,000 patients."},
  };
  for (const auto& [claim, sentence] : same) EXPECT_EQ(kinds(claim, sentence), "") << claim;
  const char* const other[][2] = {
      {"The trial began on 12 March 2020.", "The trial began on 2020-03-13."},
      {"The trial began in March 2020.", "The trial began on April 12, 2020."},
      {"The trial began in 2019.", "The trial began in 2020."},
      {"The trial began in the 1980s.", "The trial began in 1995."},
      {"The trial ran from 1990 to 2001.", "The trial ran from 1990-2000."},
  };
  for (const auto& [claim, sentence] : other) EXPECT_EQ(kinds(claim, sentence), "date") << claim;
}

TEST(claim_rules, negations_of_one_side_are_found) {
  const char* const other[][2] = {
      {"Aspirin does not lower the risk of stroke.", "Aspirin lowers the risk of stroke."},
      {"Aspirin lowers the risk of stroke.", "Aspirin never lowers the risk of stroke."},
      {"Aspirin lowers the risk of stroke.", "Aspirin fails to lower the risk of stroke."},
      {"Aspirin lowers the risk of stroke.", "Aspirin doesn\u2019t lower the risk of stroke."},
      {"Mice with p53 develop tumors.", "Mice without p53 develop tumors."},
  };
  for (const auto& [claim, sentence] : other) {
    EXPECT_EQ(kinds(claim, sentence), "negation") << sentence;
  }
  const char* const same[][2] = {
      {"Aspirin does not lower the risk of stroke.", "Aspirin didn't lower the risk of stroke."},
      {"Aspirin lowers the risk.", "Aspirin not only lowers the risk, it is cheap."},
      {"Aspirin lowers the risk.", "It never fails to happen that aspirin lowers the risk."},
      {"Aspirin lowers the risk.", "Aspirin lowers the risk, but not the cost."},
      {"Aspirin lowers the risk of stroke.", "Ships do not sail at night."},
  };
  for (const auto& [claim, sentence] : same) EXPECT_EQ(kinds(claim, sentence), "") << sentence;
}

TEST(claim_rules, overlap_and_direction) {
  // Of "aspirin", "lower", "risk", "stroke" the sentence says two.
  const PairReading found =
      read_pair("Aspirin lowers the risk of stroke", "The risk of aspirin is increased");
  EXPECT_EQ(found.n_claim_words, 4u);
  EXPECT_EQ(found.overlap, 0.5);
  EXPECT_EQ(found.direction, -1);
  EXPECT_EQ(read_pair("Aspirin reduces risk", "Aspirin inhibits it").direction, 1);
  EXPECT_EQ(read_pair("Aspirin reduces risk", "Aspirin is cheap").direction, 0);
  EXPECT_EQ(read_pair("", "").overlap, 0);
}

TEST(claim_rules, hostile_texts_cost_linear_time) {
  const char* const parts[] = {"1,", "1 ",      "not ",      "1-",      "March ", "1.1.",
                               "-1", "\xff",    "a'",        "to 1 ",   "1 mg/",  "> ",
                               "[1", "than 1 ", "fails to ", "\xe2\x80"};
  // Processor time, whatever else the machine does.
  const auto seconds = [&](std::size_t n_bytes) {
    const std::clock_t start = std::clock();
    for (const std::string part : parts) {
      std::string text;
      while (text.size() < n_bytes) text += part;
      find_mismatches(text, text);
      find_mismatches("not " + text, text + " not");
    }
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  // Five times the text in five times the time; squares would take 25 times as long.
  EXPECT_LT(seconds(100'000), 12 * seconds(20'000) + 0.2);
}

TEST(claim_rules, any_bytes_give_spans_within_both_texts) {
  std::mt19937 random(5);
  const char* const parts[] = {"12",    " mg",  "%", "not ", "March ",      "2020",
                               "-",     ",",    ".", "\xc3", "\xb5",        " to ",
                               "risk ", "two ", "[", "n't",  "\xe2\x80\x93"};
  for (int round = 0; round < 3000; ++round) {
    std::string texts[2] = {"risk of stroke ", "risk of stroke "};
    for (std::string& text : texts) {
      for (int i = 0; i < 12; ++i) text += parts[random() % std::size(parts)];
    }
    for (const ClaimMismatch& found : find_mismatches(texts[0], texts[1])) {
      EXPECT_LE(found.in_claim.begin, found.in_claim.end);
      EXPECT_LE(found.in_claim.end, texts[0].size());
      EXPECT_LE(found.in_sentence.begin, found.in_sentence.end);
      EXPECT_LE(found.in_sentence.end, texts[1].size());
      EXPECT_FALSE(found.reason.empty());
    }
    EXPECT_EQ(kinds(texts[0], texts[0]), "") << texts[0];
  }
}

}  // namespace quern::apps
