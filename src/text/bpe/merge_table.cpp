#include "text/bpe/merge_table.h"

#include <algorithm>
#include <bit>
#include <string>

namespace quern::text {

Result<MergeTable> MergeTable::make(const std::vector<std::pair<std::string, std::string>>& merges,
                                    const PieceTable& pieces, std::size_t n_cut) {
  MergeTable table;
  table.slots_.assign(std::bit_ceil(2 * merges.size() + 1), Slot{});  // At most half full.
  table.mask_ = table.slots_.size() - 1;
  std::string both;
  std::uint32_t rank = 0;
  for (const auto& [left, right] : merges) {
    both.assign(left).append(right, std::min(n_cut, right.size()));
    const TokenId left_id = pieces.find(left);
    const TokenId right_id = pieces.find(right);
    const TokenId id = pieces.find(both);
    if (left_id < 0 || right_id < 0 || id < 0) {
      const std::string& missing = left_id < 0 ? left : right_id < 0 ? right : both;
      return {Code::kBadInput, "merge " + std::to_string(rank) + " needs '" + missing +
                                   "', which is not in the vocabulary"};
    }
    table.insert(key_of(left_id, right_id), rank++, id);
  }
  return table;
}

void MergeTable::insert(std::uint64_t key, std::uint32_t rank, TokenId id) {
  std::size_t i = slot_of(key);
  while (slots_[i].id >= 0 && slots_[i].key != key) i = (i + 1) & mask_;
  slots_[i] = {key, rank, id};
}

}  // namespace quern::text
