#include "cli/pattern_lines.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

using nlohmann::json;

store::Schema schema() {
  return {
      .fields = {{.name = "title", .analyzer = "simple"}, {.name = "text", .analyzer = "code"}}};
}

store::PatternSearchResult found() {
  store::PatternHit hit{
      .key = "a\tb", .document = {.fields = {"x", "one\nint a, int b\n"}, .stored = R"({"id":1})"}};
  hit.matches = {{1, {4, 7}, 2, {4, 16}}, {1, {11, 14}, 2, {4, 16}}};
  store::PatternSearchResult result{.hits = {hit}, .generation = 3};
  result.effort = {.needs = "\"int\"", .n_documents = 9, .n_candidates = 2, .n_read = 2};
  return result;
}

}  // namespace

TEST(pattern_lines, a_line_is_shown_once_with_its_matches) {
  std::string out;
  append_pattern_lines(found(), schema(), false, out);
  EXPECT_EQ(out, "a b\ttext:2\tint a, int b\n");
  out.clear();
  append_pattern_lines(found(), schema(), true, out);
  EXPECT_EQ(out, "a b\ttext:2\t\033[1mint\033[0m a, \033[1mint\033[0m b\n");
}

TEST(pattern_lines, a_long_line_is_cut_around_its_match_between_characters) {
  store::PatternSearchResult result = found();
  std::string line;
  for (int i = 0; i < 400; ++i) line += "é";
  result.hits[0].document.fields[1] = line + "int" + line;
  result.hits[0].matches = {{1, {800, 803}, 1, {0, 1603}}};
  std::string out;
  append_pattern_lines(result, schema(), false, out);
  EXPECT_LT(out.size(), 270u);
  EXPECT_NE(out.find("éintéé"), std::string::npos);
  append_pattern_json({}, result, schema(), 1, out = "");
  EXPECT_NO_THROW(json::parse(out)["hits"][0]["matches"][0]["text"].get<std::string>());
  EXPECT_EQ(out.find("\uFFFD"), std::string::npos);
}

TEST(pattern_lines, json_has_spans_lines_and_what_was_done) {
  std::string out;
  store::PatternSearch wanted{.pattern = {.text = "in\"t"}};
  append_pattern_json(wanted, found(), schema(), 0.5, out);
  json object = json::parse(out);
  EXPECT_EQ(object["pattern"], "in\"t");
  EXPECT_EQ(object["hits"][0]["matches"][1]["begin"], 11);
  EXPECT_EQ(object["hits"][0]["matches"][1]["line"], 2);
  EXPECT_EQ(object["hits"][0]["matches"][1]["text"], "int a, int b");
  EXPECT_EQ(object["hits"][0]["document"]["id"], 1);
  EXPECT_EQ(object["effort"]["candidates"], 2);
  EXPECT_EQ(object["effort"]["needs"], "\"int\"");
  EXPECT_FALSE(object["effort"].contains("why_all_are_read"));
  EXPECT_FALSE(object["hits"][0].contains("score"));
}

TEST(pattern_lines, notes_say_what_is_not_as_one_would_think) {
  store::PatternEffort effort = found().effort;
  EXPECT_EQ(pattern_notes(effort), "");
  effort.why_all_are_read = "so it is";
  effort.n_too_hard = 2;
  effort.first_too_hard = "k";
  EXPECT_EQ(
      pattern_notes(effort),
      "2 of all 9 documents were read: so it is\n"
      "2 documents are not known: the pattern takes too many steps on them, such as on 'k'\n");
}

}  // namespace quern::cli
