#include "cli/json_line.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::cli {

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

TEST(json_line, nothing_in_a_line_steers_a_terminal) {
  EXPECT_EQ(in_one_line("a\nb\tc\x1b[2J\x7f"), "a b c [2J ");
  // C1 as UTF-8 and as bytes, alone and behind what cannot begin a character.
  EXPECT_EQ(in_one_line("\xC2\x80|\xC2\x9B|\xC2\x9F|\x9B|\xC0\x9B|\xE2\x80"),
            " | | | |\xC0 |\xE2 ");
  for (const char* code : {"\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u2066", "\u2067",
                           "\u2068", "\u2069", "\u2028", "\u2029", "\u200E", "\u200F", "\u061C"}) {
    EXPECT_EQ(in_one_line(std::string("a") + code + "b"), "a b") << code;
  }
  const std::string text = "\u00A0\u00E9 \u0985\u200D \u05D0 \u202F\u206A \U0001F600 \xFF";
  EXPECT_EQ(in_one_line(text), text);
}

}  // namespace quern::cli
