// When a reranker need not be asked: where words and vectors agree on the first document and it is
// so far ahead that, by the judgements of this store, reranking changes nothing that counts.

#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::store {

/// The name of the fit in the catalog.
inline constexpr const char* kRerankFit = "rerank";

/// What nDCG@10 a gate may cost, as a mean over questions.
inline constexpr double kGateLoss = 0.002;

/// A judged question.
struct GateQuery {
  double lead = 0;      // lead_of_first of its fused order.
  double fused = 0;     // nDCG@10 of that order,
  double reranked = 0;  // and of the reranked one.
};

/// Mean nDCG@10. `gated` and `spared` are of questions whose fold taught nothing.
struct GateReport {
  std::size_t n_queries = 0;
  double fused = 0;
  double reranked = 0;
  double gated = 0;
  double spared = 0;  // The share of questions that were not reranked.
};

struct RerankGate {
  double tau = std::numeric_limits<double>::infinity();  // Above 0. Infinite: all are reranked.
  GateReport report;

  bool spares(double lead) const { return lead >= tau; }
};

/// The gate that spares most questions of those that lose at most kGateLoss; none where the folds
/// lose more. Folds go by the order of queries. Errors: kBadInput with fewer than
/// kMinJudgedQueries.
Result<RerankGate> fit_rerank_gate(std::span<const GateQuery> judged);

/// {"tau": number or null, "report": {...}}: numbers as they are, to the bit.
std::string json_from_gate(const RerankGate& gate);

/// Errors: kBadInput naming what is missing or cannot be.
Result<RerankGate> gate_from_json(std::string_view json);

}  // namespace quern::store
