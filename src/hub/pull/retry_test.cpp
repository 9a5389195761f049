#include "hub/pull/retry.h"

#include <gmock/gmock.h>

namespace quern::hub {
namespace {

TEST(retry, waits_grow_and_servers_may_ask_for_more) {
  using std::chrono::milliseconds;
  EXPECT_EQ(backoff(1, milliseconds(100)), milliseconds(100));
  EXPECT_EQ(backoff(3, milliseconds(100)), milliseconds(400));
  EXPECT_EQ(backoff(50, milliseconds(100)), milliseconds(60'000));
  const auto now = std::chrono::system_clock::from_time_t(784'111'770);
  const auto asked = [&](const std::string& value) {
    return retry_after({.status = 429, .url = "", .headers = {{"retry-after", value}}}, now);
  };
  EXPECT_EQ(asked("7"), milliseconds(7000));
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:37 GMT"), milliseconds(7000));
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:00 GMT"), milliseconds(0));
  EXPECT_EQ(asked("soon"), std::nullopt);
  EXPECT_EQ(asked("-5"), milliseconds(0));
  EXPECT_TRUE(is_passing(429) && is_passing(503));
  EXPECT_FALSE(is_passing(404) || is_passing(501));
}

}  // namespace
}  // namespace quern::hub
