#include "base/log.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

TEST(log, writes_to_standard_error_only) {
  set_log_level(LogLevel::kInfo);
  CaptureStdout();
  CaptureStderr();
  log_debug("too {}", "quiet");
  log_info("model '{}' loaded in {} ms", "{}", 12);
  log_error("disk full");
  const std::string err = GetCapturedStderr();
  EXPECT_EQ(GetCapturedStdout(), "");
  EXPECT_THAT(err, HasSubstr("info model '{}' loaded in 12 ms\n"));
  EXPECT_THAT(err, HasSubstr("error disk full\n"));
  EXPECT_THAT(err, ::testing::Not(HasSubstr("quiet")));
  set_log_level(LogLevel::kWarn);
}

TEST(log, off_means_silence) {
  set_log_level(LogLevel::kOff);
  CaptureStderr();
  log_error("nobody hears this");
  EXPECT_EQ(GetCapturedStderr(), "");
  set_log_level(LogLevel::kWarn);
}

TEST(log, levels_have_the_names_users_write) {
  EXPECT_EQ(log_level_from("debug"), LogLevel::kDebug);
  EXPECT_EQ(log_level_from("off"), LogLevel::kOff);
  EXPECT_EQ(log_level_from(""), LogLevel::kWarn);
  EXPECT_EQ(log_level_from("verbose"), LogLevel::kWarn);
}

}  // namespace quern
