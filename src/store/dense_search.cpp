#include "store/dense_search.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

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

Status scan_segment(const DenseSearch& wanted, std::size_t i_segment, std::size_t n_candidates,
                    float floor, ThreadPool& pool, std::vector<NearDoc>& found) {
  const VectorFile* file = wanted.generation->segments()[i_segment].vectors_in(wanted.space->id);
  if (file == nullptr) return {};
  QUERN_ASSIGN(const VectorPart* part, file->vectors());
  Bitmap rows;
  const bool is_limited = allowed_rows(wanted, i_segment, *part, rows);
  const std::span<const std::uint64_t> words = rows.words();
  TopCandidates top(n_candidates, floor);
  QUERN_TRY(
      scan_codes({wanted.query, 1}, part->codes(), is_limited ? &words : nullptr, pool, {&top, 1}));
  for (const Candidate& c : top.take()) {
    found.push_back({.place = {.i_segment = i_segment, .doc = c.id}, .score = c.score});
  }
  return {};
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
  float floor = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < generation.segments().size(); ++i) {
    QUERN_TRY(scan_segment(wanted, i, n_candidates, floor, pool, found));
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
    while (docs[at] != c.id) ++at;
    out[at] = c.score;
  }
  return out;
}

}  // namespace quern::store
