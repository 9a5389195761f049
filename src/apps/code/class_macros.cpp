#include "apps/code/class_macros.h"

#include "apps/code/text_measure.h"

namespace quern::apps {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

std::size_t skip_word(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(text[at])) ++at;
  return at;
}

bool is_macro_name(std::string_view word) {
  if (word.size() < 2) return false;
  for (const char c : word) {
    if (c >= 'a' && c <= 'z') return false;
  }
  return word[0] >= 'A' && word[0] <= 'Z';
}

// Behind the macro whose name begins at `begin`, or `begin` where it is none: one stands before a
// class's name, and behind that only a definition goes on.
std::size_t end_of_macro(std::string_view text, std::size_t begin) {
  constexpr std::size_t kMaxArguments = 64;
  std::size_t end = skip_word(text, begin);
  if (!is_macro_name(text.substr(begin, end - begin))) return begin;
  if (end < text.size() && text[end] == '(') {
    const std::size_t close = text.substr(end, kMaxArguments).find(')');
    if (close == std::string_view::npos) return begin;
    end += close + 1;
  }
  const std::size_t name = skip_blanks(text, end);
  const std::size_t behind = skip_word(text, name);
  if (name == end || behind == name) return begin;
  const std::string_view rest = text.substr(skip_blanks(text, behind));
  const bool is_definition = rest.starts_with('{') || rest.starts_with("final") ||
                             (rest.starts_with(':') && !rest.starts_with("::"));
  return is_definition ? end : begin;
}

}  // namespace

std::optional<std::string> without_class_macros(std::string_view text) {
  std::optional<std::string> out;
  for (const std::string_view keyword : {"class", "struct"}) {
    for (std::size_t at = text.find(keyword); at != std::string_view::npos;
         at = text.find(keyword, at + 1)) {
      const std::size_t behind = at + keyword.size();
      if ((at > 0 && is_word(text[at - 1])) || behind >= text.size() || !is_blank(text[behind])) {
        continue;
      }
      const std::size_t begin = skip_blanks(text, behind);
      const std::size_t end = end_of_macro(text, begin);
      if (end == begin) continue;
      if (!out) out.emplace(text);
      out->replace(begin, end - begin, end - begin, ' ');
    }
  }
  return out;
}

}  // namespace quern::apps
