#include "serve/mcp/mcp_server.h"

#include <future>

#include <gtest/gtest.h>

#include "serve/mcp/mcp_test_server.h"

namespace quern::serve {
namespace {

class mcp_server : public testing::Test {
 protected:
  McpReply reply(const std::string& json) {
    std::promise<McpReply> promise;
    McpServer::Want want;
    want.call = std::make_shared<McpCall>();
    server_.answer(read_mcp_input(json).messages.at(0), want,
                   [&](McpReply got) { promise.set_value(std::move(got)); });
    return promise.get_future().get();
  }
  Json result(const std::string& json) {
    const Json out = Json::parse(reply(json).json);
    EXPECT_EQ(out.at("jsonrpc"), "2.0");
    EXPECT_TRUE(out.contains("result")) << out;
    return out.value("result", Json::object());
  }
  int error(const std::string& json) {
    const Json out = Json::parse(reply(json).json);
    EXPECT_FALSE(out.contains("result")) << out;
    EXPECT_FALSE(out.at("error").at("message").get<std::string>().empty());
    return out.at("error").at("code");
  }

  TestTools tools_;
  McpServer server_{test_facts(), tools_.tools()};
};

TEST_F(mcp_server, a_handshake_agrees_on_a_version) {
  for (const char* version : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}) {
    const Json got = result(legacy(1, "initialize", {{"protocolVersion", version}}));
    EXPECT_EQ(got.at("protocolVersion"), version);
    EXPECT_EQ(got.at("capabilities"), Json::parse(R"({"tools":{}})"));
    EXPECT_EQ(got.at("serverInfo").at("version"), "1.2");
    EXPECT_EQ(got.at("instructions"), "use it");
    EXPECT_FALSE(got.contains("resultType"));
  }
  for (const char* version : {"1999-01-01", "2026-07-28", ""}) {
    EXPECT_EQ(result(legacy(1, "initialize", {{"protocolVersion", version}})).at("protocolVersion"),
              "2025-11-25");
  }
  EXPECT_EQ(error(legacy(1, "initialize")), kInvalidParams);
}

TEST_F(mcp_server, without_a_handshake_each_request_says_its_version) {
  const Json found = result(modern(1, "server/discover"));
  EXPECT_EQ(found.at("resultType"), "complete");
  EXPECT_EQ(found.at("supportedVersions").at(0), "2026-07-28");
  EXPECT_TRUE(found.at("ttlMs").is_number_integer());
  EXPECT_EQ(found.at("cacheScope"), "public");
  EXPECT_EQ(found.at("_meta").at("io.modelcontextprotocol/serverInfo").at("name"), "test");

  const Json listed = result(modern(2, "tools/list"));
  EXPECT_EQ(listed.at("tools").size(), 4u);
  EXPECT_TRUE(listed.contains("ttlMs"));
  const Json called = result(modern(3, "tools/call", {{"name", "echo"}}));
  EXPECT_EQ(called.at("resultType"), "complete");
  EXPECT_FALSE(called.contains("ttlMs"));

  EXPECT_EQ(error(legacy(4, "server/discover")), kInvalidParams);
  EXPECT_EQ(error(modern(5, "ping")), kMethodNotFound);
  const Json refused = Json::parse(reply(modern(6, "tools/list", {}, "2027-01-01")).json);
  EXPECT_EQ(refused.at("error").at("code"), kUnsupportedVersion);
  EXPECT_EQ(refused.at("error").at("data").at("requested"), "2027-01-01");
  EXPECT_EQ(refused.at("error").at("data").at("supported").at(0), "2026-07-28");
  EXPECT_EQ(reply(modern(7, "nothing")).http_status, 404);
}

TEST_F(mcp_server, tools_are_listed_alike_with_their_hints) {
  const Json first = result(legacy(1, "tools/list"));
  EXPECT_EQ(first, result(legacy(2, "tools/list", nullptr)));
  for (const Json& tool : first.at("tools")) {
    EXPECT_EQ(tool.at("inputSchema").at("type"), "object");
    EXPECT_EQ(tool.at("annotations").at("readOnlyHint"), true);
    EXPECT_EQ(tool.at("annotations").at("openWorldHint"), false);
  }
  EXPECT_EQ(error(legacy(3, "tools/list", {{"cursor", "x"}})), kInvalidParams);
}

TEST_F(mcp_server, what_a_tool_says_is_a_result_and_what_is_no_call_an_error) {
  const Json said = result(legacy(1, "tools/call", {{"name", "echo"}, {"arguments", {{"a", 1}}}}));
  EXPECT_EQ(said.at("content"), Json::parse(R"([{"type":"text","text":"{\"a\":1}"}])"));
  EXPECT_EQ(said.at("isError"), false);
  const Json failed = result(legacy(2, "tools/call", {{"name", "fail"}}));
  EXPECT_EQ(failed.at("isError"), true);
  EXPECT_EQ(failed.at("content").at(0).at("text"), "it failed");

  EXPECT_EQ(error(legacy(3, "tools/call", {{"name", "nobody"}})), kInvalidParams);
  EXPECT_EQ(error(legacy(4, "tools/call")), kInvalidParams);
  EXPECT_EQ(error(legacy(5, "tools/call", {{"name", "echo"}, {"arguments", 3}})), kInvalidParams);
  EXPECT_EQ(error(legacy(6, "resources/list")), kMethodNotFound);
  EXPECT_EQ(error("{}"), kInvalidRequest);
}

TEST_F(mcp_server, more_calls_than_can_wait_are_refused) {
  std::vector<std::shared_ptr<McpCall>> calls;
  std::atomic<int> n_done{0}, n_refused{0};
  const McpMessage message =
      read_mcp_input(legacy(1, "tools/call", {{"name", "wait"}})).messages.at(0);
  for (int i = 0; i < 70; ++i) {
    McpServer::Want want;
    want.call = calls.emplace_back(std::make_shared<McpCall>());
    server_.answer(message, want, [&](McpReply got) {
      if (got.json.find("-32603") != std::string::npos) ++n_refused;
      ++n_done;
    });
  }
  EXPECT_EQ(n_refused, 6);
  for (const auto& call : calls) call->is_cancelled = true;
  for (int i = 0; i < 1000 && n_done < 70; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(n_done, 70);
}

TEST_F(mcp_server, cancelled_calls_that_wait_give_their_places_up) {
  std::vector<std::shared_ptr<McpCall>> calls;
  std::atomic<int> n_done{0}, n_refused{0}, n_silent{0};
  const McpMessage message =
      read_mcp_input(legacy(1, "tools/call", {{"name", "wait"}})).messages.at(0);
  const auto begin = [&](int n) {
    for (int i = 0; i < n; ++i) {
      McpServer::Want want;
      want.call = calls.emplace_back(std::make_shared<McpCall>());
      server_.answer(message, want, [&](McpReply got) {
        if (got.json.find("-32603") != std::string::npos) ++n_refused;
        if (got.json.empty()) ++n_silent;
        ++n_done;
      });
    }
  };
  const auto wait_for = [&](auto holds) {
    for (int i = 0; i < 1000 && !holds(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
  };
  begin(4);
  ASSERT_TRUE(wait_for([&] { return tools_.n_waiting == 4; }));
  for (int round = 0; round < 3; ++round) {
    const std::size_t first = calls.size();
    begin(60);
    EXPECT_EQ(n_refused, 0) << round;
    for (std::size_t i = first; i < calls.size(); ++i) calls[i]->is_cancelled = true;
  }
  EXPECT_EQ(n_silent, 120) << "they are done with when others come";
  begin(61);
  EXPECT_EQ(n_refused, 1);
  EXPECT_EQ(n_silent, 180);
  for (const auto& call : calls) call->is_cancelled = true;
  EXPECT_TRUE(wait_for([&] { return n_done == 4 + 180 + 61; }));
}

TEST_F(mcp_server, what_is_told_back_is_clipped_between_characters) {
  const std::string huge = "a" + [] {
    std::string out;
    for (int i = 0; i < 1'000'000; ++i) out += "\u00e9";
    return out;
  }();
  const auto told = [&](const std::string& json) {
    const std::string got = reply(json).json;
    EXPECT_LT(got.size(), 1000u);
    return Json::parse(got).at("error").at("message").get<std::string>();
  };
  std::string kept = "'a";
  for (int i = 0; i < 49; ++i) kept += "\u00e9";
  kept += "...'";
  EXPECT_NE(told(legacy(1, huge)).find(kept), std::string::npos);
  EXPECT_NE(told(legacy(2, "tools/call", {{"name", huge}})).find(kept), std::string::npos);
  told(modern(3, "tools/list", {}, huge));
  const Json said =
      result(legacy(4, "tools/call", {{"name", "echo"}, {"arguments", {{"a", huge}}}}));
  EXPECT_LE(said.at("content").at(0).at("text").get<std::string>().size(), (256u << 10) + 3);
  EXPECT_LT(McpServer::error_reply("1", {.code = 1, .message = huge}).json.size(), 10'000u);
}

}  // namespace
}  // namespace quern::serve
