// Strings by id, and ids by string, in two flat arrays: a table of 30,000 pieces is built in a
// millisecond or two and looked up without allocation.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer_spec.h"

namespace quern::text {

/// A hash that grows byte by byte, so that all prefixes of a word cost one pass.
using PieceHash = std::uint64_t;
constexpr PieceHash kEmptyHash = 0xCBF29CE484222325ull;

inline PieceHash extend_hash(PieceHash hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15ull;
}

PieceHash hash_of(std::string_view piece);

class PieceTable {
 public:
  PieceTable() = default;

  /// Holds a copy of the pieces; ids are indices. Empty pieces are never found; of equal ones the
  /// last is. With `cut_prefix`, only pieces that start with it are found, by what follows it.
  explicit PieceTable(const std::vector<std::string>& pieces, std::string_view cut_prefix = {});

  int n_pieces() const { return static_cast<int>(offsets_.size()) - 1; }
  std::size_t longest_bytes() const { return longest_bytes_; }

  /// The whole piece, with its prefix.
  std::string_view piece(TokenId id) const;

  /// -1 if there is no such piece. `hash` must be hash_of(key).
  TokenId find(std::string_view key, PieceHash hash) const {
    for (std::size_t i = slot_of(hash);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.id < 0) return -1;
      if (slot.tag == static_cast<std::uint32_t>(hash) && key_of(slot.id) == key) return slot.id;
    }
  }

  TokenId find(std::string_view key) const { return find(key, hash_of(key)); }

  std::size_t resident_bytes() const;

 private:
  struct Slot {
    std::uint32_t tag = 0;
    TokenId id = -1;
  };

  std::size_t slot_of(PieceHash hash) const { return static_cast<std::size_t>(hash >> 32) & mask_; }
  std::string_view key_of(TokenId id) const { return piece(id).substr(n_cut_); }
  void insert(TokenId id);

  std::string arena_;
  std::vector<std::uint32_t> offsets_ = {0};  // [n_pieces + 1]
  std::vector<Slot> slots_ = std::vector<Slot>(1);
  std::size_t mask_ = 0;
  std::size_t n_cut_ = 0;
  std::size_t longest_bytes_ = 0;  // Of the keys.
};

}  // namespace quern::text
