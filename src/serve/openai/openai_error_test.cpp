#include "serve/openai/openai_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::serve {
namespace {

using nlohmann::json;

json told(const HttpError& error) { return json::parse(openai_error(error)).at("error"); }

TEST(openai_error, has_the_four_members) {
  EXPECT_EQ(
      told({.status = 400, .message = "m", .param = "p", .code = "c"}),
      json::parse(R"({"message":"m","type":"invalid_request_error","param":"p","code":"c"})"));
  EXPECT_EQ(told({.status = 503, .message = "m"}),
            json::parse(R"({"message":"m","type":"server_error","param":null,"code":null})"));
  EXPECT_EQ(told({.status = 429, .message = ""})["type"], "rate_limit_error");
  EXPECT_EQ(told({.status = 499, .message = ""})["type"], "server_error");
}

TEST(openai_error, messages_with_any_bytes_stay_json) {
  EXPECT_EQ(told(bad_request("a\xFF\"\n", "p\x80"))["param"], "p\xEF\xBF\xBD");
}

}  // namespace
}  // namespace quern::serve
