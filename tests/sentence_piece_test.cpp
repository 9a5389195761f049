// SentencePiece models against the ids that sentencepiece itself gives
// (tools/make_sentence_piece_golden.py): small ones, and DeBERTa-v3's.

#include "formats/tokenizer/sentence_piece.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "formats/test_folder.h"
#include "text/tokenizer.h"

namespace quern {
namespace {

const std::string kFolder = QUERN_SOURCE_DIR "/tests/data/tokenizer/sentence_piece/";

/// `file`: which says how the ids are laid out.
void expect_ids(const std::string& path, const std::string& file, const std::string& name) {
  const auto spec = formats::parse_sentence_piece(formats::slurp(path), file);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const auto tokenizer = text::make_tokenizer(*spec);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  const auto golden = nlohmann::json::parse(std::ifstream(kFolder + "golden.json"));
  const auto want = golden["ids"][name].get<std::vector<std::vector<text::TokenId>>>();
  ASSERT_GE(want.size(), 50u);
  for (std::size_t i = 0; i < want.size(); ++i) {
    std::vector<text::TokenId> got;
    const auto text = golden["texts"][i].get<std::string>();
    (*tokenizer)->encode(text, text::Specials::kAsText, got);
    EXPECT_EQ(got, want[i]) << golden["texts"][i];
  }
}

TEST(sentence_piece, as_deberta_has_it) {
  expect_ids(kFolder + "spm.model", "spm.model", "spm.model");
}

TEST(sentence_piece, as_xlm_r_has_it) {
  expect_ids(kFolder + "sentencepiece.bpe.model", "sentencepiece.bpe.model",
             "sentencepiece.bpe.model");
}

// What sentencepiece gives; the golden texts end with none.
TEST(sentence_piece, marks_at_the_end_of_a_text_are_white_space) {
  const auto spec =
      formats::parse_sentence_piece(formats::slurp(kFolder + "spm.model"), "spm.model");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_TRUE(spec->unigram.sums_in_f32);
  const auto tokenizer = text::make_tokenizer(*spec);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  const auto ids = [&](const std::string& text) {
    std::vector<text::TokenId> out;
    (*tokenizer)->encode(text, text::Specials::kAsText, out);
    return out;
  };
  EXPECT_TRUE(ids("\u2581").empty());
  EXPECT_EQ(ids("the\u2581\u2581 "), ids("the"));
  EXPECT_EQ(ids("\u2581the").size(), ids("the").size() + 1);
}

// Behind an unknown character, whose score is an f32 as well, "l" begins the run and does not end
// it.
TEST(sentence_piece, equal_sums_fall_as_rounding_has_it) {
  const auto spec =
      formats::parse_sentence_piece(formats::slurp(kFolder + "spm.model"), "spm.model");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const auto tokenizer = text::make_tokenizer(*spec);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  std::vector<text::TokenId> ids;
  (*tokenizer)->encode("s\u1161lllll", text::Specials::kAsText, ids);
  ASSERT_EQ(ids.size(), 7u);
  std::string last;
  (*tokenizer)->decode(ids.back(), last);
  EXPECT_EQ(last, "ll");
}

TEST(sentence_piece, of_deberta_v3) {
  const std::string path = formats::shared_file("data/tokenizers/deberta-v3/spm.model");
  if (path.empty()) GTEST_SKIP() << "the shared data are not there";
  expect_ids(path, "spm.model", "deberta-v3");
}

}  // namespace
}  // namespace quern
