#include "tensor/matrix.h"

#include <vector>

#include <gtest/gtest.h>

namespace quern {

TEST(matrix, blocks_and_columns_are_views_of_the_same_numbers) {
  std::vector<float> numbers(12);
  for (int i = 0; i < 12; ++i) numbers[static_cast<std::size_t>(i)] = static_cast<float>(i);
  const Matrix<float> m(numbers.data(), 3, 4);
  EXPECT_EQ(m.row(2)[1], 9);
  EXPECT_EQ(m.block(1, 2).row(0)[0], 4);
  const Matrix<float> right = m.columns(2, 2);
  EXPECT_EQ(right.row(1)[1], 7);
  EXPECT_EQ(right.stride, 4);
  EXPECT_TRUE(right.block(1, 1).same_shape(1, 2));
  right.row_data(2)[0] = 100;
  EXPECT_EQ(numbers[10], 100);
  const Matrix<const float> read_only = right;
  EXPECT_EQ(read_only.row(2)[0], 100);
}

}  // namespace quern
