#include "engine/eviction.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::engine {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(eviction, the_longest_idle_of_equals_goes_first) {
  const Evictable all[] = {{.bytes = 10, .reload_seconds = 0.2, .idle_seconds = 1},
                           {.bytes = 10, .reload_seconds = 0.9, .idle_seconds = 3},
                           {.bytes = 10, .reload_seconds = 0.1, .idle_seconds = 2}};
  EXPECT_THAT(choose_victims(all, 10), ElementsAre(1));
  EXPECT_THAT(choose_victims(all, 11), ElementsAre(1, 2));
  EXPECT_THAT(choose_victims(all, 30), ElementsAre(1, 2, 0));
}

TEST(eviction, what_is_slow_to_come_back_stays_longer) {
  const Evictable all[] = {{.bytes = 10, .reload_seconds = 60, .idle_seconds = 10},
                           {.bytes = 10, .reload_seconds = 1, .idle_seconds = 1}};
  EXPECT_THAT(choose_victims(all, 5), ElementsAre(1));
}

TEST(eviction, pinned_things_stay_and_too_little_costs_nothing) {
  const Evictable all[] = {{.bytes = 50, .idle_seconds = 9, .is_pinned = true},
                           {.bytes = 10, .idle_seconds = 1}};
  EXPECT_THAT(choose_victims(all, 10), ElementsAre(1));
  EXPECT_THAT(choose_victims(all, 11), IsEmpty());
  EXPECT_THAT(choose_victims({}, 1), IsEmpty());
}

TEST(eviction, nothing_goes_that_others_make_unnecessary) {
  const Evictable all[] = {{.bytes = 5, .idle_seconds = 100},
                           {.bytes = 100, .idle_seconds = 1},
                           {.bytes = 7, .idle_seconds = 80}};
  EXPECT_THAT(choose_victims(all, 90), ElementsAre(1));
}

TEST(eviction, victims_suffice_and_each_is_needed) {
  std::minstd_rand random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<Evictable> all(random() % 8);
    std::size_t evictable = 0;
    for (Evictable& e : all) {
      e = {.bytes = random() % 50,
           .reload_seconds = static_cast<double>(random() % 30) / 10,
           .idle_seconds = static_cast<double>(random() % 100),
           .is_pinned = random() % 4 == 0};
      if (!e.is_pinned) evictable += e.bytes;
    }
    const std::size_t wanted = 1 + random() % 120;
    const std::vector<std::size_t> victims = choose_victims(all, wanted);
    std::size_t freed = 0;
    for (const std::size_t i : victims) freed += all[i].bytes;
    ASSERT_EQ(freed >= wanted, evictable >= wanted);
    for (const std::size_t i : victims) {
      ASSERT_FALSE(all[i].is_pinned);
      ASSERT_LT(freed - all[i].bytes, wanted);
    }
  }
}

}  // namespace quern::engine
