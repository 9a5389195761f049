#include "serve/openai/embeddings_response.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serve/fake_engine.h"

namespace quern::serve {
namespace {

using nlohmann::json;

engine::Response two() {
  engine::Response made;
  made.outcomes.resize(2);
  made.outcomes[0].values = {0.5f, -1.0f};
  made.outcomes[0].n_tokens = 3;
  made.outcomes[1].values = {0.1f, 2e-20f};
  made.outcomes[1].n_tokens = 4;
  made.n_tokens = 7;
  return made;
}

TEST(embeddings_response, worked_example) {
  const Response response = embeddings_response(two(), "a/b", EncodingFormat::kFloat);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"object":"list","data":[)"
                           R"({"object":"embedding","index":0,"embedding":[0.5,-1.0]},)"
                           R"({"object":"embedding","index":1,"embedding":[0.1,2e-20]}],)"
                           R"("model":"a/b","usage":{"prompt_tokens":7,"total_tokens":7}})");
  EXPECT_GE(embeddings_response_bytes(two(), EncodingFormat::kFloat), response.body.size());

  const auto base64 = json::parse(embeddings_response(two(), "m", EncodingFormat::kBase64).body);
  EXPECT_EQ(base64["data"][0]["embedding"], "AAAAPwAAgL8=");
}

TEST(embeddings_response, says_what_was_cut) {
  engine::Response made = two();
  made.outcomes[1].n_dropped = 5;
  const Response response = embeddings_response(made, "m", EncodingFormat::kFloat);
  const auto body = json::parse(response.body);
  EXPECT_FALSE(body["data"][0].contains("dropped_tokens"));
  EXPECT_EQ(body["data"][1]["dropped_tokens"], 5);
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].second, "1");
}

TEST(embeddings_response, a_bad_input_fails_the_request_and_is_named) {
  engine::Response made = two();
  made.outcomes[1].status = Status(Code::kBadInput, "the text is bad");
  const Response response = embeddings_response(made, "m", EncodingFormat::kFloat);
  EXPECT_EQ(response.status, 400);
  const auto error = json::parse(response.body)["error"];
  EXPECT_EQ(error["message"], "input[1]: the text is bad");
  EXPECT_EQ(error["param"], "input");
  EXPECT_EQ(error["type"], "invalid_request_error");
  EXPECT_TRUE(error["code"].is_null());
}

TEST(embeddings_response, what_the_client_can_change_is_named_first) {
  engine::Response made = two();
  made.outcomes[0].status = Status(Code::kExhausted, "no room");
  made.outcomes[1].status = Status(Code::kBadInput, "bad");
  const Response response = embeddings_response(made, "m", EncodingFormat::kFloat);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(json::parse(response.body)["error"]["message"], "input[1]: bad (1 more inputs failed)");
}

TEST(embeddings_response, never_a_number_that_is_not_finite) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const auto format : {EncodingFormat::kFloat, EncodingFormat::kBase64}) {
      engine::Response made = two();
      made.outcomes[1].values[1] = value;
      const Response response = embeddings_response(made, "m", format);
      EXPECT_EQ(response.status, 500);
      EXPECT_NE(response.body.find("input[1]"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace quern::serve
