// What the tools of a source tree take as arguments, and what their schemas say of it.

#include "serve/mcp/code_tool_set.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "serve/mcp/mcp_test_server.h"

namespace quern::serve {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class mcp_code_tools : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    fs::create_directory(path("tree"));
    chunker_ = std::move(*apps::Chunker::create({}));
    apps::CodeToolsOptions options;
    options.place = {.root = fs::canonical(path("tree")), .folder = path("index")};
    options.chunker = chunker_.get();
    options.pool = &pool_;
    options.who = "a test";
    code_ = std::make_unique<apps::CodeTools>(std::move(options));
    tools_ = code_tool_set(*code_);
    write(path("tree") + "/a.txt", "one\ntwo\n");
  }
  void TearDown() override {
    tools_.clear();
    code_.reset();
    FolderTest::TearDown();
  }

  McpToolResult call(const std::string& name, const Json& arguments) {
    for (const McpTool& tool : tools_) {
      if (tool.name == name) return tool.run(arguments.dump(), call_);
    }
    ADD_FAILURE() << name;
    return {};
  }
  std::string refusal(const std::string& name, const Json& arguments) {
    const McpToolResult got = call(name, arguments);
    EXPECT_TRUE(got.is_error) << name << ' ' << got.text.substr(0, 200);
    EXPECT_LT(got.text.size(), 500u) << name;
    return got.text;
  }

  ThreadPool pool_{2};
  std::unique_ptr<apps::Chunker> chunker_;
  std::unique_ptr<apps::CodeTools> code_;
  std::vector<McpTool> tools_;
  McpCall call_;
};

TEST_F(mcp_code_tools, integers_are_taken_as_the_schemas_say) {
  int n_checked = 0;
  for (const McpTool& tool : tools_) {
    const Json properties = Json::parse(tool.input_schema).at("properties");
    for (const auto& [name, schema] : properties.items()) {
      if (schema.at("type") != "integer") continue;
      ++n_checked;
      const auto low = schema.at("minimum").get<std::int64_t>();
      const auto high = schema.at("maximum").get<std::int64_t>();
      const std::string wanted =
          "wanted an integer from " + std::to_string(low) + " to " + std::to_string(high);
      for (const std::int64_t bad : {low - 1, high + 1, std::int64_t{4'294'967'297}}) {
        const std::string text = refusal(tool.name, {{name, bad}});
        EXPECT_THAT(text, HasSubstr(name + ": got "));
        EXPECT_THAT(text, HasSubstr(wanted));
        EXPECT_THAT(text, Not(HasSubstr("2147483647")));
      }
      for (const std::int64_t good : {low, high}) {
        EXPECT_THAT(call(tool.name, {{name, good}}).text, Not(HasSubstr("wanted an integer")))
            << name;
      }
    }
  }
  EXPECT_EQ(n_checked, 12);
  const McpToolResult read = call("read", {{"path", "a.txt"}, {"start_line", 2}, {"end_line", 2}});
  EXPECT_FALSE(read.is_error);
  EXPECT_THAT(read.text, HasSubstr("two"));
}

TEST_F(mcp_code_tools, long_arguments_are_refused_in_few_words) {
  const std::string huge(2 << 20, 'x');
  EXPECT_THAT(refusal("symbols", {{"name", huge}}),
              HasSubstr("name: got 2097152 bytes, wanted at most 4096"));
  EXPECT_THAT(refusal("read", {{"path", std::string(4097, 'x')}}), HasSubstr("at most 4096"));
  EXPECT_THAT(refusal("similar", {{"path", huge}, {"line", 1}}), HasSubstr("at most 4096"));
  EXPECT_THAT(refusal("search", {{"query", huge}}), HasSubstr("at most 8192"));
  EXPECT_THAT(refusal("search", {{"query", "a"}, {"cursor", std::string(201, '1')}}),
              HasSubstr("cursor: got 201 bytes, wanted at most 200"));
  for (const char* list : {"paths", "languages", "kinds"}) {
    EXPECT_THAT(refusal("search", {{"query", "a"}, {list, std::vector<std::string>(65, "c")}}),
                HasSubstr(std::string(list) + ": got more than 64 texts, wanted at most 64"));
    EXPECT_THAT(refusal("search", {{"query", "a"}, {list, {std::string(1025, 'c')}}}),
                HasSubstr(std::string(list) + "[0]: got 1025 bytes, wanted at most 1024"));
    EXPECT_THAT(refusal("search", {{"query", "a"}, {list, std::string(1025, 'c')}}),
                HasSubstr("at most 1024"));
  }
  const Json schema = Json::parse(tools_.front().input_schema);
  EXPECT_EQ(schema.at("properties").at("paths").at("maxItems"), 64);
  EXPECT_FALSE(call("search", {{"query", "one"}, {"paths", std::vector<std::string>(64, "*.txt")}})
                   .is_error);
}

TEST_F(mcp_code_tools, unknown_arguments_are_told_in_few_words) {
  EXPECT_THAT(refusal("search", {{"limits", 3}}), HasSubstr("did you mean 'limit'"));
  EXPECT_THAT(refusal("search", {{std::string(3 << 20, 'x'), 3}}), HasSubstr("xxx...' is no"));
  EXPECT_THAT(refusal("status", {{std::string(3 << 20, 'x'), 3}}), HasSubstr("there are none"));
}

}  // namespace
}  // namespace quern::serve
