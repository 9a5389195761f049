#include "store/vector/rescore.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "store/filter/bitmap.h"
#include "store/vector/test_vectors.h"

namespace quern::store {
namespace {

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

CodedRows coded_rows(std::uint32_t n) {
  CodedRows rows(Metric::kCosine, 96);
  for (std::uint32_t i = 0; i < n; ++i) EXPECT_TRUE(rows.add(falling_vector(96, i)).ok());
  return rows;
}

TEST(rescore, worked_example) {
  // 127, 2.25 has codes 127, 2 and errors 0, 64 / 254; so has the query: the squares of both.
  CodedRows rows(Metric::kDot, 2);
  ASSERT_TRUE(rows.add({127.0f, 2.25f}).ok());
  const auto query = make_query(std::vector<float>{127.0f, 2.25f}, 2, Metric::kDot);
  ASSERT_TRUE(query.ok());
  Candidate one[] = {{0, 0}};
  ASSERT_TRUE(rescore(*query, rows.view(), rows.read_low(), one).ok());
  const double second = 2 + 64 / 254.0;
  EXPECT_EQ(one[0].score, static_cast<float>(127.0 * 127.0 + second * second));
}

TEST(rescore, nearest_are_those_of_the_originals) {
  const CodedRows rows = coded_rows(3000);
  ThreadPool pool(2);
  for (unsigned seed = 0; seed < 10; ++seed) {
    const auto q = falling_vector(96, 100000 + seed);
    const auto query = make_query(q, 96, Metric::kCosine);
    ASSERT_TRUE(query.ok());
    const auto best = nearest(*query, rows.view(), rows.read_low(), nullptr, 10, pool);
    ASSERT_TRUE(best.ok());
    ASSERT_EQ(best->size(), 10u);
    std::vector<Candidate> want;
    for (std::uint32_t i = 0; i < 3000; ++i) {
      want.push_back({static_cast<float>(cosine(q, rows.originals[i])), i});
    }
    std::sort(want.begin(), want.end(), is_better);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_NEAR((*best)[i].score, want[i].score, 5e-5);
      EXPECT_NEAR((*best)[i].score, cosine(q, rows.originals[(*best)[i].id]), 5e-5);
    }
  }
}

TEST(rescore, a_score_does_not_depend_on_its_neighbours) {
  const CodedRows rows = coded_rows(200);
  const auto query = make_query(falling_vector(96, 999), 96, Metric::kCosine);
  ASSERT_TRUE(query.ok());
  std::vector<Candidate> all;
  for (std::uint32_t i = 0; i < 200; ++i) all.push_back({0, 199 - i});
  ASSERT_TRUE(rescore(*query, rows.view(), rows.read_low(), all).ok());
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), is_better));
  for (const Candidate& c : all) {
    Candidate alone[] = {{0, c.id}};
    ASSERT_TRUE(rescore(*query, rows.view(), rows.read_low(), alone).ok());
    EXPECT_EQ(alone[0], c);
  }
}

TEST(rescore, none_allowed_is_an_empty_answer) {
  const CodedRows rows = coded_rows(100);
  const auto query = make_query(falling_vector(96, 999), 96, Metric::kCosine);
  ThreadPool pool(1);
  const Bitmap none(100);
  const auto words = none.words();
  const auto best = nearest(*query, rows.view(), rows.read_low(), &words, 10, pool);
  ASSERT_TRUE(best.ok());
  EXPECT_TRUE(best->empty());
}

TEST(rescore, bad_factors_come_last_and_errors_come_through) {
  CodedRows rows = coded_rows(4);
  rows.scales[1] = std::numeric_limits<float>::quiet_NaN();
  const auto query = make_query(falling_vector(96, 999), 96, Metric::kCosine);
  Candidate all[] = {{0, 0}, {0, 1}, {0, 2}, {0, 3}};
  ASSERT_TRUE(rescore(*query, rows.view(), rows.read_low(), all).ok());
  EXPECT_EQ(all[3].id, 1u);
  const ReadLow broken = [](auto, auto) { return Status(Code::kIo, "disk is gone"); };
  EXPECT_EQ(rescore(*query, rows.view(), broken, all).message(), "disk is gone");
}

}  // namespace
}  // namespace quern::store
