// For tests: templates beside what jinja2, set up as transformers sets it up, prints with the same
// variables.

#pragma once

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "jinja/eval.h"
#include "jinja/json.h"
#include "jinja/parser.h"

namespace quern::jinja {

inline constexpr const char* kTestVariables =
    R"({"xs": [3, 1, 2], "words": ["b", "A", "c"], "s": "Hello World", "t": "a,b,,c", "f": 2.5,
        "rows": [{"n": "x", "k": 2}, {"n": "Y", "k": 1}, {"n": "x", "k": 3}],
        "d": {"b": 1, "A": 2, "c": null}, "u": "\u00e9\u65e5\ud835\udd18"})";

inline Result<std::string> render(const std::string& source) {
  QUERN_ASSIGN(const Block block, parse_template(source));
  QUERN_ASSIGN(const Value given, value_from_json(kTestVariables));
  Variables variables;
  for (const auto& [key, value] : given.as_dict()->items) {
    variables.emplace_back(*key.as_text(), value);
  }
  QUERN_ASSIGN(Text text, render_template(block, variables, {}, 31579200));
  return std::move(text.bytes);
}

inline void expect_renders(const std::vector<std::pair<std::string, std::string>>& cases) {
  for (const auto& [source, want] : cases) {
    const Result<std::string> got = render(source);
    if (!got.ok()) {
      ADD_FAILURE() << source << "\n" << got.status().message();
    } else {
      EXPECT_EQ(*got, want) << source;
    }
  }
}

/// jinja2 raises on each of these.
inline void expect_errors(const std::vector<std::string>& sources) {
  for (const std::string& source : sources) EXPECT_FALSE(render(source).ok()) << source;
}

}  // namespace quern::jinja
