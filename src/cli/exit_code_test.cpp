#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace quern::cli {

TEST(exit_code, says_what_kind_of_failure_it_was) {
  EXPECT_EQ(exit_code(Status()), 0);
  EXPECT_EQ(exit_code(Status(Code::kNotFound, "")), 3);
  EXPECT_EQ(exit_code(Status(Code::kBadInput, "")), 4);
  EXPECT_EQ(exit_code(Status(Code::kUnsupported, "")), 4);
  EXPECT_EQ(exit_code(Status(Code::kExhausted, "")), 5);
  EXPECT_EQ(exit_code(Status(Code::kIo, "")), 6);
  EXPECT_EQ(exit_code(Status(Code::kUnavailable, "")), 7);
  EXPECT_EQ(exit_code(Status(Code::kCancelled, "")), 130);
}

TEST(exit_code, error_line_hides_control_characters) {
  testing::internal::CaptureStderr();
  print_error("model '\x1b[31mred' is not known");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "quern: model '?[31mred' is not known\n");
  testing::internal::CaptureStderr();
  print_error(
      "a\tb\n\xC2\x9B"
      "2J \x9B \xE2\x80\xAE"
      "c");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "quern: a\tb\n?2J ? ?c\n");
}

}  // namespace quern::cli
