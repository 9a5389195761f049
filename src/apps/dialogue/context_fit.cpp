#include "apps/dialogue/context_fit.h"

#include <algorithm>
#include <utility>

namespace quern::apps {
namespace {

/// Shapes: x [n, d_x]; out [n, columns].
std::vector<float> taken(std::span<const float> x, std::size_t d_x, std::span<const int> columns) {
  std::vector<float> out;
  out.reserve(x.size() / d_x * columns.size());
  for (std::size_t at = 0; at < x.size(); at += d_x) {
    for (const int column : columns) out.push_back(x[at + static_cast<std::size_t>(column)]);
  }
  return out;
}

}  // namespace

Result<ContextSpec> context_of_all(std::span<const ContextSpec> contexts) {
  ContextSpec out;
  for (const ContextSpec& each : contexts) {
    out.n_turns = std::max(out.n_turns, each.n_turns);
    if (!each.reservoir) continue;
    if (out.reservoir && !(*out.reservoir == *each.reservoir)) {
      return {Code::kBadInput, "predictors that are trained together have reservoirs that differ"};
    }
    out.reservoir = each.reservoir;
  }
  return out;
}

std::vector<int> columns_of(const ContextReader& part, const ContextReader& whole) {
  std::vector<int> out;
  const auto add = [&](int first, int n) {
    for (int i = 0; i < n; ++i) out.push_back(first + i);
  };
  add(0, part.spec().n_turns * part.d());
  const int n_units = part.network() != nullptr ? part.network()->n_units() : 0;
  add(whole.spec().n_turns * whole.d(), kTurnExtras + n_units);
  return out;
}

Result<ContextFit> ContextFit::make(const ContextReader& context, const ContextReader& whole,
                                    const TrainingRows& rows) {
  const std::vector<int> columns = columns_of(context, whole);
  reservoir::RidgeSums sums = rows.fit.of_columns(columns);
  QUERN_ASSIGN(reservoir::RidgeFit fit, reservoir::RidgeFit::make(sums));
  sums.add(rows.choose.of_columns(columns));
  QUERN_ASSIGN(reservoir::RidgeFit all, reservoir::RidgeFit::make(sums));
  const auto d_x = static_cast<std::size_t>(whole.d_x());
  return ContextFit{.learn = taken(rows.learn.x, d_x, columns),
                    .confidence = taken(rows.confidence.x, d_x, columns),
                    .fit = std::move(fit),
                    .all = std::move(all)};
}

}  // namespace quern::apps
