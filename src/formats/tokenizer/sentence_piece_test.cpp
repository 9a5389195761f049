// SentencePiece's model files: a worked example, ids and templates of both layouts, damage. What
// the tokenizers make of texts is held against sentencepiece in tests/sentence_piece_test.cpp.

#include "formats/tokenizer/sentence_piece.h"

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using text::TokenizerSpec;

std::string varint(std::uint64_t n) {
  std::string out;
  for (; n > 0x7F; n >>= 7) out += static_cast<char>(n | 0x80);
  return out + static_cast<char>(n);
}

std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}

std::string bytes(int field, const std::string& value) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(value.size()) + value;
}

std::string piece(const std::string& text, float score, int type) {
  std::string bits(sizeof(score), '\0');
  std::memcpy(bits.data(), &score, sizeof(score));
  const std::string type_field = type == 1 ? "" : number(3, static_cast<std::uint64_t>(type));
  return bytes(1, bytes(1, text) + varint(2 << 3 | 5) + bits + type_field);
}

const std::string kDeberta = piece("[PAD]", 0, 3) + piece("[CLS]", 0, 3) + piece("[SEP]", 0, 3) +
                             piece("[UNK]", 0, 2) + piece("<0x41>", 0, 6) + piece("a", -2, 1) +
                             piece("\u2581b", -3.5f, 1);

TEST(sentence_piece, worked_example_of_deberta) {
  const std::string trainer = bytes(2, number(3, 1) + number(35, 1));
  const std::string normalizer = bytes(3, bytes(2, "map") + number(3, 0));
  const Result<TokenizerSpec> spec =
      parse_sentence_piece(kDeberta + trainer + normalizer, "spm.model");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->model, TokenizerSpec::Model::kUnigram);
  EXPECT_THAT(spec->vocab,
              ElementsAre("[PAD]", "[CLS]", "[SEP]", "[UNK]", "<0x41>", "a", "\u2581b", "[MASK]"));
  EXPECT_EQ(spec->unk_id, 3);
  EXPECT_TRUE(spec->unigram.byte_fallback);
  EXPECT_EQ(spec->unigram.unk_score, -13.5);
  EXPECT_EQ(spec->scores.size(), 7u);
  EXPECT_EQ(spec->scores[5], -2);
  EXPECT_EQ(spec->added.size(), 5u);
  EXPECT_EQ(spec->added.back().id, 7);
  ASSERT_EQ(spec->single.size(), 3u);
  EXPECT_EQ(spec->single[0].id, 1);
  EXPECT_EQ(spec->single[2].id, 2);
  ASSERT_EQ(spec->pair.size(), 5u);
  EXPECT_EQ(spec->pair[3].type_id, 1);
  // No prefix, white space joined as by default, the map's longest match.
  ASSERT_EQ(spec->normalizers.size(), 5u);
  const auto* map = std::get_if<text::normalizers::Precompiled>(spec->normalizers.data());
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->charsmap, "map");
  EXPECT_EQ(map->match, text::normalizers::Precompiled::Match::kLongest);
}

TEST(sentence_piece, xlm_r_counts_as_fairseq_does) {
  const std::string model = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) +
                            piece(",", -3, 1) + piece("\u2581a", -4, 1);
  const Result<TokenizerSpec> spec = parse_sentence_piece(model, "sentencepiece.bpe.model");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->vocab, ElementsAre("<s>", "<pad>", "</s>", "<unk>", ",", "\u2581a", "<mask>"));
  EXPECT_EQ(spec->unk_id, 3);
  EXPECT_TRUE(spec->added.back().lstrip);
  ASSERT_EQ(spec->pair.size(), 6u);
  EXPECT_EQ(spec->pair[3].id, 2);
  EXPECT_EQ(spec->pair[4].type_id, 0);
}

TEST(sentence_piece, says_what_it_cannot_read) {
  const auto message = [](const std::string& model, const char* file = "spm.model") {
    const Result<TokenizerSpec> spec = parse_sentence_piece(model, file);
    return spec.ok() ? "" : spec.status().message();
  };
  EXPECT_THAT(message(""), HasSubstr("no pieces"));
  EXPECT_THAT(message(kDeberta + bytes(2, number(3, 2))), HasSubstr("model_type 2"));
  EXPECT_THAT(message(kDeberta + bytes(2, number(24, 1))), HasSubstr("treat_whitespace_as_suffix"));
  EXPECT_THAT(message(kDeberta + bytes(3, number(5, 0))), HasSubstr("escape_whitespaces"));
  EXPECT_THAT(message(kDeberta, "sentencepiece.bpe.model"), HasSubstr("<unk>, <s>, </s>"));
  EXPECT_THAT(message(piece("a", -1, 1)), HasSubstr("UNKNOWN"));
  EXPECT_THAT(message(piece("[UNK]", 0, 2)), HasSubstr("no piece '[CLS]'"));
  EXPECT_THAT(message(piece("a", std::numeric_limits<float>::quiet_NaN(), 1)), HasSubstr("nan"));
  EXPECT_THAT(message(std::string("\x0b", 1)), HasSubstr("damaged"));
  EXPECT_THAT(message(std::string(20, '\xff')), HasSubstr("damaged"));
}

TEST(sentence_piece, a_file_that_is_cut_off_is_never_read_past_its_end) {
  const std::string whole = kDeberta + bytes(2, number(3, 1)) + bytes(3, bytes(2, "map"));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const std::string part = whole.substr(0, n);  // Its own bytes: sanitizers see their end.
    static_cast<void>(parse_sentence_piece(part, "spm.model"));
  }
}

TEST(sentence_piece, is_read_where_a_folder_has_no_tokenizer_json) {
  const TestFolder folder;
  folder.write("spm.model", kDeberta);
  folder.write("tokenizer_config.json", R"({"truncation_side": "left"})");
  EXPECT_EQ(find_sentence_piece(folder.path()), "spm.model");
  const Result<TokenizerSpec> spec = read_sentence_piece(folder.path());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->truncation_side, text::TruncationSide::kLeft);
}

}  // namespace
}  // namespace quern::formats
