// BERT's normaliser: clean text, space out CJK, strip accents, lower case.
// Source: huggingface/tokenizers, BertNormalizer.

#pragma once

#include <array>
#include <string>
#include <string_view>

#include "text/tokenizer_spec.h"

namespace quern::text {

class BertNormalizer {
 public:
  explicit BertNormalizer(const BertRules& rules);

  /// Appends the normal form of well-formed `utf8` to `out`.
  void normalize(std::string_view utf8, std::string& out) const;

 private:
  bool clean_text_;
  bool handle_chinese_chars_;
  bool strip_accents_;
  bool lowercase_;
  std::array<char, 128> ascii_out_{};            // What each ASCII character becomes,
  std::array<unsigned char, 128> ascii_kept_{};  // and whether it stays (1) or goes (0).
};

}  // namespace quern::text
