#include "apps/papers/paper_bibtex.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "apps/papers/paper_identity.h"

namespace quern::apps {
namespace {

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The ASCII letters and digits of a word, in lower case.
std::string key_part(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (is_ascii_letter(c)) out += static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') out += c;
  }
  return out;
}

/// "vaswani2017attention": the last name of the first author, the year, the title's first word of
/// more than three letters.
std::string key_of(const Paper& paper) {
  std::string key;
  if (!paper.authors.empty()) {
    key = key_part(last_name(paper.authors[0].name));
  }
  if (paper.year > 0) key += std::to_string(paper.year);
  std::string_view rest = paper.title;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (const std::string part = key_part(word); part.size() > 3) return key + part;
  }
  return key.empty() ? "paper" : key;
}

/// Braces that do not pair would end the value, so they go; the other signs are escaped.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '{':
      case '}':
        break;
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
        out += '\\';
        [[fallthrough]];
      default:
        out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
  }
  return out;
}

/// Of what is written as it is: addresses and numbers.
std::string without_braces(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '{' || c == '}' || c == '\\' || c == '\n'; });
  return out;
}

bool has_type(const Paper& paper, std::string_view type) {
  return std::ranges::find(paper.publication_types, type) != paper.publication_types.end();
}

std::string_view kind_of(const Paper& paper) {
  if (has_type(paper, "Conference")) return "inproceedings";
  if (has_type(paper, "JournalArticle") || !paper.journal.name.empty()) return "article";
  if (has_type(paper, "BookSection")) return "incollection";
  if (has_type(paper, "Book")) return "book";
  return paper.venue.empty() ? "misc" : "inproceedings";
}

std::string joined_names(const Paper& paper) {
  std::string out;
  for (const PaperAuthor& author : paper.authors) {
    if (!out.empty()) out += " and ";
    out += escaped(author.name);
  }
  return out;
}

}  // namespace

std::string bibtex_from_paper(const Paper& paper) {
  const std::string_view kind = kind_of(paper);
  std::string out = fmt::format("@{}{{{}", kind, key_of(paper));
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format(",\n  {} = {{{}}}", name, value);
  };
  const std::string& journal = paper.journal.name;
  add("title", escaped(paper.title));
  add("author", joined_names(paper));
  if (kind == "article") {
    add("journal", escaped(journal.empty() ? paper.venue : journal));
  } else if (kind != "book" && kind != "misc") {
    add("booktitle", escaped(paper.venue.empty() ? journal : paper.venue));
  }
  add("year", paper.year > 0 ? std::to_string(paper.year) : "");
  add("volume", escaped(paper.journal.volume));
  add("pages", escaped(paper.journal.pages));
  add("doi", without_braces(paper.ids.doi));
  if (!paper.ids.arxiv.empty()) {
    add("eprint", without_braces(paper.ids.arxiv));
    add("archiveprefix", "arXiv");
  }
  add("url", without_braces(paper.url));
  return out + "\n}\n";
}

}  // namespace quern::apps
