#include "store/rank/fusion.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Three documents: 0 is first by words, 1 by meaning, 2 found by words only.
std::vector<Scored> three() {
  return {{.id = 0, .lexical = 10, .dense = 0.5, .lexical_rank = 1, .dense_rank = 2},
          {.id = 1, .lexical = 5, .dense = 0.9, .lexical_rank = 2, .dense_rank = 1},
          {.id = 2, .lexical = 4, .dense = 0.1, .lexical_rank = 3, .dense_rank = 0}};
}

std::vector<std::uint32_t> ids_of(const std::vector<Scored>& candidates) {
  std::vector<std::uint32_t> ids;
  for (const Scored& c : candidates) ids.push_back(c.id);
  return ids;
}

double fused_of(const std::vector<Scored>& candidates, std::uint32_t id) {
  for (const Scored& c : candidates) {
    if (c.id == id) return c.fused;
  }
  return NAN;
}

TEST(fusion, min_max_by_hand) {
  auto all = three();
  fuse({.kind = FusionKind::kMinMax, .alpha = 0.25}, all);
  EXPECT_NEAR(fused_of(all, 0), 0.75 * 1 + 0.25 * 0.5, 1e-12);
  EXPECT_NEAR(fused_of(all, 1), 0.75 * 0.5 + 0.25 * 1, 1e-12);
  EXPECT_NEAR(fused_of(all, 2), 0.75 * 0.4 + 0.25 * 0, 1e-12);
  EXPECT_THAT(ids_of(all), ElementsAre(0, 1, 2));
}

TEST(fusion, z_scores_by_hand) {
  // Means 19/3 and 0.5; variances 62/9 and 0.32/3.
  auto all = three();
  fuse({.kind = FusionKind::kZScore, .alpha = 0.5}, all);
  const double words = std::sqrt(62.0 / 9), meaning = std::sqrt(0.32 / 3);
  EXPECT_NEAR(fused_of(all, 0), 0.5 * (11.0 / 3) / words, 1e-12);
  EXPECT_NEAR(fused_of(all, 1), 0.5 * (-4.0 / 3) / words + 0.5 * 0.4 / meaning, 1e-12);
}

TEST(fusion, dbsf_by_hand_and_clipped) {
  auto all = three();
  fuse({.kind = FusionKind::kDbsf, .alpha = 0}, all);
  EXPECT_NEAR(fused_of(all, 0), 0.5 + (11.0 / 3) / std::sqrt(62.0 / 9) / 6, 1e-12);
  // One of a hundred is further than three deviations from the mean.
  std::vector<Scored> many(100);
  for (std::uint32_t i = 0; i < 100; ++i) many[i] = {.id = i, .lexical = i == 7 ? 1000.0 : 1.0};
  fuse({.kind = FusionKind::kDbsf, .alpha = 0}, many);
  EXPECT_EQ(many[0].id, 7u);
  EXPECT_EQ(many[0].fused, 1.0);
}

TEST(fusion, rrf_by_hand) {
  auto all = three();
  fuse({.kind = FusionKind::kRrf, .alpha = 0.5, .k = 60}, all);
  EXPECT_NEAR(fused_of(all, 0), 61 * (0.5 / 61 + 0.5 / 62), 1e-15);
  EXPECT_NEAR(fused_of(all, 2), 61 * 0.5 / 63, 1e-15);
  // 0 and 1 have the same ranks crosswise: the lower id goes first.
  EXPECT_THAT(ids_of(all), ElementsAre(0, 1, 2));
  fuse({.kind = FusionKind::kRrf, .alpha = 0.6, .k = 1}, all);
  EXPECT_THAT(ids_of(all), ElementsAre(1, 0, 2));
}

TEST(fusion, the_ends_of_alpha_are_one_side_alone) {
  for (const FusionKind kind : {FusionKind::kMinMax, FusionKind::kZScore, FusionKind::kDbsf}) {
    auto all = three();
    fuse({.kind = kind, .alpha = 0}, all);
    EXPECT_THAT(ids_of(all), ElementsAre(0, 1, 2)) << fusion_name(kind);
    fuse({.kind = kind, .alpha = 1}, all);
    EXPECT_THAT(ids_of(all), ElementsAre(1, 0, 2)) << fusion_name(kind);
  }
}

TEST(fusion, a_side_without_spread_says_nothing) {
  for (const FusionKind kind : {FusionKind::kMinMax, FusionKind::kZScore, FusionKind::kDbsf}) {
    auto all = three();
    for (Scored& c : all) c.dense = 0.3;
    fuse({.kind = kind, .alpha = 0.9}, all);
    EXPECT_THAT(ids_of(all), ElementsAre(0, 1, 2)) << fusion_name(kind);
    for (Scored& c : all) c.lexical = 0;
    fuse({.kind = kind}, all);
    for (const Scored& c : all) EXPECT_EQ(c.fused, kind == FusionKind::kZScore ? 0 : 0.5);
  }
}

TEST(fusion, does_not_depend_on_the_order_of_the_union) {
  std::mt19937 random(1);
  std::vector<Scored> all(300);
  for (std::uint32_t i = 0; i < 300; ++i) {
    all[i] = {.id = i,
              .lexical = static_cast<double>(random() % 97) / 7,
              .dense = static_cast<double>(random() % 89) / 91,
              .lexical_rank = static_cast<int>(random() % 200),
              .dense_rank = static_cast<int>(random() % 200)};
  }
  for (const FusionKind kind :
       {FusionKind::kMinMax, FusionKind::kZScore, FusionKind::kRrf, FusionKind::kDbsf}) {
    auto want = all;
    fuse({.kind = kind, .alpha = 0.4}, want);
    for (int round = 0; round < 5; ++round) {
      std::shuffle(all.begin(), all.end(), random);
      auto got = all;
      fuse({.kind = kind, .alpha = 0.4}, got);
      ASSERT_EQ(ids_of(got), ids_of(want));
      for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i].fused, want[i].fused);
    }
  }
}

TEST(fusion, the_lead_counts_where_both_agree) {
  std::vector<Scored> fused = {{.id = 0, .lexical_rank = 1, .dense_rank = 1, .fused = 1.0},
                               {.id = 1, .lexical_rank = 2, .dense_rank = 2, .fused = 0.6},
                               {.id = 2, .lexical_rank = 3, .dense_rank = 3, .fused = 0.2}};
  EXPECT_NEAR(lead_of_first(fused), 0.5, 1e-12);
  EXPECT_EQ(lead_of_first(std::span(fused).first(1)), 1);
  EXPECT_EQ(lead_of_first({}), 0);
  fused[0].dense_rank = 2;
  EXPECT_EQ(lead_of_first(fused), 0);
}

TEST(fusion, specs_are_checked_and_named) {
  EXPECT_THAT(check_fusion({.alpha = 1.5}).message(), HasSubstr("alpha is 1.5"));
  EXPECT_THAT(check_fusion({.alpha = NAN}).message(), HasSubstr("alpha"));
  EXPECT_THAT(check_fusion({.k = 0}).message(), HasSubstr("k is 0"));
  EXPECT_TRUE(check_fusion({}).ok());
  ASSERT_TRUE(fusion_from_name("dbsf").ok());
  EXPECT_EQ(*fusion_from_name("dbsf"), FusionKind::kDbsf);
  EXPECT_THAT(fusion_from_name("borda").status().message(), HasSubstr("minmax, zscore, rrf"));
}

}  // namespace
}  // namespace quern::store
