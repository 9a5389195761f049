#include "text/piece_table.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.h"

namespace quern::text {

PieceHash hash_of(std::string_view piece) {
  PieceHash hash = kEmptyHash;
  for (const char byte : piece) hash = extend_hash(hash, byte);
  return hash;
}

PieceTable::PieceTable(const std::vector<std::string>& pieces, std::string_view cut_prefix)
    : n_cut_(cut_prefix.size()) {
  std::size_t n_bytes = 0;
  std::size_t n_keys = 0;
  for (const std::string& p : pieces) {
    n_bytes += p.size();
    n_keys += p.size() > n_cut_ && p.starts_with(cut_prefix);
  }
  QUERN_CHECK(n_bytes < std::numeric_limits<std::uint32_t>::max());
  arena_.reserve(n_bytes);
  offsets_.reserve(pieces.size() + 1);
  slots_.assign(std::bit_ceil(2 * n_keys + 1), Slot{});  // At most half full.
  mask_ = slots_.size() - 1;
  for (const std::string& p : pieces) {
    arena_ += p;
    offsets_.push_back(static_cast<std::uint32_t>(arena_.size()));
    if (p.size() > n_cut_ && p.starts_with(cut_prefix)) {
      insert(static_cast<TokenId>(offsets_.size() - 2));
    }
  }
}

std::string_view PieceTable::piece(TokenId id) const {
  const auto i = static_cast<std::size_t>(id);
  return std::string_view(arena_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
}

void PieceTable::insert(TokenId id) {
  const std::string_view key = key_of(id);
  longest_bytes_ = std::max(longest_bytes_, key.size());
  const PieceHash hash = hash_of(key);
  std::size_t i = slot_of(hash);
  while (slots_[i].id >= 0 && key_of(slots_[i].id) != key) i = (i + 1) & mask_;
  slots_[i] = {static_cast<std::uint32_t>(hash), id};
}

std::size_t PieceTable::resident_bytes() const {
  return arena_.capacity() + offsets_.capacity() * sizeof(offsets_[0]) +
         slots_.capacity() * sizeof(Slot);
}

}  // namespace quern::text
