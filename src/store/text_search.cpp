#include "store/text_search.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "store/attribute_counts.h"
#include "store/lexical/lexical_search.h"
#include "store/lexical/phrase.h"

namespace quern::store {
namespace {

/// A document among the best of its segment.
struct Found {
  double score = 0;
  std::size_t i_segment = 0;
  std::uint32_t doc = 0;
  Key key;
};

bool is_better(const Found& a, const Found& b) {
  return a.score != b.score ? a.score > b.score : a.key.bytes < b.key.bytes;
}

// The lists of single terms are summed when their df is asked for; those of a prefix here.
Status check_prefix(const Segment& segment, const LexicalPart& part, const QueryPart& prefix) {
  const std::string key = term_key(prefix.field, prefix.terms[0]);
  QUERN_ASSIGN(Dictionary::Cursor cursor, part.dictionary.seek(key));
  for (int n_terms = 0; n_terms < kMaxPrefixTerms; ++n_terms) {
    QUERN_ASSIGN(const bool is_one, cursor.next());
    if (!is_one || !cursor.key().starts_with(key)) return {};
    QUERN_TRY(segment.check_list(cursor.info()));
  }
  return {};
}

Result<std::vector<ScoredDoc>> search_segment(const SegmentView& view, const LexicalQuery& query,
                                              Effort effort, const Bitmap* allowed,
                                              SearchLimits limits) {
  QUERN_ASSIGN(const LexicalPart* part, view.segment->lexical());
  for (const QueryClause& clause : query.clauses) {
    for (const QueryPart& query_part : clause.parts) {
      if (query_part.match == TermMatch::kPrefix) {
        QUERN_TRY(check_prefix(*view.segment, *part, query_part));
      }
    }
  }
  if (view.row.tombstone.n_dead > 0) limits.allowed = view.live->words();
  if (allowed != nullptr) limits.allowed = allowed->words();
  return effort == Effort::kAll ? search_exhaustively(*part, query, limits)
                                : search_part(*part, query, limits);
}

// The allowed documents of each segment; null: all that live.
Result<std::shared_ptr<const AllowedDocs>> allowed_docs(const Generation& generation,
                                                        const TextSearch& wanted) {
  if (!wanted.filter.has_value()) return std::shared_ptr<const AllowedDocs>();
  return generation.allowed(*wanted.filter);
}

Status add_found(const SegmentView& view, std::size_t i_segment, std::span<const ScoredDoc> docs,
                 std::size_t n_wanted, std::vector<Found>& best) {
  QUERN_ASSIGN(const KeyColumn* keys, view.segment->keys());
  for (const ScoredDoc& hit : docs) {
    QUERN_ASSIGN(Key key, keys->key(hit.doc));
    best.push_back({hit.score, i_segment, hit.doc, std::move(key)});
  }
  std::sort(best.begin(), best.end(), is_better);
  if (best.size() > n_wanted) best.resize(n_wanted);
  return {};
}

Result<std::vector<Hit>> hits_of(const Generation& generation, Give give, std::vector<Found> best) {
  std::map<std::size_t, StoredTextReader> readers;  // By segment.
  std::vector<Hit> hits;
  for (Found& found : best) {
    Hit& hit = hits.emplace_back();
    hit.key = std::move(found.key.bytes);
    hit.n_parent = found.key.n_parent;
    hit.score = static_cast<float>(found.score);
    if (give == Give::kKeysOnly) continue;
    const Segment& segment = *generation.segments()[found.i_segment].segment;
    auto reader = readers.find(found.i_segment);
    if (reader == readers.end()) {
      reader = readers.emplace(found.i_segment, segment.stored_text()).first;
    }
    QUERN_ASSIGN(hit.stored, reader->second.read_stored(found.doc));
  }
  return hits;
}

// As many in one segment as in many: the answer does not depend on where documents lie.
Status check_prefixes(const Generation& generation, const LexicalQuery& query) {
  for (const QueryClause& clause : query.clauses) {
    for (const QueryPart& part : clause.parts) {
      if (part.match != TermMatch::kPrefix) continue;
      std::set<std::string, std::less<>> terms;
      for (const SegmentView& view : generation.segments()) {
        QUERN_ASSIGN(const LexicalPart* lexical, view.segment->lexical());
        QUERN_TRY(collect_terms(*lexical, part, terms));
      }
      if (terms.size() <= kMaxPrefixTerms) continue;
      return {Code::kBadInput,
              fmt::format("more than {} terms begin with '{}'", kMaxPrefixTerms, part.terms[0])};
    }
  }
  return {};
}

// What no document was found for.
std::string reason_for_nothing(const Generation& generation, const LexicalQuery& query) {
  if (generation.row().n_live == 0) return "the store is empty";
  std::string unknown;
  for (const QueryClause& clause : query.clauses) {
    for (const QueryPart& part : clause.parts) {
      if (part.match != TermMatch::kTerm || clause.occur == Occur::kMustNot)
        return "no document matches";
      const auto df = generation.live_df(part.field, part.terms[0]);
      if (!df.ok() || *df > 0) return "no document matches";
      if (unknown.find("'" + part.terms[0] + "'") == std::string::npos && unknown.size() < 200) {
        unknown += fmt::format("{}'{}'", unknown.empty() ? "" : ", ", part.terms[0]);
      }
    }
  }
  return "no document has any of the terms " + unknown;
}

}  // namespace

Result<TextSearcher> TextSearcher::create(const Schema& schema) {
  std::vector<text::Analyzer> analyzers;
  for (const TextField& field : schema.fields) {
    QUERN_ASSIGN(text::Analyzer analyzer,
                 text::make_analyzer(field.analyzer).in("field '" + field.name + "'"));
    analyzers.push_back(std::move(analyzer));
  }
  return TextSearcher(schema, std::move(analyzers));
}

Result<TextSearchResult> TextSearcher::search(const Generation& generation,
                                              const TextSearch& wanted) {
  QUERN_ASSIGN(const LexicalQuery query,
               query_from_text(wanted.text, schema_, analyzers_, wanted.syntax));
  return undamaged_.run(generation, [&](const Generation& whole) -> Result<TextSearchResult> {
    QUERN_ASSIGN(const auto allowed, allowed_docs(whole, wanted));
    return search_whole(whole, wanted, query, allowed);
  });
}

Result<TextSearchResult> TextSearcher::search_within(const Generation& generation,
                                                     const TextSearch& wanted,
                                                     std::shared_ptr<const AllowedDocs> within) {
  QUERN_CHECK(!wanted.filter.has_value());
  QUERN_ASSIGN(LexicalQuery query,
               query_from_text(wanted.text, schema_, analyzers_, wanted.syntax));
  return search_whole(generation, wanted, std::move(query), std::move(within));
}

Status TextSearcher::prepare_for(const Generation& generation, LexicalQuery& query) const {
  const LiveDf live_df = [&](int field, std::string_view term) {
    return generation.live_df(field, term);
  };
  QUERN_TRY(check_prefixes(generation, query));
  return prepare({.k1 = schema_.k1, .b = schema_.b}, generation.row().fields, live_df, query);
}

Result<std::vector<ValueCount>> TextSearcher::count_values(const Generation& generation,
                                                           const TextSearch& wanted,
                                                           std::string_view attribute) {
  QUERN_ASSIGN(const LexicalQuery parsed,
               query_from_text(wanted.text, schema_, analyzers_, wanted.syntax));
  if (parsed.clauses.empty()) return std::vector<ValueCount>();
  return undamaged_.run(
      generation, [&](const Generation& whole) -> Result<std::vector<ValueCount>> {
        LexicalQuery query = parsed;
        QUERN_TRY(prepare_for(whole, query));
        QUERN_ASSIGN(const auto allowed, allowed_docs(whole, wanted));
        return store::count_values(whole, attribute, [&](std::size_t i) -> Result<Bitmap> {
          const SegmentView& view = whole.segments()[i];
          const std::uint32_t n_docs = view.row.identity.n_docs;
          QUERN_ASSIGN(
              const auto found,
              search_segment(view, query, wanted.effort,
                             allowed == nullptr ? nullptr : &(*allowed)[i], {.n_wanted = n_docs}));
          Bitmap docs(n_docs);
          for (const ScoredDoc& doc : found) docs.set(doc.doc);
          return docs;
        });
      });
}

Result<TextSearchResult> TextSearcher::search_whole(const Generation& generation,
                                                    const TextSearch& wanted, LexicalQuery query,
                                                    std::shared_ptr<const AllowedDocs> allowed) {
  TextSearchResult result = {.generation = generation.id()};
  for (const Status& damaged : generation.damaged()) result.damaged.push_back(damaged.message());
  if (query.clauses.empty()) {
    result.why_empty =
        "the query has no terms: nothing is left of it, or only stop words were in it";
    return result;
  }
  QUERN_TRY(prepare_for(generation, query));

  std::vector<Found> best;
  std::uint64_t n_allowed = 0;
  const auto& segments = generation.segments();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    SearchLimits limits = {.n_wanted = wanted.n_wanted};
    if (best.size() == wanted.n_wanted && !best.empty()) limits.min_score = best.back().score;
    const Bitmap* allowed_here = allowed == nullptr ? nullptr : &(*allowed)[i];
    if (allowed_here != nullptr) n_allowed += allowed_here->count();
    QUERN_ASSIGN(const auto docs,
                 search_segment(segments[i], query, wanted.effort, allowed_here, limits));
    QUERN_TRY(add_found(segments[i], i, docs, wanted.n_wanted, best));
  }
  QUERN_ASSIGN(result.hits, hits_of(generation, wanted.give, std::move(best)));
  if (!result.hits.empty()) return result;
  if (wanted.filter.has_value() && generation.row().n_live > 0) {
    if (n_allowed == 0) {
      result.why_empty =
          fmt::format("the filter allows none of the {} documents", generation.row().n_live);
      return result;
    }
    TextSearch unfiltered = wanted;
    unfiltered.filter.reset();
    unfiltered.n_wanted = 1;
    unfiltered.give = Give::kKeysOnly;
    QUERN_ASSIGN(const TextSearchResult any, search_whole(generation, unfiltered, query, nullptr));
    if (!any.hits.empty()) {
      result.why_empty =
          fmt::format("documents match, but none of the {} that the filter allows", n_allowed);
      return result;
    }
  }
  result.why_empty = reason_for_nothing(generation, query);
  return result;
}

}  // namespace quern::store
