// The program on a terminal: a pseudo-terminal types, and what comes back is looked at.

#include <chrono>
#include <csignal>
#include <functional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

const std::string kChatter = QUERN_SOURCE_DIR "/tests/data/decoders/tiny-chat.gguf";

/// A chat whose standard output goes to a file, and whose keyboard and messages are a terminal.
class Typed {
 public:
  Typed(
      const std::string& out, const std::string& args,
      const std::function<void()>& prepare = [] {}) {
    child_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (child_ == 0) {
      ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
      ::setenv("TERM", "xterm", 1);
      ::setenv("LC_ALL", "C", 1);
      prepare();
      const std::string command =
          "exec " QUERN_PROGRAM " chat " + kChatter + " --temperature 0 --max-tokens 8 " + args;
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Typed() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(terminal_);
  }

  /// Waits until `text` has been shown since the last wait.
  bool shows(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!contains(seen_, text)) {
      pollfd ready{.fd = terminal_, .events = POLLIN, .revents = 0};
      if (std::chrono::steady_clock::now() > end || ::poll(&ready, 1, 60'000) <= 0) return false;
      char block[4096];
      const ssize_t n = ::read(terminal_, block, sizeof block);
      if (n <= 0) return false;
      seen_.append(block, static_cast<std::size_t>(n));
    }
    seen_.erase(0, seen_.find(text) + text.size());
    return true;
  }

  void type(const std::string& keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  void send(int signal) { ::kill(child_, signal); }

  /// The exit code, -1 if a signal ended it.
  int end() {
    shows("(nothing shows this)");  // Reads on, so that the program can write, until it ends.
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int terminal_ = -1;
  pid_t child_ = -1;
  std::string seen_;
};

using terminal_program = ProgramTest;

}  // namespace

TEST_F(terminal_program, typed_text_of_any_script_reaches_the_model) {
  const std::string message = "h\xC3\xA4 \xE4\xBD\xA0 b";
  const Ended want =
      quern("chat " + kChatter + " --temperature 0 --max-tokens 8 --message " + quoted(message));
  ASSERT_EQ(want.exit_code, 0) << want.err;
  Typed typed(folder_.file("answer"), "");
  ASSERT_TRUE(typed.shows("> "));
  typed.type(message + "\r");
  ASSERT_TRUE(typed.shows("prompt tokens"));
  ASSERT_TRUE(typed.shows("> "));
  typed.type("\x04");
  EXPECT_EQ(typed.end(), 0);
  EXPECT_EQ(folder_.read("answer"), want.out);
}

TEST_F(terminal_program, colours_are_shown_where_they_are_wanted) {
  for (const bool wanted : {true, false}) {
    Typed typed(folder_.file("answer"), "--message hello", [&] {
      if (!wanted) ::setenv("NO_COLOR", "1", 1);
    });
    EXPECT_TRUE(typed.shows(wanted ? "\033[2m[" : "["));
    EXPECT_TRUE(typed.shows(wanted ? "\033[0m" : "]"));
    EXPECT_EQ(typed.end(), 0);
  }
  Typed dumb(folder_.file("answer"), "--message hello", [] { ::setenv("TERM", "dumb", 1); });
  EXPECT_TRUE(dumb.shows("["));
  EXPECT_FALSE(dumb.shows("\033[0m"));
}

TEST_F(terminal_program, ctrl_c_empties_the_line_and_other_signals_end_the_program) {
  Typed stopped(folder_.file("answer"), "");
  ASSERT_TRUE(stopped.shows("> "));
  stopped.type("half a line");
  ASSERT_TRUE(stopped.shows("half a line"));
  stopped.type("\x03");
  ASSERT_TRUE(stopped.shows("> "));
  stopped.type("more");
  ASSERT_TRUE(stopped.shows("more"));
  stopped.send(SIGTERM);
  EXPECT_EQ(stopped.end(), 130);
}

}  // namespace quern::cli
