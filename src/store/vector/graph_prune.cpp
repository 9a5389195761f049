#include "store/vector/graph_prune.h"

#include <algorithm>
#include <cmath>

namespace quern::store {
namespace {

constexpr std::size_t kZeroShare = 4;

}  // namespace

RowDistances::RowDistances(const CodesView& codes, ThreadPool& pool)
    : codes_(codes), norms2_(codes.n()) {
  constexpr std::uint32_t kPartRows = 1024;
  const auto d = static_cast<std::size_t>(kernels::padded_codes(codes.d));
  const auto n_parts = static_cast<int>((codes.n() + kPartRows - 1) / kPartRows);
  pool.parallel_for(n_parts, [&](int part, int) {
    const std::uint32_t begin = static_cast<std::uint32_t>(part) * kPartRows;
    for (std::uint32_t row = begin; row < std::min(begin + kPartRows, codes.n()); ++row) {
      std::int32_t sum = 0;
      for (const std::uint8_t code : codes.hi.subspan(row * d, d)) {
        const int value = std::max(code - 128, -127);
        sum += value * value;
      }
      norms2_[row] = static_cast<float>(sum) * codes.scales[row] * codes.scales[row];
    }
  });
  if (codes.metric != Metric::kDot) return;
  float longest2 = 0;
  for (const float norm2 : norms2_) longest2 = std::max(longest2, norm2);
  more_.resize(norms2_.size());
  for (std::size_t i = 0; i < more_.size(); ++i) {
    more_[i] = std::sqrt(std::max(0.0f, longest2 - norms2_[i]));
  }
}

void RowDistances::codes_of(std::uint32_t row, std::span<std::int8_t> out) const {
  const std::uint8_t* codes = codes_.hi.data() + row * out.size();
  for (std::size_t c = 0; c < out.size(); ++c) {
    out[c] = static_cast<std::int8_t>(std::max(codes[c] - 128, -127));
  }
}

// The same steps in the same order as in norms2_, so that equal codes have the distance 0.
void RowDistances::score(std::uint32_t row, const std::int8_t* codes_of_row,
                         WalkScratch& scratch) const {
  multiply(codes_, codes_of_row, scratch);
  const float scale = codes_.scales[row], norm2 = norms2_[row];
  for (std::size_t i = 0; i < scratch.ids.size(); ++i) {
    const std::uint32_t other = scratch.ids[i];
    const float dot = static_cast<float>(scratch.dots[i]) * codes_.scales[other] * scale;
    scratch.scores[i] = std::min(0.0f, 2 * dot - norms2_[other] - norm2);
  }
  if (more_.empty()) return;
  for (std::size_t i = 0; i < scratch.ids.size(); ++i) {
    const float apart = more_[scratch.ids[i]] - more_[row];
    scratch.scores[i] -= apart * apart;
  }
}

std::size_t prune(const RowDistances& distances, float alpha, std::uint32_t tie_mask,
                  PruneScratch& scratch, std::span<std::uint32_t> out) {
  std::vector<Neighbour>& candidates = scratch.candidates;
  std::sort(candidates.begin(), candidates.end(), [tie_mask](const auto& a, const auto& b) {
    return a.distance != b.distance ? a.distance < b.distance
                                    : (a.row ^ tie_mask) < (b.row ^ tie_mask);
  });
  const auto d = static_cast<std::size_t>(kernels::padded_codes(distances.codes().d));
  scratch.codes.resize(d);
  scratch.is_out.assign(candidates.size(), false);
  std::size_t n_taken = 0, n_at_zero = 0;
  for (std::size_t i = 0; i < candidates.size() && n_taken < out.size(); ++i) {
    if (scratch.is_out[i]) continue;
    const Neighbour& taken = candidates[i];
    if (taken.distance <= 0 && n_at_zero++ >= out.size() / kZeroShare) continue;
    out[n_taken++] = taken.row;

    scratch.at.clear();
    scratch.walk.ids.clear();
    for (std::size_t j = i + 1; j < candidates.size(); ++j) {
      if (scratch.is_out[j]) continue;
      scratch.at.push_back(static_cast<std::uint32_t>(j));
      scratch.walk.ids.push_back(candidates[j].row);
    }
    distances.codes_of(taken.row, scratch.codes);
    distances.score(taken.row, scratch.codes.data(), scratch.walk);
    for (std::size_t j = 0; j < scratch.at.size(); ++j) {
      const std::size_t other = scratch.at[j];
      if (-scratch.walk.scores[j] * alpha < candidates[other].distance)
        scratch.is_out[other] = true;
    }
  }
  return n_taken;
}

}  // namespace quern::store
