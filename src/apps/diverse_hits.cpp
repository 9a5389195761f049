#include "apps/diverse_hits.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "apps/json_document.h"
#include "store/rank/diversity.h"
#include "text/analysis/analyzer.h"

namespace quern::apps {
namespace {

constexpr std::uint8_t kNoCode = 128;  // What stands for 0.

Result<std::vector<store::Place>> places_of(const store::Generation& generation,
                                            std::span<const RetrievedHit> hits) {
  std::vector<store::Place> out;
  for (const RetrievedHit& hit : hits) {
    QUERN_ASSIGN(out.emplace_back(), store::find_key(generation.segments(), hit.found.hit.key));
  }
  return out;
}

/// The first planes of their codes, [places, padded_codes(d)]; nothing where none has a vector.
Result<std::optional<std::vector<std::uint8_t>>> codes_of(const store::Generation& generation,
                                                          const store::SpaceRow& space,
                                                          std::span<const store::Place> places) {
  const auto n_codes = static_cast<std::size_t>(kernels::padded_codes(space.space.d));
  std::vector<std::uint8_t> out(places.size() * n_codes, kNoCode);
  std::vector<std::uint8_t> low(n_codes);
  bool has_any = false;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const store::VectorFile* file = generation.segments()[places[i].i_segment].vectors_in(space.id);
    if (file == nullptr) continue;
    QUERN_ASSIGN(const std::optional<store::CodedRow> row, file->coded_row(places[i].doc, low));
    if (!row) continue;
    std::ranges::copy(row->hi, out.begin() + static_cast<std::ptrdiff_t>(i * n_codes));
    has_any = true;
  }
  if (!has_any) return std::optional<std::vector<std::uint8_t>>();
  return std::optional(std::move(out));
}

Result<std::vector<store::TermSet>> terms_of(const store::Generation& generation,
                                             const store::Schema& schema,
                                             std::span<const store::Place> places) {
  QUERN_ASSIGN(text::Analyzer analyzer, text::make_analyzer(schema.fields.front().analyzer));
  std::vector<store::TermSet> out;
  for (const store::Place& place : places) {
    store::StoredTextReader reader = generation.segments()[place.i_segment].segment->stored_text();
    QUERN_ASSIGN(const store::StoredDocument document, reader.read(place.doc));
    out.push_back(store::term_set(analyzer, text_to_embed(document.fields)));
  }
  return out;
}

/// How many of the first have a score of the kind that all of them have.
std::size_t n_comparable(std::span<const RetrievedHit> hits) {
  std::size_t n = 0;
  while (n < hits.size() && hits[n].rerank_score) ++n;
  return n > 0 ? n : hits.size();
}

}  // namespace

Status diversify_hits(const store::Generation& generation, const store::Schema& schema,
                      float diversity, std::size_t n_wanted, std::vector<RetrievedHit>& hits) {
  const auto pool = std::span(hits).first(n_comparable(hits));
  if (pool.size() < 2) return {};
  std::vector<float> scores;
  for (const RetrievedHit& hit : pool) {
    scores.push_back(hit.rerank_score.value_or(hit.found.hit.score));
  }
  QUERN_ASSIGN(const std::vector<store::Place> places, places_of(generation, pool));
  const store::DiversitySpec spec = {.n_wanted = std::min(n_wanted, pool.size()),
                                     .relevance = 1 - diversity};
  std::optional<std::vector<std::uint8_t>> codes;
  const store::SpaceRow* space = generation.active_space();
  if (space != nullptr) {
    QUERN_ASSIGN(codes, codes_of(generation, *space, places));
  }
  std::vector<std::size_t> order;
  if (codes) {
    order = store::diversify(scores, store::VectorLikeness(*codes, space->space.d), spec);
  } else {
    QUERN_ASSIGN(const std::vector<store::TermSet> terms, terms_of(generation, schema, places));
    order = store::diversify(scores, store::TermLikeness(terms), spec);
  }
  std::vector<bool> is_chosen(hits.size(), false);
  std::vector<RetrievedHit> out;
  for (const std::size_t i : order) {
    is_chosen[i] = true;
    out.push_back(std::move(hits[i]));
  }
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (!is_chosen[i]) out.push_back(std::move(hits[i]));
  }
  hits = std::move(out);
  return {};
}

}  // namespace quern::apps
