#include "serve/scoring/scoring_fields.h"

#include <fmt/format.h>

namespace quern::serve {

Problem check_limit(std::size_t n, int limit, std::string_view field, std::string_view what) {
  if (n <= static_cast<std::size_t>(limit)) return {};
  return bad_request(
      fmt::format("{}: {} more than {}, the limit of this server", field, what, limit),
      std::string(field));
}

Problem read_text(JsonValue value, const JsonPlace& place, std::string& out) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type == JsonType::string) return read_string(value, place, out);
  if (type != JsonType::object) {
    return wrong_type(place, name_of(type), "a string or an object with a text");
  }
  bool has_text = false;
  JsonPlace inside = place;
  inside.member = "text";
  Problem problem = read_object(value, place, [&](std::string_view key, JsonValue member) {
    if (key != "text") return skip_json(member, place);
    has_text = true;
    return read_string(member, inside, out);
  });
  if (problem || has_text) return problem;
  return bad_request(fmt::format("{}: is missing, wanted a string", inside.text()),
                     std::string(place.field));
}

Problem read_pair(JsonValue value, const JsonPlace& place, std::string& first,
                  std::string& second) {
  constexpr std::string_view kWanted = "a list of two strings";
  long n = 0;
  Problem problem =
      read_list(value, place, kWanted, [&](JsonValue item, const JsonPlace& at) -> Problem {
        if (++n > 2) return wrong_type(place, "a list of more", kWanted);
        return read_string(item, at, n == 1 ? first : second);
      });
  if (problem || n == 2) return problem;
  return wrong_type(place, n == 1 ? "a list of one" : "an empty list", kWanted);
}

Problem read_scale(JsonValue value, std::initializer_list<engine::Scale> scales,
                   std::optional<engine::Scale>& out) {
  std::vector<std::string_view> words;
  for (const engine::Scale scale : scales) words.emplace_back(engine::scale_name(scale));
  std::size_t i_word = 0;
  if (Problem problem = read_word(value, {"scores"}, words, i_word)) return problem;
  out = scales.begin()[i_word];
  return {};
}

Problem read_raw_scores(JsonValue value, std::optional<engine::Scale>& out) {
  bool is_raw = false;
  if (Problem problem = read_flag(value, {"raw_scores"}, is_raw)) return problem;
  if (is_raw) out = engine::Scale::kRaw;
  return {};
}

}  // namespace quern::serve
