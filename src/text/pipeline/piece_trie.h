// A trie of pieces by their bytes, level by level in flat arrays: 9 bytes a node.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer_spec.h"

namespace quern::text {

class PieceTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = UINT32_MAX;

  /// Of the first `n` pieces, by their indices; empty ones are not in it, of equal ones the last
  /// is.
  PieceTrie(const std::vector<std::string>& pieces, std::size_t n);

  /// The node one byte on, or kNone.
  Node next(Node node, char byte) const {
    Node low = first_child_[node];
    Node high = first_child_[node + 1];
    const auto want = static_cast<unsigned char>(byte);
    while (high - low > 8) {
      const Node middle = low + (high - low) / 2;
      bytes_[middle] <= want ? low = middle : high = middle;
    }
    for (; low < high; ++low) {
      if (bytes_[low] == want) return low;
    }
    return kNone;
  }

  /// The piece that ends at the node, or -1.
  TokenId id(Node node) const { return ids_[node]; }

  /// The piece `text`, or -1.
  TokenId find(std::string_view text) const;

  std::size_t resident_bytes() const {
    return bytes_.capacity() + first_child_.capacity() * sizeof(Node) +
           ids_.capacity() * sizeof(TokenId);
  }

 private:
  std::vector<unsigned char> bytes_;  // By node: the byte that leads to it.
  std::vector<Node> first_child_;     // A node's children end where the next node's begin.
  std::vector<TokenId> ids_;
};

}  // namespace quern::text
