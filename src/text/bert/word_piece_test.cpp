// WordPiece by hand, and the whole BERT tokenizer against huggingface/tokenizers
// (tests/data/tokenizer, written by tools/make_tokenizer_golden.py).

#include "text/bert/word_piece.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "text/golden_lines.h"
#include "text/test_pipelines.h"
#include "text/tokenizer.h"

namespace quern::text {
namespace {

using Ids = std::vector<TokenId>;

TokenId id_of(const TokenizerSpec& spec, std::string_view piece) {
  for (std::size_t i = 0; i < spec.vocab.size(); ++i) {
    if (spec.vocab[i] == piece) return static_cast<TokenId>(i);
  }
  return -1;
}

TokenizerSpec bert_spec(std::vector<std::string> vocab) {
  TokenizerSpec spec;
  set_pipeline(spec, BertRules{});
  spec.vocab = std::move(vocab);
  spec.unk_id = id_of(spec, "[UNK]");
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    const TokenId id = id_of(spec, token);
    if (id >= 0) spec.added.push_back({.id = id, .content = token, .special = true});
  }
  using Kind = TemplatePiece::Kind;
  const TokenId cls = id_of(spec, "[CLS]");
  const TokenId sep = id_of(spec, "[SEP]");
  spec.single = {{Kind::kToken, cls, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, sep, 0}};
  spec.pair = spec.single;
  spec.pair.push_back({Kind::kTextB, 0, 1});
  spec.pair.push_back({Kind::kToken, sep, 1});
  return spec;
}

TokenizerSpec small_spec() {
  return bert_spec({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "##a", "a", ","});
}

Ids encode(const TokenizerSpec& spec, std::string_view text,
           Specials specials = Specials::kAsToken) {
  Ids ids;
  auto tokenizer = make_tokenizer(spec);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  if (tokenizer.ok()) (*tokenizer)->encode(text, specials, ids);
  return ids;
}

TEST(word_piece, takes_the_longest_piece_first) {
  EXPECT_EQ(encode(small_spec(), "unaffable, a"), (Ids{4, 5, 6, 9, 8}));
  EXPECT_EQ(encode(small_spec(), "aaa"), (Ids{8, 7, 7}));
}

TEST(word_piece, a_word_that_cannot_be_covered_is_one_unknown_token) {
  EXPECT_EQ(encode(small_spec(), "unaffablex a xa"), (Ids{1, 8, 1}));
  EXPECT_EQ(encode(small_spec(), "\xFF \xE6\xBC\xA2"), (Ids{1}));
}

TEST(word_piece, words_beyond_the_limit_are_unknown) {
  TokenizerSpec spec = small_spec();
  spec.max_chars_per_word = 3;
  EXPECT_EQ(encode(spec, "aaa aaaa"), (Ids{8, 7, 7, 1}));
}

TEST(word_piece, special_tokens_in_the_text_map_to_their_ids_or_stay_text) {
  EXPECT_EQ(encode(small_spec(), "a[SEP]a"), (Ids{8, 3, 8}));
  EXPECT_EQ(encode(small_spec(), "a[SEP]a", Specials::kAsText), (Ids{8, 1, 1, 1, 8}));
}

TEST(word_piece, a_vocabulary_that_lacks_the_unknown_token_is_refused) {
  TokenizerSpec spec = small_spec();
  spec.unk_id = 99;
  EXPECT_EQ(make_tokenizer(spec).status().code(), Code::kBadInput);
  EXPECT_EQ(make_tokenizer(TokenizerSpec{}).status().code(), Code::kBadInput);
}

TEST(word_piece, decode_gives_the_piece_with_its_prefix) {
  const auto tokenizer = make_tokenizer(small_spec());
  std::string out;
  for (TokenId id : {4, 5, 3, 99, -1}) (*tokenizer)->decode(id, out);
  EXPECT_EQ(out, "un##aff[SEP]");
}

TEST(word_piece, a_megabyte_of_one_letter_is_one_word) {
  EXPECT_EQ(encode(small_spec(), std::string(1 << 20, 'a')), (Ids{1}));
  TokenizerSpec spec = small_spec();
  spec.max_chars_per_word = 1 << 30;
  EXPECT_EQ(encode(spec, std::string(1 << 20, 'a')).size(), 1u << 20);
}

TEST(text_encoder, a_limit_below_the_template_keeps_the_template_alone) {
  const auto encoder = TextEncoder::make(small_spec());
  const Encoding one = encoder->encode("a a a", 1);
  EXPECT_EQ(one.ids, (Ids{2, 3}));
  EXPECT_EQ(one.n_dropped, 3);
  EXPECT_EQ(encoder->wrap({8, 8, 8}, 4).ids, (Ids{2, 8, 8, 3}));
}

// The ids that transformers 5.24 gives with truncation_side "left".
TEST(text_encoder, the_left_side_of_a_text_can_be_cut) {
  TokenizerSpec spec = small_spec();
  spec.truncation_side = TruncationSide::kLeft;
  const auto encoder = TextEncoder::make(spec);
  const std::vector<TokenId> ids = {4, 5, 6, 7, 8};
  EXPECT_EQ(encoder->wrap(ids, 5).ids, (Ids{2, 6, 7, 8, 3}));
  EXPECT_EQ(encoder->wrap(ids, 5).n_dropped, 2);
  EXPECT_EQ(encoder->wrap(ids, 5, TruncationSide::kRight).ids, (Ids{2, 4, 5, 6, 3}));
  EXPECT_EQ(encoder->wrap(ids, 9).ids, (Ids{2, 4, 5, 6, 7, 8, 3}));
  const Encoding right = encoder->encode_pair("a a a a", "a a", 0);
  const Encoding left = encoder->encode_pair("a a a a", "a a", 6);
  EXPECT_EQ(left.ids.size(), 6u);
  EXPECT_EQ(left.n_dropped, static_cast<int>(right.ids.size()) - 6);
}

TEST(text_encoder, a_template_outside_the_vocabulary_is_refused) {
  TokenizerSpec spec = small_spec();
  spec.single[0].id = 10;
  EXPECT_EQ(TextEncoder::make(spec).status().code(), Code::kBadInput);
  spec = small_spec();
  spec.pair.pop_back();
  spec.pair.pop_back();
  EXPECT_EQ(TextEncoder::make(spec).status().code(), Code::kBadInput);
}

struct GoldenCase {
  std::string rules;
  int max_tokens = 0;
  std::string a, b;
  bool is_pair = false;
  Ids ids, type_ids;
  int n_dropped = 0;
};

GoldenCase read_case(const std::string& line) {
  const std::vector<std::string> cells = golden_cells(line);
  return {cells.at(0),
          std::stoi(cells.at(1)),
          bytes_of_hex(cells.at(2)),
          bytes_of_hex(cells.at(3)),
          cells.at(3) != "-",
          numbers_of(cells.at(4)),
          numbers_of(cells.at(5)),
          std::stoi(cells.at(6))};
}

TokenizerSpec golden_spec(const std::string& rules) {
  TokenizerSpec spec = bert_spec(golden_lines("word_piece_vocab.txt"));
  spec.max_chars_per_word = 20;
  BertRules bert = {.clean_text = rules[2] == '1',
                    .handle_chinese_chars = rules[3] == '1',
                    .strip_accents = {},
                    .lowercase = rules[0] == '1'};
  if (rules[1] != '-') bert.strip_accents = rules[1] == '1';
  set_pipeline(spec, bert);
  const auto n = static_cast<TokenId>(spec.vocab.size());
  spec.added.push_back({.id = n, .content = "Hello World", .normalized = true});
  spec.added.push_back({.id = n + 1, .content = "ab", .single_word = true});
  spec.added.push_back(
      {.id = n + 2, .content = "<x>", .special = true, .lstrip = true, .rstrip = true});
  spec.added.push_back({.id = n + 3, .content = "<x><x>", .special = true});
  return spec;
}

TEST(bert_golden, every_case_equals_the_reference) {
  const auto lines = golden_lines("word_piece_golden.txt");
  ASSERT_GT(lines.size(), 1000u);
  std::string rules;
  Result<TextEncoder> encoder(Code::kNotFound, "");
  for (const std::string& line : lines) {
    const GoldenCase want = read_case(line);
    if (want.rules != rules) {
      rules = want.rules;
      encoder = TextEncoder::make(golden_spec(rules));
      ASSERT_TRUE(encoder.ok()) << encoder.status().message();
    }
    const Encoding got = want.is_pair ? encoder->encode_pair(want.a, want.b, want.max_tokens)
                                      : encoder->encode(want.a, want.max_tokens);
    EXPECT_EQ(got.ids, want.ids) << line;
    EXPECT_EQ(Ids(got.type_ids.begin(), got.type_ids.end()), want.type_ids) << line;
    EXPECT_EQ(got.n_dropped, want.n_dropped) << line;
  }
}

}  // namespace
}  // namespace quern::text
