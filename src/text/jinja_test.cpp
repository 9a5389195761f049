// The template language against jinja2 as transformers sets it up (tests/data/chat, written by
// tools/make_chat_golden.py), its limits, and its errors.

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "text/chat_golden.h"

namespace quern::text {
namespace {

Result<std::string> render(const std::string& source, const jinja::Limits& limits = {}) {
  return render_golden(source, nlohmann::ordered_json::object(), limits);
}

TEST(jinja_golden, every_feature_equals_the_reference) {
  const int n_cases =
      check_golden(QUERN_SOURCE_DIR "/tests/data/chat/snippets.jsonl",
                   [](const auto& row) { return row.at("template").template get<std::string>(); });
  EXPECT_GE(n_cases, 80);
}

// Made by make_chat_golden.py --check: templates that are not ours to keep.
TEST(jinja_golden, templates_from_elsewhere_equal_the_reference) {
  const char* path = std::getenv("QUERN_CHAT_GOLDEN");
  if (path == nullptr) GTEST_SKIP() << "QUERN_CHAT_GOLDEN names no file";
  const int n_cases = check_golden(
      path, [](const auto& row) { return row.at("template").template get<std::string>(); });
  EXPECT_GT(n_cases, 0);
}

Code code_of(const std::string& source, const jinja::Limits& limits = {}) {
  return render(source, limits).status().code();
}

TEST(jinja, raise_exception_gives_its_message) {
  const auto got = render("\n{{ raise_exception('roles must alternate') }}");
  EXPECT_EQ(got.status().code(), Code::kBadInput);
  EXPECT_EQ(got.status().message(), "chat template: template line 2: roles must alternate");
}

TEST(jinja, strftime_now_prints_the_given_time) {
  EXPECT_EQ(*render("{{ strftime_now('%Y') }}"), "1971");
}

TEST(jinja, work_and_text_are_limited) {
  EXPECT_EQ(code_of("{% for i in range(10000000) %}{% endfor %}"), Code::kExhausted);
  EXPECT_EQ(code_of("{{ 'x' * 1000000000 }}"), Code::kExhausted);
  EXPECT_EQ(code_of("{% for i in range(100) %}{{ 'x' * 50 }}{% endfor %}",
                    {.max_steps = 100000, .max_text_bytes = 1000}),
            Code::kExhausted);
  EXPECT_EQ(code_of("{% set n = namespace(s='xy') %}{% for i in range(99) %}"
                    "{% set n.s = n.s + n.s %}{% endfor %}"),
            Code::kExhausted);
  EXPECT_EQ(code_of("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), Code::kExhausted);
  EXPECT_EQ(code_of("{% set n = namespace(a=[]) %}{% for i in range(9999) %}"
                    "{% set n.a = [n.a] %}{% endfor %}"),
            Code::kUnsupported);
  EXPECT_EQ(code_of("{% set n = namespace() %}{% set n.a = [n] %}"), Code::kUnsupported);
}

TEST(jinja, deep_nesting_is_refused) {
  EXPECT_EQ(code_of("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}"),
            Code::kUnsupported);
  std::string chain = "1";
  for (int i = 0; i < 5000; ++i) chain += " + 1";
  EXPECT_EQ(code_of("{{ " + chain + " }}"), Code::kUnsupported);
  std::string ifs;
  for (int i = 0; i < 5000; ++i) ifs += "{% if 1 %}";
  EXPECT_EQ(code_of(ifs), Code::kUnsupported);
}

TEST(jinja, mistakes_are_named_with_their_line) {
  for (const char* source : {"{{", "{{ 1", "{% if 1 %}", "{% endif %}", "{{ 'a }}", "{{ 1 + }}",
                             "{% for x %}{% endfor %}", "{{ a b }}", "{# x", "{% raw %}", "{{ ) }}",
                             "{% break %}", "{{ x[] }}", "{% set = 1 %}", "{{ {1} }}"}) {
    EXPECT_EQ(code_of(source), Code::kBadInput) << source;
  }
  EXPECT_EQ(code_of("{% include 'x' %}"), Code::kUnsupported);
  EXPECT_EQ(code_of("{{ 1 | nothing }}"), Code::kUnsupported);
  const auto got = render("a\nb {{ 1 + }}");
  EXPECT_NE(got.status().message().find("line 2"), std::string::npos) << got.status().message();
}

}  // namespace
}  // namespace quern::text
