#include "apps/json_object.h"

#include <fmt/format.h>

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;  // What is given back has its fields as they were.

// Copies and text of what is parsed are made by recursion.
constexpr int kMaxDepth = 64;

// By its brackets, which are brackets only outside of strings.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<json> object_from_json(std::string_view text) {
  if (is_too_deep(text)) {
    return Status(
        Code::kBadInput,
        fmt::format("lists and objects stand more than {} deep in each other", kMaxDepth));
  }
  const std::size_t nul = text.find('\0');
  if (nul != text.npos) {
    return Status(
        Code::kBadInput,
        fmt::format("byte {} is NUL, which no JSON has: is the text UTF-16, or damaged?", nul + 1));
  }
  json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Status(Code::kBadInput, "not a JSON object");
  return object;
}

}  // namespace quern::apps
