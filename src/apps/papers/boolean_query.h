// The bulk route's query language: words of title and abstract joined by signs.
//
//   word word      both           word | word    one of them      -word      not it
//   "some words"   a phrase       "some words"~3 nearly           word*      begins so
//   word~2         an edit distance of 2 at most (2 where the number is missing)
//   + is what stands between words anyway; ( ) group
//
// Source: the Simple Query String form that Semantic Scholar documents for /paper/search/bulk.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/filter/bitmap.h"

namespace quern::apps {

enum class BooleanOp { kAnd, kOr, kNot, kWord, kPrefix, kFuzzy, kPhrase };

/// A query as a tree.
struct BooleanQuery {
  BooleanOp op = BooleanOp::kAnd;
  std::vector<BooleanQuery> parts = {};  // Of kAnd, kOr (two at least) and kNot (one).
  std::string text = {};                 // Of the others, as it was written.
  int distance = 0;                      // Of kFuzzy: edits; of kPhrase: slop.
};

inline constexpr std::size_t kMaxBooleanQueryBytes = 16384;
inline constexpr int kMaxBooleanDepth = 32;

/// Errors: kBadInput saying at which byte; kTooLarge.
Result<BooleanQuery> parse_boolean_query(std::string_view text);

/// The living documents of each segment that match, in any of the fields: [n_segments]. Words go
/// through the fields' analyzer. Errors: kBadInput for damage or a prefix or fuzzy word that stands
/// for more than 4,096 terms.
Result<std::vector<store::Bitmap>> match_boolean_query(const BooleanQuery& query,
                                                       const store::Generation& generation,
                                                       std::string_view field);

}  // namespace quern::apps
