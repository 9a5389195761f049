#include "apps/papers/import/markup_text.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxTagBytes = 200;

constexpr std::pair<std::string_view, std::string_view> kCharacters[] = {
    {"&amp;", "&"},  {"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},
    {"&apos;", "'"}, {"&#39;", "'"}, {"&nbsp;", " "}, {"&ndash;", "–"}};

constexpr std::string_view kTextTags[] = {"i",  "b",    "em",  "strong", "sub",    "sup",
                                          "u",  "span", "div", "br",     "italic", "bold",
                                          "sc", "p",    "scp", "title",  "sec",    "tt"};

bool is_tag_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':';
}

struct Tag {
  std::string_view name = {};
  std::size_t n_bytes = 0;  // 0: there is none.
};

// A tag at the beginning of a text: "<", a known name, nothing or attributes, ">".
Tag tag_at(std::string_view text) {
  const std::size_t end = text.substr(0, kMaxTagBytes).find('>');
  if (end == text.npos) return {};
  const std::size_t begin = text.starts_with("</") ? 2 : 1;
  std::size_t at = begin;
  while (at < end && is_tag_name_char(text[at])) ++at;
  const std::string_view name = text.substr(begin, at - begin);
  const bool is_known =
      std::find(std::begin(kTextTags), std::end(kTextTags), name) != std::end(kTextTags) ||
      name.starts_with("jats:") || name.starts_with("mml:");
  const std::string_view rest = text.substr(at, end - at);
  const bool is_closed = rest.empty() || rest == "/" || rest == " /";
  const bool has_attributes = rest.starts_with(' ') && rest.find('=') != rest.npos;
  return is_known && (is_closed || has_attributes) ? Tag{name, end + 1} : Tag();
}

bool parts_paragraphs(std::string_view name) {
  return name == "p" || name == "jats:p" || name == "br" || name == "jats:title" ||
         name == "title" || name == "div";
}

}  // namespace

std::string without_markup(std::string_view text) {
  if (text.find_first_of("<&") == text.npos) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const Tag tag = rest[0] == '<' ? tag_at(rest) : Tag();
    if (tag.n_bytes > 0) {
      if (parts_paragraphs(tag.name)) out += "\n\n";
      at += tag.n_bytes;
      continue;
    }
    const auto* const found =
        std::find_if(std::begin(kCharacters), std::end(kCharacters),
                     [&](const auto& one) { return rest.starts_with(one.first); });
    const bool is_named = found != std::end(kCharacters);
    out += is_named ? found->second : rest.substr(0, 1);
    at += is_named ? found->first.size() : 1;
  }
  return in_paragraphs(out);
}

}  // namespace quern::apps
