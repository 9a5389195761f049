#include "apps/dialogue/predictor_file.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/dialogue_table.h"
#include "apps/dialogue/test_dialogues.h"
#include "apps/dialogue/write_predictor.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"
#include "base/mapped_file.h"
#include "store/writer.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

class predictor_file : public EngineTest {
 protected:
  std::string file() { return path("talks.qdp"); }

  /// Of made-up vectors, as if a model had made them.
  Status write(std::span<const DialogueVectors> dialogues) {
    auto trained = TurnPredictor::train(
        dialogues, pool_, {.context = {.n_turns = 1, .reservoir = echo_state_spec(20, 1)}});
    EXPECT_TRUE(trained.ok()) << trained.status().message();
    predictor_.emplace(std::move(*trained));
    const NamedPredictor named[] = {{kMainPredictor, &*predictor_}, {"linear", &*predictor_}};
    const store::VectorSpace space = {
        .fingerprint = std::string(64, 'a'), .model = "no-such-model", .d = 8};
    return write_predictor_file(file(), {.space = space,
                                         .predictors = named,
                                         .dialogues = DialoguesInMemory(dialogues),
                                         .made_by = "test"});
  }

  ThreadPool pool_{1};
  std::optional<TurnPredictor> predictor_;
};

}  // namespace

TEST_F(predictor_file, what_was_written_predicts_as_before) {
  const auto dialogues = made_up_dialogues(60);
  const Status written = write(dialogues);
  ASSERT_TRUE(written.ok()) << written.message();
  // Nothing is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path("")), {}), 1);
  const auto opened = PredictorFile::open(file());
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ((*opened)->space().model, "no-such-model");
  EXPECT_EQ((*opened)->names(), (std::vector<std::string>{"linear", kMainPredictor}));
  const auto predictor = (*opened)->predictor();
  ASSERT_TRUE(predictor.ok()) << predictor.status().message();
  EXPECT_EQ(*predictor->predict(dialogues, pool_), *predictor_->predict(dialogues, pool_));
  EXPECT_EQ((*opened)->predictor("other").status().code(), Code::kNotFound);
  std::size_t n = 0;
  for (const DialogueVectors& dialogue : dialogues) n += dialogue.n_turns() - 1;
  EXPECT_EQ((*opened)->n_candidates(), n);
}

TEST_F(predictor_file, the_nearest_candidates_are_those_of_the_highest_cosine) {
  const auto dialogues = made_up_dialogues(60);
  ASSERT_TRUE(write(dialogues).ok());
  const auto opened = PredictorFile::open(file());
  const auto predicted = *predictor_->predict(dialogues, pool_);
  const auto centred = predictor_->centred(dialogues);
  const auto wanted = std::span(predicted[7]).first(8);
  double best = -2;
  std::string text;
  for (const DialogueVectors& dialogue : centred) {
    for (std::size_t t = 1; t < dialogue.n_turns(); ++t) {
      const double score = static_cast<double>(dot(wanted, dialogue.turn(t)));
      if (score > best) {
        best = score;
        text = dialogue.texts[t];
      }
    }
  }
  const auto next = (*opened)->nearest(*predictor_, wanted, 3, pool_);
  ASSERT_TRUE(next.ok()) << next.status().message();
  ASSERT_EQ(next->turns.size(), 3u);
  EXPECT_EQ(next->turns[0].text, text);
  EXPECT_NEAR(next->turns[0].score, best, 1e-3);
  EXPECT_GE(next->turns[0].score, next->turns[1].score);
  EXPECT_GT(next->confidence, 0);
  EXPECT_LT(next->confidence, 1);
  EXPECT_EQ((*opened)->nearest(*predictor_, wanted, 1, pool_)->turns.size(), 1u);
}

TEST_F(predictor_file, candidates_of_the_same_text_are_one) {
  auto dialogues = made_up_dialogues(60);
  for (DialogueVectors& dialogue : dialogues) dialogue.texts[1] = "yes";
  ASSERT_TRUE(write(dialogues).ok());
  std::size_t n = 1;
  for (const DialogueVectors& dialogue : dialogues) n += dialogue.n_turns() - 2;
  EXPECT_EQ((*PredictorFile::open(file()))->n_candidates(), n);
}

TEST_F(predictor_file, what_is_there_stays) {
  const auto dialogues = made_up_dialogues(60);
  {
    std::ofstream(file()) << "mine";
  }
  EXPECT_EQ(write(dialogues).code(), Code::kUnavailable);
  EXPECT_EQ(*read_file(file(), 100), "mine");
}

TEST_F(predictor_file, files_that_are_none_or_damaged_are_refused) {
  EXPECT_EQ(PredictorFile::open(path("nothing")).status().code(), Code::kNotFound);
  ASSERT_TRUE(write(made_up_dialogues(60)).ok());
  const std::string bytes = *read_file(file(), 100'000'000);
  for (const std::size_t n : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(path("cut"), std::ios::binary) << bytes.substr(0, n);
    EXPECT_FALSE(PredictorFile::open(path("cut")).ok()) << n;
  }
  // A store, but no predictor.
  ASSERT_TRUE(store::create_store({.folder = path("store")},
                                  {.fields = {{.name = "text", .analyzer = "simple"}}}, "test")
                  .ok());
  EXPECT_THAT(PredictorFile::open(path("store")).status().message(),
              HasSubstr("no predictor of dialogues"));
}

TEST_F(predictor_file, a_byte_that_is_wrong_anywhere_is_an_error_or_changes_no_number) {
  const auto dialogues = made_up_dialogues(60);
  ASSERT_TRUE(write(dialogues).ok());
  std::string bytes = *read_file(file(), 100'000'000);
  const auto predicted = *predictor_->predict(dialogues, pool_);
  for (std::size_t i = 100; i < bytes.size(); i += bytes.size() / 150) {
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    std::ofstream(path("damaged"), std::ios::binary | std::ios::trunc) << bytes;
    const auto opened = PredictorFile::open(path("damaged"));
    if (opened.ok()) {
      const auto predictor = (*opened)->predictor();
      if (predictor.ok()) {
        EXPECT_EQ(*predictor->predict(dialogues, pool_), predicted) << i;
      }
    }
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
  }
}

TEST_F(predictor_file, a_model_that_is_not_there_or_another_one_is_said) {
  ASSERT_TRUE(write(made_up_dialogues(60)).ok());
  const auto opened = PredictorFile::open(file());
  const Status missing = (*opened)->embedder(*engine_).status();
  EXPECT_EQ(missing.code(), Code::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("no-such-model"));
  const Status other = (*opened)->embedder(*engine_, fixture_model("tiny-mean-f32")).status();
  EXPECT_EQ(other.code(), Code::kBadInput);
  EXPECT_THAT(other.message(), HasSubstr("is not the one"));
}

TEST_F(predictor_file, the_table_has_a_row_for_each_and_the_predictor_last) {
  const auto dialogues = made_up_dialogues(60), others = made_up_dialogues(40, 8, 2);
  ASSERT_TRUE(write(dialogues).ok());
  const auto opened = PredictorFile::open(file());
  const auto rows = dialogue_table(**opened, others, {.n_candidates = 10}, pool_);
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  ASSERT_EQ(rows->size(), 6u);
  EXPECT_EQ((*rows)[0].choices.name, "random");
  EXPECT_FALSE((*rows)[3].confidence);
  EXPECT_EQ((*rows)[5].choices.name, kMainPredictor);
  ASSERT_TRUE((*rows)[5].confidence);
  EXPECT_DOUBLE_EQ((*rows)[5].confidence->accuracy, (*rows)[5].choices.recall_1);
  EXPECT_GT((*rows)[5].choices.recall_1, 2 * (*rows)[0].choices.recall_1);
  EXPECT_EQ(dialogue_table(**opened, others, {.n_candidates = 1}, pool_).status().code(),
            Code::kBadInput);
  EXPECT_EQ(dialogue_table(**opened, {}, {}, pool_).status().code(), Code::kBadInput);
}

TEST(dialogue_table, a_row_of_another_program_is_read_as_ours_are_written) {
  TableRow row;
  row.choices = {.name = "GRU",
                 .n = 12,
                 .recall_1 = 0.5,
                 .recall_2 = 0.625,
                 .recall_5 = 0.75,
                 .recall_10 = 1,
                 .mrr = 0.6,
                 .margin = 0.01};
  const auto read = row_from_json(json_from_row(row));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(json_from_row(*read), json_from_row(row));
  EXPECT_EQ(row_from_json("[]").status().code(), Code::kBadInput);
  EXPECT_THAT(row_from_json(R"({"name": "x", "n": 1})").status().message(), HasSubstr("recall_1"));
  EXPECT_FALSE(row_from_json(R"({"name": "x", "n": 1, "recall_1": 7})").ok());
}

}  // namespace quern::apps
