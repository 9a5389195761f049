// From what a person asks to the clauses of a query.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/status.h"
#include "store/lexical/lexical_query.h"
#include "store/schema.h"
#include "text/analysis/analyzer.h"

namespace quern::store {

enum class QuerySyntax {
  kPlain,  // Words, whatever signs are among them.
  // Words parted by white space: +word must be there, -word must not, word* begins so, "some words"
  // stand together, "some words"~3 nearly. A word of several terms (wi-fi) is a phrase behind + and
  // -.
  kOperators,
};

/// What a person asks is not longer.
constexpr std::size_t kMaxQueryBytes = std::size_t{1} << 20;

/// Each word in each field, as the field's analyzer has it and by the field's boost; whoever asks
/// may give one a boost of 0: then it is not asked. Words that no field has terms of (stop words)
/// are left out: there may be no clause at the end. prepare() is still to come. Shapes: analyzers
/// [schema.fields] Errors: kTooLarge above kMaxQueryBytes; kBadInput for phrases in a field without
/// positions, a prefix of no letters, a slop that is no number.
Result<LexicalQuery> query_from_text(std::string_view text, const Schema& schema,
                                     std::span<text::Analyzer> analyzers, QuerySyntax syntax);

}  // namespace quern::store
