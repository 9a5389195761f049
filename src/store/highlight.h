// Where the words of a question stand in the texts that it found.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/lexical/lexical_query.h"
#include "store/query_text.h"
#include "store/schema.h"
#include "text/analysis/analyzer.h"
#include "text/analysis/snippets.h"

namespace quern::store {

/// Threads: one object per thread.
class Highlighter {
 public:
  /// Errors: kBadInput for an analyzer that there is not.
  static Result<Highlighter> create(const Schema& schema);

  /// From now on marks are those of this question; rare words weigh more. Errors: kBadInput for the
  /// question.
  Status set_question(std::string_view question, QuerySyntax syntax, const Generation& generation);

  /// The places of the question's terms in a text of a field, ascending: terms, beginnings, and
  /// phrases where they stand together (of those that need not, each word). What a document must
  /// not have is no mark.
  std::vector<text::Mark> marks(std::size_t field, std::string_view utf8);

 private:
  Highlighter(Schema schema, std::vector<text::Analyzer> analyzers)
      : schema_(std::move(schema)), analyzers_(std::move(analyzers)) {}

  Schema schema_;
  std::vector<text::Analyzer> analyzers_;  // [schema.fields]
  LexicalQuery query_;                     // What marks; each part has its weight.
};

}  // namespace quern::store
