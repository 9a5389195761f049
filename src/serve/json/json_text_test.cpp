#include "serve/json/json_text.h"

#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::serve {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string base64(std::vector<float> values) {
  std::string out;
  append_base64(out, values);
  return out;
}

TEST(json_text, escapes_what_json_cannot_hold) {
  EXPECT_EQ(json_of("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(json_of(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(json_of("h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

TEST(json_text, invalid_utf8_becomes_replacement_characters) {
  EXPECT_EQ(json_of("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(json_of("\xC3"), "\"\xEF\xBF\xBD\"");                  // Cut off.
  EXPECT_EQ(json_of("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // Overlong.
  EXPECT_EQ(json_of("\xED\xA0\x80").size(), 2u + 9u);              // A surrogate.
  EXPECT_EQ(json_of("\xF4\x90\x80\x80").size(), 2u + 12u);         // Past U+10FFFF.
}

TEST(json_text, any_bytes_make_json_that_others_read) {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes;
    for (unsigned n = random() % 20; n > 0; --n) bytes.push_back(static_cast<char>(random()));
    EXPECT_NO_THROW({ auto parsed = nlohmann::json::parse(json_of(bytes)); });
  }
}

TEST(json_text, floats_read_back_to_the_same_bits) {
  std::mt19937 random(2);
  std::vector<float> values = {0.0f, -0.0f, 1.0f, 0.1f, -1.17549435e-38f, 3.4028235e38f, 1e-45f};
  while (values.size() < 5000) {
    const std::uint32_t bits = random();
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) values.push_back(value);
  }
  std::string out = "x";
  append_json_floats(out, values);
  const auto parsed = nlohmann::json::parse(out.substr(1));
  ASSERT_EQ(parsed.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float got = static_cast<float>(parsed[i].get<double>());
    EXPECT_EQ(std::memcmp(&got, &values[i], sizeof got), 0) << values[i];
  }
  out.clear();
  append_json_floats(out, {});
  EXPECT_EQ(out, "[]");
}

TEST(json_text, base64_worked_examples) {
  EXPECT_EQ(base64({}), "");
  EXPECT_EQ(base64({1.0f}), "AACAPw==");             // Bytes 00 00 80 3f.
  EXPECT_EQ(base64({1.0f, -2.0f}), "AACAPwAAAMA=");  // ... 00 00 00 c0.
  EXPECT_EQ(base64({1.0f, -2.0f, 0.5f}), "AACAPwAAAMAAAAA/");
}

}  // namespace
}  // namespace quern::serve
