#include "base/stepped_reservation.h"

#include <gtest/gtest.h>

namespace quern {

TEST(stepped_reservation, holds_whole_steps_as_long_as_the_ledger_has_them) {
  constexpr std::size_t kStep = SteppedReservation::kStepBytes;
  ByteLedger ledger(3 * kStep);
  SteppedReservation held(ledger, "cache/test");
  EXPECT_EQ(held.bytes(), 0u);
  EXPECT_TRUE(held.grow_to(1));
  EXPECT_EQ(held.bytes(), kStep);
  EXPECT_TRUE(held.grow_to(kStep));
  EXPECT_EQ(held.bytes(), kStep);
  EXPECT_TRUE(held.grow_to(2 * kStep + 1));
  EXPECT_EQ(held.bytes(), 3 * kStep);
  EXPECT_FALSE(held.grow_to(3 * kStep + 1));
  EXPECT_EQ(held.bytes(), 3 * kStep);
  held.shrink_to(kStep + 1);
  EXPECT_EQ(held.bytes(), 2 * kStep);
  held.shrink_to(2 * kStep);
  EXPECT_EQ(held.bytes(), 2 * kStep);
  held.shrink_to(0);
  EXPECT_EQ(held.bytes(), 0u);
  EXPECT_TRUE(held.grow_to(3 * kStep));
}

}  // namespace quern
