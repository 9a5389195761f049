// What a lexical query says of given documents of one segment, found by it or not: so that every
// candidate of a search with two sides has both scores, and a fitted fusion its signals.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/lexical_query.h"

namespace quern::store {

struct DocSignals {
  double score = 0;          // What a search scores it; 0 where no clause matches.
  bool is_excluded = false;  // A clause that must match does not, or one that must not does.
  double idf_share = 0;      // Of the weights of clauses, how much is in it: 0 to 1.
  double log_length = 0;     // ln(1 + its tokens, as its norms say), of all fields.
  double proximity = 0;      // How close the query's terms stand: 1 side by side, 0 fewer than two.
};

/// What one part of a query adds to a document's score.
struct PartScore {
  std::size_t i_clause = 0;
  std::size_t i_part = 0;
  double score = 0;
};

enum class Signals {
  kScores,  // Score and exclusion; the others stay 0.
  kAll,     // What a fitted fusion looks at, too.
};

/// Proximity looks at so many terms of a field, the heaviest ones.
inline constexpr std::size_t kMaxNearTerms = 32;

/// Shapes: docs ascending, each once -> [docs]. `query` was prepared, or has no clause. Asks
/// Pace::current(). Errors: kBadInput, damaged, or as find_phrase and find_prefix; kCancelled.
Result<std::vector<DocSignals>> signals_of(const LexicalPart& part, const LexicalQuery& query,
                                           std::span<const std::uint32_t> docs, Signals wanted);

/// The parts that each document has, in the order of the query. Shapes: docs ascending -> [docs].
/// Errors: as signals_of.
Result<std::vector<std::vector<PartScore>>> parts_of(const LexicalPart& part,
                                                     const LexicalQuery& query,
                                                     std::span<const std::uint32_t> docs);

/// The sum of all weights, which no document reaches.
double best_attainable(const LexicalQuery& query);

/// How close terms stand in a document, from the positions of those that it has: their number less
/// one by the length of the shortest passage with all of them; 0 for fewer than two.
double closeness(std::span<const std::vector<std::uint32_t>> positions);

}  // namespace quern::store
