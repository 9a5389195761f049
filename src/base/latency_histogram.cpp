#include "base/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace quern {
namespace {

constexpr std::int64_t kMaxUs = 3'600'000'000;

}  // namespace

LatencyHistogram::LatencyHistogram(int n_bits) : n_bits_(n_bits) {
  counts_.resize(bucket_of(kMaxUs) + 1);
}

// Values below 2^n_bits have a bucket each; above, each power of two has 2^n_bits of them.
std::size_t LatencyHistogram::bucket_of(std::int64_t microseconds) const {
  const auto value = static_cast<std::uint64_t>(microseconds);
  const int n_shift = std::max(static_cast<int>(std::bit_width(value)) - 1 - n_bits_, 0);
  return (static_cast<std::size_t>(n_shift) << n_bits_) + (value >> n_shift);
}

std::int64_t LatencyHistogram::highest_of(std::size_t bucket) const {
  const std::size_t n_each = std::size_t{1} << n_bits_;
  if (bucket < 2 * n_each) return static_cast<std::int64_t>(bucket);
  const std::size_t n_shift = bucket / n_each - 1;
  const std::size_t value = bucket - n_shift * n_each;
  return static_cast<std::int64_t>(((value + 1) << n_shift) - 1);
}

void LatencyHistogram::add(std::int64_t microseconds) {
  const std::int64_t value = std::clamp<std::int64_t>(microseconds, 0, kMaxUs);
  min_us_ = count_ == 0 ? value : std::min(min_us_, value);
  max_us_ = std::max(max_us_, value);
  sum_us_ += static_cast<double>(value);
  ++count_;
  ++counts_[bucket_of(value)];
}

std::int64_t LatencyHistogram::quantile_us(double q) const {
  if (count_ == 0) return 0;
  const auto rank = std::max(1L, std::lround(std::ceil(q * static_cast<double>(count_))));
  long seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(highest_of(i), min_us_, max_us_);
  }
  return max_us_;
}

double LatencyHistogram::share_below(std::int64_t microseconds) const {
  if (count_ == 0) return 0;
  const std::size_t end = bucket_of(std::clamp<std::int64_t>(microseconds, 0, kMaxUs));
  long seen = 0;
  for (std::size_t i = 0; i < end; ++i) seen += counts_[i];
  return static_cast<double>(seen) / static_cast<double>(count_);
}

}  // namespace quern
