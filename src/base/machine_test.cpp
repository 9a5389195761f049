#include "base/machine.h"

#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>

namespace quern {

TEST(machine, reports_sane_numbers) {
  EXPECT_GE(usable_cpus(), 1);
  EXPECT_LE(usable_cpus(), 4096);
  EXPECT_GT(memory_limit_bytes(), std::size_t{64} << 20);
  EXPECT_FALSE(cpu_name().empty());
  EXPECT_GE(cache_sizes().l1d_bytes, std::size_t{8} << 10);
  EXPECT_GE(cache_sizes().l2_bytes, cache_sizes().l1d_bytes);
}

TEST(machine, honours_the_affinity_mask) {
  int n_cpus = 0;
  std::thread([&] {  // The mask of a thread of its own: the test's is left alone.
    cpu_set_t set;
    ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    ASSERT_EQ(::sched_setaffinity(0, sizeof set, &set), 0);
    n_cpus = usable_cpus();
  })
      .join();
  EXPECT_EQ(n_cpus, 1);
}

TEST(machine, resident_set_follows_touched_pages) {
  constexpr std::size_t kBytes = 32 << 20;
  const std::size_t before = resident_bytes();
  EXPECT_GT(before, std::size_t{100} << 10);
  std::vector<char> block(kBytes);
  std::memset(block.data(), 1, kBytes);
  EXPECT_GE(resident_bytes() + (4 << 20), before + kBytes);
  EXPECT_GE(peak_resident_bytes(), before + kBytes - (4 << 20));
  EXPECT_EQ(block[kBytes / 2], 1);
}

}  // namespace quern
