#include "formats/tokenizer/tokenizer_json.h"

#include <gmock/gmock.h>

#include "formats/model_folder.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::HasSubstr;
using text::AddedToken;
using text::TemplatePiece;
using text::TokenizerSpec;
using Kind = TemplatePiece::Kind;

constexpr const char* kSmall = R"({
  "added_tokens": [{"id": 1, "content": "[CLS]", "special": true, "normalized": false,
                    "lstrip": true, "rstrip": false, "single_word": false},
                   {"id": 4, "content": "<new>", "special": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false,
                 "strip_accents": true, "lowercase": false},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "@@",
            "max_input_chars_per_word": 9,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}}
})";

std::string small_with(std::string_view from, std::string_view to) {
  std::string text = kSmall;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void expect_piece(const TemplatePiece& piece, Kind kind, int id, int type_id) {
  EXPECT_EQ(piece.kind, kind);
  EXPECT_EQ(piece.id, id);
  EXPECT_EQ(piece.type_id, type_id);
}

TEST(tokenizer_json, worked_example) {
  const Result<TokenizerSpec> spec = parse_tokenizer_json(kSmall);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->vocab, testing::ElementsAre("[UNK]", "[CLS]", "[SEP]", "a", "<new>"));
  EXPECT_EQ(spec->unk_id, 0);
  EXPECT_EQ(spec->continuing_prefix, "@@");
  EXPECT_EQ(spec->max_chars_per_word, 9);
  EXPECT_TRUE(spec->bert.clean_text);
  EXPECT_FALSE(spec->bert.handle_chinese_chars);
  EXPECT_EQ(spec->bert.strip_accents, true);
  EXPECT_FALSE(spec->bert.lowercase);
  ASSERT_EQ(spec->added.size(), 2u);
  EXPECT_TRUE(spec->added[0].special && spec->added[0].lstrip && !spec->added[0].normalized);
  EXPECT_FALSE(spec->added[1].special);
  ASSERT_EQ(spec->single.size(), 3u);
  expect_piece(spec->single[0], Kind::kToken, 1, 0);
  expect_piece(spec->single[1], Kind::kTextA, 0, 0);
  expect_piece(spec->single[2], Kind::kToken, 2, 0);
  ASSERT_EQ(spec->pair.size(), 5u);
  expect_piece(spec->pair[3], Kind::kTextB, 0, 1);
  expect_piece(spec->pair[4], Kind::kToken, 2, 1);
}

TEST(tokenizer_json, a_template_names_its_tokens) {
  const Result<TokenizerSpec> spec = parse_tokenizer_json(
      small_with(R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})",
                 R"({"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "X", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"Sequence": {"id": "B", "type_id": 1}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "special_tokens": {"X": {"id": "X", "ids": [1, 2], "tokens": ["[CLS]", "[SEP]"]}}})"));
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  ASSERT_EQ(spec->single.size(), 3u);
  expect_piece(spec->single[0], Kind::kToken, 1, 0);
  expect_piece(spec->single[1], Kind::kToken, 2, 0);
  ASSERT_EQ(spec->pair.size(), 2u);
  expect_piece(spec->pair[0], Kind::kTextB, 0, 1);
}

TEST(tokenizer_json, no_post_processor_means_the_bare_texts) {
  const Result<TokenizerSpec> spec = parse_tokenizer_json(small_with(
      R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})", "null"));
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->single.size(), 1u);
  EXPECT_EQ(spec->pair.size(), 2u);
}

TEST(tokenizer_json, what_is_not_known_is_named) {
  struct Case {
    const char* from;
    const char* to;
    Code code;
    const char* message;
  };
  const Code bad = Code::kBadInput;
  const Code no = Code::kUnsupported;
  const Case cases[] = {
      {"WordPiece", "Word\\nLevel", no, "model: type 'Word\\x0aLevel', want WordPiece"},
      {"BertNormalizer", "NFKC", no, "normalizer 'NFKC', want BertNormalizer"},
      {"BertPreTokenizer", "Whitespace", no, "pre-tokenizer 'Whitespace'"},
      {"BertProcessing", "Roberta", no, "post-processor 'Roberta'"},
      {"\"unk_token\": \"[UNK]\"", "\"unk_token\": \"?\"", bad, "'?' is not in 'vocab'"},
      {"\"unk_token\"", "\"x\"", bad, "model: no 'unk_token'"},
      {"\"vocab\": {", "\"vocab\": [{", bad, "not valid JSON"},
      {"{\"[UNK]\": 0, \"[CLS]\": 1, \"[SEP]\": 2, \"a\": 3}", "{}", bad, "'vocab' is empty"},
      {"\"a\": 3", "\"a\": 2", bad, "id 2 belongs to '[SEP]' and to 'a'"},
      {"\"a\": 3", "\"a\": -1", bad, "token 'a' has no id from 0"},
      {"\"a\": 3", "\"a\": 9999999", bad, "token 'a' has id 9999999 among 4 tokens"},
      {"\"a\": 3", "\"a\": 99999999999", bad, "token 'a' has no id from 0"},
      {"\"id\": 4", "\"id\": 3", bad, "added token 1: id 3 belongs to 'a' and to '<new>'"},
      {"\"id\": 4", "\"id\": \"4\"", bad, "'id' is a string, want an integer"},
      {"\"<new>\"", "\"\"", bad, "'content' is empty"},
      {"[\"[SEP]\", 2]", "[\"[SEP]\", 200]", bad, "post_processor: 'sep' is not a token"},
      {"\"clean_text\": true", "\"clean_text\": 1", bad, "'clean_text' is an integer"},
      {"max_input_chars_per_word\": 9", "max_input_chars_per_word\": 0", bad, "want 1 to"},
  };
  for (const Case& c : cases) {
    const Status status = parse_tokenizer_json(small_with(c.from, c.to)).status();
    EXPECT_EQ(status.code(), c.code) << c.to;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.to;
  }
}

/// A byte-level or SentencePiece file from its three interesting parts.
Result<TokenizerSpec> parse_bpe(const std::string& normalizer, const std::string& pre_tokenizer,
                                const std::string& processor, const std::string& more = "") {
  return parse_tokenizer_json(
      R"({"added_tokens": [{"id": 5, "content": "<end>", "special": true}], "normalizer": )" +
      normalizer + R"(, "pre_tokenizer": )" + pre_tokenizer + R"(, "post_processor": )" +
      processor + R"(, "model": {"type": "BPE", "unk_token": null,
        "continuing_subword_prefix": "", )" +
      more + R"("vocab": {"a": 0, "b": 1, "ab": 2, "c": 3, "abc": 4},
                "merges": ["a b", ["ab", "c"]]}})");
}

constexpr const char* kByteLevel =
    R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true})";

TEST(tokenizer_json, byte_level_bpe) {
  const Result<TokenizerSpec> spec = parse_bpe("null", kByteLevel, kByteLevel);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->model, TokenizerSpec::Model::kBpe);
  EXPECT_EQ(spec->byte_level.words, text::BpeWords::kGpt2);
  EXPECT_FALSE(spec->byte_level.add_prefix_space || spec->byte_level.whole_words ||
               spec->byte_level.nfc);
  EXPECT_THAT(spec->merges,
              testing::ElementsAre(testing::Pair("a", "b"), testing::Pair("ab", "c")));
  EXPECT_EQ(spec->vocab.size(), 6u);
  EXPECT_EQ(spec->unk_id, -1);
  EXPECT_EQ(spec->single.size(), 1u);
}

/// The merges of a file with a vocabulary of plain spaces, as old files with no-break ones became.
Result<TokenizerSpec> parse_spaces(const std::string& merge) {
  return parse_tokenizer_json(
      R"({"normalizer": null, "pre_tokenizer": )" + std::string(kByteLevel) +
      R"(, "model": {"type": "BPE", "vocab": {" ": 0, "  ": 1, "    ": 2, "a": 3, "a ": 4,
                     "  a": 5}, "merges": [")" +
      merge + R"("]}})");
}

TEST(tokenizer_json, parts_of_a_merge_may_hold_spaces) {
  const std::pair<std::string, std::pair<std::string, std::string>> cases[] = {
      {"   ", {" ", " "}}, {"     ", {"  ", "  "}}, {"a  ", {"a", " "}}, {"   a", {"  ", "a"}}};
  for (const auto& [merge, parts] : cases) {
    const Result<TokenizerSpec> spec = parse_spaces(merge);
    ASSERT_TRUE(spec.ok()) << merge << ": " << spec.status().message();
    EXPECT_EQ(spec->merges.front(), parts) << merge;
  }
  for (const std::string& merge : {std::string("  "), std::string("a   "), std::string(40, ' ')}) {
    EXPECT_THAT(parse_spaces(merge).status().message(), HasSubstr("want two parts")) << merge;
  }
}

TEST(tokenizer_json, cutting_rules_are_known_by_their_regex) {
  const std::string tail = R"( ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}})";
  const std::string head =
      R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated",
          "invert": false, "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|)";
  const std::string bytes = R"(, {"type": "ByteLevel", "add_prefix_space": false,
                                  "use_regex": false}]})";
  const std::string sequence = R"({"type": "Sequence", "processors": [{"type": "ByteLevel"},
      {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "e", "type_id": 0}},
       {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}},
       {"Sequence": {"id": "B", "type_id": 1}}],
       "special_tokens": {"e": {"id": "e", "ids": [5], "tokens": ["<end>"]}}}]})";
  const Result<TokenizerSpec> llama = parse_bpe("null", head + R"(\\p{N}{1,3}|)" + tail + bytes,
                                                sequence, R"("ignore_merges": true, )");
  ASSERT_TRUE(llama.ok()) << llama.status().message();
  EXPECT_EQ(llama->byte_level.words, text::BpeWords::kLlama3);
  EXPECT_TRUE(llama->byte_level.whole_words);
  ASSERT_EQ(llama->single.size(), 2u);
  expect_piece(llama->single[0], Kind::kToken, 5, 0);

  const Result<TokenizerSpec> qwen =
      parse_bpe(R"({"type": "NFC"})", head + R"(\\p{N}|)" + tail + bytes, kByteLevel);
  ASSERT_TRUE(qwen.ok()) << qwen.status().message();
  EXPECT_EQ(qwen->byte_level.words, text::BpeWords::kQwen2);
  EXPECT_TRUE(qwen->byte_level.nfc);

  const Result<TokenizerSpec> smol =
      parse_bpe("null",
                std::string(R"({"type": "Sequence", "pretokenizers": [{"type": "Digits",
               "individual_digits": true}, )") +
                    kByteLevel + "]}",
                "null");
  ASSERT_TRUE(smol.ok()) << smol.status().message();
  EXPECT_EQ(smol->byte_level.words, text::BpeWords::kSmolLm);
  EXPECT_EQ(parse_bpe("null", head + R"(\\p{N}+|)" + tail + bytes, "null").status().code(),
            Code::kUnsupported);
}

TEST(tokenizer_json, sentence_piece_bpe) {
  const std::string replace = R"({"type": "Replace", "pattern": {"String": " "},
                                  "content": "\u2581"})";
  const std::string llama = R"({"type": "Sequence", "normalizers": [{"type": "Prepend",
                                "prepend": "\u2581"}, )" +
                            replace + "]}";
  const std::string more = R"("byte_fallback": true, "fuse_unk": true, )";
  const Result<TokenizerSpec> two = parse_bpe(llama, "null", "null", more);
  ASSERT_TRUE(two.ok()) << two.status().message();
  EXPECT_EQ(two->model, TokenizerSpec::Model::kSentencePieceBpe);
  EXPECT_EQ(two->sentence_piece.space_prefix, text::SpacePrefix::kEveryPart);
  EXPECT_TRUE(two->sentence_piece.byte_fallback);
  EXPECT_TRUE(two->scores.empty());

  const Result<TokenizerSpec> gemma = parse_bpe(
      replace, R"({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                   "invert": false})",
      "null", more);
  ASSERT_TRUE(gemma.ok()) << gemma.status().message();
  EXPECT_EQ(gemma->sentence_piece.space_prefix, text::SpacePrefix::kNever);

  const auto metaspace = [&more](const char* scheme) {
    return parse_bpe("null",
                     std::string(R"({"type": "Metaspace", "replacement": "\u2581",
        "prepend_scheme": ")") +
                         scheme + R"(", "split": false})",
                     "null", more);
  };
  EXPECT_EQ(metaspace("first")->sentence_piece.space_prefix, text::SpacePrefix::kTextStart);
  EXPECT_EQ(metaspace("never")->sentence_piece.space_prefix, text::SpacePrefix::kNever);
  EXPECT_EQ(metaspace("always").status().code(), Code::kUnsupported);
}

TEST(tokenizer_json, bpe_that_is_not_known_is_named) {
  struct Case {
    const char* normalizer;
    const char* pre_tokenizer;
    const char* processor;
    const char* more;
    const char* message;
  };
  const Case cases[] = {
      {R"({"type": "NFKC"})", kByteLevel, "null", "", "normalizer 'NFKC', want none or NFC"},
      {"null", "null", "null", "", "pre-tokenizer 'null', want ByteLevel"},
      {"null", R"({"type": "Whitespace"})", "null", "", "pre-tokenizer 'Whitespace'"},
      {"null", kByteLevel, R"({"type": "Odd"})", "", "post-processor 'Odd'"},
      {"null", kByteLevel, "null", R"("end_of_word_suffix": "</w>", )",
       "end_of_word_suffix '</w>'"},
      {"null", kByteLevel, "null", R"("dropout": 0.1, )", "'dropout' is set"},
  };
  for (const Case& c : cases) {
    const Status status = parse_bpe(c.normalizer, c.pre_tokenizer, c.processor, c.more).status();
    EXPECT_EQ(status.code(), Code::kUnsupported) << c.message;
    EXPECT_THAT(status.message(), HasSubstr(c.message));
  }
}

TEST(tokenizer_json, a_template_without_its_text_is_refused) {
  for (const char* single : {R"([])", R"([{"Sequence": {"id": "B", "type_id": 0}}])",
                             R"([{"Sequence": {"id": "C", "type_id": 0}}])",
                             R"([{"SpecialToken": {"id": "Y", "type_id": 0}}])", "3"}) {
    const std::string processor = std::string(R"({"type": "TemplateProcessing", "single": )") +
                                  single + R"(, "pair": [], "special_tokens": {}})";
    const Status status =
        parse_tokenizer_json(
            small_with(R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})",
                       processor))
            .status();
    EXPECT_EQ(status.code(), Code::kBadInput) << single;
  }
}

TEST(tokenizer_json, every_truncation_is_an_error) {
  const std::string text = slurp(fixture("tiny-mean-f32/tokenizer.json"));
  ASSERT_TRUE(parse_tokenizer_json(text).ok());
  for (std::size_t n = 0; n < text.size(); n += 3) {
    EXPECT_FALSE(parse_tokenizer_json(std::string_view(text).substr(0, n)).ok()) << n;
  }
}

TEST(read_tokenizer, tokenizer_json_and_vocab_txt_of_one_model_agree) {
  const Result<TokenizerSpec> json = read_tokenizer(fixture("tiny-mean-f32"));
  const Result<TokenizerSpec> txt = read_tokenizer(fixture("tiny-cls"));
  ASSERT_TRUE(json.ok()) << json.status().message();
  ASSERT_TRUE(txt.ok()) << txt.status().message();
  EXPECT_EQ(json->vocab, txt->vocab);
  EXPECT_EQ(json->unk_id, txt->unk_id);
  EXPECT_EQ(json->bert.lowercase, txt->bert.lowercase);
  EXPECT_EQ(json->bert.strip_accents, txt->bert.strip_accents);
  ASSERT_EQ(json->pair.size(), txt->pair.size());
  for (std::size_t i = 0; i < json->pair.size(); ++i) {
    expect_piece(txt->pair[i], json->pair[i].kind, json->pair[i].id, json->pair[i].type_id);
  }
  ASSERT_EQ(json->added.size(), txt->added.size());
  for (const AddedToken& token : json->added) {
    const auto same = [&token](const AddedToken& other) {
      return other.id == token.id && other.content == token.content && other.special;
    };
    EXPECT_TRUE(std::any_of(txt->added.begin(), txt->added.end(), same)) << token.content;
  }
}

}  // namespace
}  // namespace quern::formats
