// A list of pre-tokenizers: text into the pieces that the model gets one by one.
// Source: huggingface/tokenizers, pre_tokenizers/.

#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/pipeline/matcher.h"
#include "text/pipeline/split_behavior.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

/// A piece of text; never empty.
struct TextPiece {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_front = false;  // Begins where the input of the tokenizer does.
};

/// Split and CharDelimiterSplit, ready to run.
struct MatchSplit {
  Matcher matcher;
  pre_tokenizers::Behavior behavior = pre_tokenizers::Behavior::kIsolated;
  bool invert = false;
};

class PreTokenization {
 public:
  /// Errors: kUnsupported for a regex, kBadInput for a length; they say which.
  static Result<PreTokenization> make(const std::vector<PreTokenizer>& list);

  /// What one call needs; reused between calls.
  struct Scratch {
    explicit Scratch(RegexScratch& steps) : regex(steps) {}
    RegexScratch& regex;
    std::vector<TextPiece> pieces;
    std::vector<TextPiece> next_pieces;
    std::vector<Stretch> stretches;
    std::string text;
    std::string next_text;
    std::string part;
  };

  /// Cuts well-formed `text` and calls `take(std::string_view piece)` in order. `is_front`: it
  /// begins where the input of the tokenizer does.
  template <typename Take>
  void cut(std::string_view text, bool is_front, Scratch& scratch, const Take& take) const {
    const std::string_view written = run(text, is_front, scratch);
    for (const TextPiece& piece : scratch.pieces) {
      take(written.substr(piece.begin, piece.end - piece.begin));
    }
  }

  std::size_t resident_bytes() const;

 private:
  using Step = std::variant<
      pre_tokenizers::BertPreTokenizer, pre_tokenizers::Whitespace, pre_tokenizers::WhitespaceSplit,
      pre_tokenizers::Punctuation, pre_tokenizers::Digits, MatchSplit, pre_tokenizers::ByteLevel,
      pre_tokenizers::Metaspace, pre_tokenizers::UnicodeScripts, pre_tokenizers::FixedLength>;

  static Result<Step> make_step(const PreTokenizer& pre_tokenizer);
  std::string_view run(std::string_view text, bool is_front, Scratch& scratch) const;

  std::vector<Step> steps_;
};

}  // namespace quern::text
