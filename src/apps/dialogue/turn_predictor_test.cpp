#include "apps/dialogue/turn_predictor.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "apps/dialogue/dialogue_evaluation.h"
#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {
namespace {

TurnPredictor trained(std::span<const DialogueVectors> dialogues, const ContextSpec& context,
                      int n_threads = 1) {
  ThreadPool pool(n_threads);
  auto out = TurnPredictor::train(dialogues, pool, {.context = context});
  EXPECT_TRUE(out.ok()) << out.status().message();
  return std::move(*out);
}

ChoiceMetrics measured(const TurnPredictor& predictor, std::span<const DialogueVectors> dialogues) {
  ThreadPool pool(1);
  const auto predicted = predictor.predict(dialogues, pool);
  const auto centred = predictor.centred(dialogues);
  return measure("", choice_sets(dialogues, 10, 3), score_by_vectors(*predicted, centred));
}

}  // namespace

TEST(turn_predictor, beats_the_likeness_of_turns_where_there_is_more_to_learn) {
  const auto seen = made_up_dialogues(300), others = made_up_dialogues(100, 8, 2);
  const double by_mean =
      measure("", choice_sets(others, 10, 3), score_by_vectors(context_means(others), others))
          .recall_1;
  for (const ContextSpec& context :
       {ContextSpec{.n_turns = 1}, ContextSpec{.n_turns = 1, .reservoir = echo_state_spec(60, 1)},
        ContextSpec{.n_turns = 1, .reservoir = liquid_spec(60, 1)}}) {
    EXPECT_GT(measured(trained(seen, context), others).recall_1, by_mean + 0.1);
  }
}

TEST(turn_predictor, the_mean_so_far_alone_is_nested) {
  const auto dialogues = made_up_dialogues(300);
  ThreadPool pool(1);
  const auto flat =
      TurnPredictor::train(dialogues, pool, {.lambdas = {1e12}, .priors = {1}, .rounds = {0}});
  ASSERT_TRUE(flat.ok());
  const auto predicted = flat->predict(dialogues, pool);
  // A ridge that lets nothing through leaves the mean so far, less what means are on average.
  std::vector<double> average(8, 0);
  std::size_t n = 0;
  std::vector<std::vector<float>> means;
  for (const DialogueVectors& dialogue : dialogues) {
    std::vector<float> sum(8, 0.0f);
    means.emplace_back();
    for (std::size_t t = 0; t < dialogue.n_turns(); ++t) {
      for (std::size_t i = 0; i < 8; ++i) {
        sum[i] += dialogue.turn(t)[i];
        means.back().push_back(sum[i] / static_cast<float>(t + 1));
      }
    }
  }
  // Those that a readout is fitted on: all but one in ten.
  for (std::size_t d = 0; d < dialogues.size(); ++d) {
    if (d % 10 == 9) continue;
    for (std::size_t t = 0; t + 1 < dialogues[d].n_turns(); ++t, ++n) {
      for (std::size_t i = 0; i < 8; ++i) average[i] += static_cast<double>(means[d][t * 8 + i]);
    }
  }
  std::vector<float> wanted(8);
  for (std::size_t i = 0; i < 8; ++i) {
    wanted[i] = means[5][i] - static_cast<float>(average[i] / static_cast<double>(n));
  }
  to_unit(wanted);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR((*predicted)[5][i], wanted[i], 1e-4);
}

TEST(turn_predictor, threads_change_no_bit) {
  const auto dialogues = made_up_dialogues(120);
  const ContextSpec context = {.n_turns = 2, .reservoir = echo_state_spec(40, 1)};
  const TurnPredictor one = trained(dialogues, context, 1), four = trained(dialogues, context, 4);
  EXPECT_EQ(one.parts().readout.weights, four.parts().readout.weights);
  EXPECT_EQ(one.parts().confidence.weights, four.parts().confidence.weights);
  EXPECT_EQ(one.parts().prior, four.parts().prior);
}

TEST(turn_predictor, confidence_is_calibrated_on_dialogues_that_it_has_not_seen) {
  const auto seen = made_up_dialogues(600), others = made_up_dialogues(400, 8, 2);
  const TurnPredictor predictor = trained(seen, {.n_turns = 1});
  ThreadPool pool(1);
  const auto predicted = predictor.predict(others, pool);
  const auto centred = predictor.centred(others);
  for (const int n : {10, 100}) {
    const auto score = score_by_vectors(*predicted, centred);
    std::vector<SureChoice> choices;
    for (const ChoiceSet& set : choice_sets(others, n, 3)) {
      const auto scores = score(set);
      const bool is_right =
          std::all_of(scores.begin() + 1, scores.end(), [&](float s) { return s < scores[0]; });
      choices.push_back({predictor.confidence(signs_of(scores)), is_right});
    }
    const ConfidenceMetrics metrics = measure_confidence(choices);
    EXPECT_LT(metrics.ece, 0.06) << n;
    EXPECT_GT(metrics.accuracy_80, metrics.accuracy + 0.02) << n;
  }
}

// Dialogues that nothing is learnt from are one in ten: a confidence fitted on those alone is far
// off where they are few. Those that choose the ridge are as good for it.
TEST(turn_predictor, confidence_is_near_what_is_true_though_dialogues_are_few) {
  const auto others = made_up_dialogues(300, 8, 99);
  const std::vector<ChoiceSet> sets = choice_sets(others, 10, 3);
  ThreadPool pool(1);
  double gaps = 0;
  constexpr int kRounds = 16;
  for (int round = 0; round < kRounds; ++round) {
    const TurnPredictor predictor =
        trained(made_up_dialogues(80, 8, static_cast<std::uint64_t>(round) + 1), {.n_turns = 1});
    const auto predicted = predictor.predict(others, pool);
    const auto centred = predictor.centred(others);
    const auto score = score_by_vectors(*predicted, centred);
    double said = 0, right = 0;
    for (const ChoiceSet& set : sets) {
      const auto scores = score(set);
      right +=
          std::all_of(scores.begin() + 1, scores.end(), [&](float s) { return s < scores[0]; });
      said += predictor.confidence(signs_of(scores));
    }
    gaps += std::abs(said - right) / static_cast<double>(sets.size());
  }
  EXPECT_LT(gaps / kRounds, 0.05);
}

TEST(turn_predictor, signs_are_of_the_best_and_of_how_far_it_stands_out) {
  const float scores[] = {0.5f, 0.25f, 0, 0.25f};
  const ChoiceSigns signs = signs_of(scores);
  EXPECT_DOUBLE_EQ(signs.best, 0.5);
  EXPECT_DOUBLE_EQ(signs.lead, 0.25);
  EXPECT_DOUBLE_EQ(signs.log_n, std::log(4.0));
  EXPECT_NEAR(signs.spread, 0.25 / std::sqrt(0.125 / 4), 1e-9);
  const float equal[] = {0.5f, 0.5f};
  EXPECT_EQ(signs_of(equal).spread, 0);
  EXPECT_EQ(signs_of(equal).lead, 0);
  EXPECT_EQ(signs_of({}).best, 0);
}

TEST(turn_predictor, too_few_dialogues_and_unequal_widths_are_refused) {
  ThreadPool pool(1);
  EXPECT_EQ(TurnPredictor::train({}, pool, {}).status().code(), Code::kBadInput);
  EXPECT_EQ(TurnPredictor::train(made_up_dialogues(19), pool, {}).status().code(), Code::kBadInput);
  auto dialogues = made_up_dialogues(30);
  dialogues[4] = made_up_dialogues(1, 7)[0];
  EXPECT_EQ(TurnPredictor::train(dialogues, pool, {}).status().code(), Code::kBadInput);
  EXPECT_EQ(trained(made_up_dialogues(30), {}).predict(dialogues, pool).status().code(),
            Code::kBadInput);
}

TEST(turn_predictor, turns_that_are_all_the_same_give_finite_numbers) {
  auto dialogues = made_up_dialogues(40);
  for (DialogueVectors& dialogue : dialogues) {
    for (std::size_t i = 0; i < dialogue.turns.size(); ++i) dialogue.turns[i] = i % 8 == 0 ? 1 : 0;
  }
  ThreadPool pool(1);
  const auto predictor =
      TurnPredictor::train(dialogues, pool, {.lambdas = {0, 1}});  // 0 is singular here.
  if (!predictor.ok()) {  // None is ever found: no confidence can be fitted, and that is said.
    EXPECT_EQ(predictor.status().code(), Code::kBadInput);
    return;
  }
  const auto predicted = predictor->predict(dialogues, pool);
  ASSERT_TRUE(predicted.ok());
  for (const auto& each : *predicted) {
    for (const float x : each) EXPECT_TRUE(std::isfinite(x));
  }
}

TEST(turn_predictor, who_stops_it_gets_none) {
  ThreadPool pool(1);
  const auto stopped =
      TurnPredictor::train(made_up_dialogues(40), pool, {.is_stopped = [] { return true; }});
  EXPECT_EQ(stopped.status().code(), Code::kCancelled);
}

TEST(turn_predictor, parts_that_do_not_fit_are_refused) {
  const PredictorParts good = trained(made_up_dialogues(30), {}).parts();
  EXPECT_TRUE(TurnPredictor::from_parts(good).ok());
  PredictorParts bad = good;
  bad.readout.weights.pop_back();
  EXPECT_EQ(TurnPredictor::from_parts(bad).status().code(), Code::kBadInput);
  bad = good;
  bad.context.n_turns = 2;
  EXPECT_EQ(TurnPredictor::from_parts(bad).status().code(), Code::kBadInput);
  bad = good;
  bad.mean[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(TurnPredictor::from_parts(bad).status().code(), Code::kBadInput);
  bad = good;
  bad.confidence.weights.clear();
  EXPECT_EQ(TurnPredictor::from_parts(bad).status().code(), Code::kBadInput);
}

}  // namespace quern::apps
