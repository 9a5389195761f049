#include "formats/tokenizer/vocab_txt.h"

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using text::TokenizerSpec;

TEST(vocab_txt, worked_example_with_carriage_returns_and_no_last_newline) {
  const TestFolder folder;
  folder.write("vocab.txt", "[UNK]\r\n[CLS]\r\n[SEP]\r\n##a\r\n\r\nb");
  const Result<TokenizerSpec> spec = read_vocab_txt(folder.path());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->vocab, ElementsAre("[UNK]", "[CLS]", "[SEP]", "##a", "", "b"));
  EXPECT_EQ(spec->unk_id, 0);
  EXPECT_THAT(spec->normalizers, ElementsAre(text::Normalizer(text::BertRules{})));
  EXPECT_THAT(spec->pre_tokenizers,
              ElementsAre(text::PreTokenizer(text::pre_tokenizers::BertPreTokenizer{})));
  EXPECT_EQ(spec->added.size(), 3u);
  ASSERT_EQ(spec->single.size(), 3u);
  EXPECT_EQ(spec->single[2].id, 2);
}

// White space as Unicode has it goes, in front and inside it stays; of two equal lines the last is
// the token. As huggingface/tokenizers 0.23 reads such a file.
TEST(vocab_txt, white_space_behind_a_token_is_no_part_of_it) {
  const TestFolder folder;
  folder.write("vocab.txt",
               "[PAD]\r\n[UNK] \n[CLS]\t\n[SEP]\u00A0\n cat\nca\u3000 \nx\x1C\n a b \n \nend ");
  const Result<TokenizerSpec> spec = read_vocab_txt(folder.path());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->vocab, ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", " cat", "ca", "x\x1C",
                                       " a b", "", "end"));
}

TEST(vocab_txt, tokenizer_config_sets_rules_and_tokens) {
  const TestFolder folder;
  folder.write("vocab.txt", "<u>\n<c>\n[SEP]\n");
  folder.write("tokenizer_config.json",
               R"({"unk_token": {"content": "<u>", "lstrip": false}, "cls_token": "<c>",
                   "do_lower_case": false, "strip_accents": true,
                   "tokenize_chinese_chars": false, "model_max_length": 1e30,
                   "added_tokens_decoder": {"3": {"content": "<x>", "special": false}}})");
  const Result<TokenizerSpec> spec = read_vocab_txt(folder.path());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->unk_id, 0);
  EXPECT_THAT(spec->normalizers,
              ElementsAre(text::Normalizer(text::BertRules{
                  .handle_chinese_chars = false, .strip_accents = true, .lowercase = false})));
  ASSERT_EQ(spec->vocab.size(), 4u);
  EXPECT_EQ(spec->vocab[3], "<x>");
  EXPECT_EQ(spec->added[0].content, "<x>");
  EXPECT_TRUE(spec->added[0].normalized);
}

TEST(vocab_txt, refuses_what_contradicts_itself) {
  const TestFolder folder;
  folder.write("vocab.txt", "");
  EXPECT_THAT(read_vocab_txt(folder.path()).status().message(), HasSubstr("0 tokens"));
  folder.write("vocab.txt", "[UNK]\n[CLS]\n");
  EXPECT_THAT(read_vocab_txt(folder.path()).status().message(),
              HasSubstr("sep_token '[SEP]' is not in it"));
  folder.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n");
  for (const char* config : {R"({"added_tokens_decoder": {"1": {"content": "[X]"}}})",
                             R"({"added_tokens_decoder": {"99": {"content": "[X]"}}})",
                             R"({"added_tokens_decoder": {"-1": {"content": "[X]"}}})",
                             R"({"added_tokens_decoder": {"3": "[X]"}})",
                             R"({"added_tokens_decoder": {"3": {"content": ""}}})",
                             R"({"unk_token": 4})", R"({"do_lower_case": "yes"})", "[]"}) {
    folder.write("tokenizer_config.json", config);
    EXPECT_EQ(read_vocab_txt(folder.path()).status().code(), Code::kBadInput) << config;
  }
  folder.write("tokenizer_config.json", R"({"do_basic_tokenize": false})");
  EXPECT_EQ(read_vocab_txt(folder.path()).status().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace quern::formats
