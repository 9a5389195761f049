// Byte-level and SentencePiece BPE by hand, and against huggingface/tokenizers
// (tests/data/tokenizer, written by tools/make_bpe_golden.py).

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "text/bpe/bpe_merge.h"
#include "text/bpe/bpe_words.h"
#include "text/bpe/byte_chars.h"
#include "text/bpe/merge_table.h"
#include "text/golden_lines.h"
#include "text/test_pipelines.h"
#include "text/tokenizer.h"

namespace quern::text {
namespace {

using Ids = std::vector<TokenId>;

Ids encode(const TokenizerSpec& spec, std::string_view text) {
  Ids ids;
  const auto tokenizer = make_tokenizer(spec);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  if (tokenizer.ok()) (*tokenizer)->encode(text, Specials::kAsToken, ids);
  return ids;
}

std::string words_of(BpeWords rules, std::string_view text) {
  std::string shown;
  while (!text.empty()) shown += std::string(next_bpe_word(rules, text)) + "|";
  return shown;
}

TEST(bpe_words, follow_the_rules_of_each_family) {
  EXPECT_EQ(words_of(BpeWords::kGpt2, "I'll  see 123!!"), "I|'ll| | see| 123|!!|");
  EXPECT_EQ(words_of(BpeWords::kGpt2, "a  \n b  "), "a|  \n| b|  |");
  EXPECT_EQ(words_of(BpeWords::kLlama3, "I'LL see 12345\n\n x"), "I|'LL| see| |123|45|\n\n| x|");
  EXPECT_EQ(words_of(BpeWords::kLlama3, "(hi) ...\n\n\t y"), "(hi|)| ...\n\n|\t| y|");
  EXPECT_EQ(words_of(BpeWords::kQwen2, "a 12"), "a| |1|2|");
  EXPECT_EQ(words_of(BpeWords::kSmolLm, "a  12 b"), "a|  |1|2| b|");
}

TEST(byte_chars, stand_for_every_byte_and_back) {
  std::string all, written, back;
  for (int b = 0; b < 256; ++b) all.push_back(static_cast<char>(b));
  for (const char c : all) append_byte_char(static_cast<unsigned char>(c), written);
  append_bytes_of_chars(written, back);
  EXPECT_EQ(back, all);
  std::string space;
  append_byte_char(' ', space);
  EXPECT_EQ(space, "\u0120");
}

// A pair of letters merges into the letter of their sum, the smaller sums first.
Merge sum_merge(const BpeSymbol& left, const BpeSymbol& right) {
  const TokenId sum = left.id + right.id;
  if (sum % 3 == 0 || sum > 60) return {};
  return {.rank = static_cast<std::uint64_t>(sum), .id = sum};
}

Ids merged_by_hand(std::vector<BpeSymbol> symbols) {
  for (;;) {
    std::size_t best = symbols.size();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto rank = sum_merge(symbols[i], symbols[i + 1]).rank;
      if (rank == Merge::kNone) continue;
      if (best == symbols.size() || rank < sum_merge(symbols[best], symbols[best + 1]).rank)
        best = i;
    }
    if (best == symbols.size()) break;
    symbols[best].id += symbols[best + 1].id;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  Ids ids;
  for (const BpeSymbol& s : symbols) ids.push_back(s.id);
  return ids;
}

TEST(bpe_merge, long_and_short_words_merge_best_pair_first) {
  std::mt19937 random(3);
  BpeMerger merger;
  for (int round = 0; round < 400; ++round) {
    std::vector<BpeSymbol> symbols(random() % 80);
    for (std::uint32_t i = 0; i < symbols.size(); ++i) {
      symbols[i] = {.id = static_cast<TokenId>(1 + random() % 9), .begin = i, .n_bytes = 1};
    }
    const Ids want = merged_by_hand(symbols);
    merger.run(symbols, sum_merge);
    Ids got;
    for (const BpeSymbol& s : symbols) got.push_back(s.id);
    ASSERT_EQ(got, want);
  }
}

TokenizerSpec tiny_byte_bpe() {
  TokenizerSpec spec;
  set_pipeline(spec, ByteLevelRules{});
  spec.vocab = {"a", "b", "\u0120", "ab", "\u0120ab", "abab"};
  spec.merges = {{"a", "b"}, {"\u0120", "ab"}};
  return spec;
}

TEST(byte_bpe, merges_by_rank_and_loses_unknown_bytes) {
  EXPECT_EQ(encode(tiny_byte_bpe(), "ab ab"), (Ids{3, 4}));
  EXPECT_EQ(encode(tiny_byte_bpe(), "axb"), (Ids{3}));  // As the reference: x has no token.
  TokenizerSpec spec = tiny_byte_bpe();
  EXPECT_EQ(encode(spec, "abab"), (Ids{3, 3}));
  set_pipeline(spec, ByteLevelRules{.whole_words = true});
  EXPECT_EQ(encode(spec, "abab"), (Ids{5}));
  set_pipeline(spec, ByteLevelRules{.whole_words = true, .add_prefix_space = true});
  EXPECT_EQ(encode(spec, "ab"), (Ids{4}));
}

TEST(byte_bpe, a_merge_outside_the_vocabulary_is_refused) {
  TokenizerSpec spec = tiny_byte_bpe();
  spec.merges.push_back({"b", "a"});
  const auto made = make_tokenizer(spec);
  EXPECT_EQ(made.status().code(), Code::kBadInput);
  EXPECT_NE(made.status().message().find("'ba'"), std::string::npos) << made.status().message();
}

TokenizerSpec tiny_spm() {
  TokenizerSpec spec;
  set_pipeline(spec, SentencePieceRules{});
  spec.vocab = {"<unk>", "<0x0A>", "<0xC3>", "<0xA9>", "\u2581", "a", "\u2581a", "aa", "\u2581aa"};
  spec.scores = {0, 0, 0, 0, -5, -4, -2, -1, -3};
  spec.unk_id = 0;
  return spec;
}

TEST(sentence_piece, scores_decide_and_unknown_characters_fall_back_to_bytes) {
  TokenizerSpec spec = tiny_spm();
  EXPECT_EQ(encode(spec, "aa aaa"), (Ids{8, 8, 5}));
  EXPECT_EQ(encode(spec, "\u00E9\n"), (Ids{4, 2, 3, 1}));
  EXPECT_EQ(encode(spec, "xy"), (Ids{4, 0}));  // Unknown bytes too: one token for the run.
  set_pipeline(spec, SentencePieceRules{SpacePrefix::kNever});
  EXPECT_EQ(encode(spec, "aa"), (Ids{7}));
  spec.scores.pop_back();
  EXPECT_EQ(make_tokenizer(spec).status().code(), Code::kBadInput);
}

TEST(sentence_piece, decode_gives_spaces_and_bytes) {
  const auto tokenizer = make_tokenizer(tiny_spm());
  std::string out;
  for (const TokenId id : {8, 2, 3, 99}) (*tokenizer)->decode(id, out);
  EXPECT_EQ(out, " aa\u00E9");
}

TEST(sentence_piece, pieces_that_span_words_are_found) {
  TokenizerSpec spec = tiny_spm();
  spec.vocab.insert(spec.vocab.end(), {"a\u2581", "a\u2581a"});
  spec.scores.insert(spec.scores.end(), {10, 11});
  EXPECT_EQ(encode(spec, "a a"), (Ids{4, 10}));
}

TEST(bpe, a_megabyte_of_one_letter_is_one_long_word) {
  const std::string text(1 << 20, 'a');
  EXPECT_EQ(encode(tiny_spm(), text).size(), 1u << 19);
  EXPECT_EQ(encode(tiny_byte_bpe(), text).size(), 1u << 20);
}

BpeWords words_of_rule(const std::string& rule) {
  return rule == "llama3"   ? BpeWords::kLlama3
         : rule == "qwen2"  ? BpeWords::kQwen2
         : rule == "smollm" ? BpeWords::kSmolLm
                            : BpeWords::kGpt2;
}

TokenizerSpec golden_spec(const std::string& rule) {
  TokenizerSpec spec;
  const bool is_spm = rule.starts_with("spm");
  const std::string name = is_spm ? "spm" : "byte_bpe";
  spec.vocab = golden_lines(name + "_vocab.txt");
  for (const std::string& line : golden_lines(name + "_merges.txt")) {
    const std::size_t space = line.find(' ');
    spec.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  spec.added = {
      {.id = static_cast<TokenId>(spec.vocab.size()), .content = "<|end|>", .special = true}};
  if (is_spm) {
    spec.unk_id = 0;
    set_pipeline(spec, SentencePieceRules{rule == "spm_every"   ? SpacePrefix::kEveryPart
                                          : rule == "spm_start" ? SpacePrefix::kTextStart
                                                                : SpacePrefix::kNever});
  } else {
    set_pipeline(spec, ByteLevelRules{.words = words_of_rule(rule),
                                      .nfc = rule == "qwen2",
                                      .whole_words = rule == "llama3"});
  }
  return spec;
}

TEST(bpe_golden, every_case_equals_the_reference) {
  const auto lines = golden_lines("bpe_golden.txt");
  ASSERT_GT(lines.size(), 1500u);
  std::string rule;
  Result<std::unique_ptr<Tokenizer>> tokenizer(Code::kNotFound, "");
  for (const std::string& line : lines) {
    const auto cells = golden_cells(line);
    const std::string text = bytes_of_hex(cells.at(1));
    if (cells[0] != rule) {
      rule = cells[0];
      tokenizer = make_tokenizer(golden_spec(rule));
      ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
    }
    Ids ids;
    (*tokenizer)->encode(text, Specials::kAsToken, ids);
    EXPECT_EQ(ids, numbers_of(cells.at(3))) << line;
    if (cells.at(2) == "-") continue;
    Ids n_bytes;
    std::string_view rest = text;
    while (!rest.empty()) {
      n_bytes.push_back(static_cast<TokenId>(next_bpe_word(words_of_rule(rule), rest).size()));
    }
    EXPECT_EQ(n_bytes, numbers_of(cells[2])) << line;
  }
}

TEST(bpe_golden, bytes_survive_a_round_trip) {
  const auto tokenizer = make_tokenizer(golden_spec("gpt2"));
  for (const std::string& line : golden_lines("bpe_golden.txt")) {
    const std::string text = bytes_of_hex(golden_cells(line).at(1));
    Ids ids;
    (*tokenizer)->encode(text, Specials::kAsText, ids);
    std::string back;
    for (const TokenId id : ids) (*tokenizer)->decode(id, back);
    ASSERT_EQ(back, text);
  }
}

}  // namespace
}  // namespace quern::text
