// Words to pieces of a vocabulary, longest first.
// Source: huggingface/tokenizers, models/wordpiece; Schuster and Nakajima 2012.

#pragma once

#include <string_view>
#include <vector>

#include "text/piece_table.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

class WordPiece {
 public:
  /// `spec.unk_id` must be an id of the vocabulary.
  explicit WordPiece(const TokenizerSpec& spec);

  /// Room for the hashes of the prefixes of what is left of a word; reused between words.
  using Scratch = std::vector<PieceHash>;

  /// Appends the pieces of one well-formed word, or the unknown token if they do not cover it.
  void encode_word(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const;

  const PieceTable& pieces() const { return whole_; }
  std::size_t resident_bytes() const;

 private:
  struct Found {
    std::size_t n_bytes = 0;
    TokenId id = -1;
  };
  static Found longest_prefix(const PieceTable& table, std::string_view text, Scratch& scratch);

  PieceTable whole_;      // All pieces, as they are.
  PieceTable continued_;  // Those that continue a word, without their prefix.
  TokenId unk_id_;
  std::size_t max_chars_per_word_;
};

}  // namespace quern::text
