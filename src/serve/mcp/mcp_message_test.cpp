#include "serve/mcp/mcp_message.h"

#include <random>

#include <gtest/gtest.h>

#include "serve/mcp/mcp_batch.h"
#include "serve/mcp/mcp_server.h"

namespace quern::serve {
namespace {

McpMessage one(std::string_view json) {
  const McpInput input = read_mcp_input(json);
  EXPECT_FALSE(input.is_batch);
  EXPECT_EQ(input.messages.size(), 1u);
  return input.messages.at(0);
}

using Kind = McpMessage::Kind;

TEST(mcp_message, requests_notifications_and_responses_are_told_apart) {
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","id":0,"method":"ping"})").kind, Kind::kRequest);
  EXPECT_EQ(one(R"({"method":"x","jsonrpc":"2.0"})").kind, Kind::kNotification);
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","id":1,"result":{}})").kind, Kind::kResponse);
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})").kind, Kind::kResponse);
}

TEST(mcp_message, ids_come_back_as_they_were) {
  const auto id = [](const std::string& text) {
    return one(R"({"jsonrpc":"2.0","id":)" + text + R"(,"method":"ping"})").id;
  };
  EXPECT_EQ(id("0"), "0");
  EXPECT_EQ(id("-7"), "-7");
  EXPECT_EQ(id("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(id(R"("7")"), R"("7")");
  EXPECT_EQ(id(R"("a\"\n\u00e9")"), "\"a\\\"\\n\u00e9\"");
  EXPECT_EQ(id(R"("")"), R"("")");
}

TEST(mcp_message, what_is_no_message_says_why) {
  const auto code = [](std::string_view json) {
    const McpMessage message = one(json);
    EXPECT_EQ(message.kind, Kind::kInvalid) << json;
    EXPECT_FALSE(message.error.message.empty());
    return message.error.code;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(code(""), kParseError);
  EXPECT_EQ(code("{"), kParseError);
  EXPECT_EQ(code("{}{}"), kParseError);
  EXPECT_EQ(code("{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}"), kParseError);
  EXPECT_EQ(code("{\"jsonrpc\":\"2.0\",\"method\":\"a\0b\"}"sv), kParseError);
  EXPECT_EQ(code(std::string(100'000, '[')), kParseError);
  EXPECT_EQ(code("null"), kInvalidRequest);
  EXPECT_EQ(code("3"), kInvalidRequest);
  EXPECT_EQ(code("{}"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1})"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"method":3})"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":[1],"method":"ping"})"), kInvalidRequest);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[1]})"), kInvalidParams);
}

TEST(mcp_message, an_error_has_the_id_where_it_is_known) {
  EXPECT_EQ(one(R"({"jsonrpc":"1.0","id":"a","method":"ping"})").id, R"("a")");
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","id":3,"method":"ping","params":7})").id, "3");
  EXPECT_EQ(one("[").id, "null");
}

TEST(mcp_message, parameters_are_read_where_they_have_their_type) {
  const McpMessage call = one(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"a\nb", "limit": 3},
         "_meta":{"progressToken":"t","io.modelcontextprotocol/protocolVersion":"2026-07-28",
                  "io.modelcontextprotocol/clientCapabilities":{}}}})");
  EXPECT_EQ(call.name, "search");
  EXPECT_EQ(call.arguments, R"({"query":"a\nb","limit":3})");
  EXPECT_EQ(call.progress_token, R"("t")");
  EXPECT_EQ(call.meta_version, "2026-07-28");
  EXPECT_TRUE(call.has_client_capabilities);

  const McpMessage odd = one(
      R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"name":3,"arguments":[],"cursor":"c","_meta":7,"requestId":12}})");
  EXPECT_EQ(odd.kind, Kind::kRequest);
  EXPECT_FALSE(odd.name.has_value());
  EXPECT_TRUE(odd.has_bad_arguments);
  EXPECT_TRUE(odd.has_cursor);
  EXPECT_FALSE(odd.meta_version.has_value());
  EXPECT_EQ(odd.request_id, "12");

  const McpMessage bare =
      one(R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"arguments":null,"cursor":null}})");
  EXPECT_EQ(bare.arguments, "{}");
  EXPECT_FALSE(bare.has_bad_arguments);
  EXPECT_FALSE(bare.has_cursor);
  EXPECT_EQ(one(R"({"jsonrpc":"2.0","id":1,"method":"x","params":null})").kind, Kind::kRequest);
}

TEST(mcp_message, a_batch_is_its_messages) {
  const McpInput input = read_mcp_input(
      R"([{"jsonrpc":"2.0","id":1,"method":"ping"},7,{"jsonrpc":"2.0","method":"n"}])");
  EXPECT_TRUE(input.is_batch);
  ASSERT_EQ(input.messages.size(), 3u);
  EXPECT_EQ(input.messages[0].kind, Kind::kRequest);
  EXPECT_EQ(input.messages[1].kind, Kind::kInvalid);
  EXPECT_EQ(input.messages[2].kind, Kind::kNotification);
  EXPECT_TRUE(read_mcp_input("[]").messages.empty());
}

TEST(mcp_message, of_a_huge_batch_only_so_many_messages_are_read) {
  std::string json = "[1";
  for (int i = 1; i < 2'000'000; ++i) json += ",1";
  const McpInput input = read_mcp_input(json + "]");
  EXPECT_TRUE(input.is_batch);
  EXPECT_EQ(input.n_messages, 2'000'000u);
  EXPECT_EQ(input.messages.size(), kMaxBatch);
  const auto refusal = batch_refusal(input, kBatchVersion);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->message, "a batch of 2000000 messages, at most 64 are taken");
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  std::string most = "[" + ping;
  for (std::size_t i = 1; i < kMaxBatch; ++i) most += "," + ping;
  EXPECT_FALSE(batch_refusal(read_mcp_input(most + "]"), kBatchVersion));
  EXPECT_TRUE(batch_refusal(read_mcp_input(most + "," + ping + "]"), kBatchVersion));
}

TEST(mcp_message, a_notification_is_one_whatever_its_parameters_are) {
  for (const char* params : {"[1]", "7", R"("a")", "true"}) {
    const McpMessage message =
        one(std::string(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":)") +
            params + "}");
    EXPECT_EQ(message.kind, Kind::kNotification) << params;
    EXPECT_EQ(message.request_id, "");
  }
}

TEST(mcp_message, ids_that_would_make_every_answer_long_are_none) {
  const auto with_id = [](std::size_t n) {
    return one(R"({"jsonrpc":"2.0","id":")" + std::string(n, 'x') + R"(","method":"ping"})");
  };
  EXPECT_EQ(with_id(kMaxMcpId - 2).kind, Kind::kRequest);
  const McpMessage message = with_id(kMaxMcpId - 1);
  EXPECT_EQ(message.error.code, kInvalidRequest);
  EXPECT_EQ(message.id, "null");
}

TEST(mcp_message, damaged_bytes_never_end_the_program) {
  const std::string good =
      R"({"jsonrpc":"2.0","id":"\u00e9","method":"tools/call","params":{"name":"read","arguments":{"path":"a"}}})";
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int n = 0; n < 1 + i % 4; ++n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    const McpInput input = read_mcp_input(bytes);
    EXPECT_TRUE(input.is_batch || input.messages.size() == 1);
  }
}

}  // namespace
}  // namespace quern::serve
