// Counts of durations at a fixed relative precision, in memory that does not grow: what
// HdrHistogram does, with buckets that are linear within each power of two.
//
// Source: G. Tene, HdrHistogram (http://hdrhistogram.org), "log-linear" buckets.

#pragma once

#include <cstdint>
#include <vector>

namespace quern {

class LatencyHistogram {
 public:
  /// A value in a bucket differs from what is reported for it by at most 2^-n_bits of itself.
  /// 10 bits (0.1 %, the default) take 200 KB, 5 bits (3 %) 8 KB.
  explicit LatencyHistogram(int n_bits = 10);

  /// Negative durations count as 0, those above an hour as an hour.
  void add(std::int64_t microseconds);

  long count() const { return count_; }
  double mean_us() const { return count_ > 0 ? sum_us_ / static_cast<double>(count_) : 0; }
  std::int64_t min_us() const { return count_ > 0 ? min_us_ : 0; }
  std::int64_t max_us() const { return max_us_; }  // Exact, as the smallest is.

  /// The duration that at least the share `q` of all does not exceed (nearest rank); 0 of none.
  std::int64_t quantile_us(double q) const;

  /// The share of all that is below `microseconds`, to the precision of the buckets.
  double share_below(std::int64_t microseconds) const;

  double precision() const { return 1.0 / static_cast<double>(1 << n_bits_); }

 private:
  std::size_t bucket_of(std::int64_t microseconds) const;
  std::int64_t highest_of(std::size_t bucket) const;

  int n_bits_;
  std::vector<long> counts_;
  long count_ = 0;
  double sum_us_ = 0;
  std::int64_t min_us_ = 0;
  std::int64_t max_us_ = 0;
};

}  // namespace quern
