#include "store/rank/diversity.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/checksum.h"
#include "kernels/codes/codes.h"

namespace quern::store {
namespace {

std::vector<float> relevances(std::span<const float> scores) {
  const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
  std::vector<float> out;
  for (const float score : scores) {
    out.push_back(*high > *low ? (score - *low) / (*high - *low) : 0.5f);
  }
  return out;
}

std::size_t n_shared(const TermSet& a, const TermSet& b) {
  std::size_t n = 0;
  auto y = b.begin();
  for (const std::uint64_t x : a) {
    while (y != b.end() && *y < x) ++y;
    n += y != b.end() && *y == x ? 1 : 0;
  }
  return n;
}

}  // namespace

std::vector<std::size_t> diversify(std::span<const float> scores, const LikenessToAll& likeness,
                                   const DiversitySpec& spec) {
  QUERN_CHECK(spec.relevance >= 0 && spec.relevance <= 1);
  std::vector<std::size_t> out;
  if (scores.empty()) return out;
  const std::vector<float> relevance = relevances(scores);
  std::vector<float> nearest(scores.size());  // To any that was chosen.
  std::vector<float> likenesses(scores.size());
  std::vector<bool> is_chosen(scores.size());
  while (out.size() < std::min(spec.n_wanted, scores.size())) {
    std::size_t best = scores.size();
    float best_value = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (is_chosen[i]) continue;
      const float value = spec.relevance * relevance[i] - (1 - spec.relevance) * nearest[i];
      if (best < scores.size() && !(value > best_value)) continue;
      best = i;
      best_value = value;
    }
    out.push_back(best);
    is_chosen[best] = true;
    likeness(best, likenesses);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      nearest[i] = std::max(nearest[i], likenesses[i]);
    }
  }
  return out;
}

VectorLikeness::VectorLikeness(std::span<const std::uint8_t> rows, int d)
    : rows_(rows), d_(kernels::padded_codes(d)) {
  QUERN_CHECK(rows.size() % static_cast<std::size_t>(d_) == 0);
  for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(d_)) {
    double sum = 0;
    for (const std::uint8_t code : rows.subspan(at, static_cast<std::size_t>(d_))) {
      sum += (code - 128.0) * (code - 128.0);
    }
    norms_.push_back(static_cast<float>(std::sqrt(sum)));
  }
}

void VectorLikeness::operator()(std::size_t chosen, std::span<float> out) const {
  QUERN_CHECK(out.size() == norms_.size() && chosen < out.size());
  const auto d = static_cast<std::size_t>(d_);
  std::vector<std::int8_t> query(d);
  for (std::size_t c = 0; c < d; ++c) {
    query[c] = static_cast<std::int8_t>(std::max(rows_[chosen * d + c] - 128, -127));
  }
  std::vector<std::int32_t> products(out.size());
  kernels::code_dots({.rows = rows_.data(),
                      .n_rows = static_cast<int>(out.size()),
                      .d = d_,
                      .queries = query.data(),
                      .n_queries = 1,
                      .out = products.data(),
                      .out_stride = static_cast<std::ptrdiff_t>(out.size())});
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float norms = norms_[i] * norms_[chosen];
    const float cosine = norms > 0 ? static_cast<float>(products[i]) / norms : 0.0f;
    out[i] = std::clamp(cosine, 0.0f, 1.0f);
  }
}

TermSet term_set(text::Analyzer& analyzer, std::string_view utf8) {
  TermSet out;
  analyzer.analyze(utf8, [&](const text::Term& term) {
    out.push_back(checksum64(std::as_bytes(std::span(term.text))));
  });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void TermLikeness::operator()(std::size_t chosen, std::span<float> out) const {
  QUERN_CHECK(out.size() == sets_.size() && chosen < out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t n_both = n_shared(sets_[chosen], sets_[i]);
    const std::size_t n_either = sets_[chosen].size() + sets_[i].size() - n_both;
    out[i] = n_either > 0 ? static_cast<float>(n_both) / static_cast<float>(n_either) : 0.0f;
  }
}

}  // namespace quern::store
