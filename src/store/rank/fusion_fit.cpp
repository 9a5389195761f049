#include "store/rank/fusion_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::store {
namespace {

constexpr std::size_t kFolds = 5;
constexpr std::size_t kAlphas = 21;  // 0, 0.05, ... 1
constexpr std::array kKinds = {FusionKind::kMinMax, FusionKind::kZScore};
constexpr std::size_t kSpecs = kAlphas * kKinds.size();
constexpr double kRidge = 1;
constexpr double kRankOffset = 60;
constexpr std::size_t kDepth = 10;

using Queries = std::vector<const JudgedQuery*>;

double of_rank(int rank) { return rank > 0 ? 1 / (kRankOffset + rank) : 0; }

/// The i-th of kSpecs: the weights of each kind.
FusionSpec spec_at(std::size_t i) {
  return {.kind = kKinds[i / kAlphas], .alpha = static_cast<double>(i % kAlphas) / (kAlphas - 1)};
}

double dcg(std::span<const int> ranked) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(kDepth, ranked.size()); ++i) {
    sum += ranked[i] / std::log2(static_cast<double>(i + 2));
  }
  return sum;
}

/// nDCG@10 of a query in the order that `choice` gives.
double quality(const FusionChoice& choice, const JudgedQuery& judged) {
  FusionQuery query = judged.query;
  // Ids carry the gains through the sort, and keep their order.
  std::vector<std::pair<std::uint32_t, int>> gain_of;
  for (std::size_t i = 0; i < judged.gains.size(); ++i) {
    gain_of.emplace_back(query.candidates[i].id, judged.gains[i]);
  }
  std::sort(gain_of.begin(), gain_of.end());
  fuse(choice, query);
  std::vector<int> ranked;
  for (const Scored& c : query.candidates) {
    ranked.push_back(std::lower_bound(gain_of.begin(), gain_of.end(), std::pair(c.id, 0))->second);
  }
  return ndcg_at_10(ranked, judged.judged_gains);
}

/// Signals of some queries, with weights that make each query count the same, half of it on what is
/// relevant.
class Lessons {
 public:
  void add(const JudgedQuery& judged) {
    const auto n_relevant = static_cast<double>(
        std::count_if(judged.gains.begin(), judged.gains.end(), [](int g) { return g > 0; }));
    const double n_other = static_cast<double>(judged.gains.size()) - n_relevant;
    if (n_relevant == 0 || n_other == 0) return;
    const std::vector<double> signals = fusion_signals(judged.query);
    x_.insert(x_.end(), signals.begin(), signals.end());
    for (const int gain : judged.gains) {
      is_positive_.push_back(gain > 0 ? 1 : 0);
      weights_.push_back(0.5 / (gain > 0 ? n_relevant : n_other));
    }
  }

  Result<LogisticModel> fit() const {
    return fit_logistic(
        {.x = x_, .is_positive = is_positive_, .weights = weights_, .n_signals = kFusionSignals},
        kRidge);
  }

 private:
  std::vector<double> x_, is_positive_, weights_;
};

using IsIncluded = std::function<bool(std::size_t i_query)>;

Result<LogisticModel> fit_model(const Queries& queries, const IsIncluded& is_included) {
  Lessons lessons;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (is_included(i)) lessons.add(*queries[i]);
  }
  return lessons.fit();
}

using BySpec = std::vector<std::array<double, kSpecs>>;  // [n_queries]: nDCG of each

BySpec quality_by_spec(const Queries& queries) {
  BySpec out(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    for (std::size_t a = 0; a < kSpecs; ++a) {
      out[i][a] = quality({.spec = spec_at(a), .fitted = {}}, *queries[i]);
    }
  }
  return out;
}

/// Equals by their kind, then by the nearer to one half: a weight at an end must earn it.
std::size_t best_spec(const BySpec& table, const IsIncluded& is_included) {
  std::size_t best = kAlphas / 2;
  double best_sum = -1;
  for (std::size_t step = 0; step < kSpecs; ++step) {
    const std::size_t in_kind = step % kAlphas;
    const std::size_t off = (in_kind + 1) / 2;
    const std::size_t a =
        step - in_kind + (in_kind % 2 == 0 ? kAlphas / 2 + off : kAlphas / 2 - off);
    double sum = 0;
    for (std::size_t i = 0; i < table.size(); ++i) sum += is_included(i) ? table[i][a] : 0;
    if (sum > best_sum + 1e-12) {
      best_sum = sum;
      best = a;
    }
  }
  return best;
}

/// Each query in the order of what the other folds taught.
FusionReport cross_validate(const Queries& queries, const BySpec& table) {
  FusionReport report{.n_queries = queries.size()};
  const auto n = static_cast<double>(queries.size());
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    const auto others = [&](std::size_t i) { return i % kFolds != fold; };
    const std::size_t a = best_spec(table, others);
    FusionChoice choice{.spec = spec_at(a), .fitted = {}};
    // Without a model (nothing but relevant ones among the others) the weight stands in.
    if (auto model = fit_model(queries, others); model.ok()) choice.fitted = *std::move(model);
    for (std::size_t i = fold; i < queries.size(); i += kFolds) {
      report.lexical += table[i].front() / n;
      report.dense += table[i][kAlphas - 1] / n;
      report.alpha += table[i][a] / n;
      report.fitted += quality(choice, *queries[i]) / n;
    }
  }
  return report;
}

}  // namespace

std::vector<double> fusion_signals(const FusionQuery& query) {
  double top_lexical = 0, top_dense = 0;
  for (const Scored& c : query.candidates) {
    top_lexical = std::max(top_lexical, c.lexical);
    top_dense = &c == query.candidates.data() ? c.dense : std::max(top_dense, c.dense);
  }
  const auto share = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  std::vector<double> out;
  for (const Scored& c : query.candidates) {
    for (const double signal : {share(c.lexical, query.best_lexical), share(c.lexical, top_lexical),
                                c.dense, top_dense - c.dense, of_rank(c.lexical_rank),
                                of_rank(c.dense_rank), c.idf_share, c.log_length, c.proximity}) {
      out.push_back(signal);
    }
  }
  return out;
}

void fuse(const FusionChoice& choice, FusionQuery& query) {
  if (!choice.fitted) return fuse(choice.spec, query.candidates);
  const std::vector<double> signals = fusion_signals(query);
  for (std::size_t i = 0; i < query.candidates.size(); ++i) {
    query.candidates[i].fused =
        choice.fitted->log_odds(std::span(signals).subspan(i * kFusionSignals, kFusionSignals));
  }
  sort_by_fused(query.candidates);
}

double ndcg_at_10(std::span<const int> ranked, std::span<const int> all) {
  std::vector<int> ideal(all.begin(), all.end());
  std::sort(ideal.begin(), ideal.end(), std::greater<>());
  const double best = dcg(ideal);
  return best > 0 ? dcg(ranked) / best : 0;
}

Result<FusionFit> fit_fusion(std::span<const JudgedQuery> judged) {
  Queries queries;
  for (const JudgedQuery& j : judged) {
    QUERN_CHECK(j.gains.size() == j.query.candidates.size());
    const auto is_relevant = [](int gain) { return gain > 0; };
    if (std::any_of(j.judged_gains.begin(), j.judged_gains.end(), is_relevant)) {
      queries.push_back(&j);
    }
  }
  if (queries.size() < kMinJudgedQueries) {
    return {Code::kBadInput, fmt::format("{} queries have something judged relevant, want {}",
                                         queries.size(), kMinJudgedQueries)};
  }
  const auto all = [](std::size_t) { return true; };
  const BySpec table = quality_by_spec(queries);
  FusionFit fit{.choice = {.spec = spec_at(best_spec(table, all)), .fitted = {}},
                .report = cross_validate(queries, table)};
  if (fit.report.fitted > fit.report.alpha) {
    QUERN_ASSIGN(fit.choice.fitted, fit_model(queries, all));
  }
  return fit;
}

}  // namespace quern::store
