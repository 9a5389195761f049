// Buckets, slopes and places of distances against numbers that transformers gives
// (modeling_mpnet.py, modeling_deberta_v2.py) and that jinaai's models use.

#include "models/distances.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace quern::models {
namespace {

TEST(distances, buckets_of_mpnet) {
  // A table whose row r says r.
  std::vector<float> numbers;
  for (int r = 0; r < 32; ++r) numbers.push_back(static_cast<float>(r));
  const RawRows table{.n_rows = 32, .n_cols = 1, .bytes = std::as_bytes(std::span(numbers))};
  constexpr int kLongest = 200;
  std::vector<float> out(2 * kLongest - 1);
  bucket_bias(table, 0.5f, {out.data(), 1, 2 * kLongest - 1});
  const auto bucket = [&](int offset) { return out[kLongest - 1 + offset] * 0.5f; };
  const std::map<int, int> steps = {{1, 1},   {7, 7},   {8, 8},   {11, 8},  {12, 9},
                                    {15, 9},  {16, 10}, {23, 11}, {31, 11}, {32, 12},
                                    {46, 13}, {63, 13}, {64, 14}, {91, 15}, {199, 15}};
  EXPECT_EQ(bucket(0), 0);
  for (const auto& [distance, want] : steps) {
    EXPECT_EQ(bucket(-distance), want) << distance;
    EXPECT_EQ(bucket(distance), 16 + want) << distance;
  }
}

TEST(distances, slopes_of_alibi) {
  const auto slopes = [](int n_heads) {
    std::vector<float> bias(static_cast<std::size_t>(n_heads) * 3), out;
    alibi_bias(1, {bias.data(), n_heads, 3});
    for (int h = 0; h < n_heads; ++h) {
      EXPECT_EQ(bias[static_cast<std::size_t>(h) * 3], bias[static_cast<std::size_t>(h) * 3 + 2]);
      EXPECT_EQ(bias[static_cast<std::size_t>(h) * 3 + 1], 0);
      out.push_back(-bias[static_cast<std::size_t>(h) * 3]);
    }
    return out;
  };
  EXPECT_EQ(slopes(4), (std::vector<float>{0.25f, 0.0625f, 0.015625f, 0.00390625f}));
  const std::vector<float> want = {.5f,        .25f,       .125f,       .0625f,
                                   .03125f,    .015625f,   .0078125f,   .00390625f,
                                   .70710678f, .35355339f, .176776695f, .0883883476f};
  const std::vector<float> got = slopes(12);
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_FLOAT_EQ(got[i], want[i]) << i;
}

TEST(distances, places_of_deberta_v3) {
  const formats::Disentangled d{.span = 256, .n_buckets = 256, .max_distance = 512};
  constexpr int kLongest = 1200;
  const std::vector<std::int32_t> places = relative_places(d, kLongest);
  ASSERT_EQ(places.size(), 2u * kLongest - 1);
  // transformers: row span + bucket(query - key) of the table; here upside down.
  const auto row = [&](int query_minus_key) {
    return 511 - places[static_cast<std::size_t>(kLongest - 1 - query_minus_key)];
  };
  const std::map<int, int> buckets = {{0, 0},     {1, 1},     {128, 128}, {131, 131}, {200, 169},
                                      {300, 207}, {400, 233}, {510, 255}, {511, 255}};
  for (const auto& [distance, bucket] : buckets) {
    EXPECT_EQ(row(distance), 256 + bucket) << distance;
    EXPECT_EQ(row(-distance), 256 - bucket) << distance;
  }
  EXPECT_EQ(row(512), 511);  // Bucket 256 is behind the table's end.
  EXPECT_EQ(row(-512), 0);
  EXPECT_EQ(row(1000), 511);
  for (std::size_t i = 1; i < places.size(); ++i) EXPECT_GE(places[i], places[i - 1]) << i;
}

TEST(distances, without_buckets_each_distance_has_a_row) {
  const formats::Disentangled d{.span = 3, .max_distance = 3};
  EXPECT_EQ(relative_places(d, 5), (std::vector<std::int32_t>{0, 0, 0, 1, 2, 3, 4, 5, 5}));
}

}  // namespace
}  // namespace quern::models
