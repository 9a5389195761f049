#include "formats/toml_tree.h"

#include <gtest/gtest.h>

namespace quern::formats {
namespace {

const char* const kFile =
    "memory = \"1GB\"\n"
    "threads = 4\n"
    "[presets.mine]\n"
    "temperature = 0.5\n"
    "quiet = true\n"
    "model = [\"a\", \"b\"]\n";

}  // namespace

TEST(toml_tree, keys_values_and_lines_are_those_of_the_file) {
  const auto tree = parse_toml(kFile, "f.toml");
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  EXPECT_EQ(tree->find("memory")->text, "1GB");
  EXPECT_EQ(tree->find("threads")->kind, TomlKind::kInteger);
  EXPECT_EQ(tree->find("threads")->line, 2);
  const TomlNode* mine = tree->find("presets")->find("mine");
  ASSERT_NE(mine, nullptr);
  EXPECT_EQ(mine->find("temperature")->text, "0.5");
  EXPECT_EQ(mine->find("quiet")->text, "true");
  EXPECT_EQ(mine->find("model")->children.at(1).text, "b");
  EXPECT_EQ(mine->find("model")->line, 6);
  EXPECT_EQ(tree->find("nothing"), nullptr);
}

TEST(toml_tree, values_are_quoted_as_what_they_are) {
  const auto tree = parse_toml("a = 1\nb = \"x\"\nc = {}\nd = 2020-01-02\ne = []\n", "f");
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(toml_value_text(*tree->find("a")), "the number 1");
  EXPECT_EQ(toml_value_text(*tree->find("b")), "the string \"x\"");
  EXPECT_EQ(toml_value_text(*tree->find("c")), "a table");
  EXPECT_EQ(toml_value_text(*tree->find("d")), "a date or time");
  EXPECT_EQ(tree->find("d")->text, "2020-01-02");
  EXPECT_EQ(toml_value_text(*tree->find("e")), "a list");
}

TEST(toml_tree, what_is_no_toml_is_refused_with_its_line) {
  for (const char* text : {"a = 1\nb = \n", "a = 1\na = 2\n", "a = 1\n[a\n", "a = 1\n= 2\n",
                           "a = 1\n[.a]\n", "a.\n"}) {
    const auto tree = parse_toml(text, "f.toml");
    ASSERT_FALSE(tree.ok()) << text;
    EXPECT_NE(tree.status().message().find("'f.toml', line "), std::string::npos)
        << tree.status().message();
  }
  EXPECT_FALSE(parse_toml(std::string(kMaxTomlBytes + 1, '#'), "f").ok());
}

TEST(toml_tree, hostile_files_end_in_an_error_or_a_tree) {
  const std::string whole = kFile;
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    (void)parse_toml(whole.substr(0, n), "f");
    std::string torn = whole;
    if (n < torn.size()) torn[n] = '\0';
    (void)parse_toml(torn, "f");
  }
  for (const char* deep : {"[", "{a=", "a."}) {
    std::string text = deep[0] == 'a' ? "" : "a = ";
    for (int i = 0; i < 50'000; ++i) text += deep;
    EXPECT_FALSE(parse_toml(text, "f").ok());
    if (deep[0] == 'a') {
      EXPECT_FALSE(parse_toml(text + "a = 1", "f").ok());
    }
  }
}

}  // namespace quern::formats
