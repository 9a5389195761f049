#include "cli/hit_highlights.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "cli/bold.h"
#include "cli/json_line.h"

namespace quern::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kShownChars = 100;
constexpr std::size_t kSnippetBytes = 160;

bool is_cut(std::string_view text, std::size_t from, std::size_t to) {
  return text.substr(from, to - from).find_first_not_of(" \t\r\n") != std::string_view::npos;
}

float worth_of(const std::vector<text::Mark>& marks) {
  std::vector<std::uint32_t> seen;
  float worth = 0;
  for (const text::Mark& mark : marks) {
    const bool is_again = std::find(seen.begin(), seen.end(), mark.what) != seen.end();
    if (!is_again) seen.push_back(mark.what);
    worth += is_again ? 0 : mark.weight;
  }
  return worth;
}

}  // namespace

Result<HitHighlights> HitHighlights::create(const store::Schema& schema,
                                            const store::Generation& generation, bool is_bold) {
  QUERN_ASSIGN(store::Highlighter highlighter, store::Highlighter::create(schema));
  return HitHighlights(schema, std::move(highlighter), generation, is_bold);
}

Status HitHighlights::set_question(std::string_view question, store::QuerySyntax syntax) {
  return highlighter_.set_question(question, syntax, *generation_);
}

// Of each name of the fields, the field in which it has most marks.
std::vector<HitHighlights::MarkedText> HitHighlights::marked_texts(const std::string& stored) {
  std::vector<MarkedText> out;
  const json object = json::parse(stored, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return out;
  for (std::size_t field = 0; field < schema_.fields.size(); ++field) {
    std::string_view names = schema_.fields[field].name;
    while (!names.empty()) {
      const std::string name(names.substr(0, names.find('+')));
      names.remove_prefix(std::min(names.size(), name.size() + 1));
      const auto found = object.find(name);
      if (found == object.end() || !found->is_string()) continue;
      MarkedText text{.name = name, .text = found->get<std::string>(), .marks = {}};
      text.marks = highlighter_.marks(field, text.text);
      if (text.marks.empty()) continue;
      const auto same = std::find_if(out.begin(), out.end(),
                                     [&](const MarkedText& other) { return other.name == name; });
      if (same == out.end()) {
        out.push_back(std::move(text));
      } else if (same->marks.size() < text.marks.size()) {
        *same = std::move(text);
      }
    }
  }
  return out;
}

std::string HitHighlights::line(const std::string& stored) {
  const std::vector<MarkedText> texts = marked_texts(stored);
  if (texts.empty()) return beginning_of(stored);
  // Of equals the last: a text says more than its title.
  const MarkedText* best = &texts.front();
  for (const MarkedText& text : texts) {
    if (worth_of(text.marks) >= worth_of(best->marks)) best = &text;
  }
  const auto snippets =
      text::best_snippets(best->text, best->marks, {.n_bytes = kSnippetBytes, .n_most = 1});
  if (snippets.empty()) return beginning_of(stored);
  const text::Snippet& snippet = snippets.front();
  std::vector<BoldSpan> spans;
  for (const text::TextSpan& span : snippet.marks) {
    spans.push_back(
        {.begin = span.begin - snippet.part.begin, .end = span.end - snippet.part.begin});
  }
  const std::string_view text = best->text;
  return (is_cut(text, 0, snippet.part.begin) ? "... " : "") +
         bold_line(text.substr(snippet.part.begin, snippet.part.end - snippet.part.begin), spans,
                   is_bold_) +
         (is_cut(text, snippet.part.end, text.size()) ? " ..." : "");
}

void HitHighlights::append_json(const std::string& stored, std::string& out) {
  const std::vector<MarkedText> texts = marked_texts(stored);
  if (texts.empty()) return;
  out += ",\"highlights\":{";
  for (const MarkedText& text : texts) {
    if (!out.ends_with('{')) out += ",";
    append_json_string(text.name, out);
    out += ":[";
    const char* between = "";
    for (const text::TextSpan& span : text::joined_spans(text.marks)) {
      out += fmt::format("{}[{},{}]", between, span.begin, span.end);
      between = ",";
    }
    out += "]";
  }
  out += "}";
}

std::string beginning_of(const std::string& stored) {
  const json object = json::parse(stored, nullptr, false);
  std::string text;
  for (const char* name : {"title", "text"}) {
    if (object.is_object() && object.contains(name) && object[name].is_string()) {
      text += (text.empty() ? "" : " ") + object[name].get<std::string>();
    }
  }
  if (text.empty()) text = stored;
  std::size_t n_bytes = 0;
  for (std::size_t i = 0; i < kShownChars && n_bytes < text.size(); ++i) {
    n_bytes += static_cast<std::size_t>(decode_utf8(text, n_bytes).n_bytes);
  }
  return in_one_line(text.substr(0, n_bytes));
}

}  // namespace quern::cli
