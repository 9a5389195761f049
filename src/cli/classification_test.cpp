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

engine::Outcome with_logits(std::vector<float> logits) {
  return {.status = {}, .values = std::move(logits), .n_tokens = 9, .n_dropped = 0};
}

}  // namespace

TEST(classification, several_logits_share_a_softmax) {
  const float logits[] = {0, 0.6931472f, 1.3862944f};  // ln 1, ln 2, ln 4
  const Classification c = classify_logits(logits, three());
  EXPECT_EQ(c.label, "yes");
  EXPECT_NEAR(c.scores[0], 1.0 / 7, 1e-6);
  EXPECT_NEAR(c.scores[2], 4.0 / 7, 1e-6);
}

TEST(classification, huge_logits_stay_finite) {
  const float logits[] = {-1e30f, 1e30f, 0};
  const Classification c = classify_logits(logits, three());
  EXPECT_EQ(c.scores, (std::vector<float>{0, 1, 0}));
}

TEST(classification, a_sigmoid_takes_each_logit_by_itself) {
  const float logits[] = {0, 100, -100};
  const Classification c = classify_logits(logits, three(Scale::kSigmoid));
  EXPECT_EQ(c.label, "maybe");
  EXPECT_EQ(c.scores[0], 0.5f);
  EXPECT_EQ(c.scores[1], 1.0f);
  EXPECT_NEAR(c.scores[2], 0, 1e-30);
}

TEST(classification, raw_scores_are_the_logits) {
  engine::ModelInfo model;
  model.labels = {"relevant"};
  model.scale = Scale::kRaw;
  const float logits[] = {21.16f};
  EXPECT_EQ(classify_logits(logits, model).scores, std::vector<float>{21.16f});
}

TEST(classification, json_holds_scores_by_label_logits_and_scale) {
  const auto json = nlohmann::json::parse(classification_json(4, with_logits({1, 3, 2}), three()));
  EXPECT_EQ(json["index"], 4);
  EXPECT_EQ(json["label"], "maybe");
  EXPECT_EQ(json["scale"], "softmax");
  EXPECT_EQ(json["logits"], (std::vector<float>{1, 3, 2}));
  EXPECT_NEAR(json["scores"]["maybe"].get<double>(), 0.6652409, 1e-6);
  EXPECT_EQ(json["truncated"], false);

  engine::Outcome failed;
  failed.status = Status(Code::kBadInput, "no");
  EXPECT_EQ(classification_json(0, failed, three()),
            "{\"index\":0,\"error\":{\"code\":\"bad_input\",\"message\":\"no\"}}");
}

TEST(classification, plain_lines_stay_one_line) {
  engine::TextItem item;
  item.text = "a\nb";
  item.text_pair = "c";
  EXPECT_EQ(classification_line(item, with_logits({0, 0, 9}), three()),
            "yes\t0.9998\tsoftmax\ta b | c");
}

}  // namespace quern::cli
