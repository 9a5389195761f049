#include "serve/semantic_scholar/snippet_json.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/utf8.h"
#include "serve/json/json_members.h"

namespace quern::serve {
namespace {

std::string_view kind_name(apps::SnippetKind kind) {
  switch (kind) {
    case apps::SnippetKind::kTitle:
      return "title";
    case apps::SnippetKind::kAbstract:
      return "abstract";
    case apps::SnippetKind::kBody:
      break;
  }
  return "body";
}

/// [{"start","end"},...]
std::string sentences_json(const apps::PaperSnippet& snippet) {
  std::string out = "[";
  const std::string_view text = snippet.text;
  std::size_t at = 0, n_chars = 0;  // So many code points stand before byte `at`.
  const auto chars_before = [&](std::size_t byte) {
    byte = std::min(byte, text.size());
    n_chars += count_chars(text.substr(at, byte - at));
    at = byte;
    return n_chars;
  };
  for (const ByteSpan& sentence : snippet.sentences) {
    const std::size_t begin = chars_before(sentence.begin), end = chars_before(sentence.end);
    out += fmt::format("{}{{\"start\":{},\"end\":{}}}", out.size() > 1 ? "," : "", begin, end);
  }
  return out + ']';
}

std::string annotations_json(const apps::PaperSnippet& snippet, FieldSet<SnippetField> fields) {
  std::string out;
  JsonMembers members(out);
  if (fields.has(SnippetField::kSentences)) members.raw("sentences", sentences_json(snippet));
  if (fields.has(SnippetField::kRefMentions)) members.raw("refMentions", "[]");
  members.end();
  return out;
}

std::string snippet_json(const apps::PaperSnippet& snippet, FieldSet<SnippetField> fields) {
  std::string out;
  JsonMembers members(out);
  const bool is_body = snippet.kind == apps::SnippetKind::kBody;
  if (fields.has(SnippetField::kText)) members.text("text", snippet.text);
  if (fields.has(SnippetField::kSnippetKind)) members.text("snippetKind", kind_name(snippet.kind));
  if (fields.has(SnippetField::kSection) && is_body) members.text("section", snippet.section);
  if (fields.has(SnippetField::kSnippetOffset)) {
    members.raw("snippetOffset",
                fmt::format("{{\"start\":{},\"end\":{}}}", snippet.begin, snippet.end));
  }
  if (fields.has(SnippetField::kSentences) || fields.has(SnippetField::kRefMentions)) {
    members.raw("annotations", annotations_json(snippet, fields));
  }
  members.end();
  return out;
}

std::string snippet_paper_json(const apps::Paper& paper) {
  std::string out;
  JsonMembers members(out);
  members.text("corpusId", std::to_string(paper.ids.corpus_id));
  members.text("title", paper.title);
  std::string names = "[";
  for (const apps::PaperAuthor& author : paper.authors) {
    if (author.name.empty()) continue;
    if (names.size() > 1) names += ',';
    append_json_string(names, author.name);
  }
  members.raw("authors", names + ']');
  std::string access;
  JsonMembers open(access);
  open.text_or_null("license", paper.licence);
  open.raw("status", "null");
  open.raw("disclaimer", "null");
  open.end();
  members.raw("openAccessInfo", access);
  members.end();
  return out;
}

}  // namespace

void append_snippet_hit(const apps::PaperSnippet& snippet, const apps::KnownPaper& paper,
                        FieldSet<SnippetField> fields, std::string& out) {
  JsonMembers members(out);
  members.number("score", snippet.score);
  members.raw("snippet", snippet_json(snippet, fields));
  members.raw("paper", snippet_paper_json(paper.paper));
  members.end();
}

}  // namespace quern::serve
