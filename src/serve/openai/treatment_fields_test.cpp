#include "serve/openai/treatment_fields.h"

#include <string>

#include <gtest/gtest.h>

namespace quern::serve {
namespace {

using namespace std::chrono_literals;

struct Read {
  Problem problem;
  engine::WorkClass work_class = engine::WorkClass::kInteractive;
  std::optional<engine::KeepAlive> keep_alive = {};
};

Read read(std::string body) {
  Read out;
  out.problem = read_fields(body, [&](std::string_view key, JsonValue value) -> Problem {
    auto known = read_treatment_field(key, value, out.work_class, out.keep_alive);
    return known ? *known : skip_json(value, {key});
  });
  return out;
}

}  // namespace

TEST(treatment_fields, keep_alive_is_a_text_or_a_number) {
  EXPECT_EQ(read(R"({"keep_alive":"5m"})").keep_alive, 300s);
  EXPECT_EQ(read(R"({"keep_alive":"90"})").keep_alive, 90s);
  EXPECT_EQ(read(R"({"keep_alive":90})").keep_alive, 90s);
  EXPECT_EQ(read(R"({"keep_alive":1.5})").keep_alive, 1500ms);
  EXPECT_EQ(read(R"({"keep_alive":0})").keep_alive, 0s);
  EXPECT_EQ(read(R"({"keep_alive":-1})").keep_alive, engine::kKeepForever);
  EXPECT_EQ(read(R"({"keep_alive":"-1m"})").keep_alive, engine::kKeepForever);
  EXPECT_FALSE(read(R"({"other":5})").keep_alive);
}

TEST(treatment_fields, what_is_no_keep_alive_is_refused_by_name) {
  for (const char* value : {"\"soon\"", "\"\"", "true", "[]", "{}", "\"5 m\""}) {
    const Read out = read(std::string(R"({"keep_alive":)") + value + "}");
    ASSERT_TRUE(out.problem) << value;
    EXPECT_EQ(out.problem->status, 400);
    EXPECT_EQ(out.problem->param, "keep_alive");
    EXPECT_NE(out.problem->message.find("5m"), std::string::npos) << out.problem->message;
  }
}

TEST(treatment_fields, priority_is_one_of_two_words) {
  EXPECT_EQ(read(R"({"priority":"bulk"})").work_class, engine::WorkClass::kBulk);
  EXPECT_EQ(read(R"({"priority":"interactive"})").work_class, engine::WorkClass::kInteractive);
  EXPECT_TRUE(read(R"({"priority":"high"})").problem);
}

}  // namespace quern::serve
