// The template language against jinja2 as transformers sets it up (tests/data/chat, written by
// tools/make_chat_golden.py), its limits, and its errors.

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/chat_template.h"
#include "text/golden_lines.h"
#include "text/jinja_json.h"

namespace quern::text {
namespace {

using Json = nlohmann::ordered_json;

Result<std::string> render(const std::string& source, const Json& variables = Json::object(),
                           const jinja::Limits& limits = {}) {
  QUERN_ASSIGN(const ChatTemplate made, ChatTemplate::parse(source));
  ChatInput input;
  input.bos_token = "<s>";
  input.eos_token = "</s>";
  input.add_generation_prompt = variables.value("add_generation_prompt", false);
  input.now = 86400 * 365;
  for (const auto& [key, value] : variables.items()) {
    QUERN_ASSIGN(jinja::Value made_of, jinja::value_from_json(value.dump()));
    input.extra.emplace_back(key, std::move(made_of));
  }
  return made.render(input, limits);
}

int check_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  int n_cases = 0;
  std::string source, variables, kind, text;
  while (std::getline(file, source) && std::getline(file, variables) && std::getline(file, kind) &&
         std::getline(file, text)) {
    const std::string shown = bytes_of_hex(source);
    const auto got = render(shown, Json::parse(variables));
    ++n_cases;
    EXPECT_EQ(got.ok(), kind == "ok") << shown << "\n"
                                      << variables << "\n"
                                      << (got.ok() ? *got : got.status().message());
    if (got.ok() && kind == "ok") {
      EXPECT_EQ(*got, bytes_of_hex(text)) << shown << "\n" << variables;
    }
  }
  return n_cases;
}

TEST(jinja_golden, expressions_and_statements_equal_the_reference) {
  EXPECT_GE(check_file(QUERN_SOURCE_DIR "/tests/data/chat/snippets.txt"), 50);
}

TEST(jinja_golden, whole_templates_equal_the_reference) {
  EXPECT_GE(check_file(QUERN_SOURCE_DIR "/tests/data/chat/whole.txt"), 10);
}

// Made by `make_chat_golden.py FOLDER OUT`: the templates of real models are not in the repository.
TEST(jinja_golden, templates_of_real_models_equal_the_reference) {
  const char* path = std::getenv("QUERN_CHAT_GOLDEN");
  if (path == nullptr) GTEST_SKIP() << "QUERN_CHAT_GOLDEN names no file";
  EXPECT_GT(check_file(path), 0);
}

Code code_of(const std::string& source, const jinja::Limits& limits = {}) {
  return render(source, Json::object(), limits).status().code();
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
