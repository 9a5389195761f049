// Regular expressions over two stores of the same documents, one with trigrams and one without: how
// long until all that match are known, and how many are read for it. One thread.
//
//   bench_patterns WITH WITHOUT PATTERNS [--rounds 5]
//
// PATTERNS holds one a line. A time is the thread's own on a processor, whatever else the machine
// does: the median of its rounds; the first one, which is left out, finds the files in memory. Both
// stores must give the same keys and matches.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure.h"
#include "store/pattern_search.h"
#include "store/store.h"

namespace quern::store {
namespace {

void stop_on(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench_patterns: %s\n", status.message().c_str());
  std::exit(1);
}

/// A store that is open, and whoever searches it.
class Asked {
 public:
  explicit Asked(const std::string& folder) {
    auto store = Store::open({.folder = folder});
    stop_on(store.status());
    auto snapshot = (*store)->snapshot();
    stop_on(snapshot.status());
    auto searcher = PatternSearcher::create((*store)->schema());
    stop_on(searcher.status());
    snapshot_ = *snapshot;
    searcher_ = std::make_unique<PatternSearcher>(std::move(*searcher));
  }

  PatternSearchResult search(const std::string& pattern) {
    const PatternSearch wanted{
        .pattern = {.text = pattern}, .n_wanted = 1 << 30, .time_limit = std::chrono::minutes(10)};
    auto result = searcher_->search(*snapshot_, wanted);
    stop_on(result.status());
    return std::move(*result);
  }

 private:
  Snapshot snapshot_;
  std::unique_ptr<PatternSearcher> searcher_;
};

bool are_equal(const PatternSearchResult& a, const PatternSearchResult& b) {
  bool is_equal = a.hits.size() == b.hits.size();
  for (std::size_t i = 0; is_equal && i < a.hits.size(); ++i) {
    is_equal = a.hits[i].key == b.hits[i].key && a.hits[i].matches == b.hits[i].matches;
  }
  return is_equal;
}

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double ms_of(const auto& work) {
  const double start = processor_ms();
  work();
  return processor_ms() - start;
}

void run(Asked& with, Asked& without, const std::string& pattern, int n_rounds) {
  std::vector<double> with_ms;
  std::vector<double> without_ms;
  PatternSearchResult found = with.search(pattern);
  if (!are_equal(found, without.search(pattern))) {
    stop_on({Code::kBadInput, "the stores do not answer alike: " + pattern});
  }
  for (int round = 0; round < n_rounds; ++round) {
    with_ms.push_back(ms_of([&] { with.search(pattern); }));
    without_ms.push_back(ms_of([&] { without.search(pattern); }));
  }
  std::printf("%-40s %8zu %8llu %8llu %10.2f %10.2f\n", pattern.c_str(), found.hits.size(),
              static_cast<unsigned long long>(found.effort.n_candidates),
              static_cast<unsigned long long>(found.effort.n_documents),
              bench::spread(with_ms).median, bench::spread(without_ms).median);
  std::fflush(stdout);
}

}  // namespace
}  // namespace quern::store

int main(int argc, char** argv) {
  using namespace quern::store;
  if (argc < 4) {
    std::fprintf(stderr, "usage: bench_patterns WITH WITHOUT PATTERNS [--rounds 5]\n");
    return 2;
  }
  const bool has_rounds = argc > 5 && std::string_view(argv[4]) == "--rounds";
  const int n_rounds = has_rounds ? std::atoi(argv[5]) : 5;
  Asked with(argv[1]);
  Asked without(argv[2]);
  std::printf("%-40s %8s %8s %8s %10s %10s\n", "pattern", "match", "read", "of", "ms", "ms, all");
  std::ifstream patterns(argv[3]);
  for (std::string pattern; std::getline(patterns, pattern);) {
    if (!pattern.empty()) run(with, without, pattern, n_rounds);
  }
  return 0;
}
