// A server over real sockets.

#include "serve/mcp/mcp_http.h"

#include <gtest/gtest.h>

#include "serve/mcp/mcp_headers.h"
#include "serve/mcp/mcp_stdio.h"
#include "serve/mcp/mcp_test_server.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

constexpr const char* kJson =
    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";

std::string modern_headers(const std::string& method, const std::string& name = "") {
  std::string out =
      std::string(kJson) + "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + method + "\r\n";
  if (!name.empty()) out += "Mcp-Name: " + name + "\r\n";
  return out;
}

class mcp_http : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(McpHttpOptions options) {
    http_.reset();
    auto started = McpHttp::start(options, server_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    http_ = std::move(*started);
  }

  Answer post(const std::string& body, const std::string& headers = kJson) {
    TestClient client(http_->port());
    return client.post("/mcp", body, headers);
  }
  static int code(const Answer& answer) { return Json::parse(answer.body).at("error").at("code"); }

  TestTools tools_;
  McpServer server_{test_facts(), tools_.tools()};
  std::unique_ptr<McpHttp> http_;
};

TEST_F(mcp_http, a_handshake_a_list_and_a_call) {
  const Answer hello = post(legacy(0, "initialize", {{"protocolVersion", "2025-11-25"}}));
  EXPECT_EQ(hello.status, 200);
  EXPECT_EQ(hello.headers.at("content-type"), "application/json");
  const std::string session = "Mcp-Session-Id: " + hello.headers.at("mcp-session-id") + "\r\n" +
                              "MCP-Protocol-Version: 2025-11-25\r\n" + kJson;
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", session).status, 202);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0","id":1,"result":{}})", session).status, 202);
  const Answer list = post(legacy(1, "tools/list"), session);
  EXPECT_EQ(Json::parse(list.body)["result"]["tools"].size(), 4u);
  const Answer called = post(legacy(2, "tools/call", {{"name", "fail"}}), session);
  EXPECT_EQ(called.status, 200);
  EXPECT_EQ(Json::parse(called.body)["result"]["isError"], true);
  TestClient client(http_->port());
  EXPECT_EQ(client.ask("DELETE", "/mcp", "", session).status, 204);
}

TEST_F(mcp_http, there_is_no_stream_of_the_servers_own) {
  TestClient client(http_->port());
  const Answer answer = client.get("/mcp", "Accept: text/event-stream\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_NE(answer.headers.at("allow").find("POST"), std::string::npos);
  EXPECT_EQ(client.get("/other").status, 404);
}

TEST_F(mcp_http, headers_say_what_the_message_says) {
  const std::string list = modern(1, "tools/list");
  EXPECT_EQ(post(list, modern_headers("tools/list")).status, 200);
  Answer answer = post(list, kJson);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(code(answer), kHeaderMismatch);
  EXPECT_EQ(code(post(list, modern_headers("tools/call"))), kHeaderMismatch);
  const std::string call = modern(2, "tools/call", {{"name", "echo"}});
  EXPECT_EQ(code(post(call, modern_headers("tools/call"))), kHeaderMismatch);
  EXPECT_EQ(code(post(call, modern_headers("tools/call", "fail"))), kHeaderMismatch);
  EXPECT_EQ(post(call, modern_headers("tools/call", "echo")).status, 200);
  EXPECT_EQ(post(call, modern_headers("tools/call", "=?base64?ZWNobw==?=")).status, 200);
  answer = post(modern(3, "nothing"), modern_headers("nothing"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(code(answer), kMethodNotFound);
  answer = post(legacy(4, "tools/list"), modern_headers("tools/list"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(code(answer), kInvalidParams);
}

TEST_F(mcp_http, versions_that_are_not_spoken_are_refused) {
  const std::string odd = std::string(kJson) + "MCP-Protocol-Version: 2030-01-01\r\n";
  EXPECT_EQ(post(legacy(1, "tools/list"), odd).status, 400);
  const Answer answer =
      post(modern(1, "tools/list", {}, "2030-01-01"), odd + "Mcp-Method: tools/list\r\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(code(answer), kUnsupportedVersion);
}

TEST_F(mcp_http, foreign_pages_are_kept_out) {
  const std::string ping = legacy(1, "ping");
  EXPECT_EQ(post(ping, std::string(kJson) + "Origin: http://localhost:3000\r\n").status, 200);
  EXPECT_EQ(post(ping, std::string(kJson) + "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(post(ping, std::string(kJson) + "Origin: null\r\n").status, 403);
  EXPECT_EQ(post(ping, "Content-Type: text/plain\r\n").status, 415);
  TestClient client(http_->port());
  client.send("POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(client.read_answer().status, 403);
}

TEST_F(mcp_http, only_json_is_taken) {
  const std::string ping = legacy(1, "ping");
  EXPECT_EQ(post(ping, "").status, 415) << "a page may send this without being asked";
  EXPECT_EQ(post(ping, "Content-Type:\r\n").status, 415);
  EXPECT_EQ(post(ping, "Content-Type: Application/JSON ; charset=utf-8\r\n").status, 200);
}

TEST_F(mcp_http, foreign_pages_are_kept_out_wherever_it_listens_without_a_key) {
  McpHttpOptions options;
  options.http.host = "0.0.0.0";
  start(options);
  const std::string ping = legacy(1, "ping");
  EXPECT_EQ(post(ping).status, 200);
  EXPECT_EQ(post(ping, std::string(kJson) + "Origin: http://evil.example\r\n").status, 403);
  const auto asked_by = [&](const std::string& host) {
    TestClient client(http_->port());
    client.send("POST /mcp HTTP/1.1\r\nHost: " + host + "\r\n" + kJson +
                "Content-Length: " + std::to_string(ping.size()) + "\r\n\r\n" + ping);
    return client.read_answer().status;
  };
  EXPECT_EQ(asked_by("evil.example"), 403);
  EXPECT_EQ(asked_by("192.0.2.7:8091"), 200) << "no page has an address as its name";
  options.allowed_hosts = {"code.example"};
  start(options);
  EXPECT_EQ(asked_by("code.example"), 200);
  EXPECT_EQ(asked_by("evil.example"), 403);
}

TEST_F(mcp_http, a_key_is_asked_for_where_there_is_one) {
  McpHttpOptions options;
  options.api_key = "secret";
  start(options);
  EXPECT_EQ(post(legacy(1, "ping")).status, 401);
  EXPECT_EQ(post(legacy(1, "ping"), std::string(kJson) + "Authorization: Bearer secret\r\n").status,
            200);
}

TEST_F(mcp_http, bad_bodies_are_answered_in_the_protocols_words) {
  for (const char* bad : {"", "{", "nonsense", "\xff"}) {
    const Answer answer = post(bad);
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_EQ(code(answer), kParseError);
  }
  EXPECT_EQ(post(std::string(kMaxMcpLine + 1, 'x')).status, 413);
  EXPECT_EQ(post(legacy(1, "ping")).status, 200);
}

TEST_F(mcp_http, batches_are_for_the_version_that_has_them) {
  const std::string batch =
      R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}])";
  EXPECT_EQ(Json::parse(post(batch).body).size(), 2u) << "no version is 2025-03-26";
  EXPECT_EQ(post(batch, std::string(kJson) + "MCP-Protocol-Version: 2025-11-25\r\n").status, 400);
  EXPECT_EQ(post(R"([{"jsonrpc":"2.0","method":"n"}])").status, 202);
}

TEST_F(mcp_http, progress_makes_a_stream_of_the_answer) {
  const std::string body =
      legacy(1, "tools/call", {{"name", "steps"}, {"_meta", {{"progressToken", 7}}}});
  const Answer answer = post(body);
  EXPECT_EQ(answer.headers.at("content-type"), "text/event-stream");
  EXPECT_EQ(answer.body.find("data: {\"jsonrpc\""), 0u);
  const std::size_t last = answer.body.rfind("data: ");
  EXPECT_NE(last, 0u);
  EXPECT_EQ(Json::parse(answer.body.substr(last + 6))["id"], 1);
  // Who takes no streams gets the answer alone.
  const Answer plain = post(body, "Content-Type: application/json\r\n");
  EXPECT_EQ(Json::parse(plain.body)["id"], 1);
}

TEST_F(mcp_http, older_clients_cancel_by_a_message_in_their_session) {
  TestClient client(http_->port());
  const auto ask = [](const std::string& body, const std::string& session) {
    return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + kJson + "Mcp-Session-Id: " + session +
           "\r\n\r\n" + body;
  };
  client.send(ask(legacy(1, "tools/call", {{"name", "wait"}}), "a"));
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 1; }));
  const std::string cancel =
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})";
  TestClient other(http_->port());
  other.send(ask(cancel, "b"));
  EXPECT_EQ(other.read_answer().status, 202);
  EXPECT_EQ(tools_.n_cancelled, 0) << "another session's call has that id, too";
  other.send(ask(cancel, "a"));
  EXPECT_EQ(other.read_answer().status, 202);
  EXPECT_TRUE(eventually([&] { return tools_.n_cancelled == 1; }));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "");
}

TEST_F(mcp_http, newer_clients_cancel_by_leaving) {
  TestClient client(http_->port());
  const std::string body = modern(1, "tools/call", {{"name", "wait"}});
  client.send(
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n" + modern_headers("tools/call", "wait") + "\r\n" + body);
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 1; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return tools_.n_cancelled == 1; }));
}

TEST_F(mcp_http, the_calls_of_a_batch_end_when_its_client_leaves) {
  TestClient client(http_->port());
  const std::string body = "[" + legacy(1, "tools/call", {{"name", "wait"}}) + "," +
                           legacy(2, "tools/call", {{"name", "wait"}}) + "]";
  client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n" + kJson + "\r\n" + body);
  ASSERT_TRUE(eventually([&] { return tools_.n_waiting == 2; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return tools_.n_cancelled == 2; }));
}

TEST(mcp_headers, values_may_be_base64) {
  EXPECT_EQ(decoded_header("plain"), "plain");
  EXPECT_EQ(decoded_header("=?base64?w6k=?="), "é");
  EXPECT_EQ(decoded_header("=?base64?"
                           "?="),
            "");
  EXPECT_EQ(decoded_header("=?base64?*?="), std::nullopt);
  EXPECT_EQ(decoded_header("=?base64?="), "=?base64?=");
}

}  // namespace
}  // namespace quern::serve
