#include "cli/classification.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

using engine::Scale;

engine::ModelInfo three(Scale scale = Scale::kSoftmax) {
  engine::ModelInfo model;
  model.labels = {"no", "maybe", "yes"};
  model.scale = scale;
  return model;
}

engine::Outcome with_logits(std::vector<float> logits, int n_dropped = 0) {
  return {.status = {}, .values = std::move(logits), .n_tokens = 9, .n_dropped = n_dropped};
}

engine::Outcome failed() {
  engine::Outcome outcome;
  outcome.status = Status(Code::kBadInput, "no");
  return outcome;
}

engine::TextItem text(const char* text) {
  engine::TextItem item;
  item.text = text;
  return item;
}

}  // namespace

TEST(classification, the_best_label_is_that_of_the_highest_logit) {
  const engine::ModelInfo model = three(Scale::kSigmoid);
  const Classification c = classify(text("t"), with_logits({0, 100, 200}), model);
  EXPECT_EQ(c.labels[c.best], "yes");  // Both have the sigmoid 1.
  EXPECT_EQ(c.scores, (std::vector<float>{0.5f, 1, 1}));
}

TEST(classification, json_holds_scores_by_label_logits_and_scale) {
  const engine::ModelInfo model = three();
  const auto json = nlohmann::json::parse(
      classification_json(4, classify(text("t"), with_logits({1, 3, 2}), model)));
  EXPECT_EQ(json["index"], 4);
  EXPECT_EQ(json["label"], "maybe");
  EXPECT_EQ(json["scale"], "softmax");
  EXPECT_EQ(json["logits"], (std::vector<float>{1, 3, 2}));
  EXPECT_NEAR(json["scores"]["maybe"].get<double>(), 0.6652409, 1e-6);
  EXPECT_EQ(json["n_tokens"], 9);
  EXPECT_EQ(json["truncated"], false);
  EXPECT_EQ(classification_json(0, classify(text("t"), failed(), model)),
            "{\"index\":0,\"error\":{\"code\":\"bad_input\",\"message\":\"no\"}}");
}

TEST(classification, plain_lines_stay_one_line) {
  engine::TextItem item = text("a\nb");
  item.text_pair = "c";
  const engine::ModelInfo model = three();
  EXPECT_EQ(classification_line(classify(item, with_logits({0, 0, 9}), model)),
            "yes\t0.9998\tsoftmax\ta b | c");
  EXPECT_EQ(classification_line(classify(item, failed(), model)), "error\t\t\ta b | c");
}

TEST(classification, labels_of_ones_own_are_scored_by_entailment) {
  const engine::ZeroShot asked = {.labels = {"sports", "art"}};
  const engine::EntailmentLabels nli = {.entailment = 2, .contradiction = 0};
  std::vector<engine::Outcome> outcomes = {with_logits({0, 0, 1}), with_logits({0, 0, 3}, 5)};
  const auto json = nlohmann::json::parse(
      classification_json(0, classify_zero_shot(text("t"), outcomes, asked, nli)));
  EXPECT_EQ(json["label"], "art");
  EXPECT_NEAR(json["scores"]["sports"].get<double>(), 0.1192029, 1e-6);
  EXPECT_EQ(json["scale"], "softmax");
  EXPECT_FALSE(json.contains("logits"));  // Of which label would they be?
  EXPECT_EQ(json["n_tokens"], 18);
  EXPECT_EQ(json["truncated"], true);

  outcomes[1] = failed();
  EXPECT_EQ(classification_line(classify_zero_shot(text("t"), outcomes, asked, nli)),
            "error\t\t\tt");
}

}  // namespace quern::cli
