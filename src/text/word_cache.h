// Remembers the tokens of words within one call: most words of a long text are repeats.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/piece_table.h"

namespace quern::text {

/// A direct-mapped cache; what it forgets is only computed again.
class WordCache {
 public:
  /// Sized for a text of that many bytes; for a short one it holds nothing.
  explicit WordCache(std::size_t text_bytes);

  /// The tokens of `word`, if they are known. `hash` must be hash_of(word).
  bool append_if_known(std::string_view word, PieceHash hash, std::vector<TokenId>& out) const;

  void add(std::string_view word, PieceHash hash, std::span<const TokenId> ids);

 private:
  static constexpr std::size_t kMaxSlots = 1 << 14;
  static constexpr std::size_t kMaxWordBytes = 64;

  struct Slot {
    PieceHash hash = 0;
    std::string word;  // Empty: the slot is free.
    std::vector<TokenId> ids;
  };

  std::vector<Slot> slots_;
};

}  // namespace quern::text
