#include "cli/tuning.h"

#include <gtest/gtest.h>

namespace quern::cli {
namespace {

Tuning example() {
  Tuning tuning;
  tuning.model = "m";
  tuning.chosen = {.n_threads = 4, .batch_tokens = 1536, .max_sequences = 0, .precision = "f32"};
  tuning.trials = {
      {.what = "4 threads",
       .result =
           {.ratio = 1.5, .noise = 0.01, .rate_a = 10, .rate_b = 15, .n_pairs = 9, .n_won = 9},
       .is_taken = true}};
  tuning.last = {.ratio = 1.6, .noise = 0.02, .rate_a = 10, .rate_b = 16, .n_pairs = 9, .n_won = 9};
  return tuning;
}

}  // namespace

TEST(tuning, steps_are_powers_of_two_and_what_lies_between) {
  EXPECT_EQ(tuning_steps(1, 8), (std::vector<int>{1, 2, 3, 4, 6, 8}));
  EXPECT_EQ(tuning_steps(5, 20), (std::vector<int>{5, 6, 8, 12, 16, 20}));
  EXPECT_EQ(tuning_steps(7, 7), (std::vector<int>{7}));
  EXPECT_TRUE(tuning_steps(9, 8).empty());
}

TEST(tuning, what_is_written_is_what_serve_reads) {
  const auto read = parse_tuned(tuning_json(example()));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, example().chosen);
  Tuning none = example();
  none.chosen = {};
  EXPECT_EQ(*parse_tuned(tuning_json(none)), TunedSettings{});
}

TEST(tuning, other_files_are_refused_with_what_is_wrong) {
  for (const char* text :
       {"", "{}", "[]", "{\"quern_tuning\":2,\"chosen\":{}}", "{\"quern_tuning\":1}",
        "{\"quern_tuning\":1,\"chosen\":{\"threads\":0}}",
        "{\"quern_tuning\":1,\"chosen\":{\"threads\":\"4\"}}",
        "{\"quern_tuning\":1,\"chosen\":{\"threads\":1e99}}",
        "{\"quern_tuning\":1,\"chosen\":{\"precision\":8}}",
        "{\"quern_tuning\":1,\"chosen\":{\"thraeds\":4}}"}) {
    const auto read = parse_tuned(text);
    EXPECT_EQ(read.status().code(), Code::kBadInput) << text;
    EXPECT_NE(read.status().message(), "") << text;
  }
  const std::string whole = tuning_json(example());
  for (std::size_t n = 0; n + 2 < whole.size(); ++n) {
    EXPECT_FALSE(parse_tuned(whole.substr(0, n)).ok()) << n;
  }
}

TEST(tuning, only_what_is_faster_by_more_than_chance_is_better) {
  EXPECT_TRUE((Comparison{.ratio = 1.2, .noise = 0.05, .n_pairs = 9, .n_won = 9}).is_better());
  EXPECT_FALSE((Comparison{.ratio = 1.04, .noise = 0.05, .n_pairs = 9, .n_won = 9}).is_better());
  EXPECT_FALSE((Comparison{.ratio = 1.2, .noise = 0.05, .n_pairs = 9, .n_won = 7}).is_better());
  EXPECT_FALSE((Comparison{.ratio = 1.01, .noise = 0, .n_pairs = 9, .n_won = 9}).is_better());
}

TEST(tuning, the_choice_is_told_in_words) {
  const std::string text = tuning_text(example());
  EXPECT_NE(text.find("4 threads is taken: 15.0 against 10.0 texts/s (+50.0 %"), std::string::npos)
      << text;
  EXPECT_NE(text.find("chosen: --threads 4 --batch-tokens 1536 --precision f32"),
            std::string::npos);
}

}  // namespace quern::cli
