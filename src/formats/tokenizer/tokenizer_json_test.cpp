#include "formats/tokenizer/tokenizer_json.h"

#include <gmock/gmock.h>

#include "formats/model_folder.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

namespace norm = text::normalizers;
namespace pre = text::pre_tokenizers;
using testing::ElementsAre;
using testing::HasSubstr;
using text::AddedToken;
using text::Normalizer;
using text::PreTokenizer;
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
  EXPECT_THAT(spec->vocab, ElementsAre("[UNK]", "[CLS]", "[SEP]", "a", "<new>"));
  EXPECT_EQ(spec->unk_id, 0);
  EXPECT_EQ(spec->continuing_prefix, "@@");
  EXPECT_EQ(spec->max_chars_per_word, 9);
  EXPECT_THAT(spec->normalizers,
              ElementsAre(Normalizer(text::BertRules{.clean_text = true,
                                                     .handle_chinese_chars = false,
                                                     .strip_accents = true,
                                                     .lowercase = false})));
  EXPECT_THAT(spec->pre_tokenizers, ElementsAre(PreTokenizer(pre::BertPreTokenizer{})));
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
      {"BertNormalizer", "NFX", no, "normalizer: NFX 1: normalizer 'NFX', want BertNormalizer"},
      {"BertPreTokenizer", "Space", no, "pre_tokenizer: Space 1: pre-tokenizer 'Space', want"},
      {"BertPreTokenizer\"", "Split\"", bad, "pre_tokenizer: Split 1: no 'pattern'"},
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
      {"\"clean_text\": true", "\"clean_text\": 1", bad,
       "normalizer: BertNormalizer 1: 'clean_text' is an integer"},
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
  EXPECT_TRUE(spec->normalizers.empty());
  EXPECT_THAT(spec->pre_tokenizers,
              ElementsAre(PreTokenizer(pre::ByteLevel{.add_prefix_space = false})));
  EXPECT_FALSE(spec->bpe.ignore_merges);
  EXPECT_THAT(spec->merges, ElementsAre(testing::Pair("a", "b"), testing::Pair("ab", "c")));
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

TEST(tokenizer_json, sequences_become_lists) {
  const std::string cuts =
      R"({"type": "Sequence", "pretokenizers": [
          {"type": "Split", "behavior": "MergedWithNext", "invert": true,
           "pattern": {"Regex": "\\s+"}},
          {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
           {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "Whitespace"},
           {"type": "WhitespaceSplit"}, {"type": "CharDelimiterSplit", "delimiter": "\u00e9"}]},
          {"type": "FixedLength", "length": 3}, {"type": "UnicodeScripts"}, )" +
      std::string(kByteLevel) + "]}";
  const std::string normal =
      R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKD"}, {"type": "Nmt"},
          {"type": "Lowercase"}, {"type": "StripAccents"},
          {"type": "Strip", "strip_left": false, "strip_right": true},
          {"type": "Replace", "pattern": {"String": "a"}, "content": "b"},
          {"type": "Prepend", "prepend": "_"}, {"type": "ByteLevel"},
          {"type": "Precompiled", "precompiled_charsmap": "AQID/w=="}]})";
  const Result<TokenizerSpec> spec = parse_bpe(normal, cuts, "null");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->pre_tokenizers,
              ElementsAre(PreTokenizer(pre::Split{text::regex_pattern("\\s+"),
                                                  pre::Behavior::kMergedWithNext, true}),
                          PreTokenizer(pre::Digits{true}),
                          PreTokenizer(pre::Punctuation{pre::Behavior::kContiguous}),
                          PreTokenizer(pre::Whitespace{}), PreTokenizer(pre::WhitespaceSplit{}),
                          PreTokenizer(pre::CharDelimiterSplit{"\u00e9"}),
                          PreTokenizer(pre::FixedLength{3}), PreTokenizer(pre::UnicodeScripts{}),
                          PreTokenizer(pre::ByteLevel{.add_prefix_space = false})));
  EXPECT_THAT(spec->normalizers,
              ElementsAre(Normalizer(norm::UnicodeForm::kNfc), Normalizer(norm::UnicodeForm::kNfkd),
                          Normalizer(norm::Nmt{}), Normalizer(norm::Lowercase{}),
                          Normalizer(norm::StripAccents{}), Normalizer(norm::Strip{false, true}),
                          Normalizer(text::Replace{text::string_pattern("a"), "b"}),
                          Normalizer(norm::Prepend{"_"}), Normalizer(norm::ByteLevel{}),
                          Normalizer(norm::Precompiled{"\x01\x02\x03\xff"})));
}

TEST(tokenizer_json, metaspace_of_old_and_new_files) {
  const auto scheme = [](const std::string& fields) {
    return parse_bpe("null", R"({"type": "Metaspace", "replacement": "\u2581")" + fields + "}",
                     "null");
  };
  const auto want = [&](const std::string& fields, pre::PrependScheme prepend, bool splits) {
    const Result<TokenizerSpec> spec = scheme(fields);
    ASSERT_TRUE(spec.ok()) << fields << spec.status().message();
    EXPECT_THAT(spec->pre_tokenizers,
                ElementsAre(PreTokenizer(pre::Metaspace{text::kSpaceMark, prepend, splits})));
  };
  want("", pre::PrependScheme::kAlways, true);
  want(R"(, "add_prefix_space": false)", pre::PrependScheme::kNever, true);
  want(R"(, "add_prefix_space": true, "prepend_scheme": "first", "split": false)",
       pre::PrependScheme::kFirst, false);
  EXPECT_THAT(
      scheme(R"(, "add_prefix_space": false, "prepend_scheme": "first")").status().message(),
      HasSubstr("'add_prefix_space' is false, 'prepend_scheme' is 'first'"));
}

TEST(tokenizer_json, bpe_and_unigram_fields) {
  const Result<TokenizerSpec> bpe =
      parse_bpe("null", "null", "null",
                R"("byte_fallback": true, "fuse_unk": true, "ignore_merges": true,
                   "end_of_word_suffix": "</w>", )");
  ASSERT_TRUE(bpe.ok()) << bpe.status().message();
  EXPECT_TRUE(bpe->bpe.byte_fallback && bpe->bpe.fuse_unk && bpe->bpe.ignore_merges);
  EXPECT_EQ(bpe->bpe.end_suffix, "</w>");

  const auto unigram = [](const std::string& fields) {
    return parse_tokenizer_json(R"({"model": {"type": "Unigram", )" + fields + "}}");
  };
  const Result<TokenizerSpec> spec =
      unigram(R"("unk_id": 1, "byte_fallback": true, "vocab": [["a", -1.5], ["<unk>", 0]])");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_THAT(spec->vocab, ElementsAre("a", "<unk>"));
  EXPECT_THAT(spec->scores, ElementsAre(-1.5, 0));
  EXPECT_EQ(spec->unk_id, 1);
  EXPECT_TRUE(spec->unigram.byte_fallback);
  // T5's score of U+2581: the reference's reader is off by the last bit, which decides between
  // equal sums.
  const auto read = [&](const std::string& score) {
    return unigram(R"("vocab": [["a", )" + score + "]]")->scores.front();
  };
  EXPECT_EQ(read("-2.0122928619384766"), -0x1.0192d00000001p+1);
  EXPECT_EQ(read("-1e-7"), -1e-7);
  EXPECT_EQ(read("-13"), -13);
  EXPECT_EQ(unigram(R"("vocab": [["a", 0]])")->unk_id, -1);
  EXPECT_THAT(unigram(R"("unk_id": 2, "vocab": [["a", 0]])").status().message(),
              HasSubstr("model: 'unk_id' is 2, want 0 to 0"));
  EXPECT_THAT(unigram(R"("vocab": [["a"]])").status().message(), HasSubstr("'vocab' holds"));
  EXPECT_THAT(unigram(R"("vocab": [])").status().message(), HasSubstr("0 pieces"));
  EXPECT_THAT(parse_bpe(R"({"type": "Precompiled", "precompiled_charsmap": "?"})", "null", "null")
                  .status()
                  .message(),
              HasSubstr("Precompiled 1: 'precompiled_charsmap': not base64"));
  EXPECT_THAT(unigram(R"("vocab": {})").status().message(), HasSubstr("want an array"));
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
      {R"({"type": "NFX"})", kByteLevel, "null", "", "normalizer: NFX 1: normalizer 'NFX'"},
      {"null", R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "x"})", "null", "",
       "pre_tokenizer: Split 1: 'behavior' 'x', want Removed"},
      {"null", kByteLevel, R"({"type": "Odd"})", "", "post-processor 'Odd'"},
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
  EXPECT_EQ(json->normalizers, txt->normalizers);
  EXPECT_EQ(json->pre_tokenizers, txt->pre_tokenizers);
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
