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
#include "store/query_text.h"
#include "store/schema.h"
#include "text/analysis/analyzer.h"

namespace quern::store {

enum class Effort {
  kEnough,  // What cannot be among the best is not looked at. The answer is the same.
  kAll,     // Every document is scored in full.
};

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

 private:
  Result<TextSearchResult> search_whole(const Generation& generation, const TextSearch& wanted,
                                        LexicalQuery query);

  TextSearcher(Schema schema, std::vector<text::Analyzer> analyzers)
      : schema_(std::move(schema)), analyzers_(std::move(analyzers)) {}

  Schema schema_;
  std::vector<text::Analyzer> analyzers_;  // [schema.fields]
  GenerationId checked_ = -1;              // The generation that was read for damage,
  Snapshot whole_;                         // and what of it is whole; null: all.
};

}  // namespace quern::store
