#include "store/vector/vector_scan.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>

#include "base/check.h"
#include "base/pace.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kPartRows = 8192;  // What a thread takes at once: 3 MB of 384 numbers.
constexpr std::uint32_t kBlockRows = 256;  // What is multiplied before scores are looked at.
constexpr std::uint32_t kGroupRows = 16;   // What one comparison with the threshold decides.
constexpr std::uint32_t kGatherShare = 4;  // Below one allowed row in four, only these are read.

/// One pass over a segment's codes for all its queries. Const: threads share it.
struct Scan {
  std::span<const VectorQuery> queries;
  const CodesView& codes;
  AllowedRows allowed;
  std::vector<std::int8_t> planes;  // [n_queries, d_padded]: their first planes

  int n_queries() const { return static_cast<int>(queries.size()); }
  int d_padded() const { return kernels::padded_codes(codes.d); }
};

/// What one thread needs.
struct Worker {
  std::vector<TopCandidates> tops;  // [n_queries]
  std::vector<std::int32_t> dots;   // [n_queries, kBlockRows]
  std::vector<std::uint32_t> ids;   // Allowed rows that wait to be read, fewer than a block.
};

void multiply(const Scan& scan, std::uint32_t first, const std::uint32_t* ids, std::uint32_t n,
              Worker& worker) {
  kernels::code_dots({.rows = scan.codes.hi.data() + std::size_t{first} * scan.d_padded(),
                      .ids = ids,
                      .n_rows = static_cast<int>(n),
                      .d = scan.d_padded(),
                      .queries = scan.planes.data(),
                      .n_queries = scan.n_queries(),
                      .out = worker.dots.data(),
                      .out_stride = kBlockRows});
}

// The query's scale is left out where it changes no order: it is the same for all rows.
float score_of(const VectorQuery& query, const CodesView& codes, std::uint32_t row,
               std::int32_t dot) {
  const float product = static_cast<float>(dot) * codes.scales[row];
  if (query.metric != Metric::kL2) return product;
  return product * (2 * query.factors.scale) - codes.norms2[row];
}

/// Scores of neighbouring rows: loops without branches, which the compiler makes vectors of.
void score_rows(const VectorQuery& query, const CodesView& codes, std::uint32_t first,
                std::uint32_t n, const std::int32_t* dots, float* scores) {
  const float* scales = codes.scales.data() + first;
  for (std::uint32_t i = 0; i < n; ++i) scores[i] = static_cast<float>(dots[i]) * scales[i];
  if (query.metric != Metric::kL2) return;
  const float* norms2 = codes.norms2.data() + first;
  const float factor = 2 * query.factors.scale;
  for (std::uint32_t i = 0; i < n; ++i) scores[i] = scores[i] * factor - norms2[i];
}

bool is_any_from(const float (&scores)[kGroupRows], float threshold) {
  int any = 0;
  for (const float score : scores) any |= static_cast<int>(score >= threshold);
  return any != 0;
}

bool is_allowed(const Scan& scan, std::uint32_t row) {
  return scan.allowed == nullptr || ((*scan.allowed)[row / 64] >> (row % 64) & 1) != 0;
}

void offer_in_order(const Scan& scan, int q, std::uint32_t first, std::uint32_t n, Worker& worker) {
  TopCandidates& top = worker.tops[static_cast<std::size_t>(q)];
  const std::int32_t* dots = worker.dots.data() + q * std::ptrdiff_t{kBlockRows};
  for (std::uint32_t i = 0; i < n; i += kGroupRows) {
    float scores[kGroupRows];
    const std::uint32_t n_group = std::min(kGroupRows, n - i);
    std::fill(scores + n_group, scores + kGroupRows, -std::numeric_limits<float>::infinity());
    score_rows(scan.queries[static_cast<std::size_t>(q)], scan.codes, first + i, n_group, dots + i,
               scores);
    if (!is_any_from(scores, top.threshold())) continue;
    for (std::uint32_t j = 0; j < n_group; ++j) {
      const std::uint32_t row = first + i + j;
      if (scores[j] >= top.threshold() && is_allowed(scan, row)) {
        top.offer({scores[j], row});
      }
    }
  }
}

void scan_in_order(const Scan& scan, std::uint32_t first, std::uint32_t n, Worker& worker) {
  multiply(scan, first, nullptr, n, worker);
  for (int q = 0; q < scan.n_queries(); ++q) offer_in_order(scan, q, first, n, worker);
}

void scan_gathered(const Scan& scan, Worker& worker) {
  const auto n = static_cast<std::uint32_t>(worker.ids.size());
  if (n == 0) return;
  multiply(scan, 0, worker.ids.data(), n, worker);
  for (int q = 0; q < scan.n_queries(); ++q) {
    const auto i_query = static_cast<std::size_t>(q);
    const std::int32_t* dots = worker.dots.data() + q * std::ptrdiff_t{kBlockRows};
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t row = worker.ids[i];
      worker.tops[i_query].offer({score_of(scan.queries[i_query], scan.codes, row, dots[i]), row});
    }
  }
  worker.ids.clear();
}

std::uint32_t n_allowed(std::span<const std::uint64_t> words) {
  int n = 0;
  for (const std::uint64_t word : words) n += std::popcount(word);
  return static_cast<std::uint32_t>(n);
}

/// One block: in order if enough of it is allowed, else its rows join those that wait.
void scan_block(const Scan& scan, std::uint32_t first, std::uint32_t n, Worker& worker) {
  if (scan.allowed == nullptr) return scan_in_order(scan, first, n, worker);
  const auto words = scan.allowed->subspan(first / 64, (n + 63) / 64);
  const std::uint32_t n_here = n_allowed(words);
  if (n_here * kGatherShare >= n) return scan_in_order(scan, first, n, worker);
  if (worker.ids.size() + n_here > kBlockRows) scan_gathered(scan, worker);
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (std::uint64_t word = words[w]; word != 0; word &= word - 1) {
      worker.ids.push_back(first + static_cast<std::uint32_t>(w * 64) +
                           static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  }
}

void scan_part(const Scan& scan, std::uint32_t part, Worker& worker) {
  const std::uint32_t begin = part * kPartRows;
  const std::uint32_t end = std::min(begin + kPartRows, scan.codes.n());
  for (std::uint32_t first = begin; first < end; first += kBlockRows) {
    scan_block(scan, first, std::min(kBlockRows, end - first), worker);
  }
  scan_gathered(scan, worker);
}

void check_shapes(const Scan& scan, std::span<const TopCandidates> tops) {
  const CodesView& codes = scan.codes;
  QUERN_CHECK(codes.hi.size() == codes.scales.size() * static_cast<std::size_t>(scan.d_padded()));
  QUERN_CHECK(codes.metric != Metric::kL2 || codes.norms2.size() == codes.scales.size());
  QUERN_CHECK(scan.allowed == nullptr || scan.allowed->size() == (codes.scales.size() + 63) / 64);
  QUERN_CHECK(!scan.queries.empty() && scan.queries.size() <= kernels::kMaxCodeQueries);
  QUERN_CHECK(tops.size() == scan.queries.size());
  for (const VectorQuery& query : scan.queries) {
    QUERN_CHECK(query.d == codes.d && query.metric == codes.metric);
  }
}

}  // namespace

Status scan_codes(std::span<const VectorQuery> queries, const CodesView& codes, AllowedRows allowed,
                  ThreadPool& pool, std::span<TopCandidates> tops) {
  Scan scan{queries, codes, allowed, {}};
  check_shapes(scan, tops);
  for (const VectorQuery& query : queries) {
    scan.planes.insert(scan.planes.end(), query.hi().begin(), query.hi().end());
  }
  std::vector<Worker> workers(static_cast<std::size_t>(pool.n_threads()));
  for (Worker& worker : workers) {
    for (const TopCandidates& top : tops) worker.tops.emplace_back(top.k(), top.threshold());
    worker.dots.resize(queries.size() * kBlockRows);
    worker.ids.reserve(kBlockRows);
  }

  std::atomic<bool> is_stopped = false;
  const auto n_parts = static_cast<int>((codes.n() + kPartRows - 1) / kPartRows);
  pool.parallel_for(n_parts, [&](int part, int thread) {
    // Thread 0 is the caller's, whose pace it is.
    if (thread == 0 && Pace::current().stop_asked()) is_stopped = true;
    if (is_stopped) return;
    scan_part(scan, static_cast<std::uint32_t>(part), workers[static_cast<std::size_t>(thread)]);
  });
  if (is_stopped) return {Code::kCancelled, "the search was left"};
  for (const Worker& worker : workers) {
    for (std::size_t q = 0; q < tops.size(); ++q) {
      for (const Candidate& c : worker.tops[q].held()) tops[q].offer(c);
    }
  }
  return {};
}

}  // namespace quern::store
