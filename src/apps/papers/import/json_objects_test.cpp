#include "apps/papers/import/json_objects.h"

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::vector<JsonObjects::Object> objects_of(const std::string& text, std::size_t max_bytes = 1000) {
  std::istringstream in(text);
  JsonObjects objects(in, max_bytes);
  std::vector<JsonObjects::Object> out;
  while (true) {
    auto next = objects.next();
    EXPECT_TRUE(next.ok());
    if (!next.ok() || !*next) return out;
    out.push_back(std::move(**next));
  }
}

TEST(json_objects, of_a_list_and_of_lines_are_the_same) {
  for (const char* text : {"\xef\xbb\xbf[{\"a\": \"}\\\"\"},\n {\"b\": {\"c\": [1]}}]",
                           "{\"a\": \"}\\\"\"}\n{\"b\": {\"c\": [1]}}"}) {
    const auto objects = objects_of(text);
    ASSERT_EQ(objects.size(), 2U) << text;
    EXPECT_EQ(objects[0].text, "{\"a\": \"}\\\"\"}");
    EXPECT_EQ(objects[1].text, "{\"b\": {\"c\": [1]}}");
    EXPECT_EQ(objects[1].n_line, 2U);
  }
  EXPECT_TRUE(objects_of("[]").empty());
}

TEST(json_objects, what_is_wrong_is_said_once_and_the_next_one_read) {
  const auto objects = objects_of("[1, 2, {\"a\": 1}, x");
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0].status.code(), Code::kBadInput);
  EXPECT_EQ(objects[1].text, "{\"a\": 1}");
  EXPECT_EQ(objects[2].status.code(), Code::kBadInput);
}

TEST(json_objects, without_an_end_or_too_large_are_errors) {
  const auto open = objects_of("\n{\"a\": \"}");
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].n_line, 2U);
  EXPECT_EQ(open[0].status.code(), Code::kBadInput);
  const auto large = objects_of("{\"a\": \"" + std::string(50, 'x') + "\"}{\"b\": 1}", 20);
  ASSERT_EQ(large.size(), 2U);
  EXPECT_EQ(large[0].status.code(), Code::kTooLarge);
  EXPECT_EQ(large[1].text, "{\"b\": 1}");
}

}  // namespace
}  // namespace quern::apps
