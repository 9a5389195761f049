#include "store/vector/vector_scan.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/pace.h"
#include "kernels/codes/codes_isa.h"
#include "store/filter/bitmap.h"
#include "store/vector/test_vectors.h"

namespace quern::store {
namespace {

/// Some of the rows repeat, so that there are ties.
CodedRows coded_rows(Metric metric, int d, std::uint32_t n) {
  CodedRows rows(metric, d);
  for (std::uint32_t i = 0; i < n; ++i) {
    EXPECT_TRUE(rows.add(falling_vector(d, i % 7 == 3 ? i / 2 : i)).ok());
  }
  return rows;
}

std::vector<VectorQuery> queries_of(Metric metric, int d, int n) {
  std::vector<VectorQuery> out;
  for (int i = 0; i < n; ++i) {
    auto query = make_query(falling_vector(d, 1000000u + static_cast<unsigned>(i)), d, metric);
    EXPECT_TRUE(query.ok());
    out.push_back(*query);
  }
  return out;
}

/// What the scan means: the first planes' products by hand, everything sorted.
std::vector<Candidate> by_hand(const VectorQuery& query, const CodesView& codes,
                               const Bitmap* allowed, std::size_t k) {
  const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(codes.d));
  std::vector<Candidate> all;
  for (std::uint32_t row = 0; row < codes.n(); ++row) {
    if (allowed != nullptr && !allowed->has(row)) continue;
    std::int32_t sum = 0;
    for (std::size_t c = 0; c < d_padded; ++c) {
      sum += (codes.hi[row * d_padded + c] - 128) * query.hi()[c];
    }
    float score = static_cast<float>(sum) * codes.scales[row];
    if (codes.metric == Metric::kL2) {
      score = score * (2 * query.factors.scale) - codes.norms2[row];
    }
    all.push_back({score, row});
  }
  std::sort(all.begin(), all.end(), is_better);
  if (all.size() > k) all.resize(k);
  return all;
}

std::vector<std::vector<Candidate>> scan(std::span<const VectorQuery> queries,
                                         const CodesView& codes, const Bitmap* allowed,
                                         std::size_t k, ThreadPool& pool) {
  std::vector<TopCandidates> tops(queries.size(), TopCandidates(k));
  const auto words = allowed ? allowed->words() : std::span<const std::uint64_t>();
  EXPECT_TRUE(scan_codes(queries, codes, allowed ? &words : nullptr, pool, tops).ok());
  std::vector<std::vector<Candidate>> out;
  for (TopCandidates& top : tops) out.push_back(top.take());
  return out;
}

TEST(vector_scan, finds_what_the_sum_by_hand_finds) {
  ThreadPool pool(3);
  for (const Metric metric : {Metric::kCosine, Metric::kDot, Metric::kL2}) {
    for (const std::uint32_t n : {0u, 1u, 15u, 16u, 17u, 255u, 256u, 257u, 1000u}) {
      const CodedRows rows = coded_rows(metric, 70, n);
      const auto queries = queries_of(metric, 70, 3);
      const auto got = scan(queries, rows.view(), nullptr, 20, pool);
      for (std::size_t q = 0; q < queries.size(); ++q) {
        EXPECT_EQ(got[q], by_hand(queries[q], rows.view(), nullptr, 20))
            << metric_name(metric) << " " << n;
      }
    }
  }
}

TEST(vector_scan, is_the_same_for_any_threads_isa_and_company) {
  const CodedRows rows = coded_rows(Metric::kCosine, 24, 20000);
  const auto queries = queries_of(Metric::kCosine, 24, 8);
  const kernels::CodesIsa& before = kernels::codes_active();
  for (const kernels::CodesIsa* isa : kernels::codes_runnable()) {
    kernels::codes_set_active(*isa);
    for (const int n_threads : {1, 2, 5}) {
      ThreadPool pool(n_threads);
      for (std::size_t n = 1; n <= queries.size(); n += 3) {
        const auto got = scan(std::span(queries).first(n), rows.view(), nullptr, 110, pool);
        for (std::size_t q = 0; q < n; ++q) {
          EXPECT_EQ(got[q], by_hand(queries[q], rows.view(), nullptr, 110))
              << isa->isa << " threads " << n_threads << " queries " << n;
        }
      }
    }
  }
  kernels::codes_set_active(before);
}

TEST(vector_scan, a_filter_leaves_the_best_of_its_rows) {
  const std::uint32_t n = 20000 + 37;
  const CodedRows rows = coded_rows(Metric::kL2, 24, n);
  const auto queries = queries_of(Metric::kL2, 24, 2);
  ThreadPool pool(2);
  std::mt19937 random(3);
  for (const unsigned per_10000 : {0u, 10u, 100u, 1000u, 2400u, 2600u, 5000u, 10000u}) {
    Bitmap allowed(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      // Dense in places: both ways of reading within one scan.
      if (random() % 10000 < per_10000 || (per_10000 != 0 && i / 300 % 9 == 4)) allowed.set(i);
    }
    const auto got = scan(queries, rows.view(), &allowed, 50, pool);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      EXPECT_EQ(got[q], by_hand(queries[q], rows.view(), &allowed, 50)) << per_10000;
    }
  }
}

TEST(vector_scan, the_floor_of_an_earlier_segment_holds) {
  const CodedRows rows = coded_rows(Metric::kCosine, 24, 500);
  const auto queries = queries_of(Metric::kCosine, 24, 1);
  ThreadPool pool(2);
  const auto all = scan(queries, rows.view(), nullptr, 10, pool)[0];
  TopCandidates top(10, all[3].score);
  ASSERT_TRUE(scan_codes(queries, rows.view(), nullptr, pool, {&top, 1}).ok());
  const auto above = top.take();
  ASSERT_GE(above.size(), 4u);
  for (const Candidate& c : above) EXPECT_GE(c.score, all[3].score);
}

TEST(vector_scan, factors_that_are_no_numbers_do_no_harm) {
  CodedRows rows = coded_rows(Metric::kL2, 24, 1000);
  for (std::size_t i = 0; i < 1000; i += 3) {
    rows.scales[i] = std::numeric_limits<float>::quiet_NaN();
    rows.norms2[i + 1 < 1000 ? i + 1 : i] = std::numeric_limits<float>::infinity();
  }
  ThreadPool pool(2);
  const auto queries = queries_of(Metric::kL2, 24, 1);
  const auto got = scan(queries, rows.view(), nullptr, 2000, pool)[0];
  EXPECT_EQ(got.size(), 1000u - 334);
  for (const Candidate& c : got) EXPECT_NE(c.id % 3, 0u);
}

TEST(vector_scan, leaves_when_nobody_wants_it) {
  class Stopped : public Pace {
    bool stop_asked() const override { return true; }
  } pace;
  const CodedRows rows = coded_rows(Metric::kCosine, 24, 100);
  const auto queries = queries_of(Metric::kCosine, 24, 1);
  ThreadPool pool(1);
  TopCandidates top(10);
  const Pace::Scope scope(pace);
  EXPECT_EQ(scan_codes(queries, rows.view(), nullptr, pool, {&top, 1}).code(), Code::kCancelled);
}

}  // namespace
}  // namespace quern::store
