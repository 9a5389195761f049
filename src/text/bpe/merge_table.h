// Which pairs of tokens merge, in one flat open-addressing table.

#pragma once

#include <vector>

#include "base/status.h"
#include "text/bpe/bpe_merge.h"
#include "text/piece_table.h"

namespace quern::text {

class MergeTable {
 public:
  MergeTable() = default;

  /// Rank = place in `merges`; of equal pairs the last counts. What two become is the left one and
  /// the right one without its first `n_cut` bytes.
  /// Errors: kBadInput if a part, or what it becomes, is not in `pieces`.
  static Result<MergeTable> make(const std::vector<std::pair<std::string, std::string>>& merges,
                                 const PieceTable& pieces, std::size_t n_cut = 0);

  /// The merge of two neighbours; rank kNone if there is none.
  Merge find(TokenId left, TokenId right) const {
    const std::uint64_t key = key_of(left, right);
    for (std::size_t i = slot_of(key);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.id < 0) return {};
      if (slot.key == key) return {slot.rank, slot.id};
    }
  }

  std::size_t resident_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key = UINT64_MAX;
    std::uint32_t rank = 0;
    TokenId id = -1;
  };

  static std::uint64_t key_of(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
  }
  std::size_t slot_of(std::uint64_t key) const {
    return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15ull >> 32) & mask_;
  }
  void insert(std::uint64_t key, std::uint32_t rank, TokenId id);

  std::vector<Slot> slots_ = std::vector<Slot>(1);
  std::size_t mask_ = 0;
};

}  // namespace quern::text
