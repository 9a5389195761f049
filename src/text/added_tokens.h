// Finds added tokens ("[MASK]", "<|im_end|>") in text, before any other splitting.
// Source: huggingface/tokenizers, AddedVocabulary.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

/// A stretch of text: an added token, or (id < 0) text between them. Never empty.
struct TextPart {
  std::string_view text;
  TokenId id = -1;
};

/// Where special tokens are looked for.
struct SpecialsRule {
  Specials specials = Specials::kAsToken;
  const ByteSpans& plain;  // Stretches of the text where they are ordinary text all the same.
};

/// Leftmost, longest matches of a set of added tokens.
class AddedTokens {
 public:
  AddedTokens() : first_byte_(256, kNoNode) {}

  /// Tokens with empty content are never found; of equal ones the first is.
  explicit AddedTokens(const std::vector<AddedToken>& tokens);

  bool empty() const { return tokens_.empty(); }

  /// Appends the parts of well-formed `utf8`, in order, to `out`. White space next to a token goes
  /// to it where lstrip or rstrip say so. With Specials::kAsText special tokens are ordinary text;
  /// in plain stretches so are those that look like special ones ("<|im_end|>"), for files forget
  /// to say that they are.
  void split(std::string_view utf8, SpecialsRule rule, std::vector<TextPart>& out) const;

  std::size_t resident_bytes() const;

 private:
  struct Match {
    std::size_t n_bytes = 0;
    const AddedToken* token = nullptr;
  };
  struct Node {
    char byte;
    int token = -1;  // Index into tokens_ of the one that ends here.
    int child = kNoNode;
    int sibling = kNoNode;
  };
  static constexpr int kNoNode = -1;

  void insert(const std::string& content, int token);
  Match longest_at(std::string_view utf8, std::size_t pos, const ByteSpans& plain) const;

  std::vector<AddedToken> tokens_;
  std::vector<bool> is_control_;  // By place in tokens_.
  std::vector<Node> nodes_;       // A trie; roots by first byte.
  std::vector<int> first_byte_;   // [256]
};

}  // namespace quern::text
