#include "base/status.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace quern {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return {Code::kBadInput, "odd"};
  return n / 2;
}

Result<int> quarter(int n) {
  QUERN_ASSIGN(const int h, half(n));
  return half(h).in("second half");
}

Status check_even(int n) {
  QUERN_TRY(half(n).status().in("check"));
  return {};
}

}  // namespace

TEST(status, carries_code_and_context) {
  EXPECT_TRUE(Status().ok());
  EXPECT_TRUE(Status().in("anywhere").ok());
  const Status wrong(Code::kIo, "broken");
  EXPECT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.in("file").in("model").message(), "model: file: broken");
  EXPECT_EQ(wrong.in("file").code(), Code::kIo);
}

TEST(status, macros_leave_with_the_error) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(3).status().message(), "odd");
  EXPECT_EQ(quarter(6).status().message(), "second half: odd");
  EXPECT_TRUE(check_even(2).ok());
  EXPECT_EQ(check_even(1).message(), "check: odd");
}

TEST(status, results_hold_values_that_only_move) {
  Result<std::unique_ptr<int>> r = std::make_unique<int>(5);
  ASSERT_TRUE(r.ok());
  const std::unique_ptr<int> taken = std::move(*r);
  EXPECT_EQ(*taken, 5);
}

TEST(status, every_code_has_a_name) {
  for (int i = 0; i <= static_cast<int>(Code::kUnavailable); ++i) {
    EXPECT_STRNE(code_name(static_cast<Code>(i)), "unknown") << i;
  }
  EXPECT_STREQ(code_name(Code::kBadInput), "bad_input");
}

}  // namespace quern
