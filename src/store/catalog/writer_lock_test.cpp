#include "store/catalog/writer_lock.h"

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test_folder.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class writer_lock : public FolderTest {};

}  // namespace

TEST_F(writer_lock, the_second_is_told_who) {
  auto first = WriterLock::take(path("LOCK"), "store add\nNAME");
  ASSERT_TRUE(first.ok()) << first.status().message();
  const auto second = WriterLock::take(path("LOCK"), "another");
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(second.status().message(), HasSubstr("store add NAME"));
  *first = WriterLock();
  EXPECT_TRUE(WriterLock::take(path("LOCK"), "another").ok());
}

TEST_F(writer_lock, it_goes_with_a_killed_process) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = WriterLock::take(path("LOCK"), "the child");
    static_cast<void>(::write(ready[1], held.ok() ? "y" : "n", 1) > 0);
    for (;;) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(WriterLock::take(path("LOCK"), "x").status().message(), HasSubstr("the child"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(WriterLock::take(path("LOCK"), "x").ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(writer_lock, what_is_in_the_file_means_nothing) {
  write(path("LOCK"), std::string(10'000, '\x01'));
  EXPECT_TRUE(WriterLock::take(path("LOCK"), "x").ok());
  EXPECT_THAT(read(path("LOCK")), HasSubstr(": x"));
  EXPECT_EQ(WriterLock::take(path("no/LOCK"), "x").status().code(), Code::kNotFound);
}

}  // namespace quern::store
