// Fusion learnt from judgements of one collection: a weight for min-max, or a logistic combination
// of signals where the folds say that it is better. The weight may be 0 or 1, one side alone,
// where the other hurts.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/rank/fusion.h"
#include "store/rank/logistic.h"

namespace quern::store {

/// The union of both sides for one query, scores completed.
struct FusionQuery {
  std::vector<Scored> candidates;
  double best_lexical = 0;  // The sum of the query's term weights, which no document reaches.
};

struct JudgedQuery {
  FusionQuery query;
  std::vector<int> gains;         // [n_candidates]; 0 for what is not relevant or not judged
  std::vector<int> judged_gains;  // Of everything judged for this query, found or not.
};

/// Of a collection: how the sides go together.
struct FusionChoice {
  FusionSpec spec;                      // Min-max or z-score with the best weight.
  std::optional<LogisticModel> fitted;  // In its place, where it is better.
};

/// Mean nDCG@10. `alpha` and `fitted` are of queries whose fold taught nothing.
struct FusionReport {
  std::size_t n_queries = 0;
  double lexical = 0;
  double dense = 0;
  double alpha = 0;
  double fitted = 0;
};

struct FusionFit {
  FusionChoice choice;
  FusionReport report;
};

/// Signals of a fitted fusion for each candidate: [n, kFusionSignals].
inline constexpr int kFusionSignals = 9;
std::vector<double> fusion_signals(const FusionQuery& query);

/// Sets `fused` and sorts, by whichever the choice has.
void fuse(const FusionChoice& choice, FusionQuery& query);

/// trec_eval's nDCG@10 of gains in ranked order, against all gains there are; 0 if there are none.
double ndcg_at_10(std::span<const int> ranked, std::span<const int> all);

/// Queries without anything relevant teach nothing and are left out. Folds go by the order of
/// queries, so bring them in the order of their ids.
///
/// Errors: kBadInput with fewer than kMinJudgedQueries that have something relevant.
inline constexpr std::size_t kMinJudgedQueries = 10;
Result<FusionFit> fit_fusion(std::span<const JudgedQuery> judged);

}  // namespace quern::store
