#include "store/vector/codes.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/vector/test_vectors.h"

namespace quern::store {
namespace {

using ::testing::HasSubstr;

/// The number that two codes of a row stand for.
double value(const CodedRows& rows, std::size_t at) {
  return double{rows.scales[0]} * ((rows.hi[at] - 128) + (rows.lo[at] - 128) / 254.0);
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

double sum_of_sizes(const std::vector<float>& a) {
  double sum = 0;
  for (const float v : a) sum += std::abs(v);
  return sum;
}

/// The score of the one row of `rows`.
float score(const CodedRows& rows, const std::vector<float>& query) {
  const auto made = make_query(query, rows.d, rows.metric);
  EXPECT_TRUE(made.ok()) << made.status().message();
  Candidate one[] = {{0, 0}};
  EXPECT_TRUE(rescore(*made, rows.view(), rows.read_low(), one).ok());
  return one[0].score;
}

CodedRows one_row(Metric metric, const std::vector<float>& x) {
  CodedRows rows(metric, static_cast<int>(x.size()));
  EXPECT_TRUE(rows.add(x).ok());
  return rows;
}

TEST(vector_codes, worked_example) {
  // The largest is 127 steps of 1; 2.25 is code 2 and 0.25 * 254 = 63.5, to even 64.
  const CodedRows rows = one_row(Metric::kDot, {127.0f, 2.25f, -1.0f});
  EXPECT_EQ(rows.scales[0], 1.0f);
  ASSERT_EQ(rows.hi.size(), 64u);
  EXPECT_EQ(rows.hi[0], 255);
  EXPECT_EQ(rows.hi[1], 130);
  EXPECT_EQ(rows.lo[1], 128 + 64);
  EXPECT_EQ(rows.hi[2], 127);
  EXPECT_EQ(rows.lo[0], 128);
  for (std::size_t i = 3; i < 64; ++i) {
    EXPECT_EQ(rows.hi[i], 128);
    EXPECT_EQ(rows.lo[i], 128);
  }
  EXPECT_EQ(score(rows, {127.0f, 0.0f, 0.0f}), 127.0f * 127.0f);
  EXPECT_EQ(score(rows, {0.0f, 0.0f, 127.0f}), -127.0f);
}

TEST(vector_codes, a_number_is_within_half_a_low_step) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const int d = 1 + static_cast<int>(seed) * 37;
    const auto x = falling_vector(d, seed);
    const CodedRows rows = one_row(Metric::kL2, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(value(rows, i), x[i], rows.scales[0] / 508.0 * 1.0001) << seed << " " << i;
    }
  }
}

// |q.x - q'.x'| <= e_x |q|_1 + e_q |x'|_1, where e is the most that a number is off.
TEST(vector_codes, a_dot_product_is_within_its_bound) {
  double squares = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto x = falling_vector(384, 2 * seed), q = falling_vector(384, 2 * seed + 1);
    const CodedRows rows = one_row(Metric::kDot, x);
    const auto query = make_query(q, 384, Metric::kDot);
    ASSERT_TRUE(query.ok());
    const double e_x = rows.scales[0] / 508.0 * 1.0001;
    const double e_q = query->factors.scale / 508.0 * 1.0001;
    const double off = score(rows, q) - dot(x, q);
    EXPECT_LE(std::abs(off), e_x * sum_of_sizes(q) + e_q * (sum_of_sizes(x) + 384 * e_x));
    squares += off * off / (dot(x, x) * dot(q, q));
  }
  EXPECT_LT(std::sqrt(squares / 200), 1e-5);  // Of the cosine, as it turns out.
}

TEST(vector_codes, cosine_forgets_lengths) {
  const auto x = falling_vector(100, 1), q = falling_vector(100, 2);
  auto longer = x;
  for (float& v : longer) v *= 4096;
  const CodedRows rows = one_row(Metric::kCosine, x),
                  longer_rows = one_row(Metric::kCosine, longer);
  EXPECT_EQ(rows.hi, longer_rows.hi);
  EXPECT_EQ(rows.lo, longer_rows.lo);
  EXPECT_EQ(rows.scales, longer_rows.scales);
  EXPECT_NEAR(score(rows, q), dot(x, q) / std::sqrt(dot(x, x) * dot(q, q)), 1e-5);
  EXPECT_NEAR(score(rows, x), 1, 1e-5);
  // So small that their squares leave f32: the cosine does not mind.
  for (float& v : longer) v *= 1e-36f;
  EXPECT_NEAR(score(one_row(Metric::kCosine, longer), x), 1, 1e-5);
}

TEST(vector_codes, l2_is_minus_the_squared_distance) {
  const auto x = falling_vector(64, 1), y = falling_vector(64, 2);
  const double want = dot(x, x) - 2 * dot(x, y) + dot(y, y);
  EXPECT_NEAR(score(one_row(Metric::kL2, x), y), -want, 1e-4 * want);
  EXPECT_LE(score(one_row(Metric::kL2, x), x), 0);
  EXPECT_NEAR(score(one_row(Metric::kL2, x), x), 0, 1e-6 * dot(x, x));
}

TEST(vector_codes, what_cannot_be_searched_is_refused) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  CodedRows rows(Metric::kCosine, 3);
  EXPECT_THAT(rows.add({0, 0, 0}).message(), HasSubstr("zero"));
  EXPECT_THAT(rows.add({1, nan, 0}).message(), HasSubstr("value 1"));
  EXPECT_THAT(rows.add({1, 1, -infinity}).message(), HasSubstr("value 2"));
  CodedRows dots(Metric::kDot, 3);
  EXPECT_THAT(dots.add({3e38f, 3e38f, 0}).message(), HasSubstr("squared length"));
  EXPECT_THAT(dots.add({1e-30f, 0, 0}).message(), HasSubstr("squared length"));
  EXPECT_EQ(rows.add({1, nan, 0}).code(), Code::kBadInput);
  EXPECT_THAT(make_query(std::vector<float>{1, 2}, 3, Metric::kDot).status().message(),
              HasSubstr("has 2 values, want 3"));
}

TEST(vector_codes, the_largest_allowed_vectors_give_finite_scores) {
  const float most = std::sqrt(std::numeric_limits<float>::max() / 8) * 0.999f;
  const CodedRows rows = one_row(Metric::kL2, {most, 0});
  EXPECT_TRUE(std::isfinite(score(rows, {-most, 0})));
  EXPECT_TRUE(std::isfinite(score(one_row(Metric::kDot, {most, 0}), {most, 0})));
}

TEST(vector_codes, metrics_have_names) {
  for (const Metric metric : {Metric::kCosine, Metric::kDot, Metric::kL2}) {
    const auto found = metric_from_name(metric_name(metric));
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, metric);
  }
  EXPECT_THAT(metric_from_name("hamming").status().message(), HasSubstr("want cosine, dot or l2"));
}

}  // namespace
}  // namespace quern::store
