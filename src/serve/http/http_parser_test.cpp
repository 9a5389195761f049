#include "serve/http/http_parser.h"

#include <random>

#include <gtest/gtest.h>

namespace quern::serve {
namespace {

using State = RequestParser::State;

constexpr ParserLimits kLimits = {.header_bytes = 1024, .body_bytes = 4096};

/// Feeds in pieces of `step` bytes, as a socket would. Returns the bytes the parser left.
std::string feed(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string waiting;
  while (!bytes.empty() && (parser.state() == State::kHeader || parser.state() == State::kBody)) {
    const std::size_t n = std::min(step, bytes.size());
    waiting += bytes.substr(0, n);
    bytes.remove_prefix(n);
    for (;;) {
      const auto state = parser.state();
      const std::size_t n_used = parser.feed(waiting);
      waiting.erase(0, n_used);
      if (n_used == 0 && parser.state() == state) break;
      if (parser.state() == State::kDone || parser.state() == State::kFailed) break;
    }
  }
  return waiting + std::string(bytes);
}

int status_of(std::string_view bytes) {
  RequestParser parser(kLimits);
  feed(parser, bytes, bytes.size());
  return parser.state() == State::kFailed ? parser.failed_status() : 0;
}

TEST(http_parser, one_request_whatever_the_pieces) {
  const std::string bytes =
      "POST /v1/a%2Fb?x=1 HTTP/1.1\r\nHost: h\r\nX-Mixed-CASE:  v \r\nContent-Length: 5\r\n\r\n"
      "helloGET /next";
  for (std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
    RequestParser parser(kLimits);
    const std::string rest = feed(parser, bytes, step);
    ASSERT_EQ(parser.state(), State::kDone) << step << " " << parser.failed_message();
    EXPECT_TRUE(parser.keep_alive());
    const Request request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/v1/a/b");
    EXPECT_EQ(request.query, "x=1");
    EXPECT_EQ(request.header("x-mixed-case"), "v");
    EXPECT_EQ(request.header("absent"), "");
    EXPECT_EQ(request.body, "hello");
    EXPECT_GE(request.body.capacity(), request.body.size() + kBodyPadding);
    EXPECT_EQ(rest, "GET /next");
  }
}

TEST(http_parser, chunks) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\na;ext=1\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nrest";
  for (std::size_t step : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
    RequestParser parser(kLimits);
    EXPECT_EQ(feed(parser, bytes, step), "rest");
    ASSERT_EQ(parser.state(), State::kDone) << step << " " << parser.failed_message();
    EXPECT_EQ(parser.take().body, "abc0123456789");
  }
}

TEST(http_parser, without_body_and_absolute_form_and_empty_lines_before) {
  RequestParser parser(kLimits);
  feed(parser, "\r\n\r\nGET http://host:80/health?q HTTP/1.1\r\nHost: h\r\n\r\n", 1);
  ASSERT_EQ(parser.state(), State::kDone) << parser.failed_message();
  EXPECT_EQ(parser.take().path, "/health");

  RequestParser old(kLimits);
  feed(old, "GET / HTTP/1.0\r\n\r\n", 4);
  ASSERT_EQ(old.state(), State::kDone) << old.failed_message();
  EXPECT_TRUE(old.is_http10());
  EXPECT_FALSE(old.keep_alive());
}

Request request_of(const std::string& target, const std::string& method = "GET") {
  RequestParser parser(kLimits);
  feed(parser, method + " " + target + " HTTP/1.1\r\nHost: Header:1\r\n\r\n", 7);
  EXPECT_EQ(parser.state(), State::kDone) << target << ": " << parser.failed_message();
  return parser.state() == State::kDone ? parser.take() : Request();
}

TEST(http_parser, targets_in_their_forms) {
  Request request = request_of("/a?u=http://b/c");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "u=http://b/c");
  EXPECT_EQ(request.host, "Header:1");
  request = request_of("HTTP://there:80/a/b?q=://");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "q=://");
  EXPECT_EQ(request.host, "there:80");  // As RFC 9112 section 3.2.2 wants it.
  request = request_of("http://there");
  EXPECT_EQ(request.path, "/");
  request = request_of("https://there?q");
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.query, "q");
  EXPECT_EQ(request_of("*", "OPTIONS").path, "*");
}

// Java's HttpClient offers HTTP/2 with every first request; servers lose its body over that
// (lmstudio-ai/lmstudio-bug-tracker#1079, Kludex/uvicorn#2722).
TEST(http_parser, an_offered_upgrade_is_passed_over) {
  const std::string head =
      "POST /v1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n";
  for (const std::string& rest :
       {head + "Content-Length: 5\r\n\r\nhello",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}) {
    RequestParser parser(kLimits);
    EXPECT_EQ(feed(parser, rest + "GET", 3), "GET");
    ASSERT_EQ(parser.state(), State::kDone) << parser.failed_message();
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_EQ(parser.take().body, "hello");
  }
}

TEST(http_parser, refuses_targets_that_are_none_and_second_hosts) {
  for (const char* target :
       {"?u=http://h/health", "x?u=http://h/health", "health", "*", "h:80", "ftp://h/health",
        "http:///health", "http://user@h/health", "://h/health", "#http://h/health"}) {
    EXPECT_EQ(status_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n"), 400)
        << target;
  }
  EXPECT_EQ(status_of("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nhost: g\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nHost: h\r\nHost: g\r\n\r\n"), 400);
}

TEST(http_parser, refuses_what_it_should_with_the_right_status) {
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status_of("\x16\x03\x01\x02\x00\x01"), 400);  // TLS on the wrong port.
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);    // No Host.
  EXPECT_EQ(status_of("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(status_of(start + "Content-Length: 5000\r\n\r\n"), 413);
  EXPECT_EQ(status_of(start + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(status_of(start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(status_of(start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of(start + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(status_of(start + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\n"), 415);
  EXPECT_EQ(status_of(start + "Expect: wonders\r\nContent-Length: 1\r\n\r\n"), 417);
  EXPECT_EQ(status_of(start + "Transfer-Encoding: chunked\r\n\r\n1001\r\n"), 413);
  EXPECT_EQ(status_of(start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400);
  EXPECT_EQ(status_of(start + "X: " + std::string(2000, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of("GET /" + std::string(2000, 'a')), 431);
  EXPECT_EQ(status_of(start + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(3000, 'x')),
            431);
}

TEST(http_parser, never_ending_headers_are_refused_in_small_pieces_too) {
  RequestParser parser(kLimits);
  std::string bytes = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 2000; ++i) bytes += "A" + std::to_string(i) + ": b\r\n";
  feed(parser, bytes, 50);
  ASSERT_EQ(parser.state(), State::kFailed);
  EXPECT_EQ(parser.failed_status(), 431);
}

TEST(http_parser, expect_continue_is_seen_before_the_body) {
  RequestParser parser(kLimits);
  feed(parser, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n",
       9);
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_TRUE(parser.expects_continue());
  feed(parser, "ab", 1);
  EXPECT_EQ(parser.state(), State::kDone);
}

TEST(http_parser, mutations_of_a_request_end_in_some_state) {
  const std::string good =
      "POST /v1/embeddings HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n";
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = good;
    for (unsigned n = random() % 4 + 1; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    RequestParser parser(kLimits);
    feed(parser, bytes, random() % 20 + 1);
    if (parser.state() == State::kDone) parser.take();
    if (parser.state() == State::kFailed) {
      EXPECT_GE(parser.failed_status(), 400);
    }
  }
}

TEST(http_parser, percent_decoding) {
  std::string out;
  EXPECT_TRUE(percent_decode("a%2fb%2Fc+d%00", out));
  EXPECT_EQ(out, std::string("a/b/c+d\0", 8));
  EXPECT_FALSE(percent_decode("%", out));
  EXPECT_FALSE(percent_decode("%1", out));
  EXPECT_FALSE(percent_decode("%1g", out));
}

}  // namespace
}  // namespace quern::serve
