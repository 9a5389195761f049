#include "store/text_search.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "store/attribute_counts.h"
#include "store/lexical_find.h"
#include "store/stored_texts.h"

namespace quern::store {
namespace {

// The allowed documents of each segment; null: all that live.
Result<std::shared_ptr<const AllowedDocs>> allowed_docs(const Generation& generation,
                                                        const TextSearch& wanted) {
  if (!wanted.filter.has_value()) return std::shared_ptr<const AllowedDocs>();
  return generation.allowed(*wanted.filter);
}

Result<std::vector<Hit>> hits_of(const Generation& generation, Give give,
                                 std::vector<FoundDoc> best) {
  std::vector<Hit> hits;
  std::vector<DocPlace> places;
  for (FoundDoc& found : best) {
    places.push_back(found.place);
    hits.push_back({.key = std::move(found.key.bytes),
                    .n_parent = found.key.n_parent,
                    .score = static_cast<float>(found.score)});
  }
  if (give == Give::kKeysOnly) return hits;
  QUERN_TRY(read_stored_texts(generation, places, [&](std::size_t i, std::string stored) {
    hits[i].stored = std::move(stored);
  }));
  return hits;
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
  QUERN_ASSIGN(const LexicalQuery query, parse(wanted.text, wanted.syntax));
  return search_undamaged(generation, [&](const Generation& whole) -> Result<TextSearchResult> {
    QUERN_ASSIGN(const auto allowed, allowed_docs(whole, wanted));
    return search_whole(whole, wanted, query, allowed);
  });
}

Result<TextSearchResult> TextSearcher::search_within(const Generation& generation,
                                                     const TextSearch& wanted,
                                                     std::shared_ptr<const AllowedDocs> within) {
  QUERN_CHECK(!wanted.filter.has_value());
  QUERN_ASSIGN(LexicalQuery query, parse(wanted.text, wanted.syntax));
  return search_whole(generation, wanted, std::move(query), std::move(within));
}

Result<LexicalQuery> TextSearcher::parse(std::string_view text, QuerySyntax syntax) {
  return query_from_text(text, schema_, analyzers_, syntax);
}

Status TextSearcher::prepare_for(const Generation& generation, LexicalQuery& query) const {
  return prepare_query(generation, {.k1 = schema_.k1, .b = schema_.b}, query);
}

Result<std::vector<ValueCount>> TextSearcher::count_values(const Generation& generation,
                                                           const TextSearch& wanted,
                                                           std::string_view attribute) {
  QUERN_ASSIGN(const LexicalQuery parsed, parse(wanted.text, wanted.syntax));
  if (parsed.clauses.empty()) return std::vector<ValueCount>();
  return search_undamaged(
      generation, [&](const Generation& whole) -> Result<std::vector<ValueCount>> {
        LexicalQuery query = parsed;
        QUERN_TRY(prepare_for(whole, query));
        QUERN_ASSIGN(const auto allowed, allowed_docs(whole, wanted));
        return store::count_values(whole, attribute, [&](std::size_t i) -> Result<Bitmap> {
          const SegmentView& view = whole.segments()[i];
          const std::uint32_t n_docs = view.row.identity.n_docs;
          QUERN_ASSIGN(
              const auto found,
              find_in_segment(view, query, wanted.effort,
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

  LexicalFind find = {.generation = &generation,
                      .query = &query,
                      .allowed = allowed.get(),
                      .n_wanted = wanted.n_wanted,
                      .effort = wanted.effort};
  QUERN_ASSIGN(std::vector<FoundDoc> best, find_docs(find));
  QUERN_ASSIGN(result.hits, hits_of(generation, wanted.give, std::move(best)));
  if (result.hits.empty()) {
    QUERN_ASSIGN(result.why_empty, why_nothing(find));
  }
  return result;
}

}  // namespace quern::store
