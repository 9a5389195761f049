// Both sides of a store at once: words and vectors, every candidate with both scores, fused into
// one order. What a side could not answer is said.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/candidates.h"
#include "store/rank/fusion_fit.h"
#include "store/text_search.h"

namespace quern::store {

enum class Mode {
  kLexical,  // "bm25"
  kDense,    // "dense"
  kHybrid,   // "hybrid"
};

/// Most hits that are wanted, and most of a window.
inline constexpr std::uint32_t kMaxHits = 10'000;

/// "bm25", "dense", "hybrid".
const char* mode_name(Mode mode);
/// Errors: kBadInput naming the known ones.
Result<Mode> mode_from_name(std::string_view name);

struct Query {
  std::string text = {};
  // What + and - ask for and exclude holds for the words' side, and for all of a hybrid search; a
  // search by vectors alone does not look at words.
  QuerySyntax syntax = QuerySyntax::kPlain;
  std::vector<float> vector = {};  // Of the active space, [d]; empty: words alone can answer.
  std::optional<Filter> filter = {};
  Mode mode = Mode::kHybrid;
  std::uint32_t n_wanted = 10;  // kMaxHits at most, as the window.
  std::uint32_t window = 200;   // Of each side in a hybrid search; n_wanted at least.
  FusionChoice fusion = {};
  Give give = Give::kStored;
  bool gives_attributes = false;             // SearchHit::attributes
  bool is_explained = false;                 // SideScores::terms
  Exactness exactness = Exactness::kByPlan;  // Of the dense side.
};

/// What a term or phrase of the query added to a document's lexical score.
struct TermScore {
  std::string field;
  std::string text;
  double score = 0;
};

struct SideScores {
  std::optional<double> lexical = {};  // BM25; 0 where no word matches.
  std::optional<double> dense = {};    // By the space's metric; nothing: it has no vector.
  int lexical_rank = 0;                // From 1; 0 for what the side did not find itself.
  int dense_rank = 0;
  std::vector<TermScore> terms = {};
};

struct SearchHit {
  Hit hit;  // Its score is that of the mode that answered: BM25, the metric's, or the fused one.
  SideScores sides;
  std::vector<AttributeValue> attributes = {};  // In the schema's order; where they are wanted.
};

struct SearchTimings {
  double filter_ms = 0;
  double lexical_ms = 0;
  double dense_ms = 0;
  double fuse_ms = 0;  // With the scores that were missing.
  double read_ms = 0;  // Of what is given back.
};

struct SearchResult {
  std::vector<SearchHit> hits = {};  // The best first; of equal scores the smaller key.
  GenerationId generation = 0;
  Mode answered = Mode::kHybrid;            // One side alone where the other had nothing to say:
  std::string why_one_side = {};            // why.
  std::string why_empty = {};               // Without hits: the reason.
  bool is_approximate = false;              // A graph was walked: a near document may be missing.
  std::vector<SegmentWay> dense_ways = {};  // How each segment's vectors were searched.
  std::uint64_t n_without_vector = 0;       // Living documents that the dense side cannot find yet.
  std::vector<std::string> damaged = {};    // What was not searched, and why.
  double lead = 0;  // Of the first of a hybrid search: lead_of_first (rank/fusion.h).
  SearchTimings timings = {};
};

/// Threads: one object per thread; the pool may be shared.
class Searcher {
 public:
  /// Errors: kBadInput for an analyzer that there is not.
  static Result<Searcher> create(const Schema& schema, ThreadPool& pool);

  /// The answer depends on the live documents and their vectors alone, not on how they came or lie
  /// in segments; one that is approximate on segments and graphs as well. Where something turns out
  /// to be damaged, what is whole is searched. Asks Pace::current(). Errors: kBadInput for the
  /// query, a vector of another width, or a dense search without vectors; kTooLarge for a query or
  /// more hits than the limits; kIo; kCancelled.
  Result<SearchResult> search(const Generation& generation, const Query& wanted);

  /// The union of both sides' best `window`, with all signals of a fitted fusion, by key. Errors:
  /// as search; kBadInput for a mode that is not kHybrid, or no vector.
  Result<Candidates> candidates(const Generation& generation, const Query& wanted);

 private:
  Searcher(TextSearcher text, ThreadPool& pool) : text_(std::move(text)), pool_(&pool) {}

  TextSearcher text_;
  ThreadPool* pool_;
};

}  // namespace quern::store
