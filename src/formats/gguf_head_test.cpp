#include "formats/gguf_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

GgufMetadata metadata_of(std::int64_t pooling_type) {
  GgufMetadata::Map values;
  values["general.architecture"] = std::string_view("bert");
  values["bert.pooling_type"] = pooling_type;
  return GgufMetadata(std::move(values));
}

GgufTensors tensors_of(
    std::initializer_list<std::pair<const char*, std::vector<std::int64_t>>> all) {
  GgufTensors out;
  for (const auto& [name, shape] : all) out[name] = {.shape = shape, .bytes = {}};
  return out;
}

}  // namespace

TEST(gguf_head, pooling_is_what_the_file_says_and_never_guessed) {
  const auto poolings = [](int type) { return gguf_head(metadata_of(type), {}, 8)->poolings; };
  EXPECT_THAT(poolings(1), ElementsAre(Pooling::kMean));
  EXPECT_THAT(poolings(2), ElementsAre(Pooling::kCls));
  EXPECT_THAT(poolings(3), ElementsAre(Pooling::kLast));
  EXPECT_THAT(poolings(0), ElementsAre());
  EXPECT_THAT(poolings(-1), ElementsAre());
  EXPECT_EQ(gguf_head(metadata_of(5), {}, 8).status().code(), Code::kBadInput);
  EXPECT_TRUE(gguf_head(metadata_of(1), {}, 8)->is_normalized());
}

TEST(gguf_head, a_bert_classifier_without_its_pooler_is_refused) {
  const GgufTensors out_alone = tensors_of({{"cls.output.weight", {3, 8}}});
  const Status no_dense = gguf_head(metadata_of(4), out_alone, 8).status();
  EXPECT_EQ(no_dense.code(), Code::kUnsupported);
  EXPECT_THAT(no_dense.message(), HasSubstr("the file lacks 'cls.weight'"));
  const GgufTensors dense_alone = tensors_of({{"cls.weight", {2, 8}}});
  EXPECT_THAT(gguf_head(metadata_of(4), dense_alone, 8).status().message(),
              HasSubstr("the file lacks 'cls.output.weight'"));
  const GgufTensors both = tensors_of({{"cls.weight", {8, 8}}, {"cls.output.weight", {8}}});
  const Result<HeadFacts> head = gguf_head(metadata_of(4), both, 8);
  ASSERT_TRUE(head.ok()) << head.status().message();
  EXPECT_EQ(head->n_values, 1);  // A matrix of one row is written as a vector.
  EXPECT_EQ(head->scale, Scale::kSigmoid);
  EXPECT_THAT(head->labels, ElementsAre("LABEL_0"));
}

TEST(gguf_head, dense_modules_are_chained_by_their_widths) {
  const auto head = [](std::vector<std::int64_t> second) {
    return gguf_head(metadata_of(1),
                     tensors_of({{"dense_2.weight", {24, 8}}, {"dense_3.weight", second}}), 8);
  };
  const Result<HeadFacts> good = head({6, 24});
  ASSERT_TRUE(good.ok()) << good.status().message();
  EXPECT_EQ(good->n_values, 6);
  EXPECT_EQ(good->modules.size(), 3u);
  EXPECT_THAT(head({6, 23}).status().message(),
              HasSubstr("tensor 'dense_3.weight' is no matrix over 24 inputs"));
}

}  // namespace quern::formats
