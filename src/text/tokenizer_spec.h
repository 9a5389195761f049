// What a file says of its tokenizer, as plain data: vocabulary, rules, special tokens, templates.
// Read by formats/ (tokenizer.json, vocab.txt, GGUF), given meaning by make_tokenizer.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quern::text {

using TokenId = std::int32_t;

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

/// Source: huggingface/tokenizers BertNormalizer and BertPreTokenizer.
struct BertRules {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  std::optional<bool> strip_accents = {};  // Unset: as `lowercase`.
  bool lowercase = true;
};

/// How text is cut into words before byte-level BPE; bpe_words.h gives each rule's regex.
enum class BpeWords { kGpt2, kLlama3, kQwen2, kSmolLm };

/// Byte-level BPE. `vocab` and `merges` hold GPT-2's byte characters, as the files do: "\u0120the".
struct ByteLevelRules {
  BpeWords words = BpeWords::kGpt2;
  bool nfc = false;          // Qwen2: canonical composition first.
  bool whole_words = false;  // Llama 3's ignore_merges: a word that is a token needs no merges.
  bool add_prefix_space = false;  // " " before text that does not start with white space.
};

/// Where SentencePiece's dummy space goes.
enum class SpacePrefix {
  kNever,      // Gemma.
  kTextStart,  // Before the text, unless it starts with a space (Metaspace "first").
  kEveryPart,  // Before the text and after each added token (Llama 2 and llama.cpp).
};

/// SentencePiece BPE. `vocab` holds its pieces: "\u2581the", "<0x0A>".
struct SentencePieceRules {
  SpacePrefix space_prefix = SpacePrefix::kEveryPart;
  bool byte_fallback = true;  // Unknown characters become <0xXX> pieces; else the unknown token.
};

/// One element of a TemplateProcessing: a fixed token, or the text's own tokens.
struct TemplatePiece {
  enum class Kind { kToken, kTextA, kTextB };
  Kind kind = Kind::kToken;
  TokenId id = 0;            // For kToken.
  std::uint8_t type_id = 0;  // Segment of the token(s).
};

/// Which end of a text that is too long is cut off.
enum class TruncationSide { kRight, kLeft };

struct TokenizerSpec {
  enum class Model { kWordPiece, kBpe, kSentencePieceBpe, kUnigram };  // kBpe: byte-level.
  Model model = Model::kWordPiece;

  std::vector<std::string> vocab;  // By id; ids without a token hold "".
  std::vector<float> scores;       // Unigram and SentencePiece BPE only, by id.
  // BPE, best first. SentencePiece BPE may leave them out: then `scores` decide.
  std::vector<std::pair<std::string, std::string>> merges;
  std::vector<AddedToken> added;

  TokenId unk_id = -1;
  std::string continuing_prefix = "##";  // WordPiece.
  int max_chars_per_word = 100;          // WordPiece: longer words become the unknown token.
  BertRules bert;
  ByteLevelRules byte_level;
  SentencePieceRules sentence_piece;

  std::vector<TemplatePiece> single;  // [CLS] A [SEP]
  std::vector<TemplatePiece> pair;    // [CLS] A [SEP] B [SEP]; empty: pairs are refused.
  TruncationSide truncation_side = TruncationSide::kRight;
};

}  // namespace quern::text
