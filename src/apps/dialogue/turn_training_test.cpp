#include "apps/dialogue/turn_training.h"

#include <algorithm>
#include <set>

#include "apps/dialogue/predictor_form.h"
#include "apps/dialogue/test_dialogues.h"
#include "apps/dialogue/training_questions.h"
#include "apps/dialogue/training_rows.h"
#include "apps/dialogue/turn_spool.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

/// As `quern dialogue train` has them.
std::vector<NamedTraining> five_maps() {
  std::vector<NamedTraining> out = {{"linear, 1"},
                                    {"linear, 3"},
                                    {"prior, 1"},
                                    {"prior, 3"},
                                    {"tanh", {.context = {.reservoir = echo_state_spec(30, 1)}}}};
  out[0].training.priors = out[1].training.priors = {0};
  out[1].training.context.n_turns = out[3].training.context.n_turns = 3;
  return out;
}

void expect_same_bits(const TurnPredictor& a, const TurnPredictor& b, const std::string& name) {
  EXPECT_EQ(facts_of(a.parts()), facts_of(b.parts())) << name;
  EXPECT_EQ(numbers_of(a.parts()), numbers_of(b.parts())) << name;
}

class turn_training : public FolderTest {};

}  // namespace

TEST_F(turn_training, together_from_the_disk_and_alone_from_memory_give_the_same_bits) {
  const auto dialogues = made_up_dialogues(120);
  ThreadPool one(1), three(3);
  const auto together = train_predictors(spooled(dialogues, folder_), three, five_maps());
  ASSERT_TRUE(together.ok()) << together.status().message();
  ASSERT_EQ(together->size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    const NamedTraining wanted = five_maps()[i];
    const auto alone = TurnPredictor::train(dialogues, one, wanted.training);
    ASSERT_TRUE(alone.ok()) << alone.status().message();
    expect_same_bits((*together)[i], *alone, wanted.name);
  }
}

TEST_F(turn_training, what_it_does_is_told_and_ends_when_it_is_not_wanted) {
  const auto dialogues = made_up_dialogues(60);
  ThreadPool pool(1);
  std::vector<std::string> stages;
  double last = 0;
  ASSERT_TRUE(train_predictors(DialoguesInMemory(dialogues), pool, five_maps(),
                               [&](const std::string& stage, double share) {
                                 const bool is_new = stages.empty() || stages.back() != stage;
                                 if (is_new) stages.push_back(stage);
                                 EXPECT_GE(share, is_new ? 0 : last);
                                 EXPECT_LE(share, 1);
                                 last = share;
                               })
                  .ok());
  EXPECT_EQ(stages, (std::vector<std::string>{"read", "linear, 1", "prior, 1", "linear, 3",
                                              "prior, 3", "tanh"}));
  // Wherever it is, the next question ends it.
  for (const int n_asked : {0, 100, 290, 300, 310}) {
    auto maps = five_maps();
    int n = 0;
    maps[3].training.is_stopped = [&] { return n++ > n_asked; };
    EXPECT_EQ(train_predictors(DialoguesInMemory(dialogues), pool, maps).status().code(),
              Code::kCancelled);
  }
}

TEST_F(turn_training, reservoirs_that_differ_are_refused) {
  const auto dialogues = made_up_dialogues(60);
  ThreadPool pool(1);
  auto maps = five_maps();
  maps[0].training.context.reservoir = echo_state_spec(30, 2);
  EXPECT_EQ(train_predictors(DialoguesInMemory(dialogues), pool, maps).status().code(),
            Code::kBadInput);
}

TEST_F(turn_training, the_rows_that_are_kept_are_bounded_and_from_everywhere) {
  const auto dialogues = made_up_dialogues(20'000);
  const DialoguesInMemory source(dialogues);
  ThreadPool pool(2);
  const auto context = ContextReader::make({}, 8);
  const auto rows = training_rows(source, *context, pool, [](double) { return true; });
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  EXPECT_EQ(rows->n_dialogues, 20'000u);
  EXPECT_GT(rows->fit.n() + rows->choose.n(), 60'000);
  EXPECT_LE(rows->n_fit, 32'768u);
  EXPECT_LE(rows->learn.n() - rows->n_fit, 4096u);
  EXPECT_LE(rows->confidence.n(), 4096u);
  // Of each role some of every tenth of the dialogues.
  std::set<std::size_t> fit, choose, confidence;
  const auto tenth = [](const TurnPlace& place) { return place.i_dialogue / 2000; };
  for (std::size_t i = 0; i < rows->learn.n(); ++i) {
    (i < rows->n_fit ? fit : choose).insert(tenth(rows->learn.places[i]));
  }
  for (const TurnPlace& place : rows->confidence.places) confidence.insert(tenth(place));
  EXPECT_EQ(fit.size(), 10u);
  EXPECT_EQ(choose.size(), 10u);
  EXPECT_EQ(confidence.size(), 10u);
}

TEST_F(turn_training, confidence_is_asked_of_all_that_a_readout_has_not_seen) {
  const auto dialogues = made_up_dialogues(120);
  const DialoguesInMemory source(dialogues);
  ThreadPool pool(1);
  const auto rows =
      training_rows(source, *ContextReader::make({}, 8), pool, [](double) { return true; });
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  const auto asked = training_questions(source, *rows, 1);
  ASSERT_TRUE(asked.ok()) << asked.status().message();
  EXPECT_EQ(asked->confidence.sets.size(), 3 * rows->confidence.n());
  EXPECT_EQ(asked->choosing_confidence.sets.size(), 3 * (rows->learn.n() - rows->n_fit));
  std::set<std::size_t> sizes;
  for (std::size_t i = 0; i < asked->choosing_confidence.sets.size(); ++i) {
    const std::size_t row = asked->choosing_confidence.rows[i];
    ASSERT_GE(row, rows->n_fit);
    const ChoiceSet& set = asked->choosing_confidence.sets[i];
    EXPECT_EQ(set.i_dialogue, rows->learn.places[row].i_dialogue);
    sizes.insert(set.candidates.size());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{10, 20, 100}));
}

}  // namespace quern::apps
