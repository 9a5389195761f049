#include "store/candidates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "store/lexical/doc_signals.h"

namespace quern::store {
namespace {

struct Member {
  DocPlace place;
  Key key;
  Scored scored;
  bool is_excluded = false;
  bool has_vector = false;
};

using ByPlace = std::map<std::pair<std::size_t, std::uint32_t>, Member>;

Member& at(ByPlace& all, const DocPlace& place) {
  Member& candidate = all[{place.i_segment, place.doc}];
  candidate.place = place;
  return candidate;
}

Status read_key(const Generation& generation, Member& candidate) {
  if (!candidate.key.bytes.empty()) return {};
  const Segment& segment = *generation.segments()[candidate.place.i_segment].segment;
  QUERN_ASSIGN(const KeyColumn* keys, segment.keys());
  QUERN_ASSIGN(candidate.key, keys->key(candidate.place.doc));
  return {};
}

// Both scores and all signals of one segment's candidates.
Status complete(const DenseSearch& search, const LexicalQuery& query, std::size_t i_segment,
                Signals wanted, std::span<Member* const> candidates) {
  std::vector<std::uint32_t> docs;
  for (const Member* candidate : candidates) docs.push_back(candidate->place.doc);
  const Segment& segment = *search.generation->segments()[i_segment].segment;
  QUERN_ASSIGN(const LexicalPart* part, segment.lexical());
  QUERN_ASSIGN(const std::vector<DocSignals> signals, signals_of(*part, query, docs, wanted));
  QUERN_ASSIGN(const std::vector<double> dense, dense_scores(search, i_segment, docs));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    Member& candidate = *candidates[i];
    QUERN_TRY(read_key(*search.generation, candidate));
    candidate.is_excluded = signals[i].is_excluded;
    candidate.has_vector = !std::isnan(dense[i]);
    candidate.scored.lexical = signals[i].score;
    candidate.scored.dense = dense[i];
    candidate.scored.idf_share = signals[i].idf_share;
    candidate.scored.log_length = signals[i].log_length;
    candidate.scored.proximity = signals[i].proximity;
  }
  return {};
}

Status complete_all(const DenseSearch& search, const LexicalQuery& query, Signals wanted,
                    ByPlace& all) {
  std::vector<Member*> here;
  for (auto it = all.begin(); it != all.end();) {
    const std::size_t i_segment = it->first.first;
    here.clear();
    for (; it != all.end() && it->first.first == i_segment; ++it) here.push_back(&it->second);
    QUERN_TRY(complete(search, query, i_segment, wanted, here));
  }
  return {};
}

double lowest_dense(const ByPlace& all) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const auto& [place, candidate] : all) {
    if (candidate.has_vector) lowest = std::min(lowest, candidate.scored.dense);
  }
  return std::isinf(lowest) ? 0 : lowest;
}

}  // namespace

Result<Candidates> unite(const DenseSearch& search, const LexicalQuery& query,
                         const std::vector<FoundDoc>& lexical, const std::vector<NearDoc>& dense,
                         Signals wanted) {
  ByPlace all;
  for (std::size_t i = 0; i < lexical.size(); ++i) {
    Member& candidate = at(all, lexical[i].place);
    candidate.key = lexical[i].key;
    candidate.scored.lexical_rank = static_cast<int>(i) + 1;
  }
  for (std::size_t i = 0; i < dense.size(); ++i) {
    at(all, dense[i].place).scored.dense_rank = static_cast<int>(i) + 1;
  }
  QUERN_TRY(complete_all(search, query, wanted, all));

  const double lowest = lowest_dense(all);
  std::vector<Member*> by_key;
  for (auto& [place, candidate] : all) {
    if (!candidate.is_excluded) by_key.push_back(&candidate);
  }
  std::sort(by_key.begin(), by_key.end(),
            [](const Member* a, const Member* b) { return a->key.bytes < b->key.bytes; });
  Candidates out;
  out.query.best_lexical = best_attainable(query);
  for (Member* candidate : by_key) {
    candidate->scored.id = static_cast<std::uint32_t>(out.keys.size());
    if (!candidate->has_vector) candidate->scored.dense = lowest;
    out.query.candidates.push_back(candidate->scored);
    out.n_parents.push_back(candidate->key.n_parent);
    out.keys.push_back(std::move(candidate->key.bytes));
    out.places.push_back(candidate->place);
    out.has_vector.push_back(candidate->has_vector);
  }
  return out;
}

}  // namespace quern::store
