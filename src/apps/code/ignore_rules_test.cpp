#include "apps/code/ignore_rules.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/code/rule_chain.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

class IgnoreSuiteTest : public FolderTest {};

using Files = std::map<std::string, std::string>;

// The ignore files of a tree, and what they say of a path in it, as git would walk there.
struct Tree {
  Files files;  // ".gitignore", "sub/.gitignore", ".git/info/exclude", "excludes".
  PathLetters letters = PathLetters::kExact;

  struct Answer {
    bool is_ignored = false;
    std::string rule = {};  // "FILE:LINE".
  };

  RuleChain with_file(RuleChain chain, const std::string& name, std::size_t n_base) const {
    const auto file = files.find(name);
    if (file == files.end()) return chain;
    return with_rules(std::move(chain), name, n_base,
                      IgnoreRules::from_file(file->second, letters));
  }

  Answer ask(const std::string& path, bool is_folder) const {
    RuleChain chain = with_file(with_file(nullptr, "excludes", 0), ".git/info/exclude", 0);
    std::size_t begin = 0;
    while (true) {
      chain = with_file(chain, path.substr(0, begin) + ".gitignore", begin);
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const bool is_last = end == path.size();
      const RuleHit hit = find_rule(chain, std::string_view(path).substr(0, end), begin,
                                    is_folder || !is_last ? EntryKind::kFolder : EntryKind::kOther);
      if (is_last || hit.is_ignored()) {
        if (hit.rule == nullptr) return {};
        return {hit.is_ignored(), fmt::format("{}:{}", hit.file->name, hit.rule->line)};
      }
      begin = end + 1;
    }
  }
};

struct Asked {
  const char* path;
  bool is_ignored;
  bool is_folder = false;
};

struct Case {
  int number;  // Of the table in the documents of git's answers; several trees may share one.
  Files files;
  std::vector<Asked> asked;
  PathLetters letters = PathLetters::kExact;
};

Files rules(const char* text) { return {{".gitignore", text}}; }

// Each was asked of git 2.39.5.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {1,
       rules("build"),
       {{"build/x", true}, {"a/build/x", true}, {"build", true}, {"builds", false}}},
      {2, rules("/build"), {{"build/x", true}, {"a/build/x", false}}},
      {3, rules("doc/frotz"), {{"doc/frotz", true}, {"a/doc/frotz", false}}},
      {4, rules("out/"), {{"out/x", true}, {"a/out/y", true}, {"b/out", false}}},
      {5, rules("doc/out/"), {{"doc/out/x", true}, {"a/doc/out/x", false}}},
      {6, rules("src/*.o"), {{"src/a.o", true}, {"src/sub/a.o", false}}},
      {7, rules("*.o"), {{"a.o", true}, {"src/sub/a.o", true}, {".o", true}}},
      {8, rules("**/foo/bar"), {{"foo/bar", true}, {"a/b/foo/bar", true}, {"foo/a/bar", false}}},
      {9, rules("abc/**"), {{"abc/x", true}, {"abc/d/y", true}, {"abc", false, true}}},
      {10,
       rules("a/**/b"),
       {{"a/b", true}, {"a/x/b", true}, {"a/x/y/b", true}, {"ab", false}, {"c/a/b", false}}},
      {11,
       rules("foo**bar"),
       {{"foobar", true}, {"fooXbar", true}, {"foo/bar", false}, {"foo/x/bar", false}}},
      {12, rules("/src/a**c"), {{"src/abc", true}, {"src/a/c", false}}},
      {13, rules("dir/\n!dir/keep.txt"), {{"dir/keep.txt", true}}},
      {14, rules("dir/*\n!dir/keep.txt"), {{"dir/keep.txt", false}, {"dir/x", true}}},
      {15,
       rules("/*\n!/src\n!/.gitignore"),
       {{"src/a.c", false}, {"README", true}, {"other/x", true}}},
      {16, rules("*\n!*.c"), {{"a.c", false}, {"d/a.c", true}}},
      {17, rules("*\n!*/\n!*.c"), {{"a.c", false}, {"d/a.c", false}, {"d/a.h", true}}},
      {18, rules("*.log\n!important.log\nimportant.log"), {{"important.log", true}}},
      {19,
       {{".gitignore", "*.txt"}, {"sub/.gitignore", "!keep.txt"}},
       {{"sub/keep.txt", false}, {"sub/d/keep.txt", false}, {"keep.txt", true}}},
      {20, {{"sub/.gitignore", "/x"}}, {{"sub/x", true}, {"x", false}, {"sub/d/x", false}}},
      {21, {{".gitignore", "vendor/"}, {"vendor/.gitignore", "!*"}}, {{"vendor/a", true}}},
      {22, rules("#a"), {{"#a", false}}},
      {23, rules("\\#b"), {{"#b", true}}},
      {24, rules("\\!a"), {{"!a", true}}},
      {25, rules("a.txt   "), {{"a.txt", true}}},
      {26, rules("b\\ "), {{"b ", true}, {"b", false}}},
      {27, rules("a.txt\t"), {{"a.txt", false}, {"a.txt\t", true}}},
      {28, rules(" a"), {{" a", true}, {"a", false}}},
      {29, rules("a\r\nb/\r\n"), {{"a", true}, {"b/x", true}, {"c", false}}},
      {30,
       rules("\xEF\xBB\xBF"
             "a\nb"),
       {{"a", true}, {"b", true}}},
      {31, rules("x\nlast"), {{"last", true}}},
      {32, rules("a?c"), {{"abc", true}, {"a/c", false}}},
      {33, rules("[a-c]x"), {{"bx", true}, {"dx", false}}},
      {34, rules("[!a-c]y"), {{"dy", true}, {"by", false}}},
      {35, rules("a[!x]b"), {{"acb", true}, {"a/b", false}}},
      {36, rules("a[/]b"), {{"a/b", false}}},
      {37, rules("f[[:digit:]]"), {{"f1", true}, {"fx", false}}},
      {38, rules("a[bc"), {{"ab", false}, {"a[bc", false}}},
      {39, rules("a\\*b"), {{"a*b", true}, {"axb", false}}},
      {40, rules("a\\"), {{"a", false}, {"a\\", false}}},
      {41, rules("/"), {{"a", false}, {"a/b", false}}},
      {42, rules("*"), {{"a", true}, {".gitignore", true}, {"d/a", true}}},
      {43, rules("**"), {{"a", true}, {"d/a", true}}},
      {44, rules("./a"), {{"a", false}}},
      {45, rules("a//b"), {{"a/b", false}}},
      {46, rules("*.{o,a}"), {{"x.o", false}, {"x.{o,a}", true}}},
      {47, rules("Build"), {{"Build/x", true}, {"build/x", false}}},
      {47, rules("Build"), {{"build/x", true}}, PathLetters::kIgnoreCase},
      {48, rules("*.env"), {{".env", true}}},
      {49,
       {{".git/info/exclude", "*.log"}, {".gitignore", "!a.log"}},
       {{"a.log", false}, {"b.log", true}}},
      {50,
       {{"excludes", "*.log"}, {".git/info/exclude", "!b.log"}},
       {{"b.log", false}, {"a.log", true}}},
      {51, rules("/d/*\n!/d/e/"), {{"d/e/x", false}, {"d/f", true}}},
      {52,
       rules("/a/*\n!/a/b/\n/a/b/*\n!/a/b/c.txt"),
       {{"a/b/c.txt", false}, {"a/b/d.txt", true}, {"a/e", true}}},
      {53, rules("é*.txt"), {{"é1.txt", true}}},
      // 54, 56 and 58 to 60 are of trees: tree_walk_test.cpp. 55: no path here exists.
      {57, rules("x/"), {{"x", false}, {"x", true, true}}},
  };
  return all;
}

std::vector<nlohmann::json> golden_suite() {
  std::ifstream in(QUERN_SOURCE_DIR "/tests/data/ignore_suite.jsonl");
  std::vector<nlohmann::json> out;
  for (std::string line; std::getline(in, line);) out.push_back(nlohmann::json::parse(line));
  return out;
}

const IgnoreRule* find(const IgnoreRules& rules, std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return rules.find(path, slash == std::string_view::npos ? 0 : slash + 1, EntryKind::kOther);
}

}  // namespace

TEST(ignore_rules, the_tricky_cases_have_gits_answers) {
  for (const Case& one : cases()) {
    const Tree tree{one.files, one.letters};
    for (const Asked& asked : one.asked) {
      EXPECT_EQ(tree.ask(asked.path, asked.is_folder).is_ignored, asked.is_ignored)
          << "case " << one.number << ": " << asked.path;
    }
  }
}

TEST(ignore_rules, six_hundred_random_trees_have_gits_answers_and_deciding_lines) {
  const auto suite = golden_suite();
  EXPECT_EQ(suite.size(), 600u);
  std::size_t n_asked = 0, n_ignored = 0;
  for (const auto& one : suite) {
    Tree tree{one["files"].get<Files>(),
              one["ignorecase"].get<bool>() ? PathLetters::kIgnoreCase : PathLetters::kExact};
    for (const auto& answer : one["answers"]) {
      const Tree::Answer got = tree.ask(answer[0], answer[1]);
      EXPECT_EQ(got.is_ignored, answer[2].get<bool>()) << answer << " of " << one["files"];
      EXPECT_EQ(got.rule, answer[3].get<std::string>()) << answer << " of " << one["files"];
      n_asked += 1;
      n_ignored += answer[2].get<bool>() ? 1 : 0;
    }
  }
  // The suite asks both ways.
  EXPECT_GT(n_ignored, n_asked / 10);
  EXPECT_LT(n_ignored, n_asked * 9 / 10);
}

TEST(ignore_rules, the_last_match_decides_wherever_it_is_looked_up) {
  const auto rules = IgnoreRules::from_file(
      "# names, extensions, paths and wildcards\n"
      "*.log\n"
      "!keep.log\n"
      "k*.log\n"
      "!/keep.log\n"
      "\n"
      "keep.log\n",
      PathLetters::kExact);
  ASSERT_NE(find(rules, "keep.log"), nullptr);
  EXPECT_EQ(find(rules, "keep.log")->line, 7);
  EXPECT_EQ(find(rules, "other.log")->line, 2);
  EXPECT_EQ(find(rules, "kept.log")->line, 4);
  EXPECT_EQ(find(rules, "keep.txt"), nullptr);
}

TEST(ignore_rules, a_rule_for_folders_lets_an_earlier_one_decide_about_a_file) {
  const auto rules = IgnoreRules::from_file("!out\nout\nout/\nx/\n", PathLetters::kExact);
  EXPECT_EQ(rules.find("out", 0, EntryKind::kFolder)->line, 3);
  EXPECT_EQ(rules.find("out", 0, EntryKind::kOther)->line, 2);
  EXPECT_EQ(rules.find("x", 0, EntryKind::kOther), nullptr);
}

TEST(ignore_rules, a_rule_is_kept_as_it_stands) {
  const auto rules = IgnoreRules::from_file("!/a b\\ /  \r\n", PathLetters::kIgnoreCase);
  const IgnoreRule* rule = rules.find("a b ", 0, EntryKind::kFolder);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->text, "!/a b\\ /");
  EXPECT_TRUE(rule->is_negated);
}

TEST(ignore_rules, globs_have_neither_comments_nor_blanks_to_drop) {
  const auto rules = IgnoreRules::from_globs({"#x", "y ", "!z"});
  EXPECT_NE(find(rules, "a/#x"), nullptr);
  EXPECT_NE(find(rules, "y "), nullptr);
  EXPECT_EQ(find(rules, "y"), nullptr);
  EXPECT_TRUE(find(rules, "z")->is_negated);
}

TEST(ignore_rules, it_knows_what_a_negated_rule_names_below_a_folder) {
  const auto rules =
      IgnoreRules::from_file("!/a/b/keep.txt\n!c/*.md\nd/e\n!f", PathLetters::kExact);
  EXPECT_TRUE(rules.brings_back_below("a"));
  EXPECT_TRUE(rules.brings_back_below("a/b"));
  EXPECT_FALSE(rules.brings_back_below("a/b/keep.txt"));
  EXPECT_TRUE(rules.brings_back_below("c"));
  EXPECT_FALSE(rules.brings_back_below("d"));  // Not negated.
  EXPECT_FALSE(rules.brings_back_below("f"));
  EXPECT_FALSE(rules.brings_back_below("ab"));
}

TEST(ignore_rules, a_hundred_thousand_names_are_no_more_work_than_one) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += fmt::format("name{}\n*.x{}\n/p{}/q\n", i, i, i);
  const auto rules = IgnoreRules::from_file(bytes, PathLetters::kExact);
  for (int i = 0; i < 100'000; ++i) {
    const std::string path = fmt::format("p{}/name{}.x{}", i, i, i + 100'000);
    ASSERT_EQ(find(rules, path), nullptr);  // Minutes, if each rule were compared.
  }
  EXPECT_EQ(find(rules, "p/name99999")->line, 3 * 99'999 + 1);
}

// New trees in each run, where git is installed; the suite above needs none.
TEST_F(IgnoreSuiteTest, git_is_asked_and_says_the_same) {
  if (std::system("git --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  const std::string suite = path("suite.jsonl");
  const unsigned seed = std::random_device()();
  const std::string command = fmt::format("python3 '{}/tools/make_ignore_suite.py' 10 {} > '{}'",
                                          QUERN_SOURCE_DIR, seed, suite);
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream in(suite);
  int n_trees = 0;
  for (std::string line; std::getline(in, line); ++n_trees) {
    const auto one = nlohmann::json::parse(line);
    Tree tree{one["files"].get<Files>(),
              one["ignorecase"].get<bool>() ? PathLetters::kIgnoreCase : PathLetters::kExact};
    for (const auto& answer : one["answers"]) {
      const Tree::Answer got = tree.ask(answer[0], answer[1]);
      EXPECT_EQ(got.is_ignored, answer[2].get<bool>())
          << "seed " << seed << ": " << answer << " of " << one["files"];
      EXPECT_EQ(got.rule, answer[3].get<std::string>())
          << "seed " << seed << ": " << answer << " of " << one["files"];
    }
  }
  EXPECT_EQ(n_trees, 10);
}

}  // namespace quern::apps
