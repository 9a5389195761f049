// The bulk route's query language: words of title and abstract joined by signs.
//
//   word word      both           word | word    one of them      -word      not it
//   "some words"   a phrase       "some words"~3 nearly           word*      begins so
//   word~2         an edit distance of 2 at most (2 where the number is missing)
//   + is what stands between words anyway and binds more closely than |; ( ) group
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

/// Lenient as its source: what is not closed goes on to the end, a sign with nothing to join is
/// passed over. Errors: kBadInput where brackets stand too deep in each other; kTooLarge.
Result<BooleanQuery> parse_boolean_query(std::string_view text);

/// Where it looks.
struct BooleanField {
  int index = 0;  // Of the store's schema.
  std::string_view analyzer = "english";
};

/// The most terms that a prefix or a fuzzy word may stand for, and
inline constexpr std::size_t kMaxBooleanTerms = 4096;
/// the most such words: each takes a look at a whole dictionary.
inline constexpr int kMaxBooleanSigns = 64;

/// The living documents of each segment that match: [n_segments]. Words go through the analyzer:
/// one without a term ("the") does not matter, a query of such words alone finds nothing; one of
/// several ("x-ray") means all of them. A prefix means the terms that begin so and the one that it
/// has as a word itself: "computing*" finds what "computing" does. A fuzzy word is compared as a
/// term. Errors: kBadInput for damage, for more than kMaxBooleanTerms or kMaxBooleanSigns.
Result<std::vector<store::Bitmap>> match_boolean_query(const BooleanQuery& query,
                                                       const store::Generation& generation,
                                                       const BooleanField& field);

}  // namespace quern::apps
