#include "apps/code/git_config.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "apps/code/test_tree.h"

namespace quern::apps {
namespace {

class GitConfigTest : public TreeTest {
 protected:
  GitConfig read_all(const std::string& name) {
    GitConfig config;
    status_ = config.read(path(name), path(".git"));
    return config;
  }
  Status status_;
};

std::vector<std::pair<std::string, std::string>> lines(std::string_view bytes) {
  std::vector<std::pair<std::string, std::string>> out;
  const Status status = parse_git_config(bytes, [&](const std::string& name, const auto& value) {
    out.emplace_back(name, value.value_or("(none)"));
  });
  if (!status.ok()) out.emplace_back("error", status.message());
  return out;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST(git_config, values_are_read_as_git_reads_them) {
  EXPECT_EQ(lines("[Core]\n\tIgnoreCase = true ; yes\n  excludesFile=~/x y\t# z\n"),
            (Lines{{"core.ignorecase", "true"}, {"core.excludesfile", "~/x y"}}));
  EXPECT_EQ(lines("[a]b\n[a \"S.x\\\"\"] c = \" q # \" r\\\n s\\t\\\"\r\n"),
            (Lines{{"a.b", "(none)"}, {"a.S.x\".c", " q #  r s\t\""}}));
  EXPECT_EQ(lines("# nothing\n; at all\n\n"), Lines{});
  EXPECT_EQ(lines("\xEF\xBB\xBF[a]\nb = c"), (Lines{{"a.b", "c"}}));
}

TEST(git_config, what_is_wrong_has_its_line) {
  for (const char* bytes :
       {"[a]\nx = \"open\n", "[a\n", "[a]\n= 1\n", "x = 1", "[a \"b]\n", "[a]\nx = \\q\n"}) {
    const Lines found = lines(bytes);
    ASSERT_FALSE(found.empty()) << bytes;
    EXPECT_EQ(found.back().first, "error") << bytes;
  }
  EXPECT_EQ(lines("[a]\nb = c\n!\n").back().second, "line 3 is no configuration");
}

TEST_F(GitConfigTest, later_files_win_and_includes_stand_where_they_are) {
  put("one",
      "[core]\nignorecase = true\nexcludesFile = a\n[include]\npath = sub/two\n[core]\nbare\n");
  put("sub/two", "[core]\nexcludesFile = b\n[include]\npath = three\n");
  put("sub/three", "[x]\ny = 1\n");
  const GitConfig config = read_all("one");
  EXPECT_TRUE(status_.ok()) << status_.message();
  EXPECT_TRUE(config.is_yes("core.ignorecase"));
  EXPECT_EQ(config.text("core.excludesfile"), "b");
  EXPECT_TRUE(config.is_yes("core.bare"));
  EXPECT_EQ(config.text("core.bare"), std::nullopt);
  EXPECT_TRUE(config.is_yes("x.y"));
  EXPECT_FALSE(config.is_yes("x.z"));
  EXPECT_EQ(config.names_with("core."),
            (Paths{"core.bare", "core.excludesfile", "core.ignorecase"}));
}

TEST_F(GitConfigTest, conditions_are_about_where_the_repository_lies) {
  const std::string name = folder_.substr(folder_.rfind('/') + 1);
  put("two", "[a]\nb = 1\n");
  const Paths met = {"gitdir:" + folder_ + "/", "gitdir:" + name + "/", "gitdir:./",
                     "gitdir/i:**/.GIT"};
  for (const std::string& condition : met) {
    put("one", "[includeIf \"" + condition + "\"]\npath = two\n");
    EXPECT_TRUE(read_all("one").is_yes("a.b")) << condition;
  }
  for (const char* condition :
       {"gitdir:/elsewhere/", "gitdir:**/.GIT", "onbranch:main", "gitdir:x"}) {
    put("one", "[includeIf \"" + std::string(condition) + "\"]\npath = two\n");
    EXPECT_FALSE(read_all("one").is_yes("a.b")) << condition;
  }
}

TEST_F(GitConfigTest, a_file_that_includes_itself_ends) {
  put("one", "[include]\npath = one\n[a]\nb = 1\n");
  EXPECT_TRUE(read_all("one").is_yes("a.b"));
  EXPECT_EQ(status_.code(), Code::kBadInput);
  read_all("nothing");
  EXPECT_TRUE(status_.ok());
}

}  // namespace quern::apps
