#include "engine/fair_shares.h"

#include <map>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

/// A lane whose steps take a fixed time.
struct FakeLane : Lane {
  FakeLane(WorkClass c, double ms) : step_ms(ms), wc(c) {}
  bool has_work() const override { return works; }
  int n_interactive() const override { return wc == WorkClass::kInteractive ? 1 : 0; }
  Turn step(Shortage) override { return Turn::kDone; }
  bool is_unwanted() const override { return false; }
  Clock::time_point sweep(Sweep) override { return {}; }

  double step_ms;
  WorkClass wc;
  bool works = true;
};

class FairSharesTest : public testing::Test {
 protected:
  FakeLane& add(WorkClass work_class, double step_ms) {
    auto lane = std::make_shared<FakeLane>(work_class, step_ms);
    lanes_.push_back(lane);
    return *lane;
  }

  /// Turns until so much time has been given out; what each lane had.
  std::map<Lane*, double> run(double total_ms) {
    std::map<Lane*, double> had;
    for (double sum = 0; sum < total_ms;) {
      auto* lane = static_cast<FakeLane*>(shares_.pick(lanes_).get());
      if (lane == nullptr) break;
      shares_.charge(*lane, lane->step_ms);
      had[lane] += lane->step_ms;
      sum += lane->step_ms;
    }
    return had;
  }

  FairShares shares_;
  std::vector<std::shared_ptr<Lane>> lanes_;
};

TEST_F(FairSharesTest, lanes_share_time_not_turns) {
  FakeLane& slow = add(WorkClass::kInteractive, 30);
  FakeLane& quick = add(WorkClass::kInteractive, 1);
  auto had = run(3000);
  EXPECT_NEAR(had[&slow], 1500, 31);
  EXPECT_NEAR(had[&quick], 1500, 31);
}

TEST_F(FairSharesTest, nobody_saves_up_time_by_being_idle) {
  FakeLane& early = add(WorkClass::kInteractive, 1);
  FakeLane& late = add(WorkClass::kInteractive, 1);
  late.works = false;
  run(1000);
  late.works = true;
  auto had = run(100);
  EXPECT_NEAR(had[&early], 50, 2);
  FakeLane& newcomer = add(WorkClass::kInteractive, 1);
  had = run(300);
  EXPECT_NEAR(had[&newcomer], 100, 2);
}

TEST_F(FairSharesTest, bulk_gets_its_sixteenth_and_all_when_alone) {
  FakeLane& bulk = add(WorkClass::kBulk, 40);
  EXPECT_EQ(run(400)[&bulk], 400);
  FakeLane& interactive = add(WorkClass::kInteractive, 2);
  auto had = run(16000);
  EXPECT_NEAR(had[&bulk], 16000.0 / 17, 45);
  interactive.works = false;
  EXPECT_EQ(run(400)[&bulk], 400);
}

TEST_F(FairSharesTest, only_other_interactive_lanes_go_first_in_the_midst_of_a_step) {
  FakeLane& bulk = add(WorkClass::kBulk, 1);
  add(WorkClass::kBulk, 1);
  EXPECT_EQ(shares_.pick_beside(lanes_, bulk, 10), nullptr);
  FakeLane& interactive = add(WorkClass::kInteractive, 1);
  EXPECT_EQ(shares_.pick_beside(lanes_, bulk, 10).get(), &interactive);
  EXPECT_EQ(shares_.pick_beside(lanes_, interactive, 10), nullptr);
  // Of two interactive lanes, that which has had less time.
  FakeLane& other = add(WorkClass::kInteractive, 1);
  EXPECT_EQ(shares_.pick_beside(lanes_, interactive, 10).get(), &other);
  shares_.charge(other, 10);
  EXPECT_EQ(shares_.pick_beside(lanes_, interactive, 10), nullptr);
}

}  // namespace
}  // namespace quern::engine
