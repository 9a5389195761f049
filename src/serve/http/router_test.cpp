// Routes of two dialects beside each other, over real sockets.

#include "serve/http/router.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "serve/test_client.h"

namespace quern::serve {
namespace {

std::string loud(const HttpError& error) { return "LOUD " + std::to_string(error.status); }
std::string quiet(const HttpError& error) { return "quiet " + std::to_string(error.status); }

class router : public ::testing::Test {
 protected:
  void SetUp() override {
    add("POST", "/a/say", loud);
    add("POST", "/b/say", quiet);
    add("GET", "/b/list/*", quiet);
    router_.add({.method = "POST",
                 .pattern = "/a/throw",
                 .access = Access::kPublic,
                 .write_error = loud,
                 .handler = [](const auto&) { throw std::runtime_error("x"); }});
    HttpServerOptions options;
    options.limits.body_bytes = 100;
    options.error_writer = [this](std::string_view path) { return router_.error_writer(path); };
    auto started = HttpServer::start(options, [this](auto x) { router_.handle(x); });
    ASSERT_TRUE(started.ok());
    server_ = std::move(*started);
  }

  void add(const char* method, const char* pattern, ErrorWriter write_error) {
    router_.add({.method = method,
                 .pattern = pattern,
                 .access = Access::kWithKey,
                 .write_error = write_error,
                 .handler = [](const auto& exchange) { exchange->respond({.body = "ok"}); }});
  }

  std::string post(const std::string& path, const std::string& headers = "") {
    TestClient client(server_->port());
    return client.post(path, "", headers).body;
  }

  Router router_{"key"};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(router, errors_are_in_the_words_of_the_routes_dialect) {
  EXPECT_EQ(post("/a/say", "Authorization: Bearer key\r\n"), "ok");
  EXPECT_EQ(post("/a/say"), "LOUD 401");
  EXPECT_EQ(post("/b/say"), "quiet 401");
  EXPECT_EQ(post("/b/list/x"), "quiet 405");
  EXPECT_EQ(post("/a/throw"), "LOUD 500");
}

TEST_F(router, a_key_comes_in_either_header) {
  EXPECT_EQ(post("/a/say", "x-api-key: key\r\n"), "ok");
  EXPECT_EQ(post("/a/say", "X-API-Key: key\r\nAuthorization: Bearer other\r\n"), "ok");
  EXPECT_EQ(post("/a/say", "x-api-key:\r\nAuthorization: Bearer key\r\n"), "ok");
  EXPECT_EQ(post("/a/say", "x-api-key: kez\r\n"), "LOUD 401");
  EXPECT_EQ(post("/a/say", "x-api-key:\r\n"), "LOUD 401");
}

TEST_F(router, those_of_http_itself_too_once_the_path_is_known) {
  for (const auto& [path, want] :
       {std::pair("/a/say", "LOUD 413"), std::pair("/b/say", "quiet 413"),
        std::pair("/b/list/x/", "quiet 413")}) {
    TestClient client(server_->port());
    client.send("POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked" +
                "\r\n\r\n65\r\n");
    EXPECT_EQ(client.read_answer().body, want);
  }
}

TEST_F(router, and_neutral_where_there_is_none) {
  EXPECT_EQ(post("/c"), R"({"error":"nothing is served at POST /c"})");
  TestClient client(server_->port());
  client.send("nonsense\r\n\r\n");
  EXPECT_TRUE(client.read_answer().body.starts_with(R"({"error":"not a valid HTTP request)"));
}

}  // namespace
}  // namespace quern::serve
