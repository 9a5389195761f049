// What the result cache's policy finds again, beside LRU, W-TinyLFU as published, the best that any
// online policy can do on requests that are independent of each other, and Belady's oracle.
//
//   bench_cache_policy [REQUESTS [SEEDS]]
//
// Requests are for texts, whose popularity follows Zipf's law: text k is asked for with probability
// proportional to k^-s, of a universe as large as it takes for 37 % of the requests to be repeats.
// Ours is the program's own ResultMemory, with its tables and history inside its bytes; the others
// hold as many results as fit into those bytes without any table.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/byte_ledger.h"
#include "engine/cache/result_memory.h"

namespace quern {
namespace {

using Trace = std::vector<std::uint64_t>;

constexpr std::size_t kValues = 384;  // Of all-MiniLM-L6-v2.
constexpr std::size_t kResultBytes = kValues * sizeof(float);
constexpr double kRepeats = 0.37;

/// Draws from 1 .. n with probability proportional to k^-s, s > 0 and not 1 to within 1e-9.
/// Source: Hoermann and Derflinger 1996, "Rejection-inversion to generate variates from monotone
/// discrete distributions".
class Zipf {
 public:
  Zipf(double n, double s)
      : n_(n),
        s_(s),
        low_(integral(1.5) - 1),
        high_(integral(n + 0.5)),
        near_(2 - inverse(integral(2.5) - std::pow(2.0, -s))) {}

  template <typename Random>
  std::uint64_t operator()(Random& random) const {
    std::uniform_real_distribution<double> uniform(0, 1);
    for (;;) {
      const double u = high_ + uniform(random) * (low_ - high_);
      const double x = inverse(u);
      const double k = std::clamp(std::round(x), 1.0, n_);
      if (k - x <= near_ || u >= integral(k + 0.5) - std::pow(k, -s_)) {
        return static_cast<std::uint64_t>(k);
      }
    }
  }

 private:
  double integral(double x) const {
    return std::abs(1 - s_) < 1e-9 ? std::log(x) : (std::pow(x, 1 - s_) - 1) / (1 - s_);
  }
  double inverse(double y) const {
    return std::abs(1 - s_) < 1e-9 ? std::exp(y) : std::pow(1 + y * (1 - s_), 1 / (1 - s_));
  }
  double n_, s_, low_, high_, near_;
};

double repeats_of(const Trace& trace) {
  const std::unordered_set<std::uint64_t> distinct(trace.begin(), trace.end());
  return 1 - static_cast<double>(distinct.size()) / static_cast<double>(trace.size());
}

Trace zipf_trace(std::size_t n, double universe, double s, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const Zipf zipf(universe, s);
  Trace out(n);
  for (auto& key : out) key = zipf(random);
  return out;
}

/// The universe of which n requests are repeats in that share.
double universe_for(std::size_t n, double s, double repeats) {
  double low = std::log(static_cast<double>(n) / 4), high = std::log(1e15);
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    const bool too_small = repeats_of(zipf_trace(n, std::exp(middle), s, 99)) > repeats;
    (too_small ? low : high) = middle;
  }
  return std::exp(low);
}

/// Every 20,000 requests a tenth of the popular texts change places with others.
Trace shifting_trace(std::size_t n, double universe, double s, std::uint64_t seed) {
  Trace out = zipf_trace(n, universe, s, seed);
  std::mt19937_64 random(seed + 1);
  std::unordered_map<std::uint64_t, std::uint64_t> moved;
  for (std::size_t i = 0; i < n; ++i) {
    if (i % 20'000 == 0) {
      for (std::uint64_t k = 1; k <= 1000; ++k) {
        if (random() % 10 == 0) moved[k] = random() | (std::uint64_t{1} << 63);
      }
    }
    const auto found = moved.find(out[i]);
    if (found != moved.end()) out[i] = found->second;
  }
  return out;
}

/// Between runs of 5,000 such requests come 5,000 texts once each, as of a file that is embedded.
Trace scanned_trace(std::size_t n, double universe, double s, std::uint64_t seed) {
  const Trace popular = zipf_trace(n / 2, universe, s, seed);
  Trace out;
  std::uint64_t once = std::uint64_t{1} << 62;
  for (std::size_t i = 0; i < popular.size(); ++i) {
    out.push_back(popular[i]);
    if (i % 5000 == 4999) {
      for (int k = 0; k < 5000; ++k) out.push_back(once++);
    }
  }
  return out;
}

// --- Policies: each says how many requests it answers with `capacity` results.

long lru(const Trace& trace, std::size_t capacity) {
  std::list<std::uint64_t> order;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> held;
  long hits = 0;
  for (const std::uint64_t key : trace) {
    const auto found = held.find(key);
    if (found != held.end()) {
      ++hits;
      order.splice(order.begin(), order, found->second);
      continue;
    }
    order.push_front(key);
    held[key] = order.begin();
    if (held.size() > capacity) {
      held.erase(order.back());
      order.pop_back();
    }
  }
  return hits;
}

/// Four rows of 4-bit counters with the least of them as the estimate; all are halved after ten
/// times the capacity. Source: Einziger, Friedman and Manes 2017, "TinyLFU".
class Sketch {
 public:
  explicit Sketch(std::size_t capacity) : sample_(10 * capacity) {
    std::size_t n = 1;
    while (n < capacity * 4) n *= 2;
    for (auto& row : rows_) row.assign(n, 0);
  }
  void add(std::uint64_t key) {
    for (std::size_t r = 0; r < 4; ++r) {
      std::uint8_t& c = at(r, key);
      if (c < 15) ++c;
    }
    if (++n_added_ < sample_) return;
    n_added_ /= 2;
    for (auto& row : rows_) {
      for (auto& c : row) c = static_cast<std::uint8_t>(c / 2);
    }
  }
  int count(std::uint64_t key) {
    int least = 15;
    for (std::size_t r = 0; r < 4; ++r) least = std::min<int>(least, at(r, key));
    return least;
  }

 private:
  std::uint8_t& at(std::size_t r, std::uint64_t key) {
    std::uint64_t h = (key + r * 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    h ^= h >> 31;
    h *= 0x94d049bb133111ebull;
    return rows_[r][(h >> 20) & (rows_[r].size() - 1)];
  }
  std::array<std::vector<std::uint8_t>, 4> rows_;
  std::size_t sample_, n_added_ = 0;
};

/// A window of 1 % in LRU order, then the sketch decides between what leaves it and the least
/// recently used of a main part of which 80 % are protected.
long w_tiny_lfu(const Trace& trace, std::size_t capacity) {
  const std::size_t window_size = std::max<std::size_t>(1, capacity / 100);
  const std::size_t main_size = capacity - window_size;
  const std::size_t protected_size = main_size * 8 / 10;
  Sketch sketch(capacity);
  enum Part { kWindow, kProbation, kProtected };
  std::array<std::list<std::uint64_t>, 3> parts;
  struct Place {
    Part part;
    std::list<std::uint64_t>::iterator at;
  };
  std::unordered_map<std::uint64_t, Place> held;
  const auto move = [&](std::uint64_t key, Part to) {
    Place& p = held[key];
    parts[to].splice(parts[to].begin(), parts[p.part], p.at);
    p.part = to;
  };
  const auto drop = [&](std::uint64_t key) {
    parts[held[key].part].erase(held[key].at);
    held.erase(key);
  };
  long hits = 0;
  for (const std::uint64_t key : trace) {
    sketch.add(key);
    if (const auto found = held.find(key); found != held.end()) {
      ++hits;
      move(key, found->second.part == kWindow ? kWindow : kProtected);
      if (parts[kProtected].size() > protected_size) move(parts[kProtected].back(), kProbation);
      continue;
    }
    parts[kWindow].push_front(key);
    held[key] = {kWindow, parts[kWindow].begin()};
    if (parts[kWindow].size() <= window_size) continue;
    const std::uint64_t candidate = parts[kWindow].back();
    if (parts[kProbation].size() + parts[kProtected].size() < main_size) {
      move(candidate, kProbation);
      continue;
    }
    const std::uint64_t victim =
        parts[kProbation].empty() ? parts[kProtected].back() : parts[kProbation].back();
    if (sketch.count(candidate) > sketch.count(victim)) {
      drop(victim);
      move(candidate, kProbation);
    } else {
      drop(candidate);
    }
  }
  return hits;
}

/// Knows the future: of what is held and what has come, the one that is asked for last goes.
long belady(const Trace& trace, std::size_t capacity) {
  const std::size_t n = trace.size();
  std::vector<std::size_t> next(n, n);
  std::unordered_map<std::uint64_t, std::size_t> last;
  for (std::size_t i = n; i-- > 0;) {
    const auto found = last.find(trace[i]);
    if (found != last.end()) next[i] = found->second;
    last[trace[i]] = i;
  }
  std::unordered_map<std::uint64_t, std::size_t> held;  // When it is asked for next.
  std::priority_queue<std::pair<std::size_t, std::uint64_t>> order;
  long hits = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (held.contains(trace[i])) ++hits;
    if (next[i] == n) {
      held.erase(trace[i]);
      continue;
    }
    held[trace[i]] = next[i];
    order.emplace(next[i], trace[i]);
    while (held.size() > capacity) {
      const auto [when, key] = order.top();
      order.pop();
      const auto found = held.find(key);
      if (found != held.end() && found->second == when) held.erase(found);
    }
  }
  return hits;
}

/// Knows every text's probability: holds the most probable ones from their first request on. Of
/// requests that are independent of each other nobody who does not know the future finds more.
/// Source: Coffman and Denning 1973, "Operating Systems Theory", policy A0.
long most_probable(const Trace& trace, std::size_t capacity) {
  std::unordered_set<std::uint64_t> seen;
  long hits = 0;
  for (const std::uint64_t key : trace) {
    if (key <= capacity && !seen.insert(key).second) ++hits;
  }
  return hits;
}

long ours(const Trace& trace, std::size_t capacity) {
  ByteLedger ledger(std::size_t{8} << 30);
  engine::ResultMemory memory(ledger, {.n_bytes = capacity * kResultBytes});
  engine::StoredResult result, found;
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(kValues)));
  for (std::size_t i = 0; i < kValues; ++i) result.values.push_back(normal(random));
  for (const std::uint64_t key : trace) {
    Sha256 sha;
    sha.add(std::as_bytes(std::span(&key, 1)));
    const engine::ResultKey k{.bytes = sha.digest()};
    if (!memory.find(k, found)) memory.put(k, result);
  }
  return memory.stats().n_hits;
}

using Policy = std::function<long(const Trace&, std::size_t)>;

void print_table(const char* name, const std::function<Trace(std::uint64_t)>& make, int n_seeds,
                 bool is_independent) {
  std::vector<Trace> traces;
  double repeats = 0;
  for (int seed = 1; seed <= n_seeds; ++seed) {
    traces.push_back(make(static_cast<std::uint64_t>(seed)));
    repeats += repeats_of(traces.back()) / n_seeds;
  }
  std::printf("%s: %zu requests, %.1f %% repeats, %d seeds\n", name, traces[0].size(),
              100 * repeats, n_seeds);
  std::printf("  %-7s %9s %9s %9s %9s %9s   ours of Belady, of the best online\n", "size", "LRU",
              "W-TinyLFU", "ours", "best", "Belady");
  for (const double share : {0.01, 0.05, 0.2}) {
    const std::array<Policy, 5> policies = {lru, w_tiny_lfu, ours, most_probable, belady};
    std::array<double, 5> hits{};
    double least_of_belady = 1;
    for (const Trace& trace : traces) {
      const double n = static_cast<double>(trace.size());
      const auto capacity = static_cast<std::size_t>((1 - repeats_of(trace)) * n * share);
      std::array<double, 5> now{};
      for (std::size_t p = 0; p < policies.size(); ++p) {
        now[p] = static_cast<double>(policies[p](trace, capacity)) / n;
        hits[p] += now[p] / n_seeds;
      }
      least_of_belady = std::min(least_of_belady, now[2] / now[4]);
    }
    std::printf("  %4.0f %%  %8.2f%% %8.2f%% %8.2f%% %8.2f%% %8.2f%%   %.3f (least %.3f)",
                100 * share, 100 * hits[0], 100 * hits[1], 100 * hits[2],
                is_independent ? 100 * hits[3] : 0, 100 * hits[4], hits[2] / hits[4],
                least_of_belady);
    if (is_independent) std::printf(", %.3f", hits[2] / hits[3]);
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace quern

int main(int argc, char** argv) {
  using namespace quern;
  const std::size_t n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const int n_seeds = argc > 2 ? std::atoi(argv[2]) : 3;
  for (const double s : {1.0, 0.9, 0.8}) {
    const double universe = universe_for(std::min<std::size_t>(n, 1'000'000), s, kRepeats);
    const std::string name =
        "Zipf " + std::to_string(s).substr(0, 4) + " over " + std::to_string(universe);
    print_table(
        name.c_str(), [&](std::uint64_t seed) { return zipf_trace(n, universe, s, seed); }, n_seeds,
        true);
    if (s != 1.0) continue;
    print_table(
        "  the same with scans",
        [&](std::uint64_t seed) { return scanned_trace(n, universe, s, seed); }, n_seeds, false);
    print_table(
        "  the same, shifting",
        [&](std::uint64_t seed) { return shifting_trace(n, universe, s, seed); }, n_seeds, false);
  }
  return 0;
}
