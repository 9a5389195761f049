#include "base/pace.h"

#include <gtest/gtest.h>

namespace quern {

TEST(pace, says_when_an_operation_left) {
  class Stopped : public Pace {
   public:
    bool stop_asked() const override { return stop; }
    bool stop = false;
  };
  EXPECT_TRUE(Pace::current().go_on());
  Stopped pace;
  {
    const Pace::Scope scope(pace);
    EXPECT_TRUE(Pace::current().go_on());
    pace.stop = true;
    EXPECT_FALSE(pace.left());
    EXPECT_FALSE(Pace::current().go_on());
    pace.stop = false;
    EXPECT_FALSE(Pace::current().go_on());  // Having left, it stays so.
  }
  EXPECT_TRUE(pace.left());
  EXPECT_TRUE(Pace::current().go_on());
}

}  // namespace quern
