// What a file says of its tokenizer, as plain data: the lists of a pipeline, in order of work
// (normalizers, pre-tokenizers, one model, templates, decoders), and its added tokens. Read by
// formats/ (tokenizer.json, vocab.txt, GGUF), given meaning by make_tokenizer.
// Source: huggingface/tokenizers, whose names the components bear; docs/tokenizers.md.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace quern::text {

using TokenId = std::int32_t;

/// What SentencePiece writes for a space: U+2581.
inline constexpr const char* kSpaceMark = "\xe2\x96\x81";

/// A token matched in the text before the model sees it. Source: huggingface/tokenizers AddedToken.
struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool special = false;
  bool normalized = false;  // Matched against normalised text rather than the raw text.
  bool lstrip = false;      // Swallows white space on its left / right.
  bool rstrip = false;
  bool single_word = false;  // Only where no word character touches it.
};

/// What is looked for in a text: a string as it is, or a regular expression (Oniguruma's syntax).
struct Pattern {
  enum class Kind { kString, kRegex };
  Kind kind = Kind::kString;
  std::string text;
  bool operator==(const Pattern&) const = default;
};

inline Pattern string_pattern(std::string text) {
  return {Pattern::Kind::kString, std::move(text)};
}
inline Pattern regex_pattern(std::string text) { return {Pattern::Kind::kRegex, std::move(text)}; }

/// Puts `content`, literally, in place of each match. A normalizer, and a decoder.
struct Replace {
  Pattern pattern;
  std::string content;
  bool operator==(const Replace&) const = default;
};

/// Source: huggingface/tokenizers BertNormalizer.
struct BertRules {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  std::optional<bool> strip_accents = {};  // Unset: as `lowercase`.
  bool lowercase = true;
  bool operator==(const BertRules&) const = default;
};

/// Each changes the text between added tokens.
namespace normalizers {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

/// Full lower case, character by character.
struct Lowercase {
  bool operator==(const Lowercase&) const = default;
};

/// Drops all combining marks; decomposes nothing.
struct StripAccents {
  bool operator==(const StripAccents&) const = default;
};

/// Drops white space at the ends.
struct Strip {
  bool left = true;
  bool right = true;
  bool operator==(const Strip&) const = default;
};

/// Puts `text` before any text but the empty one.
struct Prepend {
  std::string text;
  bool operator==(const Prepend&) const = default;
};

/// SentencePiece's "nmt" rules: drops control characters, makes spaces of the odd ones.
struct Nmt {
  bool operator==(const Nmt&) const = default;
};

/// SentencePiece's table of replacements.
struct Precompiled {
  /// Which of the matches at a place counts.
  enum class Match {
    kGrapheme,  // The shortest of a short grapheme cluster or character (huggingface/tokenizers).
    kLongest,   // The longest (SentencePiece, llama.cpp).
  };
  std::string charsmap;  // As in the file: trie size, double array, strings that end with NUL.
  Match match = Match::kGrapheme;
  bool operator==(const Precompiled&) const = default;
};

/// GPT-2's byte characters in place of the bytes.
struct ByteLevel {
  bool operator==(const ByteLevel&) const = default;
};

}  // namespace normalizers

using Normalizer =
    std::variant<BertRules, normalizers::UnicodeForm, normalizers::Lowercase,
                 normalizers::StripAccents, normalizers::Strip, Replace, normalizers::Prepend,
                 normalizers::Nmt, normalizers::Precompiled, normalizers::ByteLevel>;

/// Each cuts the pieces that the one before left; some change their text too.
namespace pre_tokenizers {

/// What becomes of a match.
enum class Behavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// At white space, which is dropped, and round each punctuation character.
struct BertPreTokenizer {
  bool operator==(const BertPreTokenizer&) const = default;
};

/// Runs of word characters, runs of other visible ones; white space is dropped.
struct Whitespace {
  bool operator==(const Whitespace&) const = default;
};

/// At white space, which is dropped.
struct WhitespaceSplit {
  bool operator==(const WhitespaceSplit&) const = default;
};

/// At ASCII punctuation and Unicode's P*.
struct Punctuation {
  Behavior behavior = Behavior::kIsolated;
  bool operator==(const Punctuation&) const = default;
};

/// At Unicode's N*: each alone, or by runs.
struct Digits {
  bool individual = false;
  bool operator==(const Digits&) const = default;
};

struct Split {
  Pattern pattern;
  Behavior behavior = Behavior::kIsolated;
  bool invert = false;  // Matches and what lies between them change roles.
  bool operator==(const Split&) const = default;
};

/// Words by GPT-2's regex, written in its byte characters.
struct ByteLevel {
  bool add_prefix_space = true;  // " " before a piece that does not start with one.
  bool use_regex = true;         // Else only the writing.
  bool operator==(const ByteLevel&) const = default;
};

enum class PrependScheme { kAlways, kFirst, kNever };

/// `replacement` for each space, and before the text.
struct Metaspace {
  std::string replacement = kSpaceMark;                   // One character.
  PrependScheme prepend_scheme = PrependScheme::kAlways;  // kFirst: at the front of the input.
  bool split = true;                                      // Each replacement begins a new piece.
  bool operator==(const Metaspace&) const = default;
};

/// At one character, which is dropped.
struct CharDelimiterSplit {
  std::string delimiter;
  bool operator==(const CharDelimiterSplit&) const = default;
};

/// Where the script changes; kana count as Han, and spaces belong to what is before them.
struct UnicodeScripts {
  bool operator==(const UnicodeScripts&) const = default;
};

/// Pieces of `length` characters.
struct FixedLength {
  int length = 5;
  bool operator==(const FixedLength&) const = default;
};

}  // namespace pre_tokenizers

using PreTokenizer =
    std::variant<pre_tokenizers::BertPreTokenizer, pre_tokenizers::Whitespace,
                 pre_tokenizers::WhitespaceSplit, pre_tokenizers::Punctuation,
                 pre_tokenizers::Digits, pre_tokenizers::Split, pre_tokenizers::ByteLevel,
                 pre_tokenizers::Metaspace, pre_tokenizers::CharDelimiterSplit,
                 pre_tokenizers::UnicodeScripts, pre_tokenizers::FixedLength>;

/// What of a token's piece is text. They act on one token at a time here, so that an answer can be
/// written as it comes: what looks at a whole sequence (white space at its front) is left out.
namespace decoders {

/// Byte characters back into bytes.
struct ByteLevel {
  bool operator==(const ByteLevel&) const = default;
};

/// `replacement` back into spaces.
struct Metaspace {
  std::string replacement = kSpaceMark;
  bool operator==(const Metaspace&) const = default;
};

/// "<0x0A>" back into its byte.
struct ByteFallback {
  bool operator==(const ByteFallback&) const = default;
};

/// A space for `suffix` ("</w>").
struct Bpe {
  std::string suffix;
  bool operator==(const Bpe&) const = default;
};

}  // namespace decoders

using Decoder = std::variant<decoders::ByteLevel, decoders::Metaspace, decoders::ByteFallback,
                             decoders::Bpe, Replace>;

/// Options of a BPE model. Source: huggingface/tokenizers, models/bpe.
struct BpeRules {
  bool fuse_unk = false;          // One unknown token for a run of unknown characters.
  bool byte_fallback = false;     // Unknown characters become <0xXX> pieces, where all are there.
  bool ignore_merges = false;     // A word that is a token needs no merges (Llama 3).
  std::string continuing_prefix;  // Before each character of a word but the first.
  std::string end_suffix;         // Behind its last ("</w>").
};

struct UnigramRules {
  bool byte_fallback = false;
  // Of a character that has no piece; unset: 10 below the lowest score.
  std::optional<double> unk_score = {};
  bool sums_in_f32 = false;  // As SentencePiece: between equal sums its rounding decides.
};

/// One element of a template: a fixed token, or the text's own tokens.
struct TemplatePiece {
  enum class Kind { kToken, kTextA, kTextB };
  Kind kind = Kind::kToken;
  TokenId id = 0;            // For kToken.
  std::uint8_t type_id = 0;  // Segment of the token(s).
};

/// Which end of a text that is too long is cut off.
enum class TruncationSide { kRight, kLeft };

struct TokenizerSpec {
  std::vector<AddedToken> added;
  std::vector<Normalizer> normalizers;
  std::vector<PreTokenizer> pre_tokenizers;

  enum class Model { kWordPiece, kBpe, kUnigram, kWordLevel };
  Model model = Model::kWordPiece;
  std::vector<std::string> vocab;  // By id; ids without a token hold "".
  TokenId unk_id = -1;             // -1: unknown characters are lost (BPE) or there are none.
  bool drops_unknown = false;      // Tokens of that id are no part of an encoding (Model2Vec).
  // By id. Unigram's; and those of a BPE without merges, where any two pieces whose sum is a piece
  // merge, the best score first (SentencePiece's own BPE).
  std::vector<double> scores;
  std::vector<std::pair<std::string, std::string>> merges;  // BPE, best first.
  BpeRules bpe;
  UnigramRules unigram;
  std::string continuing_prefix = "##";  // WordPiece.
  int max_chars_per_word = 100;          // WordPiece: longer words become the unknown token.

  std::vector<TemplatePiece> single;  // [CLS] A [SEP]
  std::vector<TemplatePiece> pair;    // [CLS] A [SEP] B [SEP]; empty: pairs are refused.
  TruncationSide truncation_side = TruncationSide::kRight;
  std::vector<Decoder> decoders;
};

}  // namespace quern::text
