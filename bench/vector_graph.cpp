// The search of a graph of vectors against the exact scan of the same: recall, time, visits.
//
// usage: bench_vector_graph [--vectors FILE.f32 --queries FILE.f32] [--n 1000000] [--d 384]
//          [--spectrum FILE] [--top 10] [--memory mapped|heap|huge] [--threads N]
//          [--degree 32] [--slack 16] [--build-width 100] [--alpha 1.1] [--batch-share 50]
//          [--widths 48,64,96,128,192] [--filters 0.5,0.1,0.01,0.001] [--graph FILE]
//          [--ids PREFIX]
// Without files, vectors are made up: normally distributed, with means and deviations of --spectrum
// (a line each) or falling ones. --ids gets each query's rows, a file PREFIX.WIDTH each. --graph is
// read where it is there, else written: a search can be tuned without building again. Prints a line
// of JSON per measurement. Recall is that of the exact search. One query at a time, one thread, in
// time of the processor; us of a graph is the mean, ms of the scan the median.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/measure.h"
#include "bench/vector_rows.h"
#include "kernels/codes/codes_isa.h"
#include "store/filter/bitmap.h"
#include "store/vector/graph_build.h"
#include "store/vector/graph_part.h"
#include "store/vector/graph_search.h"
#include "store/vector/search_plan.h"

namespace {

using namespace quern;
using bench::fail;
using bench::Rows;

struct Options {
  std::string vectors, queries, spectrum, graph, ids;
  std::string memory = "mapped";
  std::string widths = "48,64,96,128,192";
  std::string filters = "0.5,0.1,0.01,0.001";
  std::size_t n = 1000000;
  int d = 384;
  std::size_t top = 10;
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  store::GraphOptions build;
};

constexpr std::size_t kQueries = 1000;
constexpr std::size_t kScanned = 24;  // Queries whose exact search is timed.

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i], value = argv[i + 1];
    if (flag == "--vectors") o.vectors = value;
    if (flag == "--queries") o.queries = value;
    if (flag == "--spectrum") o.spectrum = value;
    if (flag == "--graph") o.graph = value;
    if (flag == "--ids") o.ids = value;
    if (flag == "--memory") o.memory = value;
    if (flag == "--widths") o.widths = value;
    if (flag == "--filters") o.filters = value;
    if (flag == "--n") o.n = std::stoul(value);
    if (flag == "--d") o.d = std::stoi(value);
    if (flag == "--top") o.top = std::stoul(value);
    if (flag == "--threads") o.threads = std::stoi(value);
    if (flag == "--degree") o.build.degree = std::stoi(value);
    if (flag == "--slack") o.build.slack = std::stoi(value);
    if (flag == "--build-width") o.build.width = std::stoi(value);
    if (flag == "--alpha") o.build.alpha = std::stof(value);
    if (flag == "--batch-share") o.build.batch_share = std::stoi(value);
  }
  return o;
}

std::vector<double> numbers(const std::string& list) {
  std::vector<double> out;
  std::istringstream in(list);
  for (std::string one; std::getline(in, one, ',');) out.push_back(std::stod(one));
  return out;
}

std::vector<float> vectors_of(const Options& o, const std::string& file, std::size_t n,
                              unsigned seed) {
  if (!file.empty()) return bench::read_floats(file);
  if (o.spectrum.empty()) return bench::made_up(n, o.d, seed);
  std::vector<float> means, deviations;
  std::ifstream in(o.spectrum);
  for (float mean, deviation; in >> mean >> deviation;) {
    means.push_back(mean);
    deviations.push_back(deviation);
  }
  if (deviations.size() != static_cast<std::size_t>(o.d)) fail("the spectrum has another length");
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(n * deviations.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t c = i % deviations.size();
    out[i] = means[c] + normal(random) * deviations[c];
  }
  return out;
}

store::Graph build(const Rows& rows, const Options& o) {
  ThreadPool pool(o.threads);
  Result<store::Graph> graph = Status(Code::kNotFound, "");
  const double seconds =
      bench::seconds_of([&] { graph = store::build_graph(rows.view, nullptr, o.build, pool); });
  if (!graph.ok()) fail(graph.status().message());
  std::size_t n_links = 0;
  for (const std::uint32_t link : graph->links) n_links += link != store::kNoLink;
  std::printf(
      "{\"what\": \"build\", \"n\": %u, \"threads\": %d, \"seconds\": %.1f, \"us_per_row\": %.1f, "
      "\"links_per_row\": %.1f, \"landmarks\": %zu, \"unreachable\": %u, \"mb_reserved\": %.0f}\n",
      rows.view.n(), o.threads, seconds, seconds * 1e6 / rows.view.n() * o.threads,
      static_cast<double>(n_links) / rows.view.n(), graph->landmarks.size(), graph->n_unreachable,
      static_cast<double>(store::graph_build_bytes(rows.view.n(), o.d, o.build, o.threads)) / 1e6);
  std::fflush(stdout);
  return *std::move(graph);
}

template <typename T>
void write_all(std::ofstream& file, const std::vector<T>& values) {
  const std::uint64_t n = values.size();
  file.write(reinterpret_cast<const char*>(&n), sizeof n);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(n * sizeof(T)));
}

template <typename T>
void read_all(std::ifstream& file, std::vector<T>& values) {
  std::uint64_t n = 0;
  file.read(reinterpret_cast<char*>(&n), sizeof n);
  values.resize(n);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(n * sizeof(T)));
}

store::Graph graph_of(const Rows& rows, const Options& o) {
  if (o.graph.empty() || !std::filesystem::exists(o.graph)) {
    store::Graph graph = build(rows, o);
    if (o.graph.empty()) return graph;
    std::ofstream file(o.graph, std::ios::binary);
    write_all(file, graph.links);
    write_all(file, graph.landmarks);
    return graph;
  }
  store::Graph graph;
  std::ifstream file(o.graph, std::ios::binary);
  read_all(file, graph.links);
  read_all(file, graph.landmarks);
  graph.degree = static_cast<int>(graph.links.size() / rows.view.n());
  const auto d = static_cast<std::size_t>(kernels::padded_codes(o.d));
  for (const std::uint32_t row : graph.landmarks) {
    const auto codes = rows.hi.subspan(row * d, d);
    graph.landmark_rows.insert(graph.landmark_rows.end(), codes.begin(), codes.end());
  }
  const Status right = store::verify_graph(graph.view(), rows.view);
  if (!right.ok()) fail(o.graph + ": " + right.message());
  return graph;
}

using Queries = std::vector<store::VectorQuery>;
using Answers = std::vector<std::vector<store::Candidate>>;

Answers exact_answers(const Queries& queries, const Rows& rows, store::AllowedRows allowed,
                      std::size_t top) {
  Answers out(queries.size());
  ThreadPool pool(static_cast<int>(std::thread::hardware_concurrency()));
  const store::ReadLow low = bench::read_low(rows);
  for (std::size_t q = 0; q < queries.size(); q += kernels::kMaxCodeQueries) {
    const auto some = std::span(queries).subspan(
        q, std::min<std::size_t>(kernels::kMaxCodeQueries, queries.size() - q));
    std::vector<store::TopCandidates> tops(some.size(),
                                           store::TopCandidates(store::n_to_rescore(top)));
    if (!store::scan_codes(some, rows.view, allowed, pool, tops).ok()) fail("scan");
    for (std::size_t i = 0; i < some.size(); ++i) {
      out[q + i] = tops[i].take();
      if (!store::rescore(some[i], rows.view, low, out[q + i]).ok()) fail("rescore");
      if (out[q + i].size() > top) out[q + i].resize(top);
    }
  }
  return out;
}

/// How many of the true ones were found; one of an equal score is as good.
double recall(const Answers& found, const Answers& exact) {
  std::size_t n_found = 0, n_all = 0;
  for (std::size_t q = 0; q < exact.size(); ++q) {
    n_all += exact[q].size();
    for (const store::Candidate& c : found[q]) n_found += c.score >= exact[q].back().score;
  }
  return static_cast<double>(n_found) / static_cast<double>(n_all);
}

double median_of(const std::vector<double>& seconds) { return bench::spread(seconds).median; }

double exact_seconds(const Queries& queries, const Rows& rows, store::AllowedRows allowed,
                     std::size_t top) {
  std::vector<double> seconds;
  const store::ReadLow low = bench::read_low(rows);
  for (std::size_t q = 0; q < kScanned; ++q) {
    seconds.push_back(bench::cpu_seconds_of([&] {
      if (!store::nearest(queries[q], rows.view, low, allowed, top, ThreadPool::serial()).ok()) {
        fail("nearest");
      }
    }));
  }
  return median_of(seconds);
}

struct Measured {
  Answers answers;
  double median = 0, mean = 0, p99 = 0;                       // Seconds
  double n_scored = 0, n_looked_through = 0, n_given_up = 0;  // Of a query, the mean
};

Measured search_all(const Queries& queries, const Rows& rows, const store::Graph& graph,
                    const store::GraphSearch& how, std::size_t top) {
  Measured out;
  store::GraphScratch scratch;
  std::vector<double> seconds;
  const store::ReadLow low = bench::read_low(rows);
  const auto n = static_cast<double>(queries.size());
  for (const store::VectorQuery& query : queries) {
    seconds.push_back(bench::cpu_seconds_of([&] {
      auto answer = store::nearest_by_graph(query, rows.view, graph.view(), low, how, top, scratch,
                                            ThreadPool::serial());
      if (!answer.ok()) fail(answer.status().message());
      out.n_scored += answer->visits.n_scored / n;
      out.n_looked_through += answer->visits.n_looked_through / n;
      out.n_given_up += (answer->is_exact ? 1 : 0) / n;
      out.answers.push_back(std::move(answer->best));
    }));
    out.mean += seconds.back() / n;
  }
  std::sort(seconds.begin(), seconds.end());
  out.median = seconds[seconds.size() / 2];
  out.p99 = seconds[seconds.size() * 99 / 100];
  return out;
}

void write_ids(const Answers& answers, const std::string& path) {
  std::ofstream file(path);
  for (const std::vector<store::Candidate>& best : answers) {
    for (const store::Candidate& c : best) file << c.id << ' ';
    file << '\n';
  }
}

void measure(const Queries& queries, const Rows& rows, const store::Graph& graph,
             const Options& o) {
  const Answers exact = exact_answers(queries, rows, nullptr, o.top);
  for (const double width : numbers(o.widths)) {
    const store::GraphSearch how{.width = static_cast<std::size_t>(width)};
    const double before = exact_seconds(queries, rows, nullptr, o.top);
    search_all(queries, rows, graph, how, o.top);
    const Measured m = search_all(queries, rows, graph, how, o.top);
    if (!o.ids.empty()) write_ids(m.answers, fmt::format("{}.{}", o.ids, width));
    const double scan = std::min(before, exact_seconds(queries, rows, nullptr, o.top));
    std::printf(
        "{\"what\": \"graph\", \"isa\": \"%s\", \"width\": %.0f, \"recall\": %.4f, \"us\": %.1f, "
        "\"p50_us\": %.1f, \"p99_us\": %.1f, \"visits\": %.0f, \"scan_ms\": %.2f, "
        "\"times_the_scan\": %.1f}\n",
        kernels::codes_active().isa, width, recall(m.answers, exact), m.mean * 1e6, m.median * 1e6,
        m.p99 * 1e6, m.n_scored, scan * 1e3, scan / m.mean);
    std::fflush(stdout);
  }
}

void measure_filtered(const Queries& all, const Rows& rows, const store::Graph& graph,
                      const Options& o, double share) {
  const Queries queries(all.begin(), all.begin() + 200);
  std::mt19937 random(3);
  std::bernoulli_distribution is_allowed(share);
  store::Bitmap allowed(rows.view.n());
  for (std::uint32_t i = 0; i < allowed.n_bits(); ++i) {
    if (is_allowed(random)) allowed.set(i);
  }
  const auto words = allowed.words();
  const Answers exact = exact_answers(queries, rows, &words, o.top);
  for (const double width : numbers(o.widths)) {
    const store::GraphSearch how{.width = static_cast<std::size_t>(width),
                                 .allowed = &words,
                                 .n_allowed = allowed.count(),
                                 .max_visits = allowed.count() / store::SearchRules().visits_share};
    search_all(queries, rows, graph, how, o.top);
    const Measured m = search_all(queries, rows, graph, how, o.top);
    const double scan = exact_seconds(queries, rows, &words, o.top);
    std::printf(
        "{\"what\": \"filtered\", \"allowed\": %.4f, \"width\": %.0f, \"recall\": %.4f, \"us\": "
        "%.1f, \"p99_us\": %.1f, \"visits\": %.0f, \"looked_through\": %.0f, \"given_up\": %.3f, "
        "\"exact_us\": %.1f}\n",
        share, width, recall(m.answers, exact), m.mean * 1e6, m.p99 * 1e6, m.n_scored,
        m.n_looked_through, m.n_given_up, scan * 1e6);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options o = parse(argc, argv);
  ThreadPool all(static_cast<int>(std::thread::hardware_concurrency()));
  const auto d = static_cast<std::size_t>(o.d);
  const Rows rows = bench::quantise_all(vectors_of(o, o.vectors, o.n, 1), o.memory, o.d, all);
  const std::vector<float> x = vectors_of(o, o.queries, kQueries, 2);
  Queries queries;
  for (std::size_t q = 0; q < std::min(kQueries, x.size() / d); ++q) {
    auto made = store::make_query(std::span(x).subspan(q * d, d), o.d, store::Metric::kCosine);
    if (!made.ok()) fail(made.status().message());
    queries.push_back(*std::move(made));
  }
  if (queries.size() != kQueries) fail("want 1,000 queries");
  const store::Graph graph = graph_of(rows, o);
  measure(queries, rows, graph, o);
  for (const double share : numbers(o.filters)) measure_filtered(queries, rows, graph, o, share);
  return 0;
}
