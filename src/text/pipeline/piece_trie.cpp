#include "text/pipeline/piece_trie.h"

#include <algorithm>

namespace quern::text {
namespace {

/// A stretch of the sorted pieces, which share their first `depth` bytes: one node of the trie.
struct Range {
  std::size_t begin;
  std::size_t end;
  std::size_t depth;
};

}  // namespace

PieceTrie::PieceTrie(const std::vector<std::string>& pieces, std::size_t n) {
  std::vector<TokenId> sorted;
  for (std::size_t i = 0; i < std::min(n, pieces.size()); ++i) {
    if (!pieces[i].empty()) sorted.push_back(static_cast<TokenId>(i));
  }
  const auto text = [&](std::size_t i) -> const std::string& {
    return pieces[static_cast<std::size_t>(sorted[i])];
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](TokenId a, TokenId b) {
    return pieces[static_cast<std::size_t>(a)] < pieces[static_cast<std::size_t>(b)];
  });
  // Breadth first: all nodes of a level lie side by side, and so do the children of each.
  std::vector<Range> level = {{0, sorted.size(), 0}};
  std::vector<Range> next_level;
  bytes_.push_back(0);
  for (; !level.empty(); level.swap(next_level), next_level.clear()) {
    for (Range node : level) {
      ids_.push_back(-1);
      for (; node.begin < node.end && text(node.begin).size() == node.depth; ++node.begin) {
        ids_.back() = sorted[node.begin];
      }
      first_child_.push_back(static_cast<Node>(bytes_.size()));
      while (node.begin < node.end) {
        const char byte = text(node.begin)[node.depth];
        std::size_t end = node.begin + 1;
        while (end < node.end && text(end)[node.depth] == byte) ++end;
        bytes_.push_back(static_cast<unsigned char>(byte));
        next_level.push_back({node.begin, end, node.depth + 1});
        node.begin = end;
      }
    }
  }
  first_child_.push_back(static_cast<Node>(bytes_.size()));
}

TokenId PieceTrie::find(std::string_view text) const {
  Node node = kRoot;
  for (const char byte : text) {
    node = next(node, byte);
    if (node == kNone) return -1;
  }
  return id(node);
}

}  // namespace quern::text
