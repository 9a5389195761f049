// BM25 over a state of a store: what the best documents are, and why there are none.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/filter/filter.h"
#include "store/filter/value_counts.h"
#include "store/lexical_find.h"
#include "store/query_text.h"
#include "store/schema.h"
#include "store/undamaged.h"
#include "text/analysis/analyzer.h"

namespace quern::store {

enum class Give {
  kStored,    // What was stored with each hit: a frame of text is unpacked for each.
  kKeysOnly,  // Hit::stored stays empty.
};

struct TextSearch {
  std::string text;
  QuerySyntax syntax = QuerySyntax::kPlain;
  std::uint32_t n_wanted = 10;
  Effort effort = Effort::kEnough;
  Give give = Give::kStored;
  // Of the schema's attributes: only these documents are found. Scores are those without it.
  std::optional<Filter> filter = {};
};

struct Hit {
  std::string key = {};
  std::uint32_t n_parent = 0;  // The first n_parent bytes of the key name the parent.
  float score = 0;             // Within one unit in the last place of Lucene's.
  std::string stored = {};
};

struct TextSearchResult {
  std::vector<Hit> hits = {};  // The best first; of equal scores the smaller key.
  GenerationId generation = 0;
  std::string why_empty = {};             // Without hits: the reason.
  std::vector<std::string> damaged = {};  // Segments that were not searched, and why.
};

/// Threads: one object per thread.
class TextSearcher {
 public:
  /// Errors: kBadInput for an analyzer that there is not.
  static Result<TextSearcher> create(const Schema& schema);

  /// The answer depends on the live documents alone, not on how they came or lie in segments.
  /// Where something turns out to be damaged, all is read, and the segments that are whole are
  /// searched. Errors: kBadInput for the query; kIo.
  Result<TextSearchResult> search(const Generation& generation, const TextSearch& wanted);

  /// The same among these documents of the generation's segments, and with no look at what is
  /// damaged: that is an error. `wanted` has no filter.
  Result<TextSearchResult> search_within(const Generation& generation, const TextSearch& wanted,
                                         std::shared_ptr<const AllowedDocs> within);

  /// How often each value of an attribute, which the schema has, is among all documents that are
  /// found, however many are wanted. Errors: as search().
  Result<std::vector<ValueCount>> count_values(const Generation& generation,
                                               const TextSearch& wanted,
                                               std::string_view attribute);

  /// A question as a query, not prepared; without clauses where no field has terms of it. Errors:
  /// as query_from_text.
  Result<LexicalQuery> parse(std::string_view text, QuerySyntax syntax);

  /// Weights by the generation's statistics. Errors: as prepare_query.
  Status prepare_for(const Generation& generation, LexicalQuery& query) const;

  const std::vector<Attribute>& attributes() const { return schema_.attributes; }

  const std::string& field_name(int field) const {
    return schema_.fields[static_cast<std::size_t>(field)].name;
  }

 private:
  Result<TextSearchResult> search_whole(const Generation& generation, const TextSearch& wanted,
                                        LexicalQuery query,
                                        std::shared_ptr<const AllowedDocs> allowed);

  TextSearcher(Schema schema, std::vector<text::Analyzer> analyzers)
      : schema_(std::move(schema)), analyzers_(std::move(analyzers)) {}

  Schema schema_;
  std::vector<text::Analyzer> analyzers_;  // [schema.fields]
};

}  // namespace quern::store
