#include "serve/openai/treatment_fields.h"

#include <string>

namespace quern::serve {
namespace {

constexpr std::string_view kWanted =
    "a length of time like \"5m\", a number of seconds, 0, or -1 for no end";

/// As Ollama has it: "5m", "90s", 300, 0, -1.
Problem read_keep_alive(JsonValue value, std::optional<engine::KeepAlive>& out) {
  const JsonPlace place{"keep_alive"};
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type == JsonType::number) {
    double seconds = 0;
    if (const auto error = value.get_double().get(seconds)) return not_json(error, place);
    const auto read = engine::keep_alive_of(seconds);
    if (!read.ok()) return wrong_type(place, "no finite number", kWanted);
    out = *read;
    return {};
  }
  if (type != JsonType::string) return wrong_type(place, name_of(type), kWanted);
  std::string text;
  if (Problem problem = read_string(value, place, text)) return problem;
  const auto read = engine::parse_keep_alive(text);
  if (!read.ok()) return bad_request("keep_alive: " + read.status().message(), "keep_alive");
  out = *read;
  return {};
}

}  // namespace

std::optional<Problem> read_treatment_field(std::string_view key, JsonValue value,
                                            engine::WorkClass& work_class,
                                            std::optional<engine::KeepAlive>& keep_alive) {
  if (key == "keep_alive") return read_keep_alive(value, keep_alive);
  if (key != "priority") return std::nullopt;
  using enum engine::WorkClass;
  return read_choice<engine::WorkClass>(
      value, {key}, {{"interactive", kInteractive}, {"bulk", kBulk}}, work_class);
}

}  // namespace quern::serve
