#include "engine/model_uses.h"

#include <vector>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using namespace std::chrono_literals;
using Clock = ModelUses::Clock;

class model_uses : public testing::Test {
 protected:
  void end(const std::string& where, std::optional<KeepAlive> keep_alive = {}) {
    static_cast<void>(uses_.begin(where, where, keep_alive));
  }

  Clock::time_point now_ = Clock::now();
  std::vector<Clock::time_point> told_;
  ModelUses uses_{10min, [this](Clock::time_point t) { told_.push_back(t); },
                  [this] { return now_; }};
};

}  // namespace

TEST_F(model_uses, a_model_expires_after_its_last_request) {
  ModelUses::UsePtr first = uses_.begin("a", "A", {});
  ModelUses::UsePtr second = uses_.begin("a", "A", {});
  EXPECT_EQ(uses_.find("a")->n_running, 2);
  first.reset();
  EXPECT_FALSE(uses_.find("a")->expires);
  now_ += 5s;
  second.reset();
  EXPECT_EQ(uses_.find("a")->n_running, 0);
  EXPECT_EQ(uses_.find("a")->n_requests, 2);
  EXPECT_EQ(*uses_.find("a")->last_used, now_);
  EXPECT_EQ(*uses_.find("a")->expires, now_ + 10min);
  EXPECT_EQ(told_, std::vector{now_ + 10min});

  EXPECT_TRUE(uses_.due(now_ + 10min - 1ns).where.empty());
  EXPECT_EQ(uses_.due(now_).next, now_ + 10min);
  const ModelUses::Due due = uses_.due(now_ + 10min);
  EXPECT_EQ(due.where, std::vector<std::string>{"a"});
  EXPECT_EQ(due.next, Clock::time_point::max());
}

TEST_F(model_uses, the_last_request_says_how_long) {
  end("a", 1s);
  EXPECT_EQ(*uses_.find("a")->expires, now_ + 1s);
  end("a");
  EXPECT_EQ(*uses_.find("a")->expires, now_ + 10min);
  end("a", kKeepForever);
  EXPECT_FALSE(uses_.find("a")->expires);
  end("a", 0s);
  EXPECT_EQ(uses_.due(now_).where.size(), 1u);
}

TEST_F(model_uses, a_model_may_have_a_time_of_its_own) {
  uses_.keep("a", "A", 2min);
  EXPECT_EQ(uses_.find("a")->n_requests, 0);
  end("a");
  EXPECT_EQ(*uses_.find("a")->expires, now_ + 2min);
  end("a", 1s);
  EXPECT_EQ(*uses_.find("a")->expires, now_ + 1s);
  end("b");
  EXPECT_EQ(*uses_.find("b")->expires, now_ + 10min);
}

TEST_F(model_uses, one_that_is_used_again_or_gone_does_not_expire) {
  end("a", 0s);
  const ModelUses::UsePtr again = uses_.begin("a", "A", {});
  EXPECT_TRUE(uses_.due(now_ + 1h).where.empty());
  end("b", 1s);
  uses_.gone("b");
  EXPECT_TRUE(uses_.due(now_ + 1h).where.empty());
  EXPECT_EQ(uses_.find("b")->n_requests, 1);  // The book remembers.
}

TEST_F(model_uses, loads_are_counted_and_the_last_is_timed) {
  uses_.loaded("a", 2);
  uses_.loaded("a", 3);
  EXPECT_EQ(uses_.find("a")->n_loads, 2);
  EXPECT_EQ(uses_.find("a")->load_seconds, 3);
  EXPECT_FALSE(uses_.find("missing"));
}

}  // namespace quern::engine
