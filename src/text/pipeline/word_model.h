// The model of a tokenizer: one piece of text into token ids.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/bert/word_piece.h"
#include "text/bpe/bpe_merge.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

/// What encoding needs; reused between words.
struct WordScratch {
  /// Unigram: the best way to a place in the word.
  struct Path {
    double score = 0;
    std::size_t begin = 0;  // Of its last piece.
    TokenId id = -1;
    bool is_reached = false;
  };

  WordPiece::Scratch prefix_hashes;
  BpeMerger merger;
  std::vector<BpeSymbol> symbols;
  std::string affixed;
  std::vector<Path> paths;
  std::vector<TokenId> ids;
};

/// Threads: immutable.
class WordModel {
 public:
  virtual ~WordModel() = default;

  /// Appends the ids of `word`, well formed and not empty. Cost: O(n log n) in its bytes.
  virtual void encode(std::string_view word, WordScratch& scratch,
                      std::vector<TokenId>& out) const = 0;

  /// The piece of an id of the vocabulary; "" for special tokens.
  virtual std::string_view piece(TokenId id) const = 0;

  virtual int n_vocab() const = 0;
  virtual std::size_t resident_bytes() const = 0;
};

/// The spec's model. Special tokens are no pieces of it: text that spells one is split.
/// Errors: kBadInput if vocabulary and rules contradict each other.
Result<std::unique_ptr<WordModel>> make_word_model(const TokenizerSpec& spec);

}  // namespace quern::text
