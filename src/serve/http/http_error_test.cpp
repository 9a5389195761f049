#include "serve/http/http_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::serve {
namespace {

using nlohmann::json;

TEST(http_error, the_table_covers_every_code) {
  const std::pair<Code, int> expected[] = {{Code::kNotFound, 404},    {Code::kBadInput, 400},
                                           {Code::kUnsupported, 400}, {Code::kExhausted, 503},
                                           {Code::kIo, 500},          {Code::kCancelled, 499},
                                           {Code::kDeadline, 504},    {Code::kUnavailable, 503}};
  for (const auto& [code, http] : expected) {
    const HttpError error = error_of(Status(code, "why"));
    EXPECT_EQ(error.status, http);
    EXPECT_EQ(error.message, "why");
    EXPECT_EQ(error.retry_after_s > 0, http == 503);
    const Response response = to_response(error, neutral_error);
    EXPECT_EQ(response.status, http);
    EXPECT_EQ(json::parse(response.body), (json{{"error", "why"}}));
    EXPECT_NE(reason_phrase(http), "Unknown");
  }
}

TEST(http_error, a_dialect_may_have_other_statuses) {
  const ErrorWriter never_503(neutral_error, [](HttpError error) {
    if (error.status == 503) error.status = 429;
    return error;
  });
  EXPECT_EQ(to_response(error_of({Code::kExhausted, "why"}), never_503).status, 429);
  EXPECT_EQ(to_response(error_of({Code::kIo, "why"}), never_503).status, 500);
}

TEST(http_error, the_wait_is_told) {
  const Response response =
      to_response({.status = 429, .message = "m", .retry_after_s = 7}, neutral_error);
  EXPECT_EQ(response.headers, (Headers{{"Retry-After", "7"}}));
}

}  // namespace
}  // namespace quern::serve
