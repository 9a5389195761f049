#include "store/rank/fusion.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace quern::store {
namespace {

constexpr double kNoSpread = 0.5;

struct Stats {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double mean = 0;
  double deviation = 0;
};

/// In the order of ids, so that the sums do not depend on how the union was gathered.
Stats stats_of(std::span<const Scored> candidates, double Scored::* score) {
  Stats stats;
  const auto n = static_cast<double>(candidates.size());
  for (const Scored& c : candidates) {
    stats.min = std::min(stats.min, c.*score);
    stats.max = std::max(stats.max, c.*score);
    stats.mean += c.*score / n;
  }
  double squares = 0;
  for (const Scored& c : candidates) {
    const double off = c.*score - stats.mean;
    squares += off * off / n;
  }
  // Rounding alone is no spread.
  stats.deviation = stats.max > stats.min ? std::sqrt(squares) : 0;
  return stats;
}

double share(double part, double whole) { return whole > 0 ? part / whole : kNoSpread; }

double by_deviations(double score, const Stats& stats) {
  return stats.deviation > 0 ? (score - stats.mean) / stats.deviation : 0;
}

double clipped(double score, const Stats& stats) {
  return std::clamp(kNoSpread + by_deviations(score, stats) / 6, 0.0, 1.0);
}

// 1 for the first: the published 1 / (k + rank) times k + 1, the same order on a scale that people
// can read.
double of_rank(int rank, double k) { return rank > 0 ? (k + 1) / (k + rank) : 0; }

/// What one side says of a candidate, in its kind's own units.
struct Sides {
  double lexical;
  double dense;
};

Sides sides_of(const FusionSpec& spec, const Scored& c, const Stats& lexical, const Stats& dense) {
  switch (spec.kind) {
    case FusionKind::kMinMax:
      return {share(c.lexical, lexical.max), share(c.dense - dense.min, dense.max - dense.min)};
    case FusionKind::kZScore:
      return {by_deviations(c.lexical, lexical), by_deviations(c.dense, dense)};
    case FusionKind::kRrf:
      return {of_rank(c.lexical_rank, spec.k), of_rank(c.dense_rank, spec.k)};
    case FusionKind::kDbsf:
      return {clipped(c.lexical, lexical), clipped(c.dense, dense)};
  }
  return {};
}

int better_rank(const Scored& c) {
  constexpr int kNone = std::numeric_limits<int>::max();
  const auto of = [](int rank) { return rank > 0 ? rank : kNone; };
  return std::min(of(c.lexical_rank), of(c.dense_rank));
}

}  // namespace

const char* fusion_name(FusionKind kind) {
  switch (kind) {
    case FusionKind::kMinMax:
      return "minmax";
    case FusionKind::kZScore:
      return "zscore";
    case FusionKind::kRrf:
      return "rrf";
    case FusionKind::kDbsf:
      return "dbsf";
  }
  return "";
}

Result<FusionKind> fusion_from_name(std::string_view name) {
  for (const FusionKind kind :
       {FusionKind::kMinMax, FusionKind::kZScore, FusionKind::kRrf, FusionKind::kDbsf}) {
    if (name == fusion_name(kind)) return kind;
  }
  return {Code::kBadInput,
          fmt::format("fusion '{}' is not known, want minmax, zscore, rrf or dbsf", name)};
}

Status check_fusion(const FusionSpec& spec) {
  if (!(spec.alpha >= 0 && spec.alpha <= 1)) {
    return {Code::kBadInput, fmt::format("alpha is {}, want 0 to 1", spec.alpha)};
  }
  if (!(spec.k > 0 && spec.k <= 1e6)) {
    return {Code::kBadInput, fmt::format("k is {}, want above 0, at most 1000000", spec.k)};
  }
  return {};
}

void fuse(const FusionSpec& spec, std::span<Scored> candidates) {
  std::sort(candidates.begin(), candidates.end(),
            [](const Scored& a, const Scored& b) { return a.id < b.id; });
  const Stats lexical = stats_of(candidates, &Scored::lexical);
  const Stats dense = stats_of(candidates, &Scored::dense);
  for (Scored& c : candidates) {
    const Sides sides = sides_of(spec, c, lexical, dense);
    c.fused = spec.alpha * sides.dense + (1 - spec.alpha) * sides.lexical;
  }
  sort_by_fused(candidates);
}

void sort_by_fused(std::span<Scored> candidates) {
  std::sort(candidates.begin(), candidates.end(), [](const Scored& a, const Scored& b) {
    if (a.fused != b.fused) return a.fused > b.fused;
    if (better_rank(a) != better_rank(b)) return better_rank(a) < better_rank(b);
    return a.id < b.id;
  });
}

double lead_of_first(std::span<const Scored> fused) {
  if (fused.empty()) return 0;
  const Scored& first = fused.front();
  if (first.lexical_rank != 1 || first.dense_rank != 1) return 0;
  if (fused.size() == 1) return 1;
  const double whole = first.fused - fused.back().fused;
  return whole > 0 ? (first.fused - fused[1].fused) / whole : 0;
}

}  // namespace quern::store
