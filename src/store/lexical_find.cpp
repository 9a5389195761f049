#include "store/lexical_find.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "store/lexical/phrase.h"

namespace quern::store {
namespace {

bool is_better(const FoundDoc& a, const FoundDoc& b) {
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

Status add_found(const SegmentView& view, std::size_t i_segment, std::span<const ScoredDoc> docs,
                 std::size_t n_wanted, std::vector<FoundDoc>& best) {
  QUERN_ASSIGN(const KeyColumn* keys, view.segment->keys());
  for (const ScoredDoc& hit : docs) {
    QUERN_ASSIGN(Key key, keys->key(hit.doc));
    best.push_back({.place = {.i_segment = i_segment, .doc = hit.doc},
                    .score = hit.score,
                    .key = std::move(key)});
  }
  std::sort(best.begin(), best.end(), is_better);
  if (best.size() > n_wanted) best.resize(n_wanted);
  return {};
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
      return {Code::kTooLarge,
              fmt::format("more than {} terms begin with '{}'", kMaxPrefixTerms, part.terms[0])};
    }
  }
  return {};
}

// Which terms there are none of, or that there are some.
std::string reason_in_terms(const Generation& generation, const LexicalQuery& query) {
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

Result<std::vector<ScoredDoc>> find_in_segment(const SegmentView& view, const LexicalQuery& query,
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

Result<std::vector<FoundDoc>> find_docs(const LexicalFind& wanted) {
  std::vector<FoundDoc> best;
  const auto& segments = wanted.generation->segments();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    SearchLimits limits = {.n_wanted = wanted.n_wanted};
    if (best.size() == wanted.n_wanted && !best.empty()) limits.min_score = best.back().score;
    const Bitmap* allowed = wanted.allowed == nullptr ? nullptr : &(*wanted.allowed)[i];
    QUERN_ASSIGN(const auto docs,
                 find_in_segment(segments[i], *wanted.query, wanted.effort, allowed, limits));
    QUERN_TRY(add_found(segments[i], i, docs, wanted.n_wanted, best));
  }
  return best;
}

Status prepare_query(const Generation& generation, const Bm25Parameters& parameters,
                     LexicalQuery& query) {
  const LiveDf live_df = [&](int field, std::string_view term) {
    return generation.live_df(field, term);
  };
  QUERN_TRY(check_prefixes(generation, query));
  return prepare(parameters, generation.row().fields, live_df, query);
}

Result<std::string> why_nothing(const LexicalFind& wanted) {
  const std::uint64_t n_live = wanted.generation->row().n_live;
  if (n_live == 0) return std::string("the store is empty");
  if (wanted.allowed == nullptr) return reason_in_terms(*wanted.generation, *wanted.query);
  std::uint64_t n_allowed = 0;
  for (const Bitmap& docs : *wanted.allowed) n_allowed += docs.count();
  if (n_allowed == 0) return fmt::format("the filter allows none of the {} documents", n_live);
  LexicalFind unfiltered = wanted;
  unfiltered.allowed = nullptr;
  unfiltered.n_wanted = 1;
  QUERN_ASSIGN(const std::vector<FoundDoc> any, find_docs(unfiltered));
  if (any.empty()) return reason_in_terms(*wanted.generation, *wanted.query);
  return fmt::format("documents match, but none of the {} that the filter allows", n_allowed);
}

}  // namespace quern::store
