#include "engine/scoring/zero_shot.h"

#include <cmath>

#include <gmock/gmock.h>

namespace quern::engine {
namespace {

using testing::HasSubstr;

ZeroShot of(std::vector<std::string> labels, bool multi_label = false) {
  return {.labels = std::move(labels), .multi_label = multi_label};
}

std::size_t entailment_of(const std::vector<std::string>& labels) {
  const auto found = find_entailment(labels);
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? found->entailment : 99;
}
std::size_t contradiction_of(const std::vector<std::string>& labels) {
  const auto found = find_entailment(labels);
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? found->contradiction : 99;
}

}  // namespace

TEST(zero_shot, labels_become_hypotheses) {
  EXPECT_EQ(of({"sports", "a {} b"}).hypotheses(),
            (std::vector<std::string>{"This example is sports.", "This example is a {} b."}));
  ZeroShot german = of({"Sport"});
  german.hypothesis = "Es geht um {}";
  EXPECT_EQ(german.hypotheses(), std::vector<std::string>{"Es geht um Sport"});
}

TEST(zero_shot, what_makes_no_sense_is_refused) {
  EXPECT_TRUE(check_labels(of({"a", "b"}).labels).ok());
  EXPECT_EQ(check_labels({}).message(), "there are no labels, want at least one");
  EXPECT_EQ(check_labels(of({"a", ""}).labels).message(),
            "a label is empty, want a word or a phrase");
  EXPECT_EQ(check_labels(of({"a", "b", "a"}).labels).message(), "label 'a' is there twice");
  EXPECT_TRUE(check_hypothesis(ZeroShot().hypothesis).ok());
  for (const char* wrong : {"This is it.", "{} or {}", "{", "{label}", ""}) {
    EXPECT_EQ(check_hypothesis(wrong).code(), Code::kBadInput) << wrong;
  }
  EXPECT_EQ(check_hypothesis("It is.").message(),
            "is 'It is.', want one {} in it, where a label goes");
}

TEST(zero_shot, entailment_is_found_by_name_in_any_order_and_case) {
  EXPECT_EQ(entailment_of({"contradiction", "entailment", "neutral"}), 1u);
  EXPECT_EQ(entailment_of({"ENTAILMENT", "NEUTRAL", "CONTRADICTION"}), 0u);
  EXPECT_EQ(contradiction_of({"entailment", "neutral", "contradiction"}), 2u);
  // transformers takes label 0 for the contradiction here.
  EXPECT_EQ(contradiction_of({"neutral", "entailment", "contradiction"}), 2u);
  EXPECT_EQ(entailment_of({"not_entailment", "entailment"}), 1u);
  EXPECT_EQ(contradiction_of({"entailment", "not_entailment"}), 1u);
  EXPECT_EQ(contradiction_of({"Entails", "Contradicts"}), 1u);
}

TEST(zero_shot, of_two_labels_the_other_one_may_be_neutral_as_well) {
  const auto neutral_of = [](const std::vector<std::string>& labels) {
    return find_entailment(labels)->neutral;
  };
  EXPECT_EQ(neutral_of({"contradiction", "entailment", "Neutral"}), 2u);
  EXPECT_EQ(neutral_of({"not_entailment", "entailment"}), 0u);
  EXPECT_EQ(neutral_of({"entailment", "contradiction"}), std::nullopt);
}

TEST(zero_shot, a_model_without_named_labels_is_refused) {
  const std::vector<std::vector<std::string>> wrong = {
      {"LABEL_0", "LABEL_1", "LABEL_2"},
      {"positive", "negative"},
      {"entailment"},
      {"entailment", "neutral", "unknown"},
      {"entailment", "entailment", "contradiction"},
      {"contradiction", "neutral"}};
  for (const auto& labels : wrong) {
    const Status status = find_entailment(labels).status();
    EXPECT_EQ(status.code(), Code::kBadInput) << labels[0];
    EXPECT_THAT(status.message(), HasSubstr("its labels are '" + labels[0] + "'"));
  }
}

TEST(zero_shot, one_of_the_labels_is_right_or_each_by_itself) {
  const EntailmentLabels nli = {.entailment = 1, .contradiction = 0};
  const std::vector<std::vector<float>> logits = {{1, 2, 9}, {3, 1, -9}};
  const auto one = zero_shot_scores(of({"a", "b"}), nli, logits);
  EXPECT_NEAR(one[0], 1 / (1 + std::exp(-1.0)), 1e-7);  // 2 against 1.
  EXPECT_NEAR(one[1], 1 / (1 + std::exp(1.0)), 1e-7);
  const auto each = zero_shot_scores(of({"a", "b"}, true), nli, logits);
  EXPECT_NEAR(each[0], 1 / (1 + std::exp(-1.0)), 1e-7);  // 2 against 1.
  EXPECT_NEAR(each[1], 1 / (1 + std::exp(2.0)), 1e-7);   // 1 against 3.
}

TEST(zero_shot, a_single_label_is_judged_by_itself) {
  const EntailmentLabels nli = {.entailment = 1, .contradiction = 0};
  const std::vector<std::vector<float>> logits = {{3, 1, 0}};
  EXPECT_NEAR(zero_shot_scores(of({"a"}), nli, logits)[0], 1 / (1 + std::exp(2.0)), 1e-7);
}

}  // namespace quern::engine
