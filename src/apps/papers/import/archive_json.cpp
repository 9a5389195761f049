// Of archives and corpora: arXiv, bibliographies as JSON, ScisummNet, and documents of any kind.

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_forms.h"
#include "apps/papers/import/publication_facts.h"

namespace quern::apps {
namespace {

// [["Last", "First", "Suffix", "Affiliation", ...], ...]
std::vector<PaperAuthor> authors_of_arxiv(const PaperJson& object) {
  std::vector<PaperAuthor> out;
  for (const PaperJson& parts : list_field(object, {"authors_parsed"})) {
    const auto part = [&](std::size_t i) {
      return parts.is_array() && i < parts.size() ? line_of(parts[i]) : std::string();
    };
    std::string name = one_line(part(1) + " " + part(0) + " " + part(2));
    if (!name.empty()) out.push_back({.name = std::move(name)});
  }
  if (out.empty()) out = authors_in_list(line_field(object, {"authors"}));
  return out;
}

// CSL: {"issued": {"date-parts": [[2017, 6, 12]]}}
std::string date_of_parts(const PaperJson& object) {
  const PaperJson* const issued = field_of(object, {"issued", "published"});
  if (issued == nullptr) return {};
  const PaperJson& dates = list_field(*issued, {"date-parts"});
  std::string out;
  if (dates.empty() || !dates.front().is_array()) return out;
  for (const PaperJson& part : dates.front()) {
    if (!out.empty()) out += '-';
    out += line_of(part);
  }
  return out;
}

PaperIds ids_of_key(const std::string& key) {
  PaperIds out;
  if (is_paper_id(key)) out.paper_id = key;
  if (is_acl_id(key)) out.acl = key;
  return out;
}

}  // namespace

bool is_arxiv(const PaperJson& object) {
  return field_of(object, {"authors_parsed"}) != nullptr ||
         (field_of(object, {"categories"}) != nullptr &&
          !arxiv_id_of(line_field(object, {"id"})).empty());
}

Paper paper_of_arxiv(const PaperJson& object) {
  Paper out;
  out.ids.arxiv = arxiv_id_of(line_field(object, {"id"}));
  out.ids.doi = doi_in(line_field(object, {"doi"}));
  out.title = line_field(object, {"title"});
  out.abstract = prose_field(object, {"abstract"});
  out.authors = authors_of_arxiv(object);
  const PaperJson& versions = list_field(object, {"versions"});
  const std::string created =
      versions.empty() ? std::string() : line_field(versions.front(), {"created"});
  out.date = day_of_mail_date(created);
  if (out.date.empty()) out.date = day_in(line_field(object, {"update_date"}));
  out.year = year_in(out.date);
  out.venue = "arXiv.org";
  out.journal.name = line_field(object, {"journal-ref"});
  out.fields_of_study = fields_of_arxiv_categories(line_field(object, {"categories"}));
  out.licence = line_field(object, {"license"});
  out.is_open_access = true;
  if (!out.ids.arxiv.empty()) {
    out.url = "https://arxiv.org/abs/" + out.ids.arxiv;
    out.pdf_url = "https://arxiv.org/pdf/" + out.ids.arxiv;
  }
  return out;
}

bool is_bibliographic(const PaperJson& object) {
  return field_of(object, {"acl_id", "ENTRYTYPE", "bibkey", "booktitle", "container-title",
                           "issued", "date-parts"}) != nullptr;
}

Paper paper_of_bibliographic(const PaperJson& object) {
  Paper out;
  out.ids = ids_of_json(object);
  const std::string url = line_field(object, {"url", "URL"});
  add_ids_of_url(url, out.ids);
  for (const char* name : {"acl_id", "ID", "id"}) {
    if (out.ids.acl.empty()) out.ids.acl = acl_id_of(line_field(object, {name}));
  }
  const std::vector<std::string> titles = line_list_field(object, {"title"});
  if (!titles.empty()) out.title = titles[0];
  out.abstract = prose_field(object, {"abstract"});
  const PaperJson* const authors = field_of(object, {"author", "authors"});
  if (authors != nullptr) out.authors = authors_of_json(*authors);
  const std::string issued = date_of_parts(object);
  out.date = day_in(issued);
  out.year = year_in(line_field(object, {"year"}));
  if (out.year == 0) out.year = year_in(issued);
  const std::vector<std::string> venues =
      line_list_field(object, {"booktitle", "container-title", "journal"});
  if (!venues.empty()) out.venue = venues[0];
  out.journal = {.name = line_field(object, {"journal"}),
                 .volume = line_field(object, {"volume"}),
                 .pages = line_field(object, {"pages", "page"})};
  const std::string type = publication_type_of(line_field(object, {"ENTRYTYPE", "type"}));
  if (!type.empty()) out.publication_types.push_back(type);
  out.url = url;
  out.pdf_url = line_field(object, {"pdf"});
  out.n_citations = count_field(object, {"numcitedby"});
  const std::string text = prose_field(object, {"full_text"});
  if (!text.empty()) out.sections.push_back({.text = text});
  return out;
}

bool is_scisumm(const PaperJson& object) { return !list_field(object, {"sections"}).empty(); }

Paper paper_of_scisumm(const PaperJson& object) {
  Paper out;
  out.ids = ids_of_json(object);
  const std::string key = line_field(object, {"_id", "id"});
  if (out.ids == PaperIds()) out.ids = ids_of_key(key);
  out.title = line_field(object, {"title"});
  out.abstract = prose_field(object, {"abstract"});
  // Its names are in order, with a comma all the same: "Daniel M., Bikel".
  for (std::string& name : line_list_field(object, {"authors"})) {
    const std::size_t comma = name.find(',');
    if (comma != std::string::npos) name.erase(comma, 1);
    out.authors.push_back({.name = std::move(name)});
  }
  out.year = year_in(line_field(object, {"year"}));
  out.venue = line_field(object, {"venue"});
  for (const PaperJson& section : list_field(object, {"sections"})) {
    // Its numbers count sections; those that are printed stand in the headings.
    HeadingText heading = heading_text_of(line_field(section, {"heading", "title"}));
    PaperSection one = {.heading = std::move(heading.words),
                        .number = std::move(heading.number),
                        .text = prose_field(section, {"text"})};
    if (!one.text.empty()) out.sections.push_back(std::move(one));
  }
  for (const std::string& id : line_list_field(object, {"cites"})) {
    const PaperIds ids = ids_of_key(id);
    if (ids != PaperIds()) out.references.push_back({.ids = ids});
  }
  for (const std::string& id : line_list_field(object, {"cited_by"})) {
    const PaperIds ids = ids_of_key(id);
    if (ids != PaperIds()) out.cited_by.push_back(ids);
  }
  return out;
}

bool is_plain_document(const PaperJson& object) {
  return field_of(object, {"title", "abstract", "text"}) != nullptr;
}

Paper paper_of_plain_document(const PaperJson& object) {
  Paper out;
  out.ids = ids_of_json(object);
  const std::string key = line_field(object, {"_id", "id"});
  if (out.ids == PaperIds()) out.ids = ids_of_key(key);
  out.title = line_field(object, {"title"});
  out.abstract = prose_field(object, {"abstract", "text"});
  out.authors = authors_of_json(list_field(object, {"authors"}));
  out.date = day_in(line_field(object, {"date", "publication_date"}));
  out.year = year_in(line_field(object, {"year", "date", "publication_date"}));
  out.venue = line_field(object, {"venue", "journal"});
  out.url = line_field(object, {"url"});
  // SciFact's ids are S2ORC's; those of other corpora may be anything.
  const bool is_scifact =
      field_of(object, {"structured"}) != nullptr && !list_field(object, {"abstract"}).empty();
  if (is_scifact && out.ids.corpus_id == 0) out.ids.corpus_id = count_field(object, {"doc_id"});
  return out;
}

}  // namespace quern::apps
