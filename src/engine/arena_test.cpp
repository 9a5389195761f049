#include "engine/arena.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace quern::engine {

TEST(arena, grows_and_keeps_its_block) {
  ByteLedger ledger(1000);
  Arena arena(ledger);
  const std::byte* first = nullptr;
  {
    const Result<Arena::Lease> lease = arena.take(100);
    ASSERT_TRUE(lease.ok());
    EXPECT_GE(lease->bytes().size(), 100u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(lease->bytes().data()) % Buffer::kAlignment, 0u);
    first = lease->bytes().data();
  }
  {
    const Result<Arena::Lease> lease = arena.take(60);
    ASSERT_TRUE(lease.ok());
    EXPECT_EQ(lease->bytes().data(), first);
  }
  ASSERT_TRUE(arena.take(900).ok());
  EXPECT_EQ(ledger.used_bytes(), 900u);  // Nothing to spare: no more than was asked for.
  EXPECT_EQ(ledger.tenants().at(0).name, "activations");
}

TEST(arena, a_refusal_keeps_what_there_was) {
  ByteLedger ledger(1000);
  Arena arena(ledger);
  ASSERT_TRUE(arena.take(300).ok());
  const std::size_t held = ledger.used_bytes();
  EXPECT_EQ(arena.take(1001).status().code(), Code::kExhausted);
  EXPECT_EQ(ledger.used_bytes(), held);
}

TEST(arena, gives_its_block_back_only_when_idle) {
  ByteLedger ledger(1000);
  Arena arena(ledger);
  {
    const Result<Arena::Lease> lease = arena.take(300);
    ASSERT_TRUE(lease.ok());
    arena.reclaim(SIZE_MAX);
    EXPECT_GE(ledger.used_bytes(), 300u);
    lease->bytes()[299] = std::byte{1};
  }
  arena.reclaim(SIZE_MAX);
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(arena, its_idle_block_makes_room_for_others_and_for_its_own_next_pass) {
  ByteLedger ledger(1000);
  Arena arena(ledger);
  {
    const Result<Arena::Lease> outer = arena.take(100);
    const Result<Arena::Lease> inner = arena.take(300);
    ASSERT_TRUE(outer.ok() && inner.ok());
    EXPECT_EQ(arena.reclaimable_bytes(), 0u);
  }
  EXPECT_EQ(arena.reclaimable_bytes(), ledger.used_bytes());
  EXPECT_EQ(arena.take(950, Reclaim::kNever).status().code(), Code::kExhausted);
  ASSERT_TRUE(arena.take(950).ok());  // In the place of both.
  EXPECT_TRUE(ledger.reserve("weights", 1000).ok());
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(arena, a_second_lease_has_a_block_of_its_own) {
  ByteLedger ledger(1000);
  Arena arena(ledger);
  {
    const Result<Arena::Lease> outer = arena.take(100);
    ASSERT_TRUE(outer.ok());
    outer->bytes()[0] = std::byte{1};
    for (int i = 0; i < 3; ++i) {
      const Result<Arena::Lease> inner = arena.take(200);
      ASSERT_TRUE(inner.ok());
      inner->bytes()[0] = std::byte{2};
      EXPECT_EQ(outer->bytes()[0], std::byte{1});
    }
    arena.reclaim(SIZE_MAX);  // From the thread that holds one, too.
    EXPECT_GE(ledger.used_bytes(), 100u);
    EXPECT_LT(ledger.used_bytes(), 300u);
    EXPECT_EQ(arena.take(2000).status().code(), Code::kExhausted);
    EXPECT_TRUE(arena.take(10).ok());
  }
  arena.reclaim(SIZE_MAX);
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

}  // namespace quern::engine
