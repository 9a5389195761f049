#include "serve/timings.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::serve {

using Kind = Timings::Kind;

TEST(timings, the_line_tells_of_what_came_since_the_last_one) {
  Timings timings;
  EXPECT_EQ(timings.take_line(), "");
  timings.add(Kind::kStage, "embed queue", 0.001);
  timings.add(Kind::kEndpoint, "/v1/embeddings", 0.002);
  timings.add(Kind::kEndpoint, "/v1/embeddings", 0.004);
  EXPECT_EQ(timings.take_line(),
            "last 0 s: /v1/embeddings 2 x 3.0 ms (2.0 to 4.0); stages: embed queue 1 x 1.0 ms (1.0 "
            "to 1.0)");
  EXPECT_EQ(timings.take_line(), "");
  timings.add(Kind::kEndpoint, "/v1/embeddings", 0.008);
  EXPECT_EQ(timings.take_line(), "last 0 s: /v1/embeddings 1 x 8.0 ms (8.0 to 8.0)");
}

TEST(timings, json_tells_of_all_since_the_start) {
  Timings timings;
  EXPECT_EQ(timings.json(Kind::kStage), "{}");
  for (int i = 1; i <= 100; ++i) timings.add(Kind::kEndpoint, "/a \"b\"", i / 1000.0);
  timings.take_line();
  const auto json = nlohmann::json::parse(timings.json(Kind::kEndpoint));
  const auto& row = json.at("/a \"b\"");
  EXPECT_EQ(row["count"], 100);
  EXPECT_DOUBLE_EQ(row["average_ms"].get<double>(), 50.5);
  EXPECT_EQ(row["min_ms"], 1);
  EXPECT_EQ(row["max_ms"], 100);
  EXPECT_NEAR(row["p95_ms"].get<double>(), 95, 1);
  EXPECT_NEAR(row["total_s"].get<double>(), 5.05, 0.001);
}

}  // namespace quern::serve
