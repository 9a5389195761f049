#include "store/search.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "store/candidates.h"
#include "store/lexical/doc_signals.h"
#include "store/lexical_find.h"
#include "store/stored_texts.h"

namespace quern::store {
namespace {

using Clock = std::chrono::steady_clock;

/// Adds the time that a scope took to one of the timings.
class Timed {
 public:
  explicit Timed(double& ms) : ms_(ms) {}
  ~Timed() { ms_ += std::chrono::duration<double, std::milli>(Clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  double& ms_;
  const Clock::time_point start_ = Clock::now();
};

/// One question to one state.
class OneSearch {
 public:
  /// `vector`: the question's, where it has one.
  OneSearch(const Generation& generation, const Query& wanted, const VectorQuery& vector,
            const TextSearcher& text, ThreadPool& pool)
      : generation_(generation), wanted_(wanted), vector_(vector), text_(text), pool_(pool) {}

  /// Asks the sides. Errors: as Searcher::search.
  Status ask(LexicalQuery query);

  Result<Candidates> unite(Signals wanted) const {
    return store::unite(dense_search(0), query_, lexical_, dense_, wanted);
  }

  Result<SearchResult> finish();

 private:
  std::uint32_t n_of_side() const {
    return wanted_.mode == Mode::kHybrid ? std::max(wanted_.window, wanted_.n_wanted)
                                         : wanted_.n_wanted;
  }
  DenseSearch dense_search(std::size_t n_wanted) const {
    return {.generation = &generation_,
            .space = generation_.active_space(),
            .query = &vector_,
            .allowed = allowed_.get(),
            .n_wanted = n_wanted,
            .exactness = wanted_.exactness};
  }
  Status ask_words();
  Status ask_vectors();
  Result<std::string> why_no_vectors() const;
  Status fuse_sides();
  Status take_lexical();
  Status take_dense();
  Status read_stored();
  Status read_attributes();
  Status explain();
  void add_terms(const std::vector<PartScore>& parts, SideScores& sides) const;
  Result<std::string> reason_for_nothing() const;

  const Generation& generation_;
  const Query& wanted_;
  const VectorQuery& vector_;
  const TextSearcher& text_;
  ThreadPool& pool_;
  LexicalQuery query_;
  std::shared_ptr<const AllowedDocs> allowed_;  // Null: all that live.
  std::vector<FoundDoc> lexical_;
  std::vector<NearDoc> dense_;
  std::vector<DocPlace> places_;  // Of the hits.
  SearchResult result_;
};

Status OneSearch::ask(LexicalQuery query) {
  query_ = std::move(query);
  result_.generation = generation_.id();
  result_.answered = wanted_.mode;
  for (const Status& damaged : generation_.damaged()) result_.damaged.push_back(damaged.message());
  if (wanted_.filter.has_value()) {
    const Timed timed(result_.timings.filter_ms);
    QUERN_ASSIGN(allowed_, generation_.allowed(*wanted_.filter));
  }
  QUERN_TRY(ask_vectors());
  return ask_words();
}

Status OneSearch::ask_words() {
  const Timed timed(result_.timings.lexical_ms);
  if (query_.clauses.empty()) {
    if (result_.answered == Mode::kHybrid) {
      result_.answered = Mode::kDense;
      result_.why_one_side = "no words to look for are in the question";
    }
    return {};
  }
  if (result_.answered == Mode::kDense && !wanted_.is_explained) return {};
  QUERN_TRY(text_.prepare_for(generation_, query_));
  if (result_.answered == Mode::kDense) return {};
  QUERN_ASSIGN(lexical_, find_docs({.generation = &generation_,
                                    .query = &query_,
                                    .allowed = allowed_.get(),
                                    .n_wanted = n_of_side()}));
  return {};
}

// Why the dense side has nothing to say; "": it has.
Result<std::string> OneSearch::why_no_vectors() const {
  const SpaceRow* space = generation_.active_space();
  if (space == nullptr) return std::string("the store has no vectors");
  if (wanted_.vector.empty()) return std::string("the question has no vector");
  if (generation_.row().n_live > 0 && result_.n_without_vector == generation_.row().n_live) {
    return fmt::format("none of the {} documents has a vector yet", generation_.row().n_live);
  }
  return std::string();
}

Status OneSearch::ask_vectors() {
  if (wanted_.mode == Mode::kLexical) return {};
  const Timed timed(result_.timings.dense_ms);
  const SpaceRow* space = generation_.active_space();
  if (space != nullptr) {
    result_.n_without_vector = generation_.n_missing(space->id);
  }
  QUERN_ASSIGN(const std::string why_not, why_no_vectors());
  if (!why_not.empty()) {
    if (wanted_.mode == Mode::kDense) return {};
    result_.answered = Mode::kLexical;
    result_.why_one_side = why_not;
    return {};
  }
  DenseReport report;
  DenseSearch search = dense_search(n_of_side());
  search.report = &report;
  QUERN_ASSIGN(dense_, nearest_docs(search, pool_));
  result_.is_approximate = report.is_approximate;
  result_.dense_ways = std::move(report.segments);
  return {};
}

Result<SearchResult> OneSearch::finish() {
  switch (result_.answered) {
    case Mode::kLexical:
      QUERN_TRY(take_lexical());
      break;
    case Mode::kDense:
      QUERN_TRY(take_dense());
      break;
    case Mode::kHybrid:
      QUERN_TRY(fuse_sides());
      break;
  }
  if (wanted_.is_explained) QUERN_TRY(explain());
  if (wanted_.give == Give::kStored) QUERN_TRY(read_stored());
  if (wanted_.gives_attributes) QUERN_TRY(read_attributes());
  if (result_.hits.empty()) {
    QUERN_ASSIGN(result_.why_empty, reason_for_nothing());
  }
  return std::move(result_);
}

Status OneSearch::take_lexical() {
  for (std::size_t i = 0; i < std::min<std::size_t>(lexical_.size(), wanted_.n_wanted); ++i) {
    FoundDoc& found = lexical_[i];
    places_.push_back(found.place);
    result_.hits.push_back(
        {.hit = {.key = std::move(found.key.bytes),
                 .n_parent = found.key.n_parent,
                 .score = static_cast<float>(found.score)},
         .sides = {.lexical = found.score, .lexical_rank = static_cast<int>(i) + 1}});
  }
  return {};
}

Status OneSearch::take_dense() {
  for (std::size_t i = 0; i < std::min<std::size_t>(dense_.size(), wanted_.n_wanted); ++i) {
    const NearDoc& found = dense_[i];
    const Segment& segment = *generation_.segments()[found.place.i_segment].segment;
    QUERN_ASSIGN(const KeyColumn* keys, segment.keys());
    QUERN_ASSIGN(Key key, keys->key(found.place.doc));
    places_.push_back(found.place);
    result_.hits.push_back(
        {.hit = {.key = std::move(key.bytes),
                 .n_parent = key.n_parent,
                 .score = static_cast<float>(found.score)},
         .sides = {.dense = found.score, .dense_rank = static_cast<int>(i) + 1}});
  }
  return {};
}

Status OneSearch::fuse_sides() {
  const Timed timed(result_.timings.fuse_ms);
  QUERN_ASSIGN(Candidates candidates,
               unite(wanted_.fusion.fitted ? Signals::kAll : Signals::kScores));
  fuse(wanted_.fusion, candidates.query);
  result_.lead = lead_of_first(candidates.query.candidates);
  for (const Scored& scored : candidates.query.candidates) {
    if (result_.hits.size() == wanted_.n_wanted) break;
    const std::uint32_t id = scored.id;
    places_.push_back(candidates.places[id]);
    SearchHit& hit = result_.hits.emplace_back();
    hit.hit = {.key = std::move(candidates.keys[id]),
               .n_parent = candidates.n_parents[id],
               .score = static_cast<float>(scored.fused)};
    hit.sides = {.lexical = scored.lexical,
                 .lexical_rank = scored.lexical_rank,
                 .dense_rank = scored.dense_rank};
    if (candidates.has_vector[id]) hit.sides.dense = scored.dense;
  }
  return {};
}

Status OneSearch::read_stored() {
  const Timed timed(result_.timings.read_ms);
  return read_stored_texts(generation_, places_, [&](std::size_t i, std::string stored) {
    result_.hits[i].hit.stored = std::move(stored);
  });
}

Status OneSearch::read_attributes() {
  const Timed timed(result_.timings.read_ms);
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Segment& segment = *generation_.segments()[places_[i].i_segment].segment;
    QUERN_ASSIGN(const Attributes* columns, segment.attributes());
    result_.hits[i].attributes = values_of_document(*columns, text_.attributes(), places_[i].doc);
  }
  return {};
}

Status OneSearch::explain() {
  if (query_.clauses.empty()) return {};
  // By segment, so that each list is opened once.
  std::vector<std::size_t> order(places_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(places_[a].i_segment, places_[a].doc) <
           std::pair(places_[b].i_segment, places_[b].doc);
  });
  std::vector<std::uint32_t> docs;
  for (std::size_t begin = 0; begin < order.size();) {
    const std::size_t i_segment = places_[order[begin]].i_segment;
    docs.clear();
    for (std::size_t i = begin; i < order.size() && places_[order[i]].i_segment == i_segment; ++i) {
      docs.push_back(places_[order[i]].doc);
    }
    const Segment& segment = *generation_.segments()[i_segment].segment;
    QUERN_ASSIGN(const LexicalPart* part, segment.lexical());
    QUERN_ASSIGN(const auto parts, parts_of(*part, query_, docs));
    for (const auto& of_doc : parts) add_terms(of_doc, result_.hits[order[begin++]].sides);
  }
  return {};
}

void OneSearch::add_terms(const std::vector<PartScore>& parts, SideScores& sides) const {
  double sum = 0;
  for (const PartScore& score : parts) {
    const QueryPart& of = query_.clauses[score.i_clause].parts[score.i_part];
    std::string text = fmt::format("{}", fmt::join(of.terms, " "));
    if (of.match == TermMatch::kPrefix) text += "*";
    if (of.match == TermMatch::kPhrase) text = "\"" + text + "\"";
    sides.terms.push_back(
        {.field = text_.field_name(of.field), .text = std::move(text), .score = score.score});
    sum += score.score;
  }
  sides.lexical = sum;
}

Result<std::string> OneSearch::reason_for_nothing() const {
  const std::uint64_t n_live = generation_.row().n_live;
  if (n_live == 0) return std::string("the store is empty");
  if (result_.answered == Mode::kLexical && !query_.clauses.empty()) {
    return store::why_nothing(
        {.generation = &generation_, .query = &query_, .allowed = allowed_.get()});
  }
  if (result_.answered == Mode::kLexical) {
    return std::string(
        "the question has no words to look for, and " +
        (result_.why_one_side.empty() ? "only words were asked" : result_.why_one_side));
  }
  if (allowed_ != nullptr) {
    const bool allows_any = std::any_of(allowed_->begin(), allowed_->end(),
                                        [](const Bitmap& docs) { return docs.count() > 0; });
    if (!allows_any) return fmt::format("the filter allows none of the {} documents", n_live);
  }
  if (result_.n_without_vector == n_live) return why_no_vectors();
  return std::string("no document that is allowed has a vector");
}

// The question's vector, empty where it has none that is looked at. What is wrong with the question
// is told before anything is read for damage.
Result<VectorQuery> check_question(const Generation& generation, const Query& wanted) {
  QUERN_TRY(check_fusion(wanted.fusion.spec));
  if (wanted.n_wanted > kMaxHits || wanted.window > kMaxHits) {
    return {Code::kTooLarge, fmt::format("{} hits of a window of {} are wanted, {} at most",
                                         wanted.n_wanted, wanted.window, kMaxHits)};
  }
  if (wanted.mode == Mode::kLexical) return VectorQuery();
  const SpaceRow* space = generation.active_space();
  if (wanted.mode == Mode::kDense && space == nullptr) {
    return {Code::kBadInput, "a search by vectors: the store has no vectors"};
  }
  if (wanted.mode == Mode::kDense && wanted.vector.empty()) {
    return {Code::kBadInput, "a search by vectors: the question has no vector"};
  }
  if (space == nullptr || wanted.vector.empty()) return VectorQuery();
  return make_query(wanted.vector, space->space.d, space->space.metric).in("the question's vector");
}

}  // namespace

const char* mode_name(Mode mode) {
  switch (mode) {
    case Mode::kLexical:
      return "bm25";
    case Mode::kDense:
      return "dense";
    case Mode::kHybrid:
      return "hybrid";
  }
  return "";
}

Result<Mode> mode_from_name(std::string_view name) {
  for (const Mode mode : {Mode::kLexical, Mode::kDense, Mode::kHybrid}) {
    if (name == mode_name(mode)) return mode;
  }
  return {Code::kBadInput, fmt::format("mode '{}' is not known, want bm25, dense or hybrid", name)};
}

Result<Searcher> Searcher::create(const Schema& schema, ThreadPool& pool) {
  QUERN_ASSIGN(TextSearcher text, TextSearcher::create(schema));
  return Searcher(std::move(text), pool);
}

Result<SearchResult> Searcher::search(const Generation& generation, const Query& wanted) {
  QUERN_ASSIGN(const VectorQuery vector, check_question(generation, wanted));
  QUERN_ASSIGN(const LexicalQuery query, text_.parse(wanted.text, wanted.syntax));
  return search_undamaged(generation, [&](const Generation& whole) -> Result<SearchResult> {
    OneSearch search(whole, wanted, vector, text_, *pool_);
    QUERN_TRY(search.ask(query));
    return search.finish();
  });
}

Result<Candidates> Searcher::candidates(const Generation& generation, const Query& wanted) {
  if (wanted.mode != Mode::kHybrid || wanted.vector.empty() ||
      generation.active_space() == nullptr) {
    return {Code::kBadInput, "candidates of both sides: a vector of the store's space is wanted"};
  }
  QUERN_ASSIGN(const VectorQuery vector, check_question(generation, wanted));
  QUERN_ASSIGN(const LexicalQuery query, text_.parse(wanted.text, wanted.syntax));
  return search_undamaged(generation, [&](const Generation& whole) -> Result<Candidates> {
    OneSearch search(whole, wanted, vector, text_, *pool_);
    QUERN_TRY(search.ask(query));
    return search.unite(Signals::kAll);
  });
}

}  // namespace quern::store
