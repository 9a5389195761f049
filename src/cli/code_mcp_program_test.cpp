// Code search as agents meet it: the program at the ends of two pipes.

#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/test_program.h"

namespace quern::cli {
namespace {

using nlohmann::json;

class code_mcp_program : public ProgramTest {
 protected:
  void fill() {
    std::filesystem::create_directories(tree() + "/src");
    folder_.write("tree/src/heap.py",
                  "def heap_push(heap, item):\n    \"\"\"Put an item onto the heap.\"\"\"\n    "
                  "heap.append(item)\n");
  }
  std::string tree() { return folder_.file("tree"); }
  Ended code(const std::string& args) {
    return shell("cd " + tree() + " && " QUERN_PROGRAM " code " + args);
  }
};

}  // namespace

TEST_F(code_mcp_program, agents_are_served_over_pipes) {
  fill();
  folder_.write(
      "messages",
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})"
      "\n"
      R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
      "\nnonsense\n"
      R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})"
      "\n"
      R"({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"search","arguments":{"query":"push an item onto the heap","limits":3}}})"
      "\n"
      R"({"jsonrpc":"2.0","id":"b","method":"tools/call","params":{"name":"search","arguments":{"query":"push an item onto the heap"}}})");
  const Ended ended = code("mcp < " + folder_.file("messages"));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  std::map<std::string, json> by_id;
  for (const json& line : json_lines(ended.out)) by_id[line["id"].dump()] = line;
  ASSERT_EQ(by_id.size(), 5u);
  EXPECT_EQ(by_id["0"]["result"]["protocolVersion"], "2025-11-25");
  EXPECT_EQ(by_id["null"]["error"]["code"], -32700);
  EXPECT_EQ(by_id["1"]["result"]["tools"].size(), 5u);
  for (const json& tool : by_id["1"]["result"]["tools"]) {
    EXPECT_LE(tool["description"].get<std::string>().size(), 2000u);
    EXPECT_EQ(tool["inputSchema"]["type"], "object");
    for (const json& property : tool["inputSchema"]["properties"]) {
      EXPECT_TRUE(property["type"].is_string() && property["description"].is_string());
    }
  }
  EXPECT_EQ(by_id["\"a\""]["result"]["isError"], true);
  EXPECT_PRED2(contains, by_id["\"a\""]["result"]["content"][0]["text"], "did you mean 'limit'");
  EXPECT_PRED2(contains, by_id["\"b\""]["result"]["content"][0]["text"], "src/heap.py:1-3");
}

TEST_F(code_mcp_program, agents_are_not_served_a_home) {
  folder_.write("messages",
                R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"status"}})");
  fill();
  const Ended ended = shell("cd " + tree() + " && HOME=$PWD " QUERN_PROGRAM " code mcp < " +
                            folder_.file("messages"));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json answer = json_lines(ended.out).at(0);
  EXPECT_EQ(answer["result"]["isError"], true);
  EXPECT_PRED2(contains, answer["result"]["content"][0]["text"], "is no source tree");
  EXPECT_EQ(code("mcp --http nowhere:x").exit_code, 4);
}

}  // namespace quern::cli
