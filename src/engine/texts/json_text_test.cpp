#include "engine/texts/json_text.h"

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

struct Parsed {
  Status status;
  std::string text;
  std::optional<std::string> pair;
};

Parsed parse(std::string_view line) {
  static JsonTextParser parser;
  Parsed p;
  p.status = parser.parse(line, p.text, p.pair);
  return p;
}

}  // namespace

TEST(json_text, takes_text_and_pair) {
  const Parsed one = parse(R"({"id": 7, "text": "a \"b\" \u00e9"})");
  ASSERT_TRUE(one.status.ok()) << one.status.message();
  EXPECT_EQ(one.text, "a \"b\" \xC3\xA9");
  EXPECT_FALSE(one.pair);

  const Parsed two = parse(R"({"text_pair": "y", "text": ""})");
  ASSERT_TRUE(two.status.ok());
  EXPECT_EQ(two.text, "");
  EXPECT_EQ(two.pair, "y");
  EXPECT_FALSE(parse(R"({"text": "x", "text_pair": null})").pair);
}

TEST(json_text, says_what_a_wrong_line_holds) {
  EXPECT_EQ(parse(R"({"title": "x", "body": 3})").status.message(),
            "no \"text\" field; it has 'title', 'body'");
  EXPECT_EQ(parse("{}").status.message(), "no \"text\" field; it is empty");
  EXPECT_EQ(parse(R"({"text": 3})").status.message(), "\"text\" is a number, want a string");
  EXPECT_EQ(parse(R"({"text": "x", "text_pair": []})").status.message(),
            "\"text_pair\" is an array, want a string");
  EXPECT_EQ(parse(R"(["x"])").status.message(),
            "is an array, want an object with a \"text\" field");
  EXPECT_EQ(parse(R"({"text": "x")").status.code(), Code::kBadInput);
  EXPECT_EQ(parse("").status.code(), Code::kBadInput);
  EXPECT_EQ(parse("{\"text\": \"\xff\"}").status.code(), Code::kBadInput);
}

TEST(json_text, every_truncation_is_an_error_and_the_parser_goes_on) {
  const std::string line = R"({"text": "a\u00e9b", "text_pair": "c", "n": [1, {"x": null}]})";
  for (std::size_t n = 0; n < line.size(); ++n) {
    EXPECT_FALSE(parse(line.substr(0, n)).status.ok()) << n;
    EXPECT_TRUE(parse(line).status.ok()) << n;
  }
}

}  // namespace quern::engine
