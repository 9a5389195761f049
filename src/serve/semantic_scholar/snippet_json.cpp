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

/// Bytes of a text as code points.
class CharPlaces {
 public:
  explicit CharPlaces(std::string_view text) : text_(text) {}

  /// Code points before a byte; those after the last one that was asked for are found fastest.
  std::size_t before(std::size_t byte) {
    byte = std::min(byte, text_.size());
    if (byte < at_) at_ = n_chars_ = 0;
    n_chars_ += count_chars(text_.substr(at_, byte - at_));
    at_ = byte;
    return n_chars_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0, n_chars_ = 0;  // So many code points stand before byte `at_`.
};

/// [{"start","end"},...]
std::string sentences_json(const apps::PaperSnippet& snippet) {
  std::string out = "[";
  CharPlaces places(snippet.text);
  for (const ByteSpan& sentence : snippet.sentences) {
    const std::size_t begin = places.before(sentence.begin), end = places.before(sentence.end);
    out += fmt::format("{}{{\"start\":{},\"end\":{}}}", out.size() > 1 ? "," : "", begin, end);
  }
  return out + ']';
}

/// [{"start","end","matchedPaperCorpusId"},...]
std::string mentions_json(const apps::PaperSnippet& snippet,
                          std::span<const apps::ReferenceMention> mentions) {
  std::string out = "[";
  CharPlaces places(snippet.text);
  for (const apps::ReferenceMention& mention : mentions) {
    const std::size_t begin = places.before(mention.bytes.begin);
    const std::size_t end = places.before(mention.bytes.end);
    out += fmt::format("{}{{\"start\":{},\"end\":{},\"matchedPaperCorpusId\":\"{}\"}}",
                       out.size() > 1 ? "," : "", begin, end, mention.corpus_id);
  }
  return out + ']';
}

std::string annotations_json(const apps::PaperSnippet& snippet,
                             std::span<const apps::ReferenceMention> mentions,
                             FieldSet<SnippetField> fields) {
  std::string out;
  JsonMembers members(out);
  if (fields.has(SnippetField::kSentences)) members.raw("sentences", sentences_json(snippet));
  if (fields.has(SnippetField::kRefMentions))
    members.raw("refMentions", mentions_json(snippet, mentions));
  members.end();
  return out;
}

std::string snippet_json(const apps::PaperSnippet& snippet,
                         std::span<const apps::ReferenceMention> mentions,
                         FieldSet<SnippetField> fields) {
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
    members.raw("annotations", annotations_json(snippet, mentions, fields));
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
                        std::span<const apps::ReferenceMention> mentions,
                        FieldSet<SnippetField> fields, std::string& out) {
  JsonMembers members(out);
  members.number("score", snippet.score);
  members.raw("snippet", snippet_json(snippet, mentions, fields));
  members.raw("paper", snippet_paper_json(paper.paper));
  members.end();
}

}  // namespace quern::serve
