// What the names of tokenizer.ggml.pre cut, against huggingface/tokenizers with the models' own
// patterns: read by formats, run by text.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "formats/gguf/gguf_pre_tokenizers.h"
#include "text/bpe/byte_chars.h"
#include "text/tokenizer.h"

namespace quern {
namespace {

/// `text` with a bar before each word but the first, as the name cuts it.
std::string cut(const std::string& name, const std::string& text) {
  const auto pre = formats::gguf_pre_tokenizer(name);
  EXPECT_TRUE(pre.ok()) << pre.status().message();
  text::TokenizerSpec spec;
  spec.model = text::TokenizerSpec::Model::kBpe;
  spec.pre_tokenizers = pre->components;
  // A token for each byte that begins a word, and another for each that does not.
  spec.bpe.continuing_prefix = "#";
  for (const std::string prefix : {"", "#"}) {
    for (int byte = 0; byte < 256; ++byte) {
      text::append_byte_char(static_cast<unsigned char>(byte), spec.vocab.emplace_back(prefix));
    }
  }
  const auto tokenizer = text::make_tokenizer(spec);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  std::vector<text::TokenId> ids;
  (*tokenizer)->encode(text, text::Specials::kAsText, ids);
  std::string out;
  for (const text::TokenId id : ids) {
    if (id < 256 && !out.empty()) out += '|';
    out += static_cast<char>(id % 256);
  }
  return out;
}

TEST(gguf_words, kimi_k2_keeps_han_apart_and_cuts_where_case_changes) {
  EXPECT_EQ(cut("kimi-k2", "getUserName(x1234)\n\n  y"), "get|User|Name|(x|123|4|)\n\n| | y");
  EXPECT_EQ(cut("kimi-k2", "abc中文def 漢字"), "abc|中文|def| |漢字");
  EXPECT_EQ(cut("kimi-k2", "DON'T stop'll"), "DON'T| stop'll");
}

TEST(gguf_words, afmoe_takes_digits_by_threes_from_the_right) {
  EXPECT_EQ(cut("afmoe", "1 22 333 4444 55555 666666"), "1| |22| |333| |4|444| |55|555| |666|666");
  EXPECT_EQ(cut("afmoe", "日本語と한국어x .bar!!\n"), "日本語と한국어|x| .|bar|!!\n");
}

TEST(gguf_words, laguna_cuts_lines_before_words) {
  EXPECT_EQ(cut("laguna", "a b\n\n  c12!\n"), "a| b|\n\n| | c|1|2|!|\n");
  EXPECT_EQ(cut("qwen2", "a!\n"), "a|!\n");
}

TEST(gguf_words, a_long_run_of_digits_is_cut_to_its_end) {
  const std::string cut_up = cut("afmoe", std::string(200'000, '7'));
  EXPECT_EQ(cut_up.substr(0, 7), "77|777|");
  EXPECT_EQ(cut_up.substr(cut_up.size() - 7), "777|777");
}

}  // namespace
}  // namespace quern
