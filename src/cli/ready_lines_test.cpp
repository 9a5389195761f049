#include "cli/ready_lines.h"

#include <chrono>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace quern::cli {
namespace {

class ready_lines : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(ends_), 0); }
  void TearDown() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  void write(const std::string& bytes) {
    ASSERT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void end() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }

  int ends_[2] = {-1, -1};
};

}  // namespace

TEST_F(ready_lines, what_has_come_is_taken_and_what_has_not_is_not_waited_for) {
  ReadyLines lines(ends_[0], 100);
  EXPECT_FALSE(*lines.next_ready());
  write("one\ntwo\nthr");
  EXPECT_EQ((*lines.next())->text, "one");
  EXPECT_EQ((*lines.next_ready())->text, "two");
  EXPECT_FALSE(*lines.next_ready());  // Half a line is none.
  std::thread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    write("ee\n");
  });
  const auto third = *lines.next();
  late.join();
  EXPECT_EQ(third->text, "three");
  EXPECT_EQ(third->n_line, 3u);
  write("\nlast");
  end();
  EXPECT_EQ((*lines.next())->text, "");
  EXPECT_EQ((*lines.next())->text, "last");
  EXPECT_FALSE(*lines.next());
  EXPECT_FALSE(*lines.next_ready());
}

TEST_F(ready_lines, a_line_that_is_too_long_is_passed_over_whole) {
  ReadyLines lines(ends_[0], 10);
  std::thread writer([&] {
    write(std::string(200'000, 'x') + "\nshort\n0123456789\n01234567890\n");
    end();
  });
  const auto first = *lines.next();
  EXPECT_TRUE(first->is_too_long);
  EXPECT_EQ(first->n_bytes, 200'001u);
  EXPECT_EQ(first->text, "");
  EXPECT_EQ((*lines.next())->text, "short");
  EXPECT_EQ((*lines.next())->text, "0123456789");
  EXPECT_TRUE((*lines.next())->is_too_long);
  EXPECT_FALSE(*lines.next());
  writer.join();
}

TEST(ready_lines_of_nothing, a_descriptor_that_is_none_is_an_error) {
  ReadyLines lines(9999, 10);
  EXPECT_EQ(lines.next().status().code(), Code::kIo);
}

}  // namespace quern::cli
