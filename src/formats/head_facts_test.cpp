#include "formats/head_facts.h"

#include <gmock/gmock.h>

#include "formats/json_object.h"

namespace quern::formats {
namespace {

using testing::HasSubstr;

Result<HeadFacts> classifier(const std::string& more) {
  const Result<JsonObject> json = JsonObject::parse(
      R"({"architectures": ["BertForSequenceClassification"])" + more + "}", "config.json");
  EXPECT_TRUE(json.ok()) << json.status().message();
  return read_head(*json, 32);
}

Scale scale_of(const std::string& more) {
  const Result<HeadFacts> head = classifier(more);
  EXPECT_TRUE(head.ok()) << head.status().message();
  return head.ok() ? head->scale : Scale::kSoftmax;
}

// Two spellings of a cross-encoder's activation, with the module paths of old and new torch.
constexpr const char* kNew =
    R"(, "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"})";
constexpr const char* kOld =
    R"(, "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity")";

}  // namespace

TEST(head_facts, several_labels_share_a_softmax_and_one_is_a_sigmoid) {
  EXPECT_EQ(scale_of(""), Scale::kSoftmax);
  EXPECT_EQ(scale_of(R"(, "num_labels": 1)"), Scale::kSigmoid);
  EXPECT_EQ(scale_of(R"(, "id2label": {"0": "LABEL_0"})"), Scale::kSigmoid);
  EXPECT_EQ(scale_of(R"(, "sentence_transformers": {"version": "4.0.0"})"), Scale::kSoftmax);
}

TEST(head_facts, the_problem_type_decides) {
  EXPECT_EQ(scale_of(R"(, "problem_type": "multi_label_classification")"), Scale::kSigmoid);
  EXPECT_EQ(scale_of(R"(, "problem_type": "regression")"), Scale::kRaw);
  EXPECT_EQ(scale_of(R"(, "problem_type": "regression", "num_labels": 1)"), Scale::kRaw);
  EXPECT_EQ(scale_of(R"(, "problem_type": "single_label_classification")"), Scale::kSoftmax);
  EXPECT_EQ(scale_of(R"(, "problem_type": null)"), Scale::kSoftmax);
}

TEST(head_facts, a_cross_encoders_activation_goes_first) {
  const std::string one = R"(, "num_labels": 1)";
  EXPECT_EQ(scale_of(one + kNew), Scale::kRaw);
  EXPECT_EQ(scale_of(one + kOld), Scale::kRaw);
  EXPECT_EQ(scale_of(kNew), Scale::kRaw);
  EXPECT_EQ(scale_of(one + R"(, "sentence_transformers": {"activation_fn":
                      "torch.nn.modules.activation.Sigmoid"})" +
                     kOld),
            Scale::kSigmoid);
  EXPECT_EQ(scale_of(R"(, "problem_type": "multi_label_classification",
      "sbert_ce_default_activation_function": "torch.nn.modules.activation.Softmax")"),
            Scale::kSoftmax);
}

TEST(head_facts, what_no_scale_stands_for_is_refused) {
  const Status tanh = classifier(R"(, "sbert_ce_default_activation_function":
                                      "torch.nn.modules.activation.Tanh")")
                          .status();
  EXPECT_EQ(tanh.code(), Code::kUnsupported);
  EXPECT_THAT(tanh.message(), HasSubstr("want Identity, Sigmoid or Softmax"));
  const Status always_one = classifier(R"(, "num_labels": 1, "sentence_transformers":
      {"activation_fn": "torch.nn.modules.activation.Softmax"})")
                                .status();
  EXPECT_EQ(always_one.code(), Code::kUnsupported);
  EXPECT_THAT(always_one.message(), HasSubstr("softmax over a single label, which is always 1"));
  EXPECT_EQ(classifier(R"(, "sentence_transformers": 3)").status().code(), Code::kBadInput);
  EXPECT_EQ(classifier(R"(, "problem_type": 3)").status().code(), Code::kBadInput);
}

}  // namespace quern::formats
