// The general path against the fast ones on random texts, and what no golden shows: hostile
// vocabularies, texts and patterns. Goldens: tests/pipeline_golden_test.cpp.

#include "text/pipeline/pipeline_tokenizer.h"

#include <chrono>
#include <random>

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "text/bpe/byte_pieces.h"
#include "text/golden_lines.h"
#include "text/test_pipelines.h"

namespace quern::text {
namespace {

using Ids = std::vector<TokenId>;
using Made = Result<std::unique_ptr<Tokenizer>>;

Ids encoded(const Made& tokenizer, std::string_view text, Specials specials = Specials::kAsToken) {
  Ids ids;
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  if (tokenizer.ok()) (*tokenizer)->encode(text, specials, ids);
  return ids;
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> parts = {
      "the",    " ",      "  ",  "\n",     "\r\n",       "\t",     "hello",  "Hello",
      "1",      "234",    "!",   "...",    "'s",         "'LL",    "\u00E9", "e\u0301",
      "\u6F22", "\u00A0", "<x>", "\u2581", "\u0663",     "\u00BD", "\u17B4", "\u0301",
      "\u0323", "\xFF",   "_",   "\u017F", "\U0001F642", "\uFB01", "\uAC00", "\u1100\u1161",
      "a",      "b",      "ab"};
  std::string text;
  for (std::uint32_t n = random() % 24; n > 0; --n) text += parts[random() % parts.size()];
  return text;
}

void expect_same_ids(const TokenizerSpec& spec) {
  const Made fast = make_tokenizer(spec);
  const Made general = make_pipeline_tokenizer(spec);
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    const std::string text = random_text(random);
    for (const Specials specials : {Specials::kAsToken, Specials::kAsText}) {
      ASSERT_EQ(encoded(general, text, specials), encoded(fast, text, specials)) << text;
    }
  }
}

TokenizerSpec golden_spec(const std::string& name) {
  TokenizerSpec spec;
  spec.vocab = golden_lines(name + "_vocab.txt");
  for (const std::string& line : golden_lines(name + "_merges.txt")) {
    const std::size_t space = line.find(' ');
    spec.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  const auto n = static_cast<TokenId>(spec.vocab.size());
  spec.added = {{.id = n, .content = "<x>", .special = true, .rstrip = true},
                {.id = n + 1, .content = "Hello", .normalized = true, .single_word = true}};
  return spec;
}

TEST(pipeline_tokenizer, has_the_ids_of_every_known_pipeline) {
  for (const bool on : {false, true}) {
    TokenizerSpec bert = golden_spec("word_piece");
    bert.unk_id = 1;
    set_pipeline(bert, BertRules{on, on, {}, on});
    ASSERT_TRUE(bert_rules_of(bert));
    expect_same_ids(bert);
  }
  for (const BpeWords words :
       {BpeWords::kGpt2, BpeWords::kLlama3, BpeWords::kQwen2, BpeWords::kSmolLm}) {
    TokenizerSpec bytes = golden_spec("byte_bpe");
    set_pipeline(bytes, ByteLevelRules{.words = words,
                                       .nfc = words == BpeWords::kQwen2,
                                       .whole_words = words == BpeWords::kLlama3,
                                       .add_prefix_space = words == BpeWords::kGpt2});
    ASSERT_EQ(byte_level_rules_of(bytes)->words, words);
    expect_same_ids(bytes);
  }
  for (const SpacePrefix prefix :
       {SpacePrefix::kNever, SpacePrefix::kTextStart, SpacePrefix::kEveryPart}) {
    TokenizerSpec spm = golden_spec("spm");
    spm.unk_id = 0;
    set_pipeline(spm, SentencePieceRules{prefix});
    ASSERT_EQ(sentence_piece_rules_of(spm)->space_prefix, prefix);
    expect_same_ids(spm);
  }
}

TEST(known_pipelines, what_differs_in_one_fact_is_not_known) {
  TokenizerSpec bytes = golden_spec("byte_bpe");
  set_pipeline(bytes, ByteLevelRules{.words = BpeWords::kLlama3});
  TokenizerSpec other = bytes;
  std::get<pre_tokenizers::Split>(other.pre_tokenizers[0]).behavior =
      pre_tokenizers::Behavior::kRemoved;
  EXPECT_FALSE(byte_level_rules_of(other));
  other = bytes;
  std::get<pre_tokenizers::ByteLevel>(other.pre_tokenizers[1]).add_prefix_space = true;
  EXPECT_FALSE(byte_level_rules_of(other));
  other = bytes;
  other.bpe.end_suffix = "</w>";
  EXPECT_FALSE(byte_level_rules_of(other));
  other = bytes;
  other.normalizers = {normalizers::Lowercase{}};
  EXPECT_FALSE(byte_level_rules_of(other));
  TokenizerSpec spm = golden_spec("spm");
  set_pipeline(spm, SentencePieceRules{});
  spm.vocab[20].clear();  // The byte pieces follow the unknown token: one is gone.
  EXPECT_FALSE(sentence_piece_rules_of(spm));
}

TokenizerSpec unigram_spec() {
  TokenizerSpec spec;
  spec.model = TokenizerSpec::Model::kUnigram;
  spec.vocab = {"<unk>", "a", "b", "ab", "abc", "aaaa"};
  spec.scores = {0, -1, -1, -2, -2.5, -3};
  spec.unk_id = 0;
  return spec;
}

TEST(unigram, the_best_sum_wins_and_of_equals_the_piece_that_begins_earlier) {
  const Made tokenizer = make_pipeline_tokenizer(unigram_spec());
  EXPECT_EQ(encoded(tokenizer, "ab"), (Ids{3}));
  EXPECT_EQ(encoded(tokenizer, "abcab"), (Ids{4, 3}));
  EXPECT_EQ(encoded(tokenizer, "aaaaa"), (Ids{1, 5}));
  EXPECT_EQ(encoded(tokenizer, "axyb\u00E9"), (Ids{1, 0, 2, 0}));
}

// U+11070 came with Unicode 14, and is no mark to the reference: it keeps its place, and a mark
// behind it does not reach the letter before.
TEST(normal_forms, what_is_too_new_is_like_a_letter) {
  TokenizerSpec spec = unigram_spec();
  spec.vocab = {"<unk>", "e", "\u00E9", "\u0301", "\U00011070", "\u031B", "\uC854", "\u11A7"};
  spec.scores = {0, -1, -1, -1, -1, -1, -1, -1};
  spec.normalizers = {normalizers::UnicodeForm::kNfc};
  const Made tokenizer = make_pipeline_tokenizer(spec);
  EXPECT_EQ(encoded(tokenizer, "e\u0301"), (Ids{2}));
  EXPECT_EQ(encoded(tokenizer, "e\U00011070\u0301"), (Ids{1, 4, 3}));
  EXPECT_EQ(encoded(tokenizer, "\u031B\U00011070"), (Ids{5, 4}));
  EXPECT_EQ(encoded(tokenizer, "\u110C\u1168\u11A7"), (Ids{6, 7}));  // Not new, but alone.
}

// Three times "a" is "aaa" but for rounding.
TEST(unigram, rounding_to_f32_decides_between_equals) {
  TokenizerSpec spec = unigram_spec();
  spec.vocab = {"<unk>", "a", "aaa"};
  spec.scores = {0, -4.9f, -14.700000762939453};
  EXPECT_EQ(encoded(make_pipeline_tokenizer(spec), "aaa"), (Ids{1, 1, 1}));
  spec.unigram.sums_in_f32 = true;
  EXPECT_EQ(encoded(make_pipeline_tokenizer(spec), "aaa"), (Ids{2}));
}

TEST(unigram, without_an_unknown_token_characters_are_lost) {
  TokenizerSpec spec = unigram_spec();
  spec.unk_id = -1;
  EXPECT_EQ(encoded(make_pipeline_tokenizer(spec), "axyb"), (Ids{1, 2}));
  spec.unk_id = 6;
  EXPECT_EQ(make_pipeline_tokenizer(spec).status().code(), Code::kBadInput);
}

TEST(unigram, wrong_scores_and_endless_pieces_are_refused) {
  TokenizerSpec spec = unigram_spec();
  spec.scores.clear();
  EXPECT_EQ(make_pipeline_tokenizer(spec).status().code(), Code::kBadInput);
  spec = unigram_spec();
  spec.scores[2] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(make_pipeline_tokenizer(spec).status().code(), Code::kBadInput);
  spec = unigram_spec();
  spec.vocab[5] = std::string(5000, 'a');
  EXPECT_EQ(make_pipeline_tokenizer(spec).status().code(), Code::kUnsupported);
}

TEST(pipeline_tokenizer, special_tokens_are_no_words_of_the_model) {
  TokenizerSpec spec;
  spec.model = TokenizerSpec::Model::kWordLevel;
  spec.vocab = {"<unk>", "<s>", "a"};
  spec.unk_id = 0;
  spec.added = {{.id = 1, .content = "<s>", .special = true}};
  spec.pre_tokenizers = {pre_tokenizers::WhitespaceSplit{}};
  const Made tokenizer = make_pipeline_tokenizer(spec);
  EXPECT_EQ(encoded(tokenizer, "a <s> a"), (Ids{2, 1, 2}));
  EXPECT_EQ(encoded(tokenizer, "a <s> a", Specials::kAsText), (Ids{2, 0, 2}));
}

TEST(pipeline_tokenizer, what_cannot_be_said_is_named) {
  TokenizerSpec spec = unigram_spec();
  spec.pre_tokenizers = {pre_tokenizers::Whitespace{}, pre_tokenizers::Split{regex_pattern("a(b")}};
  EXPECT_NE(make_tokenizer(spec).status().message().find("pre-tokenizer 2: regex 'a(b': "),
            std::string::npos)
      << make_tokenizer(spec).status().message();
  spec = unigram_spec();
  spec.normalizers = {normalizers::Precompiled{"abc"}};
  EXPECT_EQ(make_tokenizer(spec).status().code(), Code::kBadInput);
}

double seconds_of(const TokenizerSpec& spec, const std::string& text) {
  const Made tokenizer = make_pipeline_tokenizer(spec);
  const auto start = std::chrono::steady_clock::now();
  encoded(tokenizer, text);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Quadratic work on a megabyte would take minutes.
TEST(pipeline_tokenizer, a_megabyte_of_one_word_costs_no_more_than_its_length) {
  const std::string letters(1 << 20, 'a');
  EXPECT_LT(seconds_of(unigram_spec(), letters), 20);
  EXPECT_LT(seconds_of(unigram_spec(), std::string(1 << 20, 'x')), 20);
  std::string marks = "a";
  for (int i = 0; i < 1 << 18; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0323";
  for (const Normalizer& normalizer : std::vector<Normalizer>{
           normalizers::UnicodeForm::kNfc, normalizers::UnicodeForm::kNfkd,
           Replace{string_pattern("a"), "bb"}, Replace{regex_pattern("a+$"), "b"},
           Replace{regex_pattern("(a|aa)+x"), "b"}, normalizers::Strip{}, normalizers::Nmt{}}) {
    TokenizerSpec spec = unigram_spec();
    spec.normalizers = {normalizer};
    EXPECT_LT(seconds_of(spec, letters), 20) << normalizer.index();
    EXPECT_LT(seconds_of(spec, marks), 20) << normalizer.index();
  }
}

TEST(pipeline_tokenizer, no_regex_takes_more_than_its_time) {
  const std::string letters(1 << 17, 'a');
  for (const char* regex : {"(a+)+b", "a*a*a*a*b", "(?=(a+))a*b:\\1", "\\s+$", "(x+x+)+y"}) {
    TokenizerSpec spec = unigram_spec();
    spec.pre_tokenizers = {pre_tokenizers::Split{regex_pattern(regex)}};
    EXPECT_LT(seconds_of(spec, letters), 30) << regex;
    EXPECT_LT(seconds_of(spec, std::string(1 << 17, ' ') + "x"), 30) << regex;
  }
}

}  // namespace
}  // namespace quern::text
