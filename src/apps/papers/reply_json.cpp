#include "apps/papers/reply_json.h"

#include <algorithm>
#include <charconv>

#include "apps/json_object.h"
#include "apps/papers/report_writer.h"

namespace quern::apps {
namespace {

/// Behind the brace that closes the one at `begin`; npos: none does.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool is_quoted = false;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quoted) {
      if (c == '\\') ++at;
      if (c == '"') is_quoted = false;
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return text.npos;
}

std::size_t number_in_reply(const nlohmann::ordered_json& value) {
  if (value.is_number_unsigned()) return value.get<std::size_t>();
  if (!value.is_string()) return 0;
  const std::string text = value.get<std::string>();
  std::size_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? out : 0;
}

}  // namespace

Result<nlohmann::ordered_json> object_in_reply(std::string_view reply) {
  const std::string said = without_thinking(reply);
  const std::size_t begin = said.find('{');
  const std::size_t end = begin == said.npos ? said.npos : end_of_object(said, begin);
  if (end == said.npos) return {Code::kBadInput, "the reply has no object of JSON"};
  return object_from_json(std::string_view(said).substr(begin, end - begin));
}

std::string reply_line(const nlohmann::ordered_json& object, const char* name,
                       std::size_t most_bytes) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return "";
  std::string out = found->get<std::string>();
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  out = begin_of(out, most_bytes);
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out.substr(std::min(out.find_first_not_of(' '), out.size()));
}

std::vector<std::size_t> reply_numbers(const nlohmann::ordered_json& object, const char* name) {
  std::vector<std::size_t> out;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return out;
  for (const nlohmann::ordered_json& one : *found) {
    if (const std::size_t number = number_in_reply(one); number > 0) out.push_back(number);
  }
  return out;
}

}  // namespace quern::apps
