#include "apps/papers/import/ris.h"

#include <fmt/format.h>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/markup_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/publication_facts.h"

namespace quern::apps {
namespace {

bool is_medline(const TaggedRecord& record) { return !record.first({"PMID"}).empty(); }

void add_authors(const std::vector<std::string>& names, Paper& out) {
  for (const std::string& name : names) {
    // A field is one author's; some programs put all into one.
    if (name.find(';') != name.npos) {
      for (PaperAuthor& author : authors_in_list(name)) out.authors.push_back(std::move(author));
      continue;
    }
    std::string in_order = name_in_order(name);
    if (!in_order.empty()) out.authors.push_back({.name = std::move(in_order)});
  }
}

void read_ris_ids(const TaggedRecord& record, Paper& out) {
  out.ids.doi = doi_in(record.first({"DO"}));
  for (const std::string& url : record.all({"UR", "L1", "L2", "LK"})) {
    if (out.url.empty()) out.url = url;
    add_ids_of_url(url, out.ids);
  }
  for (const std::string& note : record.all({"M3", "N1", "JO", "T2", "AN", "M1"})) {
    if (out.ids.doi.empty()) out.ids.doi = doi_in(note);
    if (out.ids.arxiv.empty()) out.ids.arxiv = arxiv_id_in(note);
  }
  complete_ids(out.ids);
}

// "2017/06/12/", "2017/06", "2017-06-12"
void read_ris_date(const TaggedRecord& record, Paper& out) {
  for (const std::string& date : record.all({"DA", "PY", "Y1"})) {
    if (out.date.empty()) out.date = day_in(date);
  }
  out.year = year_in(record.first({"PY", "Y1", "DA", "YR"}));
}

std::string pages_of_ris(const TaggedRecord& record) {
  const std::string first = record.first({"SP"});
  const std::string last = record.first({"EP"});
  return first.empty() || last.empty() || first == last ? first + (first.empty() ? last : "")
                                                        : first + "-" + last;
}

// "2017 Jun 12", "2017 Jun", "2017 Summer"
void read_medline_date(const std::string& date, Paper& out) {
  out.year = year_in(date);
  if (date.size() < 10 || date[4] != ' ') return;
  const int month = month_of(std::string_view(date).substr(5, 3));
  if (month > 0) {
    out.date = day_in(fmt::format("{:04}-{:02}-{}", out.year, month, digits_at_end(date)));
  }
}

Paper paper_of_medline(const TaggedRecord& record) {
  Paper out;
  out.ids.pubmed = digits_at_end(record.first({"PMID"}));
  out.ids.pmc = digits_at_end(record.first({"PMC"}));
  for (const std::string& id : record.all({"LID", "AID"})) {
    if (out.ids.doi.empty() && id.ends_with("[doi]")) out.ids.doi = doi_in(id);
  }
  out.title = one_line(record.first({"TI", "BTI"}));
  out.abstract = in_paragraphs(record.first({"AB"}));
  std::vector<std::string> names = record.all({"FAU"});
  if (names.empty()) names = record.all({"AU"});
  add_authors(names, out);
  read_medline_date(record.first({"DP"}), out);
  out.venue = one_line(record.first({"JT", "TA"}));
  out.journal = {.name = out.venue, .volume = record.first({"VI"}), .pages = record.first({"PG"})};
  for (const std::string& type : record.all({"PT"})) {
    if (type == "Journal Article") out.publication_types.emplace_back("JournalArticle");
    if (type == "Review") out.publication_types.emplace_back("Review");
  }
  return out;
}

}  // namespace

Paper paper_of_ris(const TaggedRecord& record) {
  if (is_medline(record)) return paper_of_medline(record);
  Paper out;
  out.title = one_line(without_markup(record.first({"TI", "T1", "CT", "BT"})));
  out.abstract = without_markup(record.first({"AB", "N2"}));
  add_authors(record.all({"AU", "A1"}), out);
  read_ris_date(record, out);
  out.venue = one_line(record.first({"T2", "JF", "JO", "JA", "BT", "C3"}));
  if (out.venue == out.title) out.venue.clear();  // A book of its own.
  out.journal = {.name = one_line(record.first({"JF", "JO", "JA", "T2"})),
                 .volume = record.first({"VL"}),
                 .pages = pages_of_ris(record)};
  if (const std::string type = publication_type_of(record.first({"TY"})); !type.empty()) {
    out.publication_types.push_back(type);
  }
  for (const std::string& keyword : record.all({"KW"})) {
    add_fields_of_study(keyword, out.fields_of_study);
  }
  read_ris_ids(record, out);
  return out;
}

std::string key_of_ris(const TaggedRecord& record) {
  const std::string id = record.first({"PMID", "ID", "AN"});
  return id.empty() ? doi_in(record.first({"DO", "UR"})) : one_line(id);
}

}  // namespace quern::apps
