#include "store/vector/graph_build.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "base/check.h"
#include "base/pace.h"
#include "base/split_mix.h"
#include "store/vector/graph_prune.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kRowsALandmark = 64;
constexpr std::uint32_t kLandmarks = 256;
constexpr std::uint32_t kBuildLandmarks = 128;  // Looked at by each row that is built in.
constexpr std::size_t kEntries = 4;
constexpr int kSliceRows = 16;  // Of a thread, between two questions to the pace: about 2 ms.
constexpr int kPartRows = 2;

std::uint64_t mixed(std::uint64_t x) { return next_split_mix(x); }

std::uint32_t tie_mask_of(std::uint32_t row) { return static_cast<std::uint32_t>(mixed(row)); }

std::vector<std::uint32_t> present_rows(const CodesView& codes, AllowedRows present) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < codes.n(); ++row) {
    if (present == nullptr || ((*present)[row / 64] >> (row % 64) & 1) != 0) rows.push_back(row);
  }
  return rows;
}

/// In a fixed order that has nothing to do with theirs.
void shuffle(std::span<std::uint32_t> rows) {
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[mixed(i) % i]);
}

/// Landmarks, evenly spaced among the rows, come first.
struct Order {
  std::vector<std::uint32_t> rows;
  std::uint32_t n_landmarks = 0;
};

Order order_of(const CodesView& codes, AllowedRows present) {
  const std::vector<std::uint32_t> all = present_rows(codes, present);
  const auto n = static_cast<std::uint32_t>(all.size());
  Order order;
  order.n_landmarks = n == 0 ? 0 : std::min(kLandmarks, std::max(1u, n / kRowsALandmark));
  order.rows.reserve(n);
  std::uint32_t next = 0;  // The landmark, as one of `all`.
  std::vector<std::uint32_t> others;
  others.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::uint32_t>(std::uint64_t{next} * n / order.n_landmarks);
    if (next < order.n_landmarks && i == at) {
      order.rows.push_back(all[i]);
      ++next;
    } else {
      others.push_back(all[i]);
    }
  }
  shuffle(order.rows);
  shuffle(others);
  order.rows.insert(order.rows.end(), others.begin(), others.end());
  return order;
}

/// What one thread needs.
struct Worker {
  WalkScratch walk;
  PruneScratch prune;
  std::vector<std::int8_t> codes;
};

class Builder {
 public:
  Builder(const CodesView& codes, AllowedRows present, const GraphOptions& options,
          ThreadPool& pool)
      : codes_(codes),
        options_(options),
        pool_(pool),
        distances_(codes, pool),
        order_(order_of(codes, present)),
        stride_(static_cast<std::size_t>(options.degree + options.slack)),
        links_(codes.n() * stride_, kNoLink),
        workers_(static_cast<std::size_t>(pool.n_threads())) {
    for (Worker& worker : workers_) {
      worker.codes.resize(static_cast<std::size_t>(kernels::padded_codes(codes.d)));
    }
  }

  Result<Graph> build() {
    const std::size_t n = order_.rows.size();
    const std::size_t largest =
        std::max<std::size_t>(1, n / static_cast<std::size_t>(options_.batch_share));
    for (std::size_t done = 0; done < n;) {
      const std::size_t n_batch = std::min({std::max<std::size_t>(1, done), largest, n - done});
      QUERN_TRY(add_batch(done, n_batch));
      done += n_batch;
    }
    QUERN_TRY(trim());
    return finished();
  }

 private:
  std::span<std::uint32_t> list_of(std::uint32_t row) {
    return std::span(links_).subspan(row * stride_, stride_);
  }
  static std::size_t length(std::span<const std::uint32_t> list) {
    return static_cast<std::size_t>(std::find(list.begin(), list.end(), kNoLink) - list.begin());
  }

  /// fn(i, worker) for i below n, in slices.
  template <typename F>
  Status in_slices(std::size_t n, const F& fn) {
    const std::size_t slice = static_cast<std::size_t>(kSliceRows * pool_.n_threads());
    for (std::size_t begin = 0; begin < n; begin += slice) {
      const std::size_t end = std::min(begin + slice, n);
      const auto n_parts = static_cast<int>((end - begin + kPartRows - 1) / kPartRows);
      std::atomic<bool> is_stopped = false;
      pool_.parallel_for(n_parts, [&](int part, int thread) {
        // Thread 0 is the caller's, whose pace it is.
        if (thread == 0 && Pace::current().stop_asked()) is_stopped = true;
        if (is_stopped) return;
        const std::size_t first = begin + static_cast<std::size_t>(part) * kPartRows;
        for (std::size_t i = first; i < std::min(first + kPartRows, end); ++i) {
          fn(i, workers_[static_cast<std::size_t>(thread)]);
        }
      });
      if (is_stopped) return {Code::kCancelled, "the graph was left"};
    }
    return {};
  }

  Status add_batch(std::size_t done, std::size_t n_batch) {
    const std::span<const std::uint32_t> batch = std::span(order_.rows).subspan(done, n_batch);
    const auto known =
        std::span(order_.rows)
            .first(std::min<std::size_t>({done, order_.n_landmarks, kBuildLandmarks}));
    QUERN_TRY(in_slices(
        n_batch, [&](std::size_t i, Worker& worker) { find_links(batch[i], known, worker); }));
    return link_back(batch);
  }

  /// The links of a row that is not in the graph yet.
  void find_links(std::uint32_t row, std::span<const std::uint32_t> landmarks, Worker& worker) {
    WalkScratch& s = worker.walk;
    distances_.codes_of(row, worker.codes);
    const auto score = [&] { distances_.score(row, worker.codes.data(), s); };
    s.seen.start(codes_.n());
    s.ids.assign(landmarks.begin(), landmarks.end());
    score();
    s.beam.start(kEntries, tie_mask_of(row));
    for (std::size_t i = 0; i < s.ids.size(); ++i) s.beam.offer(s.scores[i], s.ids[i]);
    restart_with_entries(row, worker);

    std::vector<Neighbour>& found = worker.prune.candidates;
    found.clear();
    walk(codes_, s, [&](std::uint32_t from) { return list_of(from); }, score, [](std::size_t) {});
    for (std::size_t i = 0; i < s.beam.size(); ++i) {
      found.push_back({-s.beam.score(i), s.beam.row(i)});
    }
    write_pruned(row, worker);
  }

  void restart_with_entries(std::uint32_t row, Worker& worker) {
    WalkScratch& s = worker.walk;
    std::vector<Neighbour>& entries = worker.prune.candidates;
    entries.clear();
    for (std::size_t i = 0; i < s.beam.size(); ++i) {
      entries.push_back({s.beam.score(i), s.beam.row(i)});
    }
    s.beam.start(static_cast<std::size_t>(options_.width), tie_mask_of(row));
    for (const Neighbour& entry : entries) {
      s.seen.add(entry.row);
      s.beam.offer(entry.distance, entry.row);
    }
  }

  /// The candidates of worker.prune become the row's list.
  void write_pruned(std::uint32_t row, Worker& worker) {
    const std::span<std::uint32_t> list = list_of(row);
    const auto n = prune(distances_, options_.alpha, tie_mask_of(row), worker.prune,
                         list.first(static_cast<std::size_t>(options_.degree)));
    std::fill(list.begin() + static_cast<std::ptrdiff_t>(n), list.end(), kNoLink);
  }

  Status link_back(std::span<const std::uint32_t> batch) {
    back_.clear();
    for (const std::uint32_t row : batch) {
      for (const std::uint32_t to : list_of(row)) {
        if (to == kNoLink) break;
        back_.push_back(std::uint64_t{to} << 32 | row);
      }
    }
    std::sort(back_.begin(), back_.end());
    starts_.clear();
    for (std::size_t i = 0; i < back_.size(); ++i) {
      if (i == 0 || back_[i] >> 32 != back_[i - 1] >> 32) starts_.push_back(i);
    }
    return in_slices(starts_.size(), [&](std::size_t i, Worker& worker) {
      const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : back_.size();
      add_links(std::span(back_).subspan(starts_[i], end - starts_[i]), worker);
    });
  }

  /// Links of one row to those that link to it: (row, other) each.
  void add_links(std::span<const std::uint64_t> pairs, Worker& worker) {
    const auto row = static_cast<std::uint32_t>(pairs[0] >> 32);
    const std::span<std::uint32_t> list = list_of(row);
    std::size_t n = length(list);
    std::vector<std::uint32_t>& ids = worker.prune.walk.ids;
    ids.assign(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(n));
    for (const std::uint64_t pair : pairs) {
      const auto other = static_cast<std::uint32_t>(pair);
      if (std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(n), other) ==
          list.begin() + static_cast<std::ptrdiff_t>(n)) {
        ids.push_back(other);
      }
    }
    if (ids.size() <= list.size()) {
      std::copy(ids.begin(), ids.end(), list.begin());
    } else {
      prune_ids(row, worker);
    }
  }

  /// Of worker.prune.walk.ids the row's list is made.
  void prune_ids(std::uint32_t row, Worker& worker) {
    WalkScratch& s = worker.prune.walk;
    distances_.codes_of(row, worker.codes);
    for (const std::uint32_t id : s.ids) prefetch_codes(codes_, id);
    distances_.score(row, worker.codes.data(), s);
    worker.prune.candidates.clear();
    for (std::size_t i = 0; i < s.ids.size(); ++i) {
      worker.prune.candidates.push_back({-s.scores[i], s.ids[i]});
    }
    write_pruned(row, worker);
  }

  /// Lists that are longer than the degree lose what is too much.
  Status trim() {
    return in_slices(order_.rows.size(), [&](std::size_t i, Worker& worker) {
      const std::span<std::uint32_t> list = list_of(order_.rows[i]);
      const std::size_t n = length(list);
      worker.prune.walk.ids.assign(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(n));
      if (n > static_cast<std::size_t>(options_.degree)) prune_ids(order_.rows[i], worker);
    });
  }

  Graph finished() {
    Graph graph;
    graph.degree = options_.degree;
    graph.landmarks.assign(order_.rows.begin(), order_.rows.begin() + order_.n_landmarks);
    std::sort(graph.landmarks.begin(), graph.landmarks.end());
    const auto degree = static_cast<std::size_t>(options_.degree);
    for (std::size_t row = 0; row < codes_.n(); ++row) {
      std::copy_n(links_.begin() + static_cast<std::ptrdiff_t>(row * stride_), degree,
                  links_.begin() + static_cast<std::ptrdiff_t>(row * degree));
    }
    links_.resize(codes_.n() * degree);
    links_.shrink_to_fit();
    graph.links = std::move(links_);
    reach_all(graph);
    copy_landmark_rows(graph);
    return graph;
  }

  /// Marks what can be reached from a row.
  void reach(const Graph& graph, std::uint32_t from) {
    std::vector<std::uint32_t> open = {from};
    reached_.add(from);
    while (!open.empty()) {
      const std::uint32_t row = open.back();
      open.pop_back();
      for (const std::uint32_t link : graph.view().links_of(row)) {
        if (link == kNoLink) break;
        if (reached_.add(link)) open.push_back(link);
      }
    }
  }

  /// A row that no way leads to is linked to by a row near it that has room; where none has, it
  /// becomes a landmark, as long as there is room.
  void reach_all(Graph& graph) {
    reached_.start(codes_.n());
    for (const std::uint32_t landmark : graph.landmarks) {
      if (!reached_.has(landmark)) reach(graph, landmark);
    }
    for (const std::uint32_t row : order_.rows) {
      if (!reached_.has(row) && is_linked_to(graph, row)) reach(graph, row);
    }
    for (const std::uint32_t row : order_.rows) {
      if (reached_.has(row)) continue;
      if (is_linked_to(graph, row)) {
        reach(graph, row);
      } else if (graph.landmarks.size() < kMaxLandmarks) {
        graph.landmarks.push_back(row);
        reach(graph, row);
      } else {
        ++graph.n_unreachable;
      }
    }
  }

  /// By one of its own links; those of rows that few link to are often full: then by one of theirs.
  bool is_linked_to(Graph& graph, std::uint32_t row) {
    for (const std::uint32_t near : graph.view().links_of(row)) {
      if (near == kNoLink) break;
      if (is_linked_by(graph, near, row)) return true;
    }
    for (const std::uint32_t near : graph.view().links_of(row)) {
      if (near == kNoLink) break;
      for (const std::uint32_t next : graph.view().links_of(near)) {
        if (next == kNoLink) break;
        if (is_linked_by(graph, next, row)) return true;
      }
    }
    return false;
  }

  bool is_linked_by(Graph& graph, std::uint32_t from, std::uint32_t row) {
    const auto degree = static_cast<std::size_t>(graph.degree);
    const auto list = std::span(graph.links).subspan(from * degree, degree);
    if (!reached_.has(from) || list.back() != kNoLink) return false;
    list[length(list)] = row;
    return true;
  }

  void copy_landmark_rows(Graph& graph) {
    const auto d = static_cast<std::size_t>(kernels::padded_codes(codes_.d));
    for (const std::uint32_t row : graph.landmarks) {
      const auto codes = codes_.hi.subspan(row * d, d);
      graph.landmark_rows.insert(graph.landmark_rows.end(), codes.begin(), codes.end());
    }
  }

  const CodesView& codes_;
  const GraphOptions& options_;
  ThreadPool& pool_;
  RowDistances distances_;
  Order order_;
  const std::size_t stride_;
  std::vector<std::uint32_t> links_;  // [n, stride_]
  std::vector<Worker> workers_;
  std::vector<std::uint64_t> back_;  // Of one batch: (target, source), ascending.
  std::vector<std::size_t> starts_;  // Where a target begins.
  SeenRows reached_;
};

}  // namespace

std::size_t graph_build_bytes(std::uint32_t n, int d, const GraphOptions& options, int n_threads) {
  const auto rows = static_cast<std::size_t>(n);
  const auto stride = static_cast<std::size_t>(options.degree + options.slack);
  const std::size_t n_batch = rows / static_cast<std::size_t>(options.batch_share) + 1;
  const std::size_t back = n_batch * static_cast<std::size_t>(options.degree) * 3 * 8;
  const std::size_t landmarks = kMaxLandmarks * static_cast<std::size_t>(d + 64);
  const std::size_t a_thread = rows / 8 + 256 * 1024;
  // Links twice for a moment, where their last copy moves; order, norms, open rows of reach_all.
  return rows * (4 * (stride + static_cast<std::size_t>(options.degree)) + 24) + back + landmarks +
         static_cast<std::size_t>(n_threads) * a_thread;
}

Result<Graph> build_graph(const CodesView& codes, AllowedRows present, const GraphOptions& options,
                          ThreadPool& pool) {
  QUERN_CHECK(codes.n() < 0x80000000u);
  QUERN_CHECK(options.degree >= 4 && options.degree <= kMaxDegree && options.slack >= 0);
  QUERN_CHECK(options.width >= 1 && options.batch_share >= 1 && options.alpha > 0);
  QUERN_CHECK(present == nullptr || present->size() == (codes.scales.size() + 63) / 64);
  return Builder(codes, present, options, pool).build();
}

}  // namespace quern::store
