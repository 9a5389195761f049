// The template language against jinja2 as transformers sets it up (tests/data/chat, written by
// tools/make_chat_golden.py), its limits, and its errors.

#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

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

// A few steps can name far more work than they look: each of these must end at once.
TEST(jinja, hostile_templates_end_within_the_limits) {
  const std::string doubled =
      "{% set n = namespace(a=['x'], b=['x']) %}{% for i in range(60) %}"
      "{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}";
  const std::string million = "{% set x = 'a' * 4000000 %}";
  const std::pair<std::string, Code> cases[] = {
      {doubled, Code::kExhausted},
      {million + "{{ ([x] * 100000) }}", Code::kExhausted},
      {million + "{{ [x, x, x, x, x, x] | join }}", Code::kExhausted},
      {million + "{{ [x, x, x, x, x, x] | tojson }}", Code::kExhausted},
      {million + "{{ ','.join([x, x, x, x, x]) }}", Code::kExhausted},
      {million + "{{ x.rfind('a' * 2000000 ~ 'b') }}", Code::kExhausted},
      {million + "{{ x.replace('a', 'bbbbbbbb') }}", Code::kExhausted},
      {million + "{{ x | list }}", Code::kExhausted},
      {million + "{% for c in x %}{% endfor %}", Code::kExhausted},
      {million + "{{ 'aab'.strip(x) ~ ('b' * 4000000).strip(x ~ 'b') }}", Code::kExhausted},
      {"{{ [1] * 60000000 }}", Code::kExhausted},
      {"{{ '%999999999d' % 1 }}", Code::kUnsupported},
      {"{{ '%*d' % (1, 2) }}", Code::kUnsupported},
      {"{{ strftime_now('%999999999d') }}", Code::kBadInput},
      {"{{ ([1, 'a', [2]] * 100) | sort }}", Code::kBadInput},
      {"{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
       Code::kExhausted},
      {"{% macro f(n) %}{{ f(n) ~ f(n) }}{% endmacro %}{{ f(1) }}", Code::kExhausted},
      {"{{ 9223372036854775807 + 1 }}", Code::kBadInput},
      {"{{ -9223372036854775807 - 2 }}", Code::kBadInput},
      {"{{ (-9223372036854775807 - 1) // -1 }}", Code::kBadInput},
      {"{{ 99999999999999999999 }}", Code::kBadInput},
      {"{{ {[1]: 2} }}", Code::kUnsupported}};
  for (const auto& [source, code] : cases) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(code_of(source), code) << source;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_LT(seconds.count(), 10) << source;  // Sanitizers and busy machines included.
  }
  // The worst search from the left is still linear.
  EXPECT_EQ(*render(million + "{{ x.find('a' * 2000000 ~ 'b') }}"), "-1");
}

// A function may outlive the scope that it was made in.
TEST(jinja, a_macro_outlives_its_scope) {
  EXPECT_EQ(*render("{% set n = namespace() %}{% for i in [1] %}{% set v = 'inner' %}"
                    "{% macro f() %}[{{ v }}]{% endmacro %}{% set n.f = f %}{{ f() }}{% endfor %}"
                    "{{ n.f() }}"),
            "[inner][]");
}

TEST(jinja, json_of_requests) {
  const auto value = jinja::value_from_json(
      R"({"z": [1, 2.5, true, null, "é"], "a": {"big": 18446744073709551615}, "z2": -3})");
  ASSERT_TRUE(value.ok());
  ASSERT_NE(value->as_dict(), nullptr);
  EXPECT_EQ(*value->as_dict()->items[0].first.as_text(), "z");  // The order of the text.
  EXPECT_EQ(*value->as_dict()
                 ->find(std::string_view("a"))
                 ->as_dict()
                 ->find(std::string_view("big"))
                 ->as_float(),
            18446744073709551615.0);
  EXPECT_EQ(jinja::value_from_json("{\"a\": ").status().code(), Code::kBadInput);
  EXPECT_EQ(jinja::value_from_json("\"\xff\"").status().code(), Code::kBadInput);
  EXPECT_EQ(jinja::value_from_json(std::string(100000, '[')).status().code(), Code::kBadInput);
  const std::string deep = std::string(150, '[') + std::string(150, ']');
  EXPECT_NE(jinja::value_from_json(deep).status().message().find("nests deeper"),
            std::string::npos);
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
