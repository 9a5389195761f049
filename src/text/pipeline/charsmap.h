// SentencePiece's precompiled table of replacements: a double-array trie over UTF-8 and the strings
// that take the place of what it holds ("nmt_nfkc" and the like).
// Source: sentencepiece, normalizer.cc; Yata 2012, darts-clone; for Match::kGrapheme
// huggingface/tokenizers, normalizers/precompiled.rs, and spm_precompiled.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

class Charsmap {
 public:
  /// Errors: kBadInput if the sizes contradict each other, or a replacement is not UTF-8. Walks
  ///   that would leave the trie find nothing.
  static Result<Charsmap> make(const normalizers::Precompiled& precompiled);

  /// Appends well-formed `utf8` with its replacements to `out`.
  void append(std::string_view utf8, std::string& out) const;

  std::size_t resident_bytes() const { return units_.capacity() * 4 + strings_.capacity(); }

 private:
  using Match = normalizers::Precompiled::Match;

  struct Found {
    std::size_t n_bytes = 0;  // 0: nothing.
    std::uint32_t offset = 0;
  };

  Found find(std::string_view text) const;
  std::string_view replacement(std::uint32_t offset) const;
  bool append_replacement(std::string_view text, std::string& out) const;
  void append_graphemes(std::string_view utf8, std::string& out) const;
  void append_longest(std::string_view utf8, std::string& out) const;

  std::vector<std::uint32_t> units_;
  std::string strings_;  // Each ends with NUL.
  Match match_ = Match::kGrapheme;
  std::array<bool, 128> ascii_stays_{};
};

}  // namespace quern::text
