#include "cli/json_line.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {
namespace {

struct Parsed {
  Status status;
  std::string text;
  std::optional<std::string> pair;
};

Parsed parse(std::string_view line) {
  static JsonLineParser parser;
  Parsed p;
  p.status = parser.parse(line, p.text, p.pair);
  return p;
}

}  // namespace

TEST(json_line, takes_text_and_pair) {
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

TEST(json_line, says_what_a_wrong_line_holds) {
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

TEST(json_line, every_truncation_is_an_error_and_the_parser_goes_on) {
  const std::string line = R"({"text": "a\u00e9b", "text_pair": "c", "n": [1, {"x": null}]})";
  for (std::size_t n = 0; n < line.size(); ++n) {
    EXPECT_FALSE(parse(line.substr(0, n)).status.ok()) << n;
    EXPECT_TRUE(parse(line).status.ok()) << n;
  }
}

TEST(json_line, strings_are_escaped_and_made_valid) {
  std::string out;
  append_json_string("a\"\\\n\x01 \xC3\xA9 \xFF", out);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001 \xC3\xA9 \xEF\xBF\xBD\"");
}

TEST(json_line, numbers_read_back_as_the_same_float) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) continue;
    std::string out;
    append_json_number(value, out);
    EXPECT_EQ(std::strtof(out.c_str(), nullptr), value) << out;
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  }
}

TEST(json_line, numbers_that_json_lacks_become_null) {
  std::string out;
  const float values[] = {0.5f, std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::infinity(), 1e-7f};
  append_json_numbers(values, out);
  EXPECT_EQ(out, "[0.5,null,null,1e-07]");
}

TEST(json_line, errors_carry_code_and_message) {
  std::string out = "{\"index\":0";
  append_json_error(Status(Code::kBadInput, "a \"b\""), out);
  EXPECT_EQ(out, R"({"index":0,"error":{"code":"bad_input","message":"a \"b\""})");
}

}  // namespace quern::cli
