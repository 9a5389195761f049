// Sections that take turns: what is in memory meanwhile, and on whose account.

#include "models/section_stream.h"

#include <algorithm>
#include <numeric>
#include <thread>

#include <gmock/gmock.h>

#include "models/test_sections.h"
#include "models/weight_window.h"

namespace quern::models {
namespace {

constexpr std::size_t kMega = std::size_t{1} << 20;

/// Sections far larger than what the system maps around a page that is read.
class SectionStreamTest : public testing::Test {
 protected:
  SectionStreamTest() {
    std::vector<std::size_t> sizes = {1, 12, 12, 10, 12, 12, 8};
    for (std::size_t s = 0; s < sizes.size(); ++s) {
      KeptSections& to = kept_;
      to.sections.emplace_back(sizes[s] * kMega, static_cast<char>('a' + s));
      sizes_.push_back(to.sections.back().size());
    }
    uses_.assign(sizes.size(), SectionUse::kInTurn);
    uses_[0] = SectionUse::kAlways;
    order_.resize(sizes.size() - 1);
    std::iota(order_.begin(), order_.end(), 1);
  }

  std::size_t least() const { return SectionStream::least_bytes(sizes_, uses_); }

  WeightWindow window(ByteLedger& ledger, bool keeps) {
    Result<Reservation> held = ledger.reserve("weights/m", least());
    EXPECT_TRUE(held.ok());
    return WeightWindow(std::make_unique<SectionStream>(
        ledger, kept_.mapped(), SectionStream::Plan{.uses = uses_, .keeps = keeps},
        std::move(*held)));
  }

  /// Goes through all sections, reads each and looks at what is resident.
  std::size_t most_in_a_pass(const WeightWindow& window) {
    WeightPass pass(window, order_);
    std::size_t most = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      pass.go_to(static_cast<int>(i));
      const auto bytes = window.section(order_[i]);
      const auto want = static_cast<std::byte>('a' + order_[i]);
      bool is_right = bytes.back() == want;
      for (std::size_t at = 0; at < bytes.size(); at += 509) is_right &= bytes[at] == want;
      EXPECT_TRUE(is_right) << order_[i];
      most = std::max(most, resident_bytes(window.section(0).data()));
    }
    return most;
  }

  KeptSections kept_;
  std::vector<std::size_t> sizes_;
  std::vector<SectionUse> uses_;
  std::vector<int> order_;
};

TEST_F(SectionStreamTest, least_is_what_stays_and_the_two_largest_in_turn) {
  EXPECT_EQ(least(), (1 + 24 + 8) * kMega);
  uses_[6] = SectionUse::kRows;
  EXPECT_EQ(least(), (1 + 24 + 8 + 8) * kMega);
}

TEST_F(SectionStreamTest, passes_never_hold_more_than_is_reserved) {
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, false);
  for (int pass = 0; pass < 3; ++pass) {
    EXPECT_LE(most_in_a_pass(streamed), ledger.used_bytes());
    EXPECT_EQ(ledger.used_bytes(), least());
  }
  EXPECT_GT(streamed.stream()->stats().n_read_bytes, 2 * (streamed.n_bytes() - sizes_[0]));
  EXPECT_EQ(streamed.stream()->passing_bytes(), streamed.n_bytes() - sizes_[0]);
}

TEST_F(SectionStreamTest, memory_to_spare_keeps_sections_and_they_are_not_read_again) {
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, true);
  most_in_a_pass(streamed);
  EXPECT_EQ(streamed.stream()->passing_bytes(), 0u);
  const std::size_t n_read = streamed.stream()->stats().n_read_bytes;
  EXPECT_EQ(n_read, streamed.n_bytes() - sizes_[0]);
  EXPECT_LE(most_in_a_pass(streamed), ledger.used_bytes());
  EXPECT_EQ(streamed.stream()->stats().n_read_bytes, n_read);
}

TEST_F(SectionStreamTest, some_of_the_budget_stays_free) {
  ByteLedger ledger(least() + 30 * kMega);
  const WeightWindow streamed = window(ledger, true);
  for (int pass = 0; pass < 3; ++pass) {
    const std::size_t most = most_in_a_pass(streamed);
    EXPECT_LE(most, ledger.used_bytes());
  }
  EXPECT_GT(ledger.used_bytes(), least() + 12 * kMega);
  EXPECT_GE(ledger.free_bytes(), ledger.limit_bytes() / 16);
}

TEST_F(SectionStreamTest, what_is_kept_is_given_back_between_passes_and_in_their_midst) {
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, true);
  most_in_a_pass(streamed);
  SectionStream& stream = *streamed.stream();
  const std::size_t spare = stream.spare_bytes();
  EXPECT_EQ(spare, streamed.n_bytes() - sizes_[0]);
  stream.give_back(13 * kMega);
  EXPECT_LE(stream.spare_bytes(), spare - 13 * kMega);
  EXPECT_EQ(ledger.used_bytes(), stream.held_bytes());
  EXPECT_LE(resident_bytes(streamed.section(0).data()), ledger.used_bytes());
  {
    WeightPass pass(streamed, order_);
    pass.go_to(2);
    stream.give_back(1000 * kMega);
    // The section that the pass is at stays with its account, and one that is being read.
    EXPECT_GE(ledger.used_bytes(), least() + sizes_[3]);
    EXPECT_LE(ledger.used_bytes(), least() + sizes_[3] + sizes_[4]);
    EXPECT_LE(resident_bytes(streamed.section(0).data()), ledger.used_bytes());
  }
  stream.give_back(1000 * kMega);
  EXPECT_EQ(ledger.used_bytes(), least());
  EXPECT_LE(most_in_a_pass(streamed), ledger.limit_bytes());
}

TEST_F(SectionStreamTest, a_pass_that_is_left_early_lets_go) {
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, false);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    WeightPass pass(streamed, order_);
    for (std::size_t j = 0; j <= i; ++j) pass.go_to(static_cast<int>(j));
  }
  EXPECT_LE(most_in_a_pass(streamed), ledger.used_bytes());
}

TEST_F(SectionStreamTest, a_pass_in_the_midst_of_another_has_room_too) {
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, false);
  WeightPass outer(streamed, order_);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    outer.go_to(static_cast<int>(i));
    EXPECT_LE(most_in_a_pass(streamed), ledger.used_bytes()) << i;
  }
}

TEST_F(SectionStreamTest, passes_of_several_threads_read_what_is_there) {
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, true);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int pass = 0; pass < 4; ++pass) most_in_a_pass(streamed);
    });
  }
  for (int i = 0; i < 20; ++i) streamed.stream()->give_back(5 * kMega);
  for (std::thread& t : threads) t.join();
}

TEST_F(SectionStreamTest, rows_that_were_looked_up_go) {
  uses_[6] = SectionUse::kRows;
  ByteLedger ledger(1000 * kMega);
  const WeightWindow streamed = window(ledger, false);
  const std::size_t before = resident_bytes(streamed.section(0).data());
  const auto rows = streamed.section(6);
  for (std::size_t at = 0; at < rows.size(); at += 509) {
    EXPECT_EQ(rows[at], static_cast<std::byte>('g'));
  }
  EXPECT_GT(resident_bytes(streamed.section(0).data()), before + 7 * kMega);
  streamed.stream()->drop_rows(6);
  EXPECT_LT(resident_bytes(streamed.section(0).data()), before + kMega);
}

}  // namespace
}  // namespace quern::models
