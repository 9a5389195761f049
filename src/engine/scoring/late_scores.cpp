#include "engine/scoring/late_scores.h"

#include "engine/scoring/max_sim.h"

namespace quern::engine {
namespace {

/// An outcome that nobody entered yet has neither.
bool is_there(const Outcome& outcome) { return !outcome.status.ok() || !outcome.ids.empty(); }

Matrix<const float> rows_of(const Outcome& outcome, int width) {
  return {outcome.values.data(), static_cast<int>(outcome.ids.size()), width};
}

void score(const formats::HeadFacts& head, const Outcome& query, bool is_cancelled,
           ThreadPool& pool, Outcome& document) {
  if (!document.status.ok() || document.ids.empty()) return;
  if (!query.status.ok()) {
    document.status = query.status.in("query");
    document.values.clear();
  } else if (is_cancelled) {
    document.status = {Code::kCancelled, "cancelled"};
    document.values.clear();
  } else {
    const int width = head.rows->n_values;
    document.values = {
        max_sim(rows_of(query, width), rows_of(document, width), head.rows->late->averages, pool)};
  }
  document.ids.clear();
}

}  // namespace

void score_late(const formats::HeadFacts& head, std::size_t i, const std::atomic<bool>& cancelled,
                ThreadPool& pool, std::vector<Outcome>& outcomes) {
  const Outcome& query = outcomes.front();
  if (!is_there(query)) return;
  if (i > 0) return score(head, query, cancelled, pool, outcomes[i]);
  for (std::size_t d = 1; d < outcomes.size(); ++d) {
    score(head, query, cancelled, pool, outcomes[d]);
  }
}

void drop_query(std::vector<Outcome>& outcomes) {
  const int n_dropped = outcomes.front().n_dropped;
  outcomes.erase(outcomes.begin());
  for (Outcome& document : outcomes) {
    if (!document.status.ok()) continue;
    document.n_dropped += n_dropped;
    if (document.ids.empty() && document.values.size() == 1) continue;
    document.status = {Code::kBadInput, "no token of the query or of the document counts"};
    document.values.clear();
    document.ids.clear();
  }
}

}  // namespace quern::engine
