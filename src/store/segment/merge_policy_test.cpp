#include "store/segment/merge_policy.h"

#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<SegmentSize> whole(std::initializer_list<std::uint32_t> sizes) {
  std::vector<SegmentSize> out;
  for (const std::uint32_t n : sizes) out.push_back({.n_docs = n, .n_live = n});
  return out;
}

/// Commits, each with all merges that are due after it.
struct Simulation {
  std::vector<SegmentSize> segments;
  std::uint64_t n_written = 0;  // By merges.
  std::size_t most = 0;         // Segments at once.

  void commit(std::uint32_t n_docs) {
    segments.push_back({.n_docs = n_docs, .n_live = n_docs});
    for (auto chosen = choose_merge(segments); !chosen.empty(); chosen = choose_merge(segments)) {
      ASSERT_GT(chosen.size(), 1u) << "nobody is dead";
      SegmentSize merged;
      for (std::size_t k = chosen.size(); k-- > 0;) {
        merged.n_live += segments[chosen[k]].n_live;
        segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(chosen[k]));
      }
      merged.n_docs = merged.n_live;
      n_written += merged.n_live;
      segments.push_back(merged);
    }
    most = std::max(most, segments.size());
  }
};

}  // namespace

TEST(merge_policy, few_segments_stay) {
  EXPECT_THAT(choose_merge({}), IsEmpty());
  EXPECT_THAT(choose_merge(whole({1, 1, 1, 1, 1, 1, 1})), IsEmpty());
}

TEST(merge_policy, eight_small_ones_become_one) {
  EXPECT_THAT(choose_merge(whole({5, 1, 100'000, 7, 9, 1, 1, 2000, 1, 1})),
              ElementsAre(0, 1, 3, 4, 5, 6, 8, 9));
}

TEST(merge_policy, no_segment_grows_beyond_its_limit) {
  const std::uint32_t n = 200'000;
  EXPECT_THAT(choose_merge(whole({n, n, n, n, n, n, n, n})), ElementsAre(0, 1, 2, 3, 4));
  const std::uint32_t full = 1 << 20;
  EXPECT_THAT(choose_merge(whole({full, full, full, full, full, full, full, full})), IsEmpty());
}

TEST(merge_policy, a_quarter_dead_is_written_anew) {
  EXPECT_THAT(choose_merge(std::vector<SegmentSize>{{.n_docs = 100, .n_live = 76},
                                                    {.n_docs = 100, .n_live = 75}}),
              ElementsAre(1));
}

TEST(merge_policy, commits_of_one_document_are_not_written_again_each_time) {
  Simulation simulation;
  const std::uint32_t n_added = 20'000;
  for (std::uint32_t i = 0; i < n_added; ++i) {
    simulation.commit(1);
  }
  EXPECT_LT(simulation.n_written, 10ull * n_added);
  EXPECT_LT(simulation.most, 32u);
}

// A million documents in commits of 1 to 1,000: few segments, few writes, and an end.
TEST(merge_policy, segments_stay_few_and_writes_too) {
  std::mt19937 random(1);
  Simulation simulation;
  std::uint64_t n_added = 0;
  while (n_added < 1'000'000) {
    const std::uint32_t n = 1 + static_cast<std::uint32_t>(random() % 1000);
    n_added += n;
    simulation.commit(n);
  }
  EXPECT_LE(simulation.most, 24u);
  EXPECT_LE(simulation.n_written, 5 * n_added);
}

}  // namespace quern::store
