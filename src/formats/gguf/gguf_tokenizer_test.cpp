#include "formats/gguf/gguf_tokenizer.h"

#include <cmath>

#include <gmock/gmock.h>

#include "formats/gguf/test_gguf.h"
#include "formats/model_folder.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using text::AddedToken;
using text::TokenizerSpec;

Result<TokenizerSpec> read(const TestGguf& file) {
  const std::string bytes = file.bytes();
  const Result<GgufContents> contents = parse_gguf_text(bytes);
  EXPECT_TRUE(contents.ok()) << contents.status().message();
  return tokenizer_from_gguf(contents->metadata);
}

std::vector<std::string> added_texts(const TokenizerSpec& spec) {
  std::vector<std::string> out;
  for (const AddedToken& token : spec.added) out.push_back(token.content);
  return out;
}

TestGguf bert() {
  TestGguf file;
  file.string("tokenizer.ggml.model", "bert");
  file.strings("tokenizer.ggml.tokens",
               {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2581dog", "s", "\u2581[", "\u2581\u2581"});
  file.u32("tokenizer.ggml.unknown_token_id", 1).u32("tokenizer.ggml.cls_token_id", 2);
  return file.u32("tokenizer.ggml.seperator_token_id", 3).u32("tokenizer.ggml.padding_token_id", 0);
}

TestGguf bpe(const std::string& pre, const std::string& model = "gpt2") {
  TestGguf file;
  file.string("tokenizer.ggml.model", model).string("tokenizer.ggml.pre", pre);
  file.strings("tokenizer.ggml.tokens", {"<|end|>", "a", "b", "ab", "<tool>"});
  file.strings("tokenizer.ggml.merges", {"a b", "ab \u0120"});
  file.array<std::int32_t>("tokenizer.ggml.token_type", 5, {3, 1, 1, 1, 4});
  return file.u32("tokenizer.ggml.bos_token_id", 0).u32("tokenizer.ggml.eos_token_id", 0);
}

TestGguf spm() {
  TestGguf file;
  file.string("tokenizer.ggml.model", "llama");
  file.strings("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "<0x0A>", "\u2581a"});
  file.array<float>("tokenizer.ggml.scores", 6, {0, 0, 0, 0, -1});
  file.array<std::int32_t>("tokenizer.ggml.token_type", 5, {2, 3, 3, 6, 1});
  return file.u32("tokenizer.ggml.bos_token_id", 1).u32("tokenizer.ggml.eos_token_id", 2);
}

TEST(gguf_tokenizer, word_pieces_get_their_marks_back) {
  const Result<TokenizerSpec> spec = read(bert());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->model, TokenizerSpec::Model::kWordPiece);
  EXPECT_THAT(spec->vocab,
              ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", "dog", "##s", "[", "\u2581"));
  EXPECT_EQ(spec->unk_id, 1);
  EXPECT_THAT(spec->normalizers, ElementsAre(text::Normalizer(text::BertRules{})));
  EXPECT_THAT(added_texts(*spec), ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
  ASSERT_EQ(spec->single.size(), 3u);
  EXPECT_EQ(spec->single[0].id, 2);
  EXPECT_EQ(spec->single[2].id, 3);
  EXPECT_EQ(spec->pair.size(), 5u);
}

// As llama.cpp's converter writes CamemBERT: another mark before SentencePiece's own.
TEST(gguf_tokenizer, sentence_pieces_in_the_name_of_words_are_refused) {
  TestGguf file;
  file.string("tokenizer.ggml.model", "bert");
  file.strings("tokenizer.ggml.tokens",
               {"<s>", "<pad>", "</s>", "<unk>", "\u2581\u2581le", "\u2581s", "\u2581\u2581chat"});
  file.u32("tokenizer.ggml.unknown_token_id", 3).u32("tokenizer.ggml.cls_token_id", 0);
  file.u32("tokenizer.ggml.seperator_token_id", 2);
  EXPECT_THAT(read(file).status().message(),
              HasSubstr("'tokenizer.ggml.tokens': 2 of 7 pieces are SentencePiece's"));
}

TEST(gguf_tokenizer, no_tokens_are_told_of_as_such) {
  TestGguf file;
  file.string("tokenizer.ggml.model", "bert").strings("tokenizer.ggml.tokens", {});
  EXPECT_THAT(read(file).status().message(), HasSubstr("want 1 to "));
}

TEST(gguf_tokenizer, byte_level_bpe) {
  const Result<TokenizerSpec> spec = read(bpe("qwen2"));
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->model, TokenizerSpec::Model::kBpe);
  EXPECT_THAT(spec->normalizers,
              ElementsAre(text::Normalizer(text::normalizers::UnicodeForm::kNfc)));
  EXPECT_EQ(spec->pre_tokenizers.size(), 2u);
  EXPECT_THAT(spec->merges, ElementsAre(Pair("a", "b"), Pair("ab", "\u0120")));
  EXPECT_THAT(added_texts(*spec), ElementsAre("<|end|>", "<tool>"));
  EXPECT_TRUE(spec->added[0].special);
  EXPECT_FALSE(spec->added[1].special);
  EXPECT_EQ(spec->single.size(), 1u);
  EXPECT_TRUE(spec->pair.empty());

  const Result<TokenizerSpec> llama = read(bpe("llama-bpe"));
  ASSERT_TRUE(llama.ok()) << llama.status().message();
  EXPECT_TRUE(llama->bpe.ignore_merges);
  EXPECT_EQ(llama->single.size(), 2u);
  const text::PreTokenizer bytes = text::pre_tokenizers::ByteLevel{.add_prefix_space = false};
  EXPECT_THAT(read(bpe("smollm"))->pre_tokenizers,
              ElementsAre(text::PreTokenizer(text::pre_tokenizers::Digits{true}), bytes));
  EXPECT_THAT(read(bpe("gpt-2"))->pre_tokenizers, ElementsAre(bytes));
  EXPECT_EQ(read(bpe("tekken"))->pre_tokenizers.size(), 2u);
  EXPECT_EQ(read(bpe("deepseek-llm"))->pre_tokenizers.size(), 7u);
}

TEST(gguf_tokenizer, sentence_piece_bpe) {
  const Result<TokenizerSpec> spec = read(spm());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->model, TokenizerSpec::Model::kBpe);
  EXPECT_THAT(spec->scores, ElementsAre(0, 0, 0, 0, -1));
  const text::Normalizer prefix = text::normalizers::Prepend{text::kSpaceMark};
  const text::Normalizer marks = text::Replace{text::string_pattern(" "), text::kSpaceMark};
  EXPECT_THAT(spec->normalizers, ElementsAre(prefix, marks));
  EXPECT_TRUE(spec->bpe.byte_fallback);
  EXPECT_THAT(added_texts(*spec), ElementsAre("<unk>", "<s>", "</s>"));
  ASSERT_EQ(spec->single.size(), 2u);
  EXPECT_EQ(spec->single[0].id, 1);

  TestGguf gemma = spm();
  gemma.boolean("tokenizer.ggml.add_space_prefix", false);
  gemma.boolean("tokenizer.ggml.add_bos_token", false)
      .boolean("tokenizer.ggml.add_eos_token", true);
  const Result<TokenizerSpec> never = read(gemma);
  ASSERT_TRUE(never.ok()) << never.status().message();
  EXPECT_THAT(never->normalizers, ElementsAre(marks));
  ASSERT_EQ(never->single.size(), 2u);
  EXPECT_EQ(never->single[1].id, 2);
}

// Pieces in plain UTF-8, spaces marked, with merges: as Gemma's tokenizer.json says it.
TEST(gguf_tokenizer, merges_over_marked_spaces) {
  const text::Normalizer marks = text::Replace{text::string_pattern(" "), text::kSpaceMark};
  TestGguf gemma4 = bpe("gpt-2", "gemma4");
  gemma4.u32("tokenizer.ggml.unknown_token_id", 4);
  gemma4.boolean("tokenizer.ggml.add_bos_token", false);
  testing::internal::CaptureStderr();
  const Result<TokenizerSpec> spec = read(gemma4);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->normalizers, ElementsAre(marks));
  EXPECT_TRUE(spec->pre_tokenizers.empty());
  EXPECT_TRUE(spec->bpe.byte_fallback);
  EXPECT_TRUE(spec->bpe.fuse_unk);
  EXPECT_EQ(spec->unk_id, 4);
  EXPECT_EQ(spec->merges.size(), 2u);
  EXPECT_EQ(spec->single.size(), 2u);  // Its models never go without the first token.
  EXPECT_THAT(log, HasSubstr("'tokenizer.ggml.add_bos_token' is false"));

  const Result<TokenizerSpec> sarvam = read(bpe("sarvam-moe"));
  ASSERT_TRUE(sarvam.ok()) << sarvam.status().message();
  EXPECT_THAT(sarvam->normalizers, ElementsAre(marks));
  EXPECT_EQ(sarvam->single.size(), 1u);
  EXPECT_EQ(read(bpe("granite-embed-multi-311m"))->single.size(), 2u);
}

// jina-embeddings-v2-base-zh: its tokenizer.json says Whitespace, whatever the file's 'pre'.
TEST(gguf_tokenizer, merges_within_words) {
  TestGguf jina = bpe("gpt-2", "whitespace");
  jina.u32("tokenizer.ggml.unknown_token_id", 4);
  const Result<TokenizerSpec> spec = read(jina);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->pre_tokenizers,
              ElementsAre(text::PreTokenizer(text::pre_tokenizers::Whitespace{})));
  EXPECT_TRUE(spec->normalizers.empty());
  EXPECT_FALSE(spec->bpe.byte_fallback);
  EXPECT_EQ(spec->unk_id, 4);
  jina.boolean("tokenizer.ggml.normalizer.lowercase", true);
  EXPECT_THAT(read(jina)->normalizers,
              ElementsAre(text::Normalizer(text::normalizers::Lowercase{})));
}

TEST(gguf_tokenizer, phi3_tokens_swallow_the_space_behind_them) {
  TestGguf file = spm();
  file.string("general.name", "Phi-3 mini");
  const Result<TokenizerSpec> spec = read(file);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_FALSE(spec->added[0].rstrip);
  EXPECT_FALSE(spec->added[1].rstrip);
  EXPECT_TRUE(spec->added[2].rstrip);
}

TEST(gguf_tokenizer, what_contradicts_itself_is_named) {
  const auto message = [](const TestGguf& file) { return read(file).status().message(); };
  EXPECT_THAT(message(TestGguf()), HasSubstr("no 'tokenizer.ggml.model', want a string"));
  EXPECT_THAT(
      message(
          TestGguf().string("tokenizer.ggml.model", "x").strings("tokenizer.ggml.tokens", {"a"})),
      HasSubstr("'tokenizer.ggml.model' is 'x', want bert, gemma4, gpt2, llama, t5 or "
                "whitespace"));
  EXPECT_THAT(message(TestGguf().string("tokenizer.ggml.model", "llama")),
              HasSubstr("no 'tokenizer.ggml.tokens'"));
  EXPECT_THAT(message(bpe("mystery")),
              HasSubstr("'tokenizer.ggml.pre': 'mystery', want one of: default"));
  EXPECT_THAT(message(bpe("gpt-2").u32("tokenizer.ggml.eot_token_id", 0).boolean("x", true)), "");
  for (const char* merge : {"ab", "a ", " b", ""}) {
    TestGguf file;
    file.string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "gpt-2");
    file.strings("tokenizer.ggml.tokens", {"a"}).strings("tokenizer.ggml.merges", {merge});
    EXPECT_THAT(message(file), HasSubstr("want two parts")) << merge;
  }
  TestGguf types;
  types.string("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", {"a", "b"});
  types.array<std::int32_t>("tokenizer.ggml.token_type", 5, {1});
  EXPECT_THAT(message(types),
              HasSubstr("'tokenizer.ggml.token_type' is an array of 1 i32, want 2"));
  TestGguf scores;
  scores.string("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", {"a", "b"});
  scores.array<float>("tokenizer.ggml.scores", 6, {0, std::nanf("")});
  EXPECT_THAT(message(scores), HasSubstr("want numbers that are not NaN"));
}

// As llama.cpp takes them. Source: its llama-vocab.cpp.
TEST(gguf_tokenizer, what_is_missing_or_out_of_range_has_its_custom_value) {
  TestGguf file;
  file.string("tokenizer.ggml.model", "llama");
  file.strings("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>"});
  file.u32("tokenizer.ggml.eos_token_id", 99).boolean("tokenizer.ggml.add_eos_token", true);
  testing::internal::CaptureStderr();
  const Result<TokenizerSpec> spec = read(file);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->scores, ElementsAre(0, 0, 0));
  EXPECT_EQ(spec->unk_id, 0);
  ASSERT_EQ(spec->single.size(), 3u);
  EXPECT_EQ(spec->single[0].id, 1);
  EXPECT_EQ(spec->single[2].id, 2);
  EXPECT_THAT(log, HasSubstr("no 'tokenizer.ggml.scores': all scores are taken for 0"));
  EXPECT_THAT(log, HasSubstr("'tokenizer.ggml.eos_token_id' is 99 among 3 tokens: 2 is taken"));

  testing::internal::CaptureStderr();
  EXPECT_TRUE(read(bert().u32("tokenizer.ggml.mask_token_id", 8)).ok());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("none is taken"));
  EXPECT_EQ(read(bpe("")).ok(), true);
}

TEST(gguf_tokenizer, unigram) {
  TestGguf file;
  file.string("tokenizer.ggml.model", "t5");
  file.strings("tokenizer.ggml.tokens", {"<s>", "<pad>", "</s>", "<unk>", "\u2581a", "b", "x"});
  file.array<float>("tokenizer.ggml.scores", 6, {0, 0, 0, 0, -3, -4, -10000});
  file.array<std::int32_t>("tokenizer.ggml.token_type", 5, {3, 3, 3, 2, 1, 4, 5});
  file.u32("tokenizer.ggml.bos_token_id", 0).u32("tokenizer.ggml.eos_token_id", 2);
  file.u32("tokenizer.ggml.unknown_token_id", 3).u32("tokenizer.ggml.seperator_token_id", 2);
  file.boolean("tokenizer.ggml.add_bos_token", true);
  file.boolean("tokenizer.ggml.add_sep_token", true);
  file.boolean("tokenizer.ggml.add_space_prefix", true);
  const Result<TokenizerSpec> spec = read(file);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->model, TokenizerSpec::Model::kUnigram);
  EXPECT_THAT(spec->scores, ElementsAre(0, 0, 0, 0, -3, 0, -10000));
  EXPECT_EQ(spec->unigram.unk_score, -13);
  EXPECT_EQ(spec->normalizers.size(), 2u);
  EXPECT_EQ(spec->pre_tokenizers.size(), 1u);
  EXPECT_EQ(spec->single.size(), 3u);
  EXPECT_EQ(spec->pair.size(), 6u);
}

TEST(gguf_tokenizer, read_tokenizer_takes_a_file_or_its_folder) {
  const TestFolder folder;
  const std::string path = folder.write("vocab.gguf", spm().bytes());
  for (const std::string& where : {path, folder.path()}) {
    const Result<TokenizerSpec> spec = read_tokenizer(where);
    ASSERT_TRUE(spec.ok()) << spec.status().message();
    EXPECT_EQ(spec->vocab.size(), 5u);
  }
}

}  // namespace
}  // namespace quern::formats
