// The exact scan of vectors against the time in which this machine reads their codes.
//
// usage: bench_vector_scan [--vectors FILE.f32 --queries FILE.f32] [--n 1000000] [--d 384]
//                          [--top 10] [--memory mapped|heap|huge] [--ids FILE]
// Without files, vectors of a falling spectrum are made up. Codes lie in a mapped file, as in a
// store, or on the heap, with huge pages or without. Prints a line of JSON per measurement: the
// median of the runs, and the ratio to reading the same bytes at the bandwidth measured right
// before and after (the better of both). --ids gets each query's rows, best first, for a comparison
// with exact neighbours.

#include "store/vector/vector_scan.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure.h"
#include "bench/vector_rows.h"
#include "kernels/bandwidth.h"
#include "kernels/codes/codes_isa.h"
#include "store/filter/bitmap.h"
#include "store/vector/rescore.h"

namespace {

using namespace quern;
using bench::fail;
using bench::Rows;

struct Options {
  std::string vectors, queries, ids;
  std::string memory = "mapped";
  std::size_t n = 1000000;
  int d = 384;
  std::size_t top = 10;
};

constexpr std::size_t kQueries = 64;

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--vectors") o.vectors = value;
    if (flag == "--queries") o.queries = value;
    if (flag == "--ids") o.ids = value;
    if (flag == "--memory") o.memory = value;
    if (flag == "--n") o.n = std::stoul(value);
    if (flag == "--d") o.d = std::stoi(value);
    if (flag == "--top") o.top = std::stoul(value);
  }
  return o;
}

/// Seconds of a search for all `queries` at once.
double search(std::span<const store::VectorQuery> queries, const Rows& rows, std::size_t top,
              store::AllowedRows allowed, ThreadPool& pool) {
  return bench::seconds_of([&] {
    std::vector<store::TopCandidates> tops(queries.size(),
                                           store::TopCandidates(store::n_to_rescore(top)));
    Status status = store::scan_codes(queries, rows.view, allowed, pool, tops);
    for (std::size_t q = 0; q < queries.size() && status.ok(); ++q) {
      std::vector<store::Candidate> best = tops[q].take();
      status = store::rescore(queries[q], rows.view, bench::read_low(rows), best);
    }
    if (!status.ok()) fail(status.message());
  });
}

void measure(const std::vector<store::VectorQuery>& queries, const Rows& rows, const Options& o,
             int n_threads, std::size_t n_together) {
  ThreadPool pool(n_threads);
  double gbps = kernels::measured_read_gbps(pool);
  std::vector<double> seconds;
  for (std::size_t q = 0; q + n_together <= kQueries && seconds.size() < 24; q += n_together) {
    seconds.push_back(
        search(std::span(queries).subspan(q, n_together), rows, o.top, nullptr, pool));
  }
  gbps = std::max(gbps, kernels::measured_read_gbps(pool));
  const double median = bench::spread(seconds).median;
  const double bytes = static_cast<double>(rows.hi.size());
  std::printf(
      "{\"what\": \"scan\", \"isa\": \"%s\", \"memory\": \"%s\", \"threads\": %d, \"queries\": "
      "%zu, "
      "\"ms\": %.2f, \"best_ms\": %.2f, \"gbps\": %.2f, \"read_gbps\": %.2f, "
      "\"of_reading\": %.3f}\n",
      kernels::codes_active().isa, o.memory.c_str(), n_threads, n_together, median * 1e3,
      *std::min_element(seconds.begin(), seconds.end()) * 1e3, bytes / median / 1e9, gbps,
      median * gbps * 1e9 / bytes);
  std::fflush(stdout);
}

/// One query over rows that a filter allows, here and there.
void measure_filtered(const std::vector<store::VectorQuery>& queries, const Rows& rows,
                      const Options& o, int n_threads, double share) {
  ThreadPool pool(n_threads);
  std::mt19937 random(3);
  std::bernoulli_distribution is_allowed(share);
  store::Bitmap allowed(rows.view.n());
  for (std::uint32_t i = 0; i < allowed.n_bits(); ++i) {
    if (is_allowed(random)) allowed.set(i);
  }
  const auto words = allowed.words();
  std::vector<double> seconds;
  for (std::size_t q = 0; q < 24; ++q) {
    seconds.push_back(search(std::span(queries).subspan(q, 1), rows, o.top, &words, pool));
  }
  const double median = bench::spread(seconds).median;
  std::printf(
      "{\"what\": \"filtered\", \"isa\": \"%s\", \"memory\": \"%s\", \"threads\": %d, \"allowed\": "
      "%.4f, \"ms\": %.3f, \"ns_per_allowed_row\": %.1f}\n",
      kernels::codes_active().isa, o.memory.c_str(), n_threads, share, median * 1e3,
      median * 1e9 / allowed.count());
  std::fflush(stdout);
}

void write_ids(const std::vector<store::VectorQuery>& queries, const Rows& rows, const Options& o,
               ThreadPool& pool) {
  std::ofstream file(o.ids);
  for (const store::VectorQuery& query : queries) {
    const auto best = store::nearest(query, rows.view, bench::read_low(rows), nullptr, o.top, pool);
    if (!best.ok()) fail(best.status().message());
    for (const store::Candidate& c : *best) file << c.id << ' ';
    file << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options o = parse(argc, argv);
  const int n_cores = static_cast<int>(std::thread::hardware_concurrency());
  ThreadPool all(n_cores);
  const auto d = static_cast<std::size_t>(o.d);
  const Rows rows = bench::quantise_all(
      o.vectors.empty() ? bench::made_up(o.n, o.d, 1) : bench::read_floats(o.vectors), o.memory,
      o.d, all);
  const std::vector<float> x =
      o.queries.empty() ? bench::made_up(kQueries, o.d, 2) : bench::read_floats(o.queries);
  std::vector<store::VectorQuery> queries;
  for (std::size_t q = 0; q < std::min(kQueries, x.size() / d); ++q) {
    auto made = store::make_query(std::span(x).subspan(q * d, d), o.d, store::Metric::kCosine);
    if (!made.ok()) fail(made.status().message());
    queries.push_back(*std::move(made));
  }
  if (queries.size() != kQueries) fail("want 64 queries");
  if (!o.ids.empty()) write_ids(queries, rows, o, all);
  for (const kernels::CodesIsa* isa : kernels::codes_runnable()) {
    if (isa == &kernels::codes_plain) continue;  // Seconds a query.
    kernels::codes_set_active(*isa);
    for (const int n_threads : {1, n_cores}) {
      for (const std::size_t n_together : {1, 8}) measure(queries, rows, o, n_threads, n_together);
    }
    for (const double share : {0.5, 0.26, 0.24, 0.1, 0.01, 0.001}) {
      measure_filtered(queries, rows, o, 1, share);
    }
  }
  return 0;
}
