// A lexical query: what a document must, may and may not have, and how much each part weighs.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/lexical/bm25.h"

namespace quern::store {

enum class Occur { kShould, kMust, kMustNot };
enum class TermMatch {
  kTerm,
  kPhrase,  // Terms at their offsets, or near enough: needs positions.
  kPrefix,  // Any term that begins so; scores its boost, as in Lucene.
};

/// A prefix stands for at most so many terms of a segment.
constexpr int kMaxPrefixTerms = 1024;

/// Phrases and prefixes of a query, in each field: what each finds is held, 16 bytes a document.
constexpr int kMaxFoundParts = 32;

struct QueryPart {
  TermMatch match = TermMatch::kTerm;
  int field = 0;
  std::vector<std::string> terms = {};      // As analysed; one of a term or a prefix.
  std::vector<std::uint32_t> offsets = {};  // [terms] positions in a phrase, ascending.
  std::uint32_t slop = 0;                   // By how much a phrase's terms may be out of place.
  float boost = 1;                          // Above 0, at most kMaxBoost.
  float weight = 0;                         // Of one occurrence; prepare() sets it.
};

/// The same words in one field or several: a document has the clause if it has any of its parts,
/// and scores their sum.
struct QueryClause {
  Occur occur = Occur::kShould;
  std::vector<QueryPart> parts = {};
};

struct LexicalQuery {
  std::vector<QueryClause> clauses = {};
  std::vector<InverseNorms> inverse_norms = {};  // [n_fields]; prepare() sets them.
};

/// In how many live documents a field has a term.
using LiveDf = std::function<Result<std::int64_t>(int field, std::string_view term)>;

/// Checks a query and sets its weights: boost times idf, of a phrase the sum of its terms' idf.
/// `fields` are those of the store. A document matches if it has all clauses that it must, none
/// that it must not, and where none must, any that it should. Errors: kBadInput naming what is
/// wrong: no clause to look for, a field that there is not; kTooLarge for boosts or a number of
/// terms beyond the limits; what `live_df` says.
Status prepare(const Bm25Parameters& parameters, std::span<const FieldStats> fields,
               const LiveDf& live_df, LexicalQuery& query);

}  // namespace quern::store
