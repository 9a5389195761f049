#include "base/standard_error.h"

#include <csignal>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/log.h"

namespace quern {
namespace {

/// Standard error of this process is `fd`, until the end.
class Redirected {
 public:
  explicit Redirected(int fd) : kept_(::dup(STDERR_FILENO)) { ::dup2(fd, STDERR_FILENO); }
  ~Redirected() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }

 private:
  int kept_;
};

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    for (const int end : ends) ::close(end);
  }
};

std::string read_some(int fd, std::size_t n) {
  std::string text(n, '\0');
  std::size_t got = 0;
  while (got < n) {
    const ssize_t more = ::read(fd, text.data() + got, n - got);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  text.resize(got);
  return text;
}

}  // namespace

TEST(standard_error, text_arrives_whole_however_long) {
  Pipe pipe;
  const std::string text(300'000, 'x');  // More than a pipe holds.
  std::string got;
  std::thread reader([&] { got = read_some(pipe.ends[0], text.size()); });
  {
    const Redirected redirected(pipe.ends[1]);
    write_standard_error(text, WhenFull::kWait);
  }
  reader.join();
  EXPECT_EQ(got, text);
}

TEST(standard_error, what_nobody_can_read_is_dropped) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const int full = ::open("/dev/full", O_WRONLY);
  const int read_only = ::open("/dev/null", O_RDONLY);
  for (const int fd : {ends[1], full, read_only}) {
    const Redirected redirected(fd);
    write_standard_error("lost", WhenFull::kWait);
    write_standard_error("lost", WhenFull::kDrop);
    log_error("lost");
    ::close(fd);
  }
}

TEST(standard_error, a_pipe_that_nobody_reads_holds_up_no_server) {
  Pipe pipe;
  const Redirected redirected(pipe.ends[1]);
  for (int i = 0; i < 100; ++i) write_standard_error(std::string(5000, 'x'), WhenFull::kDrop);
  for (int i = 0; i < 100; ++i) log_error("{}", std::string(5000, 'x'));
  EXPECT_EQ(read_some(pipe.ends[0], 4096), std::string(4096, 'x'));
}

}  // namespace quern
