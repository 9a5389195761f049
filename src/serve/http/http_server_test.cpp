// The HTTP server over real sockets with handlers made for each test.

#include "serve/http/http_server.h"

#include <atomic>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/test_client.h"

namespace quern::serve {
namespace {

using namespace std::chrono_literals;
using Ptr = std::shared_ptr<Exchange>;

std::unique_ptr<HttpServer> start(Handler handler, HttpServerOptions options = {}) {
  auto server = HttpServer::start(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status().message();
  return std::move(*server);
}

void echo(const Ptr& exchange) {
  Response response;
  response.content_type = "text/plain";
  response.body =
      exchange->request.method + " " + exchange->request.path + " " + exchange->request.body;
  exchange->respond(std::move(response));
}

/// Keeps exchanges for the test to answer when it likes.
class Holder {
 public:
  Handler handler() {
    return [this](Ptr exchange) {
      exchange->on_gone([this] { ++n_gone; });
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(exchange));
      ++n_held;
    };
  }
  Ptr take() {
    EXPECT_TRUE(eventually([&] { return n_held.load() > 0; }));
    const std::lock_guard lock(mutex_);
    Ptr exchange = held_.front();
    held_.pop_front();
    --n_held;
    return exchange;
  }
  std::atomic<int> n_gone{0};
  std::atomic<int> n_held{0};

 private:
  std::mutex mutex_;
  std::list<Ptr> held_;
};

TEST(http_server, answers_and_keeps_the_connection) {
  const auto server = start(echo);
  TestClient client(server->port());
  for (int i = 0; i < 500; ++i) {
    const std::string body(static_cast<std::size_t>(i * 7), 'b');
    const Answer answer = client.post("/a%20b?q", body);
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, "POST /a b " + body);
    EXPECT_EQ(answer.headers.at("connection"), "keep-alive");
    EXPECT_EQ(answer.headers.at("content-type"), "text/plain");
    EXPECT_EQ(answer.headers.at("date").size(), 29u);
  }
  EXPECT_EQ(server->n_connections(), 1);
}

TEST(http_server, pipelined_requests_are_answered_in_order) {
  const auto server = start(echo);
  TestClient client(server->port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string body = std::to_string(i);
    all += "POST /" + body +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 200; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_EQ(client.read_answer().body, "POST /" + n + " " + n);
  }
  sender.join();
}

TEST(http_server, pipelined_requests_wait_for_a_slow_one) {
  Holder holder;
  const auto server = start(holder.handler());
  TestClient client(server->port());
  client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  const Ptr first = holder.take();
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(holder.n_held.load(), 0);
  first->respond({.body = "one"});
  holder.take()->respond({.body = "two"});
  EXPECT_EQ(client.read_answer().body, "one");
  EXPECT_EQ(client.read_answer().body, "two");
}

TEST(http_server, head_has_the_length_but_no_body) {
  const auto server = start(echo);
  TestClient client(server->port());
  client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  const Answer answer = client.read_answer(5000, true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-length"), "8");
  EXPECT_EQ(client.get("/y").body, "GET /y ");  // Nothing of a body stood in between.
}

TEST(http_server, connection_close_and_http10_end_the_connection) {
  const auto server = start(echo);
  TestClient client(server->port());
  EXPECT_EQ(client.get("/", "Connection: close\r\n").headers.at("connection"), "close");
  EXPECT_TRUE(client.read_to_end(3000));
  TestClient old(server->port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_answer().status, 200);
  EXPECT_TRUE(old.read_to_end(3000));
}

TEST(http_server, expect_continue) {
  const auto server = start(echo);
  TestClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 100);
  client.send("ab");
  EXPECT_EQ(client.read_answer().body, "POST / ab");
}

TEST(http_server, malformed_requests_get_a_json_error_and_the_end) {
  const auto server = start(echo);
  for (const std::string bytes :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\nHost: h\r\n\r\n",
        "\x16\x03\x01\x02", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"}) {
    TestClient client(server->port());
    client.send(bytes);
    const Answer answer = client.read_answer();
    EXPECT_GE(answer.status, 400) << bytes;
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_EQ(answer.body.substr(0, 10), R"({"error":")");
    EXPECT_TRUE(client.read_to_end(3000));
  }
}

TEST(http_server, a_body_over_the_limit_is_refused_while_it_is_being_sent) {
  HttpServerOptions options;
  options.limits.body_bytes = 1000;
  const auto server = start(echo, options);
  // Said up front: refused without reading the body, which the client sends all the same.
  TestClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n");
  client.send(std::string(8'000'000, 'x'));
  Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_NE(answer.body.find("larger than"), std::string::npos);
  EXPECT_TRUE(client.read_to_end(6000));
  // Waiting for permission: refused at once, no 100.
  TestClient polite(server->port());
  polite.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 8000\r\n\r\n");
  EXPECT_EQ(polite.read_answer().status, 413);
  // In chunks, whose sum nobody says.
  TestClient chunked(server->port());
  chunked.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 30; ++i) chunked.send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_EQ(chunked.read_answer().status, 413);
}

TEST(http_server, a_body_the_ledger_has_no_room_for_is_refused) {
  ByteLedger ledger(8 << 20);
  HttpServerOptions options;
  options.ledger = &ledger;
  const auto server = start(echo, options);
  TestClient client(server->port());
  EXPECT_EQ(client.post("/", std::string(3 << 20, 'x')).status, 200);
  EXPECT_GE(ledger.peak_bytes(), 6u << 20);
  const Answer answer = client.post("/", std::string(16 << 20, 'x'));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "2");
  EXPECT_TRUE(eventually([&] { return ledger.used_bytes() == 0; }));
}

TEST(http_server, a_body_is_accounted_to_its_last_byte) {
  for (const std::size_t n : {5'000u, 60'000u, 131'072u, 1'000'000u}) {
    ByteLedger ledger(8 << 20);
    HttpServerOptions options;
    options.ledger = &ledger;
    const auto server = start(echo, options);
    TestClient client(server->port());
    EXPECT_EQ(client.post("/", std::string(n, 'x')).status, 200);
    EXPECT_GE(ledger.peak_bytes(), 2 * n);
  }
}

TEST(http_server, slow_headers_and_bodies_time_out) {
  HttpServerOptions options;
  options.header_timeout = 100ms;
  options.body_idle_timeout = 100ms;
  const auto server = start(echo, options);
  TestClient header(server->port()), body(server->port()), silent(server->port());
  header.send("GET / HT");
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  // One byte now and then does not win time for headers.
  std::thread slow([&] {
    TestClient trickle(server->port());
    for (int i = 0; i < 40 && trickle.send("X"); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(trickle.read_to_end(3000));
  });
  EXPECT_EQ(header.read_answer().status, 408);
  EXPECT_EQ(body.read_answer().status, 408);
  std::string said;
  EXPECT_TRUE(silent.read_to_end(3000, &said));
  EXPECT_EQ(said, "");  // Nothing was asked, so nothing is answered.
  slow.join();
  header.close();
  body.close();
  EXPECT_TRUE(eventually([&] { return server->n_connections() == 0; }));
}

TEST(http_server, idle_connections_are_closed) {
  HttpServerOptions options;
  options.keep_alive_timeout = 50ms;
  const auto server = start(echo, options);
  TestClient client(server->port());
  EXPECT_EQ(client.get("/").status, 200);
  EXPECT_TRUE(client.read_to_end(3000));
}

TEST(http_server, answers_come_from_any_thread_and_only_the_first_counts) {
  std::list<std::thread> threads;
  std::mutex mutex;
  {
    const auto server = start([&](Ptr exchange) {
      const std::lock_guard lock(mutex);
      threads.emplace_back([exchange] {
        exchange->post([exchange] { exchange->respond({.body = exchange->request.path}); });
        std::this_thread::sleep_for(1ms);
        exchange->respond({.body = "late"});
      });
    });
    TestClient client(server->port());
    for (int i = 0; i < 50; ++i) {
      const std::string body = client.get("/x").body;
      EXPECT_TRUE(body == "/x" || body == "late") << body;
    }
  }
  for (auto& thread : threads) thread.join();
}

TEST(http_server, a_client_that_leaves_is_noticed_while_its_request_runs) {
  Holder holder;
  std::atomic<int> status{0};
  HttpServerOptions options;
  options.on_finished = [&](const Finished& finished) { status = finished.status; };
  const auto server = start(holder.handler(), options);
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const Ptr exchange = holder.take();
  EXPECT_EQ(holder.n_gone.load(), 0);
  client.close();
  EXPECT_TRUE(eventually([&] { return holder.n_gone.load() == 1; }));
  EXPECT_TRUE(eventually([&] { return status.load() == 499; }));
  exchange->respond({.body = "to nobody"});  // Harmless, as is:
  exchange->post([] { FAIL() << "runs for nobody"; });
  int n_late = 0;
  exchange->on_gone([&] { ++n_late; });
  EXPECT_EQ(n_late, 1);
  EXPECT_TRUE(eventually([&] { return server->n_connections() == 0; }));
}

TEST(http_server, a_request_past_its_time_is_given_up) {
  Holder holder;
  HttpServerOptions options;
  options.request_timeout = 50ms;
  const auto server = start(holder.handler(), options);
  TestClient client(server->port());
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.status, 504);
  EXPECT_NE(answer.body.find("longer than 50 ms, the limit of this server"), std::string::npos);
  EXPECT_EQ(holder.n_gone.load(), 1);
  holder.take()->respond({});
  client.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");  // The connection is still good.
  holder.take()->respond({.body = "2"});
  EXPECT_EQ(client.read_answer().body, "2");
}

TEST(http_server, what_a_handler_throws_becomes_a_500) {
  const auto server = start([](const Ptr& exchange) {
    if (exchange->request.path == "/post") {
      exchange->post([] { throw std::runtime_error("later"); });
      return;
    }
    throw std::runtime_error("oh");
  });
  TestClient client(server->port());
  EXPECT_NE(client.get("/").body.find("internal error: oh"), std::string::npos);
  EXPECT_NE(client.get("/post").body.find("internal error: later"), std::string::npos);
}

TEST(http_server, large_answers_reach_slow_readers_whole) {
  const std::string large(20 << 20, 'z');
  const auto server = start([&](const Ptr& exchange) { exchange->respond({.body = large}); });
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(50ms);  // The socket's buffers are full by now.
  EXPECT_EQ(client.read_answer().body, large);
}

TEST(http_server, a_client_that_never_reads_is_dropped) {
  HttpServerOptions options;
  options.write_timeout = 100ms;
  const std::string large(64 << 20, 'z');
  const auto server =
      start([&](const Ptr& exchange) { exchange->respond({.body = large}); }, options);
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server->n_connections() == 0; }));
}

TEST(http_server, streams) {
  Holder holder;
  const auto server = start(holder.handler());
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Ptr stream = holder.take();
  stream->begin_stream({.content_type = "text/event-stream", .body = "data: 0\n\n"});
  std::thread writer([stream] {
    for (int i = 1; i < 100; ++i) {
      EXPECT_TRUE(stream->write("data: " + std::to_string(i) + "\n\n"));
      if (i % 10 == 0) std::this_thread::sleep_for(1ms);
    }
    stream->end();
    EXPECT_FALSE(stream->write("after the end"));
  });
  const Answer answer = client.read_answer();
  writer.join();
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "data: " + std::to_string(i) + "\n\n";
  EXPECT_EQ(answer.body, expected);
  EXPECT_EQ(answer.headers.at("content-type"), "text/event-stream");
  // The connection can be used again, by HTTP/1.0 clients only once.
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  holder.take()->respond({.body = "plain"});
  EXPECT_EQ(client.read_answer().body, "plain");
  TestClient old(server->port());
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  stream = holder.take();
  stream->begin_stream({.body = "ab"});
  stream->write("cd");
  stream->end();
  std::string all;
  EXPECT_TRUE(old.read_to_end(3000, &all));
  EXPECT_TRUE(all.ends_with("\r\n\r\nabcd")) << all;
}

TEST(http_server, a_reader_may_leave_when_it_has_the_last_piece) {
  Holder holder;
  std::atomic<int> n_over{0}, n_cut{0};
  HttpServerOptions options;
  options.on_finished = [&](const Finished& finished) {
    n_cut += finished.status != 200;
    ++n_over;
  };
  const auto server = start(holder.handler(), options);
  constexpr int kStreams = 200;
  for (int i = 0; i < kStreams; ++i) {
    TestClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const Ptr stream = holder.take();
    stream->begin_stream({.body = "first"});
    stream->end("LAST");
    std::string got;
    char bytes[4096];
    while (got.find("LAST") == std::string::npos) {
      const ssize_t n = recv(client.fd(), bytes, sizeof bytes, 0);
      ASSERT_GT(n, 0);
      got.append(bytes, static_cast<std::size_t>(n));
    }
  }
  EXPECT_TRUE(eventually([&] { return n_over.load() == kStreams; }));
  EXPECT_EQ(n_cut.load(), 0);
}

TEST(http_server, a_stream_whose_reader_leaves_is_told) {
  Holder holder;
  const auto server = start(holder.handler());
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const Ptr stream = holder.take();
  stream->begin_stream({.body = "first"});
  EXPECT_TRUE(eventually([&] { return stream->unsent_bytes() == 0; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return holder.n_gone.load() == 1; }));
  EXPECT_FALSE(stream->write("more"));
}

TEST(http_server, two_hundred_connections_at_once) {
  Holder holder;
  const auto server = start(holder.handler());
  std::list<TestClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(server->port());
    clients.back().send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  EXPECT_TRUE(eventually([&] { return holder.n_held.load() == 200; }));
  EXPECT_EQ(server->n_connections(), 200);
  for (int i = 0; i < 200; ++i) {
    const Ptr exchange = holder.take();
    exchange->respond({.body = exchange->request.path});
  }
  int i = 0;
  for (TestClient& client : clients) {
    EXPECT_EQ(client.read_answer().body, "/" + std::to_string(i++));
  }
}

TEST(http_server, beyond_its_connections_clients_wait_and_idle_ones_make_room) {
  HttpServerOptions options;
  options.max_connections = 3;
  Holder holder;
  const auto server = start(holder.handler(), options);
  std::vector<std::unique_ptr<TestClient>> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(std::make_unique<TestClient>(server->port()));
    busy.back()->send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  EXPECT_TRUE(eventually([&] { return holder.n_held.load() == 3; }));
  TestClient waiting(server->port());
  EXPECT_TRUE(waiting.is_connected());  // In the backlog.
  waiting.send("GET /waited HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(holder.n_held.load(), 3);
  // One becomes idle; it is closed in favour of the one that waits.
  const Ptr first = holder.take();
  TestClient& idle = *busy[static_cast<std::size_t>(first->request.path[1] - '0')];
  first->respond({});
  EXPECT_EQ(idle.read_answer().status, 200);
  EXPECT_TRUE(idle.read_to_end(5000));
  holder.take()->respond({});
  holder.take()->respond({});
  const Ptr last = holder.take();
  EXPECT_EQ(last->request.path, "/waited");
  last->respond({.body = "at last"});
  EXPECT_EQ(waiting.read_answer().body, "at last");
}

TEST(http_server, running_out_of_files_does_not_end_accepting) {
  const auto server = start(echo);
  TestClient before(server->port());
  EXPECT_EQ(before.get("/").status, 200);
  rlimit old{};
  getrlimit(RLIMIT_NOFILE, &old);
  std::list<TestClient> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(server->port());
  EXPECT_TRUE(eventually([&] { return server->n_connections() == 5; }));
  const rlimit tight{.rlim_cur = static_cast<rlim_t>(clients.back().fd() + 2),
                     .rlim_max = old.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  TestClient* late = nullptr;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server->port());
    if (clients.back().is_connected()) late = &clients.back();
  }
  std::this_thread::sleep_for(120ms);
  setrlimit(RLIMIT_NOFILE, &old);
  TestClient after(server->port());
  EXPECT_EQ(after.get("/after").status, 200);
  if (late) {
    EXPECT_EQ(late->get("/late").status, 200);
  }
}

/// A server in a process of its own, which may have `n_free` files open beside what all programs
/// have and a pipe to here.
class ServerOfFewFiles {
 public:
  explicit ServerOfFewFiles(unsigned n_free) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) serve(ends[1], n_free);
    close(ends[1]);
    if (read(ends[0], &port_, sizeof port_) != sizeof port_) port_ = 0;
    close(ends[0]);
  }
  ~ServerOfFewFiles() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  int port() const { return port_; }

 private:
  [[noreturn]] static void serve(int end, unsigned n_free) {
    dup2(end, 3);
    close_range(4, ~0u, 0);
    const rlimit files{.rlim_cur = 4 + n_free, .rlim_max = 4 + n_free};
    setrlimit(RLIMIT_NOFILE, &files);
    const auto server = HttpServer::start({}, echo);
    const int port = server.ok() ? (*server)->port() : 0;
    if (write(3, &port, sizeof port) != sizeof port) _exit(1);
    for (;;) pause();
  }

  pid_t pid_ = -1;
  int port_ = 0;
};

TEST(http_server, with_hardly_any_files_it_accepts_again_after_a_rush) {
  for (const unsigned n_free : {5u, 6u, 7u, 9u, 14u}) {
    const ServerOfFewFiles server(n_free);
    ASSERT_NE(server.port(), 0) << n_free;
    {
      std::list<TestClient> rush;
      for (int i = 0; i < 30; ++i) rush.emplace_back(server.port());
      std::this_thread::sleep_for(100ms);
    }
    TestClient after(server.port());
    EXPECT_EQ(after.get("/after").status, 200) << n_free;
  }
}

TEST(http_server, without_the_files_it_needs_it_says_so) {
  EXPECT_EQ(ServerOfFewFiles(2).port(), 0);
  EXPECT_EQ(ServerOfFewFiles(3).port(), 0);
}

TEST(http_server, stop_finishes_what_runs_and_refuses_the_rest) {
  Holder holder;
  const auto server = start(holder.handler());
  const int port = server->port();
  TestClient idle(port), running(port), reading(port);
  running.send("GET /running HTTP/1.1\r\nHost: h\r\n\r\n");
  reading.send("POST /reading HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
  const Ptr first = holder.take();
  std::future<bool> stopped = std::async(std::launch::async, [&] { return server->stop(20s); });
  EXPECT_TRUE(idle.read_to_end(3000));  // Closed at once.
  EXPECT_TRUE(eventually([&] { return !TestClient(port).is_connected(); }));
  EXPECT_EQ(stopped.wait_for(0ms), std::future_status::timeout);
  reading.send("b");  // Begun before the stop, so it may finish.
  const Ptr second = holder.take();
  second->respond({.body = "read"});
  first->respond({.body = "ran"});
  const Answer answer = running.read_answer();
  EXPECT_EQ(answer.body, "ran");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(reading.read_answer().body, "read");
  running.close();
  reading.close();
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(holder.n_gone.load(), 0);
}

TEST(http_server, stop_cuts_what_outlasts_the_patience) {
  Holder holder;
  const auto server = start(holder.handler());
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const Ptr exchange = holder.take();
  EXPECT_FALSE(server->stop(50ms));
  EXPECT_EQ(holder.n_gone.load(), 1);
  EXPECT_TRUE(client.read_to_end(3000));
  exchange->respond({});  // After the end: harmless.
}

TEST(http_server, sessions_may_outlive_the_patience_of_the_end) {
  std::atomic<int> n_begun{0};
  HttpServerOptions options;
  options.max_connections = 2;  // One on each thread.
  options.cut_timeout = 20ms;
  auto server = start(
      [&](const Ptr& exchange) {
        exchange->on_gone([] {});
        ++n_begun;
        std::this_thread::sleep_for(300ms);
      },
      options);
  TestClient first(server->port()), second(server->port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return n_begun.load() == 2; }));
  EXPECT_FALSE(server->stop(0ms));
  EXPECT_EQ(server->n_connections(), 0);
  server.reset();
  EXPECT_TRUE(first.read_to_end(3000));
  EXPECT_TRUE(second.read_to_end(3000));
}

TEST(http_server, an_answer_after_the_server_is_gone_is_harmless) {
  Holder holder;
  auto server = start(holder.handler());
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const Ptr exchange = holder.take();
  server.reset();
  exchange->respond({});
  exchange->post([] { FAIL(); });
}

TEST(http_server, port_in_use_and_other_bad_addresses_are_named) {
  const auto server = start(echo);
  HttpServerOptions options;
  options.port = server->port();
  const auto second = HttpServer::start(options, echo);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_NE(second.status().message().find(std::to_string(server->port())), std::string::npos);
  options.port = 70000;
  EXPECT_EQ(HttpServer::start(options, echo).status().code(), Code::kBadInput);
  options.port = 0;
  options.host = "no such host";
  EXPECT_EQ(HttpServer::start(options, echo).status().code(), Code::kBadInput);
  options.host = "192.0.2.1";  // TEST-NET: nobody's own address.
  EXPECT_FALSE(HttpServer::start(options, echo).ok());
  options.host = "localhost";
  EXPECT_TRUE(HttpServer::start(options, echo).ok());
}

TEST(http_server, costs_no_processor_time_when_idle) {
  const auto server = start(echo);
  std::list<TestClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server->port());
    EXPECT_EQ(clients.back().get("/").status, 200);
  }
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  std::this_thread::sleep_for(300ms);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 5);  // This thread's own sleep, and little else.
}

}  // namespace
}  // namespace quern::serve
