// What the process itself takes, beside what was reserved.

#include "engine/resident_watch.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/machine.h"

namespace quern::engine {
namespace {

constexpr std::size_t kMega = std::size_t{1} << 20;

class ResidentWatchTest : public testing::Test {
 protected:
  ResidentWatchTest() : watch_(ledger_, process(), 2) {}

  Reservation process() {
    Result<Reservation> made = ledger_.reserve(ByteLedger::kProcess, process_bytes(2, 0));
    EXPECT_TRUE(made.ok());
    return made.ok() ? std::move(*made) : Reservation();
  }

  ByteLedger ledger_{1000 * kMega};
  ResidentWatch watch_;
};

TEST_F(ResidentWatchTest, the_program_is_a_part_of_what_is_resident) {
  const std::size_t program = program_resident_bytes();
  EXPECT_GT(program, kMega);
  EXPECT_LT(program, resident_bytes());
}

TEST_F(ResidentWatchTest, what_the_heap_takes_without_a_reservation_is_the_process_s) {
  watch_.look();
  const std::size_t before = ledger_.used_bytes();
  {
    const std::vector<char> large(50 * kMega, 'x');
    watch_.look();
    EXPECT_GE(ledger_.used_bytes(), before + 48 * kMega);
    const Result<Reservation> held = ledger_.reserve("requests", large.size());
    watch_.look();
    EXPECT_LE(ledger_.used_bytes(), before + 53 * kMega);  // Counted once.
  }
  watch_.look();
  EXPECT_LE(ledger_.used_bytes(), before + 3 * kMega);
}

TEST_F(ResidentWatchTest, what_cannot_be_set_aside_is_no_error) {
  const Result<Reservation> rest = ledger_.reserve("weights/x", ledger_.free_bytes() - kMega);
  const std::size_t used = ledger_.used_bytes();
  const std::vector<char> large(20 * kMega, 'x');
  watch_.look();
  EXPECT_EQ(ledger_.used_bytes(), used);
  EXPECT_EQ(large.back(), 'x');
}

}  // namespace
}  // namespace quern::engine
