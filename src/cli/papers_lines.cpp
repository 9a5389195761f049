#include "cli/papers_lines.h"

#include <array>

#include <fmt/format.h>

#include "cli/bold.h"
#include "cli/json_line.h"
#include "cli/papers_session.h"

namespace quern::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kColumns = 96;
constexpr std::size_t kShownBytes = 600;

const char* kind_name(apps::SnippetKind kind) {
  switch (kind) {
    case apps::SnippetKind::kTitle:
      return "title";
    case apps::SnippetKind::kAbstract:
      return "abstract";
    case apps::SnippetKind::kBody:
      return "body";
  }
  return "";
}

json external_ids(const apps::PaperIds& ids) {
  json out = json::object();
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  put("DOI", ids.doi);
  put("ArXiv", ids.arxiv);
  put("ACL", ids.acl);
  put("MAG", ids.mag);
  put("PubMed", ids.pubmed);
  put("PubMedCentral", ids.pmc);
  put("DBLP", ids.dblp);
  return out;
}

/// Words in lines of at most kColumns bytes, each behind `indent`.
void append_wrapped(std::string_view text, std::string_view indent, std::string& out) {
  while (!text.empty()) {
    std::size_t n = std::min(text.size(), kColumns);
    if (n < text.size()) {
      const std::size_t blank = text.rfind(' ', n);
      n = blank != text.npos && blank > 0 ? blank : std::min(text.find(' '), text.size());
    }
    out += fmt::format("{}{}\n", indent, text.substr(0, n));
    text.remove_prefix(std::min(n + 1, text.size()));
  }
}

}  // namespace

json json_of_paper(const apps::KnownPaper& known) {
  const apps::Paper& paper = known.paper;
  json out = {{"paperId", paper.ids.paper_id}, {"corpusId", paper.ids.corpus_id}};
  if (json ids = external_ids(paper.ids); !ids.empty()) out["externalIds"] = std::move(ids);
  out["title"] = paper.title;
  json authors = json::array();
  for (const apps::PaperAuthor& author : paper.authors) authors.push_back(author.name);
  out["authors"] = std::move(authors);
  if (paper.year > 0) out["year"] = paper.year;
  if (!paper.date.empty()) out["publicationDate"] = paper.date;
  if (!paper.venue.empty()) out["venue"] = paper.venue;
  if (!paper.abstract.empty()) out["abstract"] = paper.abstract;
  out["citationCount"] = paper.n_citations;
  out["referenceCount"] = known.n_references;
  out["hasText"] = known.has_text;
  return out;
}

json json_of_snippet(const apps::PaperSnippet& snippet) {
  json out = {{"text", snippet.text}, {"kind", kind_name(snippet.kind)}};
  if (!snippet.section.empty()) out["section"] = snippet.section;
  out["bytes"] = {snippet.bytes.begin, snippet.bytes.end};
  out["score"] = snippet.score;
  return out;
}

void append_paper_lines(std::size_t number, const apps::KnownPaper& known, bool is_bold,
                        std::string& out) {
  const apps::Paper& paper = known.paper;
  const std::string title = in_one_line(paper.title.empty() ? "(no title)" : paper.title);
  const std::array<BoldSpan, 1> whole = {BoldSpan{0, title.size()}};
  out += fmt::format("{:>3}. {}\n", number, bold_line(title, whole, is_bold));
  std::string facts = in_one_line(authors_line(paper));
  const auto add = [&](const std::string& fact) {
    if (fact.empty()) return;
    if (!facts.empty()) facts += " \xc2\xb7 ";
    facts += fact;
  };
  add(in_one_line(paper.venue));
  if (paper.year > 0) add(std::to_string(paper.year));
  add(in_one_line(paper_name(paper)));
  if (paper.n_citations > 0) {
    add(fmt::format("cited {} time{}", paper.n_citations, paper.n_citations == 1 ? "" : "s"));
  }
  out += fmt::format("     {}\n", facts);
}

void append_passage_lines(const apps::PaperSnippet& snippet, std::string& out) {
  std::string text = in_one_line(snippet.text);
  if (text.size() > kShownBytes) {
    std::size_t n = text.rfind(' ', kShownBytes);
    if (n == std::string::npos) n = kShownBytes;
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) --n;
    text = text.substr(0, n) + " ...";
  }
  if (!snippet.section.empty()) out += fmt::format("     [{}]\n", in_one_line(snippet.section));
  append_wrapped(text, "       ", out);
}

}  // namespace quern::cli
