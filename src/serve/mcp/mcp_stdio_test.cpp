// A server at the ends of two real pipes.

#include "serve/mcp/mcp_stdio.h"

#include <array>
#include <chrono>
#include <optional>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/mcp/mcp_test_server.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;

class mcp_stdio : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(::pipe2(in_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(out_.data(), O_CLOEXEC), 0);
    thread_ = std::thread([this] {
      const Status ended = run_mcp_stdio(server_, {.in = in_[0], .out = out_[1]});
      EXPECT_TRUE(ended.ok()) << ended.message();
      is_over_ = true;
    });
  }
  void TearDown() override {
    close_input();
    if (thread_.joinable()) thread_.join();
    for (const int fd : {in_[0], out_[0], out_[1]}) {
      if (fd >= 0) ::close(fd);
    }
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(in_[1], bytes.data(), bytes.size());
      ASSERT_GT(n, 0);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void say(const std::string& json) { send(json + "\n"); }

  std::optional<Json> hear(int timeout_ms = 5000) {
    std::size_t end = 0;
    while ((end = heard_.find('\n')) == std::string::npos) {
      pollfd wait = {.fd = out_[0], .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, timeout_ms) <= 0) return std::nullopt;
      char bytes[4096];
      const ssize_t n = ::read(out_[0], bytes, sizeof bytes);
      if (n <= 0) return std::nullopt;
      heard_.append(bytes, static_cast<std::size_t>(n));
    }
    const std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return Json::parse(line);  // Whatever is written is JSON.
  }
  int heard_error() {
    const auto heard = hear();
    return heard ? heard->value("error", Json::object()).value("code", 0) : 0;
  }

  // Until nothing more is taken: no memory is filled with answers.
  static void ask_without_end(int fd) {
    const std::string ask = legacy(1, "tools/list") + "\n";
    ASSERT_EQ(::fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    std::size_t n_sent = 0;
    for (int n_idle = 0; n_idle < 40 && n_sent < (std::size_t{64} << 20);) {
      const ssize_t n = ::write(fd, ask.data(), ask.size());
      n_idle = n > 0 ? 0 : n_idle + 1;
      if (n > 0) n_sent += static_cast<std::size_t>(n);
      if (n <= 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_LT(n_sent, std::size_t{8} << 20);
  }

  void close_input() {
    if (in_[1] >= 0) ::close(in_[1]);
    in_[1] = -1;
  }

  TestTools tools_;
  McpServer server_{test_facts(), tools_.tools()};
  std::array<int, 2> in_ = {-1, -1}, out_ = {-1, -1};
  std::string heard_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

TEST_F(mcp_stdio, both_eras_are_answered_in_one_process) {
  say(modern(1, "server/discover"));
  EXPECT_EQ((*hear())["result"]["supportedVersions"][0], "2026-07-28");
  say(legacy(2, "initialize", {{"protocolVersion", "2025-06-18"}}));
  EXPECT_EQ((*hear())["result"]["protocolVersion"], "2025-06-18");
  say(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  say(legacy(3, "tools/list"));
  EXPECT_EQ((*hear())["result"]["tools"].size(), 4u);
  say(modern(4, "tools/call", {{"name", "echo"}}));
  EXPECT_EQ((*hear())["result"]["resultType"], "complete");
}

TEST_F(mcp_stdio, a_list_before_the_handshake_is_answered) {
  say(legacy(1, "tools/list"));
  EXPECT_EQ((*hear())["id"], 1);
}

TEST_F(mcp_stdio, lines_come_in_any_pieces) {
  const std::string message = R"({"jsonrpc":"2.0","id":"é","method":"ping"})";
  for (const char c : message + "\r\n\r\n  \n") send({&c, 1});
  EXPECT_EQ((*hear())["id"], "é");
  send(message + "\n" + message + "\n" + message);
  EXPECT_TRUE(hear());
  EXPECT_TRUE(hear());
  EXPECT_FALSE(hear(50));  // Not ended yet.
  send("\n");
  EXPECT_TRUE(hear());
}

TEST_F(mcp_stdio, bad_lines_are_answered_and_the_next_is_served) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view bad :
       {"nonsense\n"sv, "{\n"sv, "\xff\xfe\n"sv, "{\"a\":\"\0\"}\n"sv}) {
    send(bad);
    EXPECT_EQ(heard_error(), kParseError);
  }
  say(std::string(50'000, '['));
  EXPECT_EQ(heard_error(), kParseError);
  send("\"" + std::string(kMaxMcpLine + 10, 'x') + "\"\n");
  EXPECT_EQ(heard_error(), kInvalidRequest);
  say(legacy(1, "ping"));
  EXPECT_EQ((*hear())["id"], 1);
}

TEST_F(mcp_stdio, a_call_does_not_hold_up_others_and_can_be_cancelled) {
  say(legacy(1, "tools/call", {{"name", "wait"}}));
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 1; }));
  say(legacy(2, "ping"));
  EXPECT_EQ((*hear())["id"], 2);
  say(legacy(3, "tools/call", {{"name", "echo"}}));
  EXPECT_EQ((*hear())["id"], 3);
  say(legacy(1, "tools/call", {{"name", "echo"}}));  // The id is in use.
  EXPECT_EQ(heard_error(), kInvalidRequest);
  say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}})");
  say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}})");
  say(R"({"jsonrpc":"2.0","method":"notifications/cancelled"})");
  EXPECT_FALSE(hear(50));
  EXPECT_EQ(tools_.n_cancelled, 0);
  say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
  EXPECT_TRUE(eventually([&] { return tools_.n_cancelled == 1; }));
  say(legacy(4, "ping"));
  EXPECT_EQ((*hear())["id"], 4) << "a cancelled call is not answered";
}

TEST_F(mcp_stdio, progress_is_told_where_it_is_wanted_and_before_the_answer) {
  say(legacy(1, "tools/call", {{"name", "steps"}, {"_meta", {{"progressToken", "p"}}}}));
  double last = 0;
  int n_told = 0;
  while (const auto message = hear()) {
    if (message->contains("id")) {
      EXPECT_EQ((*message)["result"]["content"][0]["text"], "stepped");
      break;
    }
    const Json& params = (*message)["params"];
    EXPECT_EQ((*message)["method"], "notifications/progress");
    EXPECT_EQ(params["progressToken"], "p");
    EXPECT_GT(params["progress"].get<double>(), last);
    last = params["progress"];
    ++n_told;
  }
  EXPECT_GE(n_told, 2);
  say(legacy(2, "tools/call", {{"name", "steps"}}));
  EXPECT_EQ((*hear())["id"], 2);
}

TEST_F(mcp_stdio, batches_are_for_the_version_that_has_them) {
  const std::string batch =
      R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"n"},)"
      R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}},7])";
  say(batch);
  EXPECT_EQ(heard_error(), kInvalidRequest);
  say(legacy(1, "initialize", {{"protocolVersion", "2025-03-26"}}));
  EXPECT_TRUE(hear());
  say(batch);
  const auto answers = hear();
  ASSERT_TRUE(answers && answers->is_array());
  ASSERT_EQ(answers->size(), 3u);
  std::set<std::string> ids;
  for (const Json& answer : *answers) ids.insert(answer["id"].dump());
  EXPECT_EQ(ids, (std::set<std::string>{"1", "2", "null"}));
  say("[]");
  EXPECT_EQ(heard_error(), kInvalidRequest);
  say(R"([{"jsonrpc":"2.0","method":"n"}])");
  say(legacy(9, "ping"));
  EXPECT_EQ((*hear())["id"], 9) << "nothing is said to notifications";
  say(legacy(1, "initialize", {{"protocolVersion", "2025-11-25"}}));
  EXPECT_TRUE(hear());
  say(batch);
  EXPECT_EQ(heard_error(), kInvalidRequest);
}

TEST_F(mcp_stdio, the_end_of_input_ends_it_when_what_runs_is_answered) {
  send(legacy(1, "tools/call", {{"name", "steps"}}));  // Without an end of the line.
  close_input();
  EXPECT_EQ((*hear())["id"], 1);
  EXPECT_TRUE(eventually([&] { return is_over_.load(); }));
}

TEST_F(mcp_stdio, the_end_of_input_does_not_wait_for_long) {
  say(legacy(1, "tools/call", {{"name", "wait"}}));
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 1; }));
  const auto begin = Clock::now();
  close_input();
  thread_.join();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));
  EXPECT_EQ(tools_.n_cancelled, 1);
}

TEST_F(mcp_stdio, a_reader_that_reads_nothing_holds_up_no_cancellation_and_no_end) {
  say(legacy(1, "tools/call", {{"name", "wait"}}));
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 1; }));
  for (int i = 2; i < 400; ++i)
    say(legacy(i, "tools/list"));  // Much more than a pipe has room for.
  say(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
  EXPECT_TRUE(eventually([&] { return tools_.n_cancelled == 1; }));
  const auto begin = Clock::now();
  close_input();
  EXPECT_TRUE(eventually([&] { return is_over_.load(); }));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));
  ::close(out_[0]);  // Frees one that waits.
  out_[0] = -1;
}

TEST_F(mcp_stdio, one_that_asks_without_end_and_reads_nothing_is_seen_to_go) {
  ask_without_end(in_[1]);
  close_input();
  EXPECT_TRUE(eventually([&] { return is_over_.load(); }));
  ::close(out_[0]);
  out_[0] = -1;
}

// Some clients start programs with sockets at their ends.
TEST_F(mcp_stdio, so_is_one_that_asks_over_a_socket) {
  std::array<int, 2> in = {-1, -1}, out = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out.data()), 0);
  std::atomic<bool> is_over{false};
  std::thread thread([&] {
    EXPECT_TRUE(run_mcp_stdio(server_, {.in = in[0], .out = out[0]}).ok());
    is_over = true;
  });
  ask_without_end(in[1]);
  ::shutdown(in[1], SHUT_WR);  // The other way stays open.
  EXPECT_TRUE(eventually([&] { return is_over.load(); }));
  ::close(out[1]);
  thread.join();
  for (const int fd : {in[0], in[1], out[0]}) ::close(fd);
}

TEST_F(mcp_stdio, a_slow_reader_gets_all_that_was_answered) {
  for (int i = 0; i < 400; ++i) say(legacy(i, "tools/list"));
  for (int i = 0; i < 400; ++i) {
    const auto heard = hear();
    ASSERT_TRUE(heard);
    EXPECT_EQ((*heard)["id"], i);
  }
}

TEST_F(mcp_stdio, a_reader_that_is_gone_ends_it) {
  say(legacy(1, "tools/call", {{"name", "wait"}}));
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 1; }));
  ::close(out_[0]);
  out_[0] = -1;
  EXPECT_TRUE(eventually([&] { return is_over_.load(); })) << "though input is open";
}

TEST(mcp_lines, are_the_same_in_whatever_pieces) {
  const std::string bytes =
      "a\n\nbb\r\n" + std::string(30, 'x') + "\n cc \n" + std::string(21, 'y') + "\nend";
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    McpLines lines(20);
    std::vector<std::string> got;
    int n_long = 0;
    const auto on_line = [&](std::string_view line) { got.emplace_back(line); };
    for (std::size_t i = 0; i < bytes.size(); i += step) {
      lines.feed(std::string_view(bytes).substr(i, step), on_line, [&] { ++n_long; });
    }
    lines.finish(on_line);
    EXPECT_EQ(got, (std::vector<std::string>{"a", "bb", " cc ", "end"})) << step;
    EXPECT_EQ(n_long, 2);
  }
}

}  // namespace
}  // namespace quern::serve
