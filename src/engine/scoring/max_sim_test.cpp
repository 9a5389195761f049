#include "engine/scoring/max_sim.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/pace.h"

namespace quern::engine {
namespace {

struct Rows {
  std::vector<float> numbers;
  int n = 0;
  int width = 0;

  Matrix<const float> view() const { return {numbers.data(), n, width}; }
};

Rows some_rows(int n, int width, float low, float high, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> number(low, high);
  Rows rows{.numbers = {}, .n = n, .width = width};
  for (int i = 0; i < n * width; ++i) rows.numbers.push_back(number(random));
  return rows;
}

double by_hand(Matrix<const float> query, Matrix<const float> document) {
  double sum = 0;
  for (int q = 0; q < query.rows; ++q) {
    double best = -std::numeric_limits<double>::infinity();
    for (int d = 0; d < document.rows; ++d) {
      double product = 0;
      for (int i = 0; i < query.cols; ++i) {
        product += static_cast<double>(query.row(q)[static_cast<std::size_t>(i)]) *
                   document.row(d)[static_cast<std::size_t>(i)];
      }
      best = std::max(best, product);
    }
    sum += best;
  }
  return sum;
}

TEST(MaxSim, of_any_shape_it_is_the_sum_of_the_largest_products) {
  ThreadPool pool(3);
  for (const int n_query : {1, 7, 32, 65}) {
    for (const int n_document : {1, 15, 16, 64, 81, 300}) {
      for (const int width : {1, 48, 128, 129}) {
        const Rows query = some_rows(n_query, width, -1, 1, 1);
        const Rows document = some_rows(n_document, width, -1, 1, 2);
        const double want = by_hand(query.view(), document.view());
        EXPECT_NEAR(max_sim(query.view(), document.view(), false, pool), want,
                    1e-5 * (1 + std::abs(want)))
            << n_query << " " << n_document << " " << width;
        EXPECT_NEAR(max_sim(query.view(), document.view(), true, pool), want / n_query,
                    1e-5 * (1 + std::abs(want)));
      }
    }
  }
}

TEST(MaxSim, what_fills_up_a_panel_is_no_row) {
  const Rows query = some_rows(5, 32, 0.5, 1, 1);
  const Rows document = some_rows(67, 32, -1, -0.5, 2);  // A row of zeros would be the best.
  const double want = by_hand(query.view(), document.view());
  ASSERT_LT(want, -5);
  EXPECT_NEAR(max_sim(query.view(), document.view(), false, ThreadPool::serial()), want, 1e-4);
}

TEST(MaxSim, threads_do_not_change_its_bits) {
  const Rows query = some_rows(33, 96, -1, 1, 1);
  const Rows document = some_rows(700, 96, -1, 1, 2);
  ThreadPool pool(4);
  EXPECT_EQ(max_sim(query.view(), document.view(), false, pool),
            max_sim(query.view(), document.view(), false, ThreadPool::serial()));
}

class CountsYields : public Pace {
 public:
  bool yield_asked() const override { return true; }
  int n = 0;

 protected:
  void let_others() override { ++n; }
};

TEST(MaxSim, others_may_go_first_in_its_midst) {
  const Rows query = some_rows(200, 16, -1, 1, 1);
  const Rows document = some_rows(60, 16, -1, 1, 2);
  ThreadPool pool(1);
  CountsYields pace;
  const Pace::Scope scope(pace);
  max_sim(query.view(), document.view(), false, pool);
  EXPECT_GE(pace.n, 200 / 32);  // With each tile of rows, though the document is one part.
}

}  // namespace
}  // namespace quern::engine
