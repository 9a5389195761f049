#include "store/dense_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "store/vector/graph_search.h"
#include "store/vector/rescore.h"

namespace quern::store {
namespace {

bool is_higher(const NearDoc& a, const NearDoc& b) { return a.score > b.score; }

struct KeyedDoc {
  std::string key;
  NearDoc found;
};

// Those of equal scores by their keys: they are read for these alone.
Status sort_by_key(const Generation& generation, std::span<NearDoc> equals) {
  if (equals.size() < 2) return {};
  std::vector<KeyedDoc> keyed;
  for (const NearDoc& found : equals) {
    const Segment& segment = *generation.segments()[found.place.i_segment].segment;
    QUERN_ASSIGN(const KeyColumn* keys, segment.keys());
    QUERN_ASSIGN(Key key, keys->key(found.place.doc));
    keyed.push_back({std::move(key.bytes), found});
  }
  std::sort(keyed.begin(), keyed.end(),
            [](const KeyedDoc& a, const KeyedDoc& b) { return a.key < b.key; });
  for (std::size_t i = 0; i < equals.size(); ++i) equals[i] = keyed[i].found;
  return {};
}

// The first n by score and key, in order.
Status keep_best(const Generation& generation, std::size_t n, std::vector<NearDoc>& found) {
  std::sort(found.begin(), found.end(), is_higher);
  for (std::size_t begin = 0; begin < std::min(n, found.size());) {
    std::size_t end = begin + 1;
    while (end < found.size() && found[end].score == found[begin].score) ++end;
    QUERN_TRY(sort_by_key(generation, std::span(found).subspan(begin, end - begin)));
    begin = end;
  }
  if (found.size() > n) found.resize(n);
  return {};
}

// The rows that may be found; false where those are all.
bool allowed_rows(const DenseSearch& wanted, std::size_t i_segment, const VectorPart& part,
                  Bitmap& rows) {
  const SegmentView& view = wanted.generation->segments()[i_segment];
  if (wanted.allowed == nullptr && view.row.tombstone.n_dead == 0 && part.has_all()) return false;
  rows = part.present();
  rows &= wanted.allowed != nullptr ? (*wanted.allowed)[i_segment] : *view.live;
  return true;
}

struct SegmentSearch {
  std::size_t i_segment = 0;
  const VectorPart* part = nullptr;
  const GraphFile* graph = nullptr;  // Null: none.
  AllowedRows allowed = nullptr;
  std::uint32_t n_allowed = 0;
  float floor = 0;  // What scores less is not wanted.
};

void add_found(TopCandidates top, std::size_t i_segment, std::vector<NearDoc>& found) {
  for (const Candidate& c : top.take()) {
    found.push_back({.place = {.i_segment = i_segment, .doc = c.id}, .score = c.score});
  }
}

/// False where the walk was given up: then nothing was found.
bool walk_segment(const DenseSearch& wanted, const SegmentSearch& s, std::uint32_t max_visits,
                  SegmentWay& way, std::vector<NearDoc>& found) {
  thread_local GraphScratch scratch;  // Less than a MB, and kept: a query allocates none of it.
  TopCandidates top(n_to_rescore_approximately(wanted.n_wanted), s.floor);
  const GraphVisits visits = search_graph(*wanted.query, s.part->codes(), s.graph->graph(),
                                          {.width = graph_width(wanted.n_wanted),
                                           .allowed = s.allowed,
                                           .n_allowed = s.n_allowed,
                                           .max_visits = max_visits},
                                          scratch, top);
  way.n_visits = visits.n_scored + visits.n_looked_through;
  way.is_given_up = visits.end != GraphEnd::kDone;
  if (!way.is_given_up) add_found(std::move(top), s.i_segment, found);
  return !way.is_given_up;
}

Result<SegmentWay> search_part(const DenseSearch& wanted, const SegmentSearch& s,
                               std::uint64_t n_in_store, ThreadPool& pool,
                               std::vector<NearDoc>& found) {
  SegmentVectors vectors{.n_rows = s.part->codes().n(),
                         .n_allowed = s.n_allowed,
                         .has_graph = s.graph != nullptr,
                         .n_in_store = n_in_store};
  SegmentPlan plan = plan_search(vectors, wanted.exactness);
  SegmentWay way{.way = plan.way, .n_allowed = s.n_allowed};
  if (plan.way == SearchWay::kNone) return way;
  if (plan.way == SearchWay::kGraph) {
    if (walk_segment(wanted, s, plan.max_visits, way, found)) return way;
    way.way = plan_search(vectors, Exactness::kExact).way;
  }
  TopCandidates top(std::clamp<std::size_t>(n_to_rescore(wanted.n_wanted), 1, s.n_allowed),
                    s.floor);
  QUERN_TRY(scan_codes({wanted.query, 1}, s.part->codes(), s.allowed, pool, {&top, 1}));
  add_found(std::move(top), s.i_segment, found);
  return way;
}

Result<SegmentWay> search_segment(const DenseSearch& wanted, std::size_t i_segment, float floor,
                                  std::uint64_t n_in_store, ThreadPool& pool,
                                  std::vector<NearDoc>& found) {
  const SegmentView& view = wanted.generation->segments()[i_segment];
  const VectorFile* file = view.vectors_in(wanted.space->id);
  if (file == nullptr) return SegmentWay();
  SegmentSearch s{.i_segment = i_segment, .graph = view.graph_in(wanted.space->id), .floor = floor};
  QUERN_ASSIGN(s.part, file->vectors());
  Bitmap rows;
  const bool is_limited = allowed_rows(wanted, i_segment, *s.part, rows);
  const std::span<const std::uint64_t> words = rows.words();
  s.allowed = is_limited ? &words : nullptr;
  s.n_allowed = is_limited ? rows.count() : s.part->n_vectors();
  return search_part(wanted, s, n_in_store, pool, found);
}

std::uint64_t vectors_in_store(const Generation& generation, SpaceId space) {
  std::uint64_t n = 0;
  for (const SegmentView& view : generation.segments()) {
    const VectorFile* file = view.vectors_in(space);
    if (file != nullptr) n += file->row().n_rows;
  }
  return n;
}

void report(const DenseSearch& wanted, const SegmentWay& way) {
  if (wanted.report == nullptr) return;
  wanted.report->segments.push_back(way);
  if (way.way == SearchWay::kGraph) wanted.report->is_approximate = true;
}

// Final scores, segment by segment.
Status rescore_all(const DenseSearch& wanted, std::vector<NearDoc>& found) {
  std::sort(found.begin(), found.end(), [](const NearDoc& a, const NearDoc& b) {
    return std::pair(a.place.i_segment, a.place.doc) < std::pair(b.place.i_segment, b.place.doc);
  });
  std::vector<std::uint32_t> docs;
  for (std::size_t begin = 0; begin < found.size();) {
    const std::size_t i_segment = found[begin].place.i_segment;
    docs.clear();
    for (std::size_t i = begin; i < found.size() && found[i].place.i_segment == i_segment; ++i) {
      docs.push_back(found[i].place.doc);
    }
    QUERN_ASSIGN(const std::vector<double> scores, dense_scores(wanted, i_segment, docs));
    for (const double score : scores) found[begin++].score = score;
  }
  return {};
}

}  // namespace

Result<std::vector<NearDoc>> nearest_docs(const DenseSearch& wanted, ThreadPool& pool) {
  std::vector<NearDoc> found;
  if (wanted.n_wanted == 0) return found;
  const Generation& generation = *wanted.generation;
  const std::size_t n_candidates = n_to_rescore(wanted.n_wanted);
  const std::uint64_t n_in_store = vectors_in_store(generation, wanted.space->id);
  if (wanted.report != nullptr) *wanted.report = {};
  float floor = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < generation.segments().size(); ++i) {
    QUERN_ASSIGN(const SegmentWay way, search_segment(wanted, i, floor, n_in_store, pool, found));
    report(wanted, way);
    if (found.size() < n_candidates) continue;
    QUERN_TRY(keep_best(generation, n_candidates, found));
    floor = static_cast<float>(found.back().score);
  }
  QUERN_TRY(rescore_all(wanted, found));
  QUERN_TRY(keep_best(generation, wanted.n_wanted, found));
  return found;
}

Result<std::vector<double>> dense_scores(const DenseSearch& wanted, std::size_t i_segment,
                                         std::span<const std::uint32_t> docs) {
  std::vector<double> out(docs.size(), std::numeric_limits<double>::quiet_NaN());
  const VectorFile* file = wanted.generation->segments()[i_segment].vectors_in(wanted.space->id);
  if (file == nullptr) return out;
  QUERN_ASSIGN(const VectorPart* part, file->vectors());
  std::vector<Candidate> candidates;
  for (const std::uint32_t doc : docs) {
    if (part->present().has(doc)) candidates.push_back({.score = 0, .id = doc});
  }
  QUERN_TRY(rescore(*wanted.query, part->codes(), file->read_low(), candidates));
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
  std::size_t at = 0;
  for (const Candidate& c : candidates) {
    if (!std::isfinite(c.score)) {
      return {Code::kBadInput, fmt::format("'{}': the vector of document {} scores {}",
                                           file->container().path(), c.id, c.score)};
    }
    while (docs[at] != c.id) ++at;
    out[at] = c.score;
  }
  return out;
}

}  // namespace quern::store
