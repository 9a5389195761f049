#include "store/vector/graph_search.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quern::store {
namespace {

constexpr std::size_t kEntries = 8;

// From this share of allowed rows on, all rows are walked: about as fast as looking through at a
// tenth, and faster above (docs/performance.md).
constexpr double kWalkAllShare = 0.15;

// Looking through ends when a row that was gone on from has led to so many new allowed rows, or
// after so many lists.
constexpr std::size_t kEnoughFound = 32;
constexpr std::size_t kMaxThrough = 256;

// What looking through a list costs, in visits of rows.
constexpr std::uint32_t kListVisits = 4;

/// One search.
class Search {
 public:
  Search(const VectorQuery& query, const CodesView& codes, const GraphView& graph,
         const GraphSearch& how, GraphScratch& scratch)
      : query_(query), codes_(codes), graph_(graph), how_(how), scratch_(scratch) {}

  GraphVisits run(TopCandidates& top) {
    if (codes_.n() == 0 || graph_.landmarks.empty()) return visits_;
    enter();
    if (how_.allowed == nullptr) {
      walk_all([](std::size_t) {});
      offer_beam(top);
    } else if (how_.n_allowed >= kWalkAllShare * codes_.n()) {
      std::size_t n_found = 0;
      walk_all([&](std::size_t i) {
        if (!is_allowed(walk_.ids[i])) return;
        top.offer({walk_.scores[i], walk_.ids[i]});
        ++n_found;
      });
      note_if_stuck(n_found);
    } else {
      walk_allowed();
      offer_beam(top);
    }
    return visits_;
  }

 private:
  bool is_allowed(std::uint32_t row) const {
    return how_.allowed == nullptr || ((*how_.allowed)[row / 64] >> (row % 64) & 1) != 0;
  }

  std::size_t width() const {
    if (how_.allowed == nullptr || how_.n_allowed == 0) return how_.width;
    const double share = static_cast<double>(how_.n_allowed) / codes_.n();
    return share < kWalkAllShare
               ? how_.width
               : static_cast<std::size_t>(static_cast<double>(how_.width) / share);
  }

  /// Scores of walk_.ids, or of as many rows from the first one of a table on.
  void score_dots() {
    const bool is_l2 = query_.metric == Metric::kL2;
    const float factor = is_l2 ? 2 * query_.factors.scale : 1;
    for (std::size_t i = 0; i < walk_.ids.size(); ++i) {
      const std::uint32_t row = walk_.ids[i];
      const float product = static_cast<float>(walk_.dots[i]) * codes_.scales[row];
      walk_.scores[i] = is_l2 ? product * factor - codes_.norms2[row] : product;
    }
    visits_.n_scored += static_cast<std::uint32_t>(walk_.ids.size());
  }

  void score() {
    multiply(codes_, query_.planes.data(), walk_);
    score_dots();
  }

  /// The best landmarks.
  void enter() {
    const std::size_t n = graph_.landmarks.size();
    walk_.ids.assign(graph_.landmarks.begin(), graph_.landmarks.end());
    walk_.dots.resize(std::max(walk_.dots.size(), n));
    walk_.scores.resize(walk_.dots.size());
    kernels::code_dots({.rows = graph_.landmark_rows.data(),
                        .ids = nullptr,
                        .n_rows = static_cast<int>(n),
                        .d = kernels::padded_codes(codes_.d),
                        .queries = query_.planes.data(),
                        .n_queries = 1,
                        .out = walk_.dots.data(),
                        .out_stride = static_cast<std::ptrdiff_t>(n)});
    score_dots();
    visits_.n_scored = 0;  // They lie together: no visits.
    walk_.beam.start(kEntries, 0);
    for (std::size_t i = 0; i < n; ++i) walk_.beam.offer(walk_.scores[i], walk_.ids[i]);
    scratch_.entries.clear();
    for (std::size_t i = 0; i < walk_.beam.size(); ++i) {
      scratch_.entries.push_back(walk_.beam.row(i));
    }
    walk_.seen.start(codes_.n());
  }

  bool is_too_far() {
    if (visits_.n_scored + kListVisits * visits_.n_looked_through < how_.max_visits) return false;
    visits_.end = GraphEnd::kTooFar;
    return true;
  }

  void offer_scored() {
    score();
    for (std::size_t i = 0; i < walk_.ids.size(); ++i) {
      walk_.beam.offer(walk_.scores[i], walk_.ids[i]);
    }
  }

  template <typename OnScored>
  void walk_all(const OnScored& on_scored) {
    walk_.beam.start(width(), 0);
    walk_.ids.clear();
    for (const std::uint32_t row : scratch_.entries) {
      if (walk_.seen.add(row)) walk_.ids.push_back(row);
    }
    offer_scored();
    for (std::size_t i = 0; i < walk_.ids.size(); ++i) on_scored(i);
    walk(
        codes_, walk_, [&](std::uint32_t row) { return graph_.links_of(row); }, [&] { score(); },
        on_scored);
  }

  void walk_allowed() {
    scratch_.seen_through.start(codes_.n());
    walk_.beam.start(width(), 0);
    walk_.ids.clear();
    scratch_.through.clear();
    for (const std::uint32_t row : scratch_.entries) meet(row);
    look_through();
    offer_scored();
    while (walk_.beam.has_next() && !is_too_far()) {
      walk_.ids.clear();
      scratch_.through.clear();
      meet_links(walk_.beam.take());
      look_through();
      if (walk_.beam.has_next()) prefetch_links(graph_.links_of(walk_.beam.peek()));
      if (!walk_.ids.empty()) offer_scored();
    }
    note_if_stuck(walk_.beam.size());
  }

  void note_if_stuck(std::size_t n_found) {
    const std::size_t wanted = std::min<std::size_t>(how_.width, how_.n_allowed);
    if (visits_.end == GraphEnd::kDone && n_found < wanted) visits_.end = GraphEnd::kStuck;
  }

  /// An allowed row is to be scored, another one to be looked through.
  void meet(std::uint32_t row) {
    if (is_allowed(row)) {
      if (!walk_.seen.add(row)) return;
      prefetch_codes(codes_, row);
      walk_.ids.push_back(row);
    } else if (scratch_.through.size() < kMaxThrough && !scratch_.seen_through.has(row)) {
      prefetch_links(graph_.links_of(row));
      scratch_.through.push_back(row);
    }
  }

  void meet_links(std::uint32_t row) {
    for (const std::uint32_t link : graph_.links_of(row)) {
      if (link >= codes_.n()) break;
      meet(link);
    }
  }

  /// Nearer ones first: the links of each row are in that order, and what they lead to comes
  /// behind.
  void look_through() {
    for (std::size_t i = 0; i < scratch_.through.size() && walk_.ids.size() < kEnoughFound; ++i) {
      const std::uint32_t row = scratch_.through[i];
      if (!scratch_.seen_through.add(row)) continue;
      ++visits_.n_looked_through;
      meet_links(row);
    }
  }

  void offer_beam(TopCandidates& top) const {
    for (std::size_t i = 0; i < walk_.beam.size(); ++i) {
      if (is_allowed(walk_.beam.row(i))) top.offer({walk_.beam.score(i), walk_.beam.row(i)});
    }
  }

  const VectorQuery& query_;
  const CodesView& codes_;
  const GraphView& graph_;
  const GraphSearch& how_;
  GraphScratch& scratch_;
  WalkScratch& walk_ = scratch_.walk;
  GraphVisits visits_;
};

}  // namespace

GraphVisits search_graph(const VectorQuery& query, const CodesView& codes, const GraphView& graph,
                         const GraphSearch& how, GraphScratch& scratch, TopCandidates& top) {
  const auto n = static_cast<std::size_t>(codes.n());
  const auto d = static_cast<std::size_t>(kernels::padded_codes(codes.d));
  QUERN_CHECK(query.d == codes.d && query.metric == codes.metric);
  QUERN_CHECK(graph.links.size() == n * static_cast<std::size_t>(graph.degree));
  QUERN_CHECK(graph.landmark_rows.size() == graph.landmarks.size() * d);
  QUERN_CHECK(how.allowed == nullptr || how.allowed->size() == (n + 63) / 64);
  QUERN_CHECK(how.width >= 1);
  return Search(query, codes, graph, how, scratch).run(top);
}

Result<GraphAnswer> nearest_by_graph(const VectorQuery& query, const CodesView& codes,
                                     const GraphView& graph, const ReadLow& read_low,
                                     const GraphSearch& how, std::size_t k, GraphScratch& scratch,
                                     ThreadPool& pool) {
  GraphAnswer answer;
  GraphSearch wide = how;
  wide.width = std::max(how.width, k);
  TopCandidates top(std::min(wide.width, n_to_rescore_approximately(k)));
  answer.visits = search_graph(query, codes, graph, wide, scratch, top);
  if (answer.visits.end != GraphEnd::kDone) {
    answer.is_exact = true;
    QUERN_ASSIGN(answer.best, nearest(query, codes, read_low, how.allowed, k, pool));
    return answer;
  }
  answer.best = top.take();
  QUERN_TRY(rescore(query, codes, read_low, answer.best));
  if (answer.best.size() > k) answer.best.resize(k);
  return answer;
}

}  // namespace quern::store
