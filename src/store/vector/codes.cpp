#include "store/vector/codes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::store {
namespace {

constexpr int kMaxCode = 127;

// Between these, no product and no distance of two vectors leaves the normal numbers of f32.
constexpr double kMinNorm2 = 1e-30;
constexpr double kMaxNorm2 = std::numeric_limits<float>::max() / 8.0;

struct Range {
  double largest = 0;
  double norm2 = 0;
};

Result<Range> range_of(std::span<const float> x, Metric metric) {
  Range range;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i])) {
      return {Code::kBadInput, fmt::format("value {} of the vector is {}", i, x[i])};
    }
    range.largest = std::max(range.largest, std::abs(double{x[i]}));
    range.norm2 += double{x[i]} * x[i];
  }
  if (range.largest == 0) return {Code::kBadInput, "the vector is zero"};
  if (metric != Metric::kCosine && !(range.norm2 >= kMinNorm2 && range.norm2 <= kMaxNorm2)) {
    return {Code::kBadInput,
            fmt::format("the vector's squared length is {:.3g}, want {:.3g} to {:.3g}", range.norm2,
                        kMinNorm2, kMaxNorm2)};
  }
  return range;
}

struct CodePair {
  int hi;
  int lo;
};

CodePair codes_of(float x, double steps) {
  const double exact = x * steps;
  const int hi = std::clamp(static_cast<int>(std::nearbyint(exact)), -kMaxCode, kMaxCode);
  const int lo = static_cast<int>(std::nearbyint((exact - hi) * kLowSteps));
  return {hi, std::clamp(lo, -kMaxCode, kMaxCode)};
}

// What the codes of a range stand for; `units2` is their squared length in units of the low plane.
CodeFactors factors_of(const Range& range, Metric metric, std::int64_t units2) {
  const double scale =
      range.largest / kMaxCode / (metric == Metric::kCosine ? std::sqrt(range.norm2) : 1.0);
  const double unit = scale / kLowSteps;
  return {static_cast<float>(scale), static_cast<float>(static_cast<double>(units2) * unit * unit)};
}

}  // namespace

const char* metric_name(Metric metric) {
  switch (metric) {
    case Metric::kCosine:
      return "cosine";
    case Metric::kDot:
      return "dot";
    case Metric::kL2:
      return "l2";
  }
  return "";
}

Result<Metric> metric_from_name(std::string_view name) {
  for (const Metric metric : {Metric::kCosine, Metric::kDot, Metric::kL2}) {
    if (name == metric_name(metric)) return metric;
  }
  return {Code::kBadInput, fmt::format("metric '{}' is not known, want cosine, dot or l2", name)};
}

Result<CodeFactors> quantise(std::span<const float> x, Metric metric, std::span<std::uint8_t> hi,
                             std::span<std::uint8_t> lo) {
  const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(static_cast<int>(x.size())));
  QUERN_CHECK(!x.empty() && d_padded <= kernels::kMaxCodes);
  QUERN_CHECK(hi.size() == d_padded && lo.size() == d_padded);
  QUERN_ASSIGN(const Range range, range_of(x, metric));

  std::int64_t units2 = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const CodePair codes = codes_of(x[i], kMaxCode / range.largest);
    hi[i] = static_cast<std::uint8_t>(codes.hi + 128);
    lo[i] = static_cast<std::uint8_t>(codes.lo + 128);
    const std::int64_t units = codes.hi * kLowSteps + codes.lo;
    units2 += units * units;
  }
  std::fill(hi.begin() + static_cast<std::ptrdiff_t>(x.size()), hi.end(), 128);
  std::fill(lo.begin() + static_cast<std::ptrdiff_t>(x.size()), lo.end(), 128);
  return factors_of(range, metric, units2);
}

Result<VectorQuery> make_query(std::span<const float> x, int d, Metric metric) {
  if (x.size() != static_cast<std::size_t>(d)) {
    return {Code::kBadInput, fmt::format("the vector has {} values, want {}", x.size(), d)};
  }
  const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(d));
  std::vector<std::uint8_t> rows(2 * d_padded);
  const std::span<std::uint8_t> planes(rows);
  VectorQuery query{.metric = metric, .d = d, .planes = {}, .factors = {}};
  QUERN_ASSIGN(query.factors, quantise(x, metric, planes.first(d_padded), planes.last(d_padded)));
  for (const std::uint8_t code : rows) query.planes.push_back(static_cast<std::int8_t>(code - 128));
  return query;
}

float full_score(const VectorQuery& query, const CodeFactors& row, const PlaneDots& dots) {
  constexpr std::int64_t kSteps = kLowSteps;
  const std::int64_t units =
      dots.hi_hi * kSteps * kSteps + (std::int64_t{dots.hi_lo} + dots.lo_hi) * kSteps + dots.lo_lo;
  const double dot = static_cast<double>(units) / double{kSteps * kSteps} *
                     (double{query.factors.scale} * double{row.scale});
  if (query.metric != Metric::kL2) return static_cast<float>(dot);
  const double score = 2 * dot - double{query.factors.norm2} - double{row.norm2};
  return static_cast<float>(score > 0 ? 0 : score);  // Two equal vectors, rounded.
}

}  // namespace quern::store
