#include "apps/papers/import/text_paper.h"

#include "apps/claims/markdown_text.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

// Longer first lines are sentences.
constexpr std::size_t kMaxTitleLineBytes = 300;

Status check_text(std::string_view text) {
  if (!is_valid_utf8(text)) return {Code::kBadInput, "it is not UTF-8"};
  if (text.find('\0') != text.npos) return {Code::kBadInput, "it has NUL bytes: it is no text"};
  return {};
}

void add_section(std::string_view heading, std::string_view text, Paper& out) {
  std::string body = in_paragraphs(text);
  if (body.empty()) return;
  HeadingText words = heading_text_of(heading);
  const bool is_abstract = in_small_letters(words.words) == "abstract" && out.abstract.empty();
  if (is_abstract) {
    out.abstract = std::move(body);
  } else {
    out.sections.push_back({.heading = std::move(words.words),
                            .number = std::move(words.number),
                            .text = std::move(body)});
  }
}

}  // namespace

Result<Paper> paper_of_text(std::string_view text, const std::string& name) {
  QUERN_TRY(check_text(text));
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {Code::kBadInput, "it has no text"};
  text.remove_prefix(begin);
  Paper out;
  out.title = name;
  const std::string_view line = text.substr(0, text.find('\n'));
  std::string_view rest = text.substr(line.size());
  const std::size_t blank = rest.empty() ? rest.npos : rest.find('\n', 1);
  const bool is_apart = blank != rest.npos && one_line(rest.substr(0, blank)).empty();
  if (is_apart && line.size() <= kMaxTitleLineBytes) {
    out.title = one_line(line);
  } else {
    rest = text;
  }
  add_section("", rest, out);
  return out;
}

Result<Paper> paper_of_markdown(std::string_view markdown, const std::string& name) {
  QUERN_TRY(check_text(markdown));
  const MarkdownText read = text_of_markdown(markdown);
  const std::string_view text = read.text;
  Paper out;
  out.title = read.title.empty() ? name : one_line(read.title);
  std::size_t at = 0;
  std::string_view heading;
  for (const ByteSpan& span : read.headings) {
    add_section(heading, text.substr(at, span.begin - at), out);
    heading = text.substr(span.begin, span.end - span.begin);
    at = span.end;
  }
  if (one_line(heading) == out.title) heading = {};
  add_section(heading, text.substr(at), out);
  if (out.sections.empty() && out.abstract.empty()) return {Code::kBadInput, "it has no text"};
  return out;
}

}  // namespace quern::apps
