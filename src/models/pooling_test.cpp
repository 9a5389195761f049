#include "models/pooling.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/pace.h"

namespace quern::models {
namespace {

using enum formats::Pooling;

std::vector<float> pooled(formats::Pooling pooling, const std::vector<float>& rows, int first = 0) {
  std::vector<float> out(2);
  pool_rows(pooling, {rows.data(), static_cast<int>(rows.size()) / 2, 2}, first, out);
  return out;
}

class CountsRests : public Pace {
 public:
  bool yield_asked() const override { return true; }
  int n_rests = 0;

 protected:
  void let_others() override { ++n_rests; }
};

}  // namespace

TEST(pool_rows, worked_example) {
  const std::vector<float> rows = {1, 2, 3, -4, 5, 8, 7, 6};
  EXPECT_EQ(pooled(kMean, rows), (std::vector<float>{4, 3}));
  EXPECT_EQ(pooled(kMeanSqrtLen, rows), (std::vector<float>{8, 6}));
  EXPECT_EQ(pooled(kMax, rows), (std::vector<float>{7, 8}));
  EXPECT_EQ(pooled(kCls, rows), (std::vector<float>{1, 2}));
  EXPECT_EQ(pooled(kLast, rows), (std::vector<float>{7, 6}));
  EXPECT_EQ(pooled(kWeightedMean, rows), (std::vector<float>{5, 4.2f}));
}

TEST(pool_rows, rows_of_a_prompt_do_not_count) {
  const std::vector<float> rows = {9, 90, 3, -4, 5, 8};
  EXPECT_EQ(pooled(kMean, rows, 1), (std::vector<float>{4, 2}));
  EXPECT_EQ(pooled(kMeanSqrtLen, rows, 1),
            (std::vector<float>{8 / std::sqrt(2.0f), 4 / std::sqrt(2.0f)}));
  EXPECT_EQ(pooled(kMax, rows, 1), (std::vector<float>{5, 8}));
  EXPECT_EQ(pooled(kCls, rows, 1), (std::vector<float>{3, -4}));
  EXPECT_EQ(pooled(kLast, rows, 1), (std::vector<float>{5, 8}));
  // Weights are those of the places in the whole text: 2 and 3.
  EXPECT_EQ(pooled(kWeightedMean, rows, 1), (std::vector<float>{21.0f / 5, 16.0f / 5}));
}

TEST(pool_rows, others_may_go_first_within_a_long_text) {
  const std::vector<float> rows(2000);
  for (const auto pooling : {kMean, kMax, kMeanSqrtLen, kWeightedMean}) {
    CountsRests pace;
    const Pace::Scope scope(pace);
    pooled(pooling, rows);
    EXPECT_GE(pace.n_rests, 3);
  }
}

}  // namespace quern::models
