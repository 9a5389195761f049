#include "apps/dialogue/predictor_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

PredictorParts parts(const ContextSpec& context) {
  ThreadPool pool(1);
  return TurnPredictor::train(made_up_dialogues(40), pool, {.context = context})->parts();
}

Status status_of(const std::string& facts, const std::string& numbers) {
  return predictor_from(facts, std::as_bytes(std::span(numbers))).status();
}

}  // namespace

TEST(predictor_form, comes_back_to_the_bit) {
  for (const ContextSpec& context :
       {ContextSpec{.n_turns = 2}, ContextSpec{.n_turns = 1, .reservoir = echo_state_spec(20, 9)},
        ContextSpec{.n_turns = 1, .reservoir = liquid_spec(20, 18446744073709551615u)}}) {
    const PredictorParts put = parts(context);
    const std::string numbers = numbers_of(put);
    const auto got = predictor_from(facts_of(put), std::as_bytes(std::span(numbers)));
    ASSERT_TRUE(got.ok()) << got.status().message();
    EXPECT_EQ(got->parts().readout.weights, put.readout.weights);
    EXPECT_EQ(got->parts().readout.bias, put.readout.bias);
    EXPECT_EQ(got->parts().mean, put.mean);
    EXPECT_EQ(got->parts().prior, put.prior);
    EXPECT_EQ(got->parts().lambda, put.lambda);
    EXPECT_EQ(got->parts().confidence.weights, put.confidence.weights);
    EXPECT_EQ(got->parts().context.n_turns, context.n_turns);
    ASSERT_EQ(got->parts().context.reservoir.has_value(), context.reservoir.has_value());
    if (!context.reservoir) continue;
    EXPECT_TRUE(*got->parts().context.reservoir == *context.reservoir);
  }
}

TEST(predictor_form, another_version_is_said) {
  const PredictorParts put = parts({});
  auto facts = nlohmann::json::parse(facts_of(put));
  facts["version"] = kPredictorVersion + 1;
  const Status status = status_of(facts.dump(), numbers_of(put));
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("version 2, this program reads 1"));
}

TEST(predictor_form, no_field_may_be_missing_or_of_another_kind) {
  const PredictorParts put = parts({.n_turns = 1, .reservoir = echo_state_spec(20, 9)});
  const auto facts = nlohmann::json::parse(facts_of(put));
  const std::string numbers = numbers_of(put);
  ASSERT_TRUE(status_of(facts.dump(), numbers).ok());
  for (const auto& [name, value] : facts.items()) {
    auto damaged = facts;
    damaged.erase(name);
    EXPECT_FALSE(status_of(damaged.dump(), numbers).ok()) << name;
    damaged[name] = "no";
    EXPECT_FALSE(status_of(damaged.dump(), numbers).ok()) << name;
  }
  for (const auto& [name, value] : facts["reservoir"].items()) {
    auto damaged = facts;
    damaged["reservoir"].erase(name);
    EXPECT_FALSE(status_of(damaged.dump(), numbers).ok()) << name;
    damaged["reservoir"][name] = nlohmann::json::array({1, 2});
    EXPECT_FALSE(status_of(damaged.dump(), numbers).ok()) << name;
  }
}

TEST(predictor_form, numbers_that_are_cut_or_not_finite_are_refused) {
  const PredictorParts put = parts({});
  std::string numbers = numbers_of(put);
  EXPECT_EQ(status_of(facts_of(put), numbers.substr(0, numbers.size() - 4)).code(),
            Code::kBadInput);
  EXPECT_EQ(status_of(facts_of(put), "").code(), Code::kBadInput);
  for (std::size_t i = 0; i < 4; ++i) numbers[40 + i] = '\xff';
  EXPECT_THAT(status_of(facts_of(put), numbers).message(), HasSubstr("not finite"));
  EXPECT_FALSE(status_of("nonsense", numbers).ok());
}

TEST(predictor_form, a_width_that_the_numbers_do_not_have_takes_no_memory) {
  const PredictorParts put = parts({.n_turns = 1, .reservoir = echo_state_spec(20, 9)});
  auto facts = nlohmann::json::parse(facts_of(put));
  facts["reservoir"]["units"] = reservoir::kMaxUnits;
  facts["d"] = 65536;
  EXPECT_EQ(status_of(facts.dump(), numbers_of(put)).code(), Code::kBadInput);
}

}  // namespace quern::apps
