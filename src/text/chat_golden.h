// For tests: the cases of tests/data/chat (tools/make_chat_golden.py), held against ChatTemplate.

#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "jinja/json.h"
#include "text/chat_template.h"

namespace quern::text {

/// Renders with `variables` and nothing else but the tokens and the time of the golden maker.
inline Result<std::string> render_golden(const std::string& source,
                                         const nlohmann::ordered_json& variables,
                                         const jinja::Limits& limits = {}) {
  ::setenv("TZ", "UTC0", 1);
  QUERN_ASSIGN(const ChatTemplate made, ChatTemplate::parse(source));
  ChatInput input;
  input.add_generation_prompt = false;
  input.bos_token = "<s>";
  input.eos_token = "</s>";
  input.now = 31579200;  // 1971-01-01 12:00.
  for (const auto& [key, value] : variables.items()) {
    QUERN_ASSIGN(jinja::Value extra, jinja::value_from_json(value.dump()));
    input.extra.emplace_back(key, std::move(extra));
  }
  QUERN_ASSIGN(jinja::Text text, made.render(input, limits));
  return std::move(text.bytes);
}

inline nlohmann::ordered_json golden_inputs() {
  std::ifstream file(QUERN_SOURCE_DIR "/tests/data/chat/inputs.json", std::ios::binary);
  return nlohmann::ordered_json::parse(file);
}

/// Checks every case of a file of lines; `template_of(row)` gives the template, "" to leave the
/// case out. Returns how many were checked.
template <typename TemplateOf>
int check_golden(const std::string& path, const TemplateOf& template_of) {
  const nlohmann::ordered_json inputs = golden_inputs();
  std::ifstream file(path, std::ios::binary);
  int n_cases = 0;
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    const std::string source = template_of(row);
    if (source.empty()) continue;
    ++n_cases;
    const auto got = render_golden(source, inputs.at(row.at("input").get<std::string>()));
    const std::string where = source.substr(0, 2000) + "\nwith " + row.at("input").dump();
    if (row.contains("error")) {
      EXPECT_FALSE(got.ok()) << where << "\ngot: " << *got << "\nwant: " << row.at("error");
      continue;
    }
    EXPECT_TRUE(got.ok()) << where << "\n" << got.status().message();
    EXPECT_EQ(got.ok() ? *got : "", row.at("text").get<std::string>()) << where;
  }
  return n_cases;
}

}  // namespace quern::text
