// What the configs beside tokenizer.json change, as transformers 5.24 and sentence-transformers 6.2
// were seen to do.

#include "formats/tokenizer/tokenizer_config.h"

#include <gmock/gmock.h>

#include "formats/model_folder.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::HasSubstr;
using text::BertRules;
using text::TokenizerSpec;
using text::TruncationSide;

BertRules rules_of(const TokenizerSpec& spec) {
  EXPECT_EQ(spec.normalizers.size(), 1u);
  return std::get<BertRules>(spec.normalizers.at(0));
}

TokenizerSpec spec_with(const BertRules& rules) {
  TokenizerSpec spec;
  spec.normalizers = {rules};
  return spec;
}

/// The rules that come of `rules` in tokenizer.json beside these files.
Result<BertRules> applied(const BertRules& rules, const std::string& config,
                          const std::string& model = R"({"model_type": "bert"})") {
  const TestFolder folder;
  if (!config.empty()) folder.write("tokenizer_config.json", config);
  if (!model.empty()) folder.write("config.json", model);
  TokenizerSpec spec = spec_with(rules);
  QUERN_TRY(apply_tokenizer_config(folder.path(), spec));
  return rules_of(spec);
}

constexpr BertRules kLower = {.lowercase = true};
constexpr BertRules kCased = {.lowercase = false};

TEST(tokenizer_config, its_do_lower_case_wins_over_tokenizer_json) {
  EXPECT_FALSE(applied(kLower, R"({"do_lower_case": false})")->lowercase);
  EXPECT_TRUE(applied(kCased, R"({"do_lower_case": true})")->lowercase);
  for (const char* name : {"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer",
                           "ElectraTokenizer", "MPNetTokenizer"}) {
    const std::string config =
        std::string(R"({"do_lower_case": false, "tokenizer_class": ")") + name + "\"}";
    EXPECT_FALSE(applied(kLower, config, "")->lowercase) << name;
  }
}

TEST(tokenizer_config, what_it_does_not_say_is_the_default_of_the_class) {
  EXPECT_TRUE(applied(kCased, "{}")->lowercase);
  EXPECT_TRUE(applied(kCased, "")->lowercase);
  const BertRules odd = {.clean_text = false,
                         .handle_chinese_chars = false,
                         .strip_accents = false,
                         .lowercase = true};
  EXPECT_FALSE(applied(odd, "{}")->strip_accents.has_value());
  EXPECT_TRUE(applied(odd, "{}")->handle_chinese_chars);
  EXPECT_FALSE(applied(odd, "{}")->clean_text);
  EXPECT_EQ(applied(kLower, R"({"strip_accents": false})")->strip_accents, false);
  EXPECT_FALSE(applied(kLower, R"({"tokenize_chinese_chars": false})")->handle_chinese_chars);
  EXPECT_FALSE(applied(kLower, R"({"strip_accents": null})")->strip_accents.has_value());
}

TEST(tokenizer_config, other_classes_take_tokenizer_json_as_it_is) {
  for (const char* name : {"PreTrainedTokenizerFast", "TokenizersBackend", "ConvBertTokenizer"}) {
    const std::string config =
        std::string(R"({"do_lower_case": false, "tokenizer_class": ")") + name + "\"}";
    EXPECT_TRUE(applied(kLower, config)->lowercase) << name;
  }
  EXPECT_FALSE(applied(kCased, "", R"({"model_type": "modernbert"})")->lowercase);
  EXPECT_FALSE(applied(kCased, "", "")->lowercase);
}

TEST(tokenizer_config, values_of_the_wrong_type_are_refused) {
  for (const char* config :
       {R"({"do_lower_case": "no"})", R"({"tokenizer_class": 3})", R"({"strip_accents": 1})"}) {
    EXPECT_EQ(applied(kLower, config).status().code(), Code::kBadInput) << config;
  }
}

TEST(tokenizer_config, a_contradiction_is_a_warning) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(applied(kLower, R"({"do_lower_case": true})").ok());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  ASSERT_TRUE(applied(kLower, R"({"do_lower_case": false})").ok());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("lowercase true"));
}

TEST(tokenizer_config, the_folder_of_a_model_gets_its_rules) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  EXPECT_TRUE(rules_of(*read_tokenizer(path)).lowercase);
  replace_in(path + "/tokenizer_config.json", R"("do_lower_case": true)",
             R"("do_lower_case": false, "truncation_side": "left")");
  const Result<TokenizerSpec> spec = read_tokenizer(path);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_FALSE(rules_of(*spec).lowercase);
  EXPECT_EQ(spec->truncation_side, TruncationSide::kLeft);
  replace_in(path + "/tokenizer_config.json", R"("left")", R"("up")");
  EXPECT_THAT(read_tokenizer(path).status().message(), HasSubstr("'right' or 'left'"));
}

TEST(tokenizer_config, sentence_transformers_lowers_in_front) {
  const TestFolder folder;
  folder.write("sentence_bert_config.json", R"({"do_lower_case": true})");
  TokenizerSpec spec = spec_with(kCased);
  ASSERT_TRUE(apply_sentence_config(folder.path(), spec).ok());
  EXPECT_TRUE(rules_of(spec).lowercase);
  EXPECT_EQ(rules_of(spec).strip_accents, false);
  spec = spec_with(kLower);
  ASSERT_TRUE(apply_sentence_config(folder.path(), spec).ok());
  EXPECT_FALSE(rules_of(spec).strip_accents.has_value());
  spec.model = TokenizerSpec::Model::kUnigram;
  spec.normalizers = {text::normalizers::UnicodeForm::kNfc};
  for (int i = 0; i < 2; ++i) {  // Once is enough.
    ASSERT_TRUE(apply_sentence_config(folder.path(), spec).ok());
    EXPECT_THAT(spec.normalizers,
                testing::ElementsAre(text::Normalizer(text::normalizers::Lowercase{}),
                                     text::Normalizer(text::normalizers::UnicodeForm::kNfc)));
  }
}

// sentence-transformers hands its max_seq_length to the tokenizer, whose own limit then is gone.
TEST(tokenizer_config, the_sentence_limit_replaces_the_tokenizers) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  replace_in(path + "/tokenizer_config.json", "\"model_max_length\": 64",
             "\"model_max_length\": 16");
  EXPECT_EQ(read_model_folder(path)->max_tokens, 48);
  replace_in(path + "/sentence_bert_config.json", "48", "null");
  EXPECT_EQ(read_model_folder(path)->max_tokens, 16);
}

}  // namespace
}  // namespace quern::formats
