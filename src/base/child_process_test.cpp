#include "base/child_process.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace quern {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ChildProcess::Deadline in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

std::unique_ptr<ChildProcess> shell(const std::string& script, ChildOptions options = {}) {
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  Result<std::unique_ptr<ChildProcess>> child = ChildProcess::start(options);
  EXPECT_TRUE(child.ok()) << child.status().message();
  return std::move(*child);
}

std::string read(ChildProcess& child, std::size_t n) {
  std::string out(n, '?');
  const Status status = child.read(out, in(seconds(20)));
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

TEST(child_process, bytes_go_in_and_come_out_more_than_any_buffer_holds) {
  auto child = shell("cat");
  const std::string text(std::size_t{3} << 20, 'x');
  std::thread writer([&] { EXPECT_TRUE(child->write(text, in(seconds(20))).ok()); });
  std::string got(text.size(), '?');
  const Status status = child->read(got, in(seconds(20)));
  writer.join();
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(got, text);
}

TEST(child_process, what_it_says_is_read_as_it_comes_to_its_end) {
  auto child = shell("printf one; sleep 0.1; printf two; exit 7");
  std::string all, some(100, '?');
  while (true) {
    const Result<std::size_t> n = child->read_some(some, in(seconds(20)));
    ASSERT_TRUE(n.ok()) << n.status().message();
    if (*n == 0) break;
    all.append(some, 0, *n);
  }
  EXPECT_EQ(all, "onetwo");
  EXPECT_EQ(child->end(), "exit code 7");
  auto silent = shell("exec sleep 100");
  EXPECT_EQ(silent->read_some(some, in(milliseconds(50))).status().code(), Code::kDeadline);
}

TEST(child_process, a_reply_that_does_not_come_ends_at_the_deadline) {
  auto child = shell("exec sleep 100");
  const auto before = std::chrono::steady_clock::now();
  char byte = 0;
  EXPECT_EQ(child->read({&byte, 1}, in(milliseconds(50))).code(), Code::kDeadline);
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(10));
  const pid_t pid = child->pid();
  EXPECT_EQ(child->end(), "signal 9 (Killed)");
  EXPECT_TRUE(is_gone(pid));
}

TEST(child_process, one_that_reads_nothing_blocks_nobody_for_ever) {
  auto child = shell("exec sleep 100");
  const std::string text(std::size_t{8} << 20, 'x');
  EXPECT_EQ(child->write(text, in(milliseconds(50))).code(), Code::kDeadline);
}

TEST(child_process, how_it_ended_is_said) {
  char byte = 0;
  auto left = shell("exit 3");
  EXPECT_EQ(left->read({&byte, 1}, in(seconds(20))).code(), Code::kUnavailable);
  EXPECT_EQ(left->end(), "exit code 3");
  EXPECT_EQ(left->end(), "exit code 3");
  auto crashed = shell("kill -SEGV $$");
  EXPECT_EQ(crashed->read({&byte, 1}, in(seconds(20))).code(), Code::kUnavailable);
  EXPECT_EQ(crashed->end(), "signal 11 (Segmentation fault)");
}

TEST(child_process, writing_to_one_that_has_ended_is_an_error_and_no_signal) {
  auto child = shell("exit 0");
  char byte = 0;
  EXPECT_EQ(child->read({&byte, 1}, in(seconds(20))).code(), Code::kUnavailable);
  EXPECT_EQ(child->write("more", in(seconds(20))).code(), Code::kUnavailable);
}

TEST(child_process, it_has_no_file_of_ours_but_its_socket) {
  const std::ifstream ours("/dev/null"), more("/dev/null");
  auto child = shell(
      "for fd in 0 1 2 3 4 5 6 7 8 9 10 11; do [ -e /proc/$$/fd/$fd ] && printf $fd,; done; printf "
      ".");
  std::string open;
  while (open.empty() || open.back() != '.') open += read(*child, 1);
  EXPECT_EQ(open, "0,1,2,.");
}

TEST(child_process, its_environment_is_ours_but_for_what_is_given) {
  ::setenv("QUERN_TEST_KEPT", "kept", 1);
  ::setenv("QUERN_TEST_CHANGED", "ours", 1);
  auto child = shell("printf '%s %s %s.' $QUERN_TEST_KEPT $QUERN_TEST_CHANGED $QUERN_TEST_NEW",
                     {.environment = {"QUERN_TEST_CHANGED=theirs", "QUERN_TEST_NEW=new"}});
  EXPECT_EQ(read(*child, 16), "kept theirs new.");
}

TEST(child_process, its_environment_may_be_what_is_given_alone) {
  ::setenv("QUERN_TEST_SECRET", "secret", 1);
  ChildOptions options = {.program = "/usr/bin/env",
                          .environment = {"QUERN_TEST_NEW=new"},
                          .others = Environment::kOnlyGiven};
  Result<std::unique_ptr<ChildProcess>> child = ChildProcess::start(options);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(read(**child, 19), "QUERN_TEST_NEW=new\n");
  char more = 0;
  EXPECT_EQ((*child)->read({&more, 1}, in(seconds(20))).code(), Code::kUnavailable);
}

TEST(child_process, limits_hold) {
  auto child = shell("ulimit -v; ulimit -d; ulimit -t; ulimit -c",
                     {.heap_bytes = 64 << 20, .address_bytes = 256 << 20, .cpu_time = seconds(7)});
  EXPECT_EQ(read(*child, 6 + 1 + 5 + 1 + 2 + 2), "262144\n65536\n7\n0\n");
  auto busy = shell("while :; do :; done", {.cpu_time = seconds(1)});
  char byte = 0;
  EXPECT_EQ(busy->read({&byte, 1}, in(seconds(60))).code(), Code::kUnavailable);
  EXPECT_EQ(busy->end(), "signal 9 (Killed)");
}

TEST(child_process, no_zombie_is_left) {
  const pid_t pid = shell("exit 0")->pid();
  EXPECT_TRUE(is_gone(pid));
}

TEST(child_process, it_ends_with_the_thread_that_started_it) {
  std::unique_ptr<ChildProcess> child;
  std::thread([&] { child = shell("exec sleep 100"); }).join();
  char byte = 0;
  EXPECT_EQ(child->read({&byte, 1}, in(seconds(20))).code(), Code::kUnavailable);
  EXPECT_EQ(child->end(), "signal 9 (Killed)");
}

TEST(child_process, a_program_that_is_not_there_is_said) {
  const auto child = ChildProcess::start({.program = "/no/such/program"});
  EXPECT_EQ(child.status().code(), Code::kNotFound);
  EXPECT_NE(child.status().message().find("/no/such/program"), std::string::npos);
}

TEST(child_process, this_program_is_run_where_none_is_named) {
  ::unsetenv("GTEST_OUTPUT");  // Else it writes a report of its own, or half of one.
  const auto child = ChildProcess::start({.arguments = {"--gtest_list_tests"}});
  ASSERT_TRUE(child.ok()) << child.status().message();
  // The first line of googletest's main.
  EXPECT_EQ(read(**child, 12), "Running main");
}

}  // namespace
}  // namespace quern
