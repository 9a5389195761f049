#include "apps/papers/import/bibtex.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/latex_text.h"
#include "apps/papers/import/markup_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/publication_facts.h"

namespace quern::apps {
namespace {

// Fields of an entry, or of its parent.
class BibtexFields {
 public:
  BibtexFields(const BibtexEntry& entry, const BibtexEntry* parent)
      : entry_(entry), parent_(parent) {}

  // The first of some names that there is, as it is written.
  std::string raw(std::initializer_list<const char*> names) const {
    for (const BibtexEntry* one : {&entry_, parent_}) {
      if (one == nullptr) continue;
      for (const char* name : names) {
        // A book's title is its papers' booktitle.
        if (one == parent_ && name == std::string_view("title")) continue;
        if (const std::string_view value = one->field(name); !value.empty())
          return utf8_of_field(value);
      }
    }
    return {};
  }
  std::string line(std::initializer_list<const char*> names) const {
    return one_line(text_of_latex(raw(names)));
  }
  std::string literal(std::initializer_list<const char*> names) const {
    return one_line(literal_of_latex(raw(names)));
  }
  std::string prose(std::initializer_list<const char*> names) const {
    return in_paragraphs(text_of_latex(raw(names)));
  }

 private:
  const BibtexEntry& entry_;
  const BibtexEntry* parent_;
};

void read_bibtex_ids(const BibtexFields& fields, Paper& out) {
  out.url = fields.literal({"url", "ee", "link"});
  out.ids.doi = doi_in(fields.literal({"doi"}));
  add_ids_of_url(out.url, out.ids);
  const std::string archive =
      in_small_letters(fields.literal({"archiveprefix", "eprinttype", "archive"}));
  const std::string eprint = fields.literal({"eprint", "arxivid", "arxiv"});
  if (archive.empty() || archive == "arxiv") {
    if (const std::string id = arxiv_id_of(eprint); !id.empty()) out.ids.arxiv = id;
  }
  // "arXiv preprint arXiv:1706.03762", "CoRR abs/1706.03762".
  for (const char* name : {"journal", "volume", "note", "howpublished"}) {
    if (out.ids.arxiv.empty()) out.ids.arxiv = arxiv_id_in(fields.literal({name}));
  }
  out.ids.pubmed = digits_at_end(fields.literal({"pmid"}));
  out.ids.pmc = digits_at_end(fields.literal({"pmcid"}));
  if (archive == "pubmed" && out.ids.pubmed.empty()) out.ids.pubmed = digits_at_end(eprint);
  complete_ids(out.ids);
}

void read_bibtex_date(const BibtexFields& fields, Paper& out) {
  const std::string date = fields.line({"date"});
  out.date = day_in(date);
  out.year = year_in(fields.line({"year"}));
  if (out.year == 0) out.year = year_in(date);
  const int month = month_of(fields.line({"month"}));
  const std::string day = digits_at_end(fields.line({"day"}));
  if (out.date.empty() && out.year > 0 && month > 0) {
    out.date = day_in(fmt::format("{:04}-{:02}-{}", out.year, month, day));
  }
}

// DBLP writes "conf/acl/X" into keys: "DBLP:conf/acl/X".
void read_bibtex_key(const BibtexEntry& entry, Paper& out) {
  constexpr std::string_view kMark = "DBLP:";
  if (entry.key.starts_with(kMark)) out.ids.dblp = entry.key.substr(kMark.size());
  if (out.ids.acl.empty() && is_acl_id(entry.key)) out.ids.acl = entry.key;
}

// Where `word` stands apart from others outside of braces; npos: nowhere.
std::size_t find_outside_braces(std::string_view text, std::string_view word) {
  int depth = 0;
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    if (depth == 0 && text.substr(i).starts_with(word)) return i;
  }
  return text.npos;
}

std::vector<std::string> split_outside_braces(std::string_view text, std::string_view word) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t end = find_outside_braces(text, word);
    out.push_back(one_line(text_of_latex(text.substr(0, end))));
    if (end == text.npos) return out;
    text.remove_prefix(end + word.size());
  }
}

}  // namespace

std::vector<PaperAuthor> authors_of_bibtex(std::string_view names) {
  std::vector<PaperAuthor> out;
  std::string line = " " + one_line(names) + " ";
  std::string_view rest = line;
  while (!rest.empty()) {
    const std::size_t end = std::min(find_outside_braces(rest, " and "), rest.size());
    std::string name = name_of_parts(split_outside_braces(rest.substr(0, end), ","));
    if (!name.empty() && name != "others") out.push_back({.name = std::move(name)});
    // The blank behind "and" is the one before the next name.
    rest.remove_prefix(std::min(end + 4, rest.size()));
  }
  return out;
}

Paper paper_of_bibtex(const BibtexEntry& entry, const BibtexEntry* parent) {
  const BibtexFields fields(entry, parent);
  Paper out;
  out.title = fields.line({"title"});
  if (const std::string subtitle = fields.line({"subtitle"}); !subtitle.empty()) {
    out.title += ": " + subtitle;
  }
  out.title = one_line(without_markup(out.title));
  out.abstract = without_markup(fields.prose({"abstract"}));
  out.authors = authors_of_bibtex(fields.raw({"author", "editor"}));
  read_bibtex_date(fields, out);
  out.journal = {.name = fields.line({"journal", "journaltitle"}),
                 .volume = fields.line({"volume"}),
                 .pages = fields.line({"pages"})};
  out.venue = fields.line({"booktitle", "journal", "journaltitle", "school", "institution"});
  if (out.venue.empty() && parent != nullptr)
    out.venue = one_line(text_of_latex(utf8_of_field(parent->field("title"))));
  if (const std::string type = publication_type_of(entry.type); !type.empty()) {
    out.publication_types.push_back(type);
  }
  read_bibtex_ids(fields, out);
  read_bibtex_key(entry, out);
  out.fields_of_study = fields_of_arxiv_categories(fields.literal({"primaryclass", "eprintclass"}));
  add_fields_of_study(fields.line({"keywords", "keyword"}), out.fields_of_study);
  return out;
}

BibtexPapers::BibtexPapers(std::string_view text) : text_(text), entries_(text) {
  const auto has = [&](std::string_view word) { return text.find(word) != text.npos; };
  if (!has("crossref") && !has("Crossref") && !has("CROSSREF")) return;
  // Only entries without a crossref can be parents; what is shared is mostly short.
  BibtexEntries all(text);
  while (std::optional<BibtexEntry> entry = all.next()) {
    const bool is_book =
        entry->type == "proceedings" || entry->type == "book" || entry->type == "collection";
    if (!is_book || !entry->status.ok()) continue;
    entry->fields.erase("abstract");
    std::string key = in_small_letters(entry->key);
    parents_.emplace(std::move(key), std::move(*entry));
  }
}

std::optional<BibtexPapers::Item> BibtexPapers::next() {
  std::optional<BibtexEntry> entry = entries_.next();
  if (!entry) return std::nullopt;
  Item out{.entry = std::move(*entry)};
  const auto written = [&](const BibtexEntry& one) {
    return text_.substr(one.bytes.begin, one.bytes.end - one.bytes.begin);
  };
  out.written = written(out.entry);
  out.status = out.entry.status;
  if (!out.status.ok()) return out;
  const std::string of = in_small_letters(one_line(out.entry.field("crossref")));
  const auto parent = of.empty() ? parents_.end() : parents_.find(of);
  out.paper = paper_of_bibtex(out.entry, parent == parents_.end() ? nullptr : &parent->second);
  if (parent != parents_.end()) out.written += written(parent->second);
  if (out.paper.title.empty() && out.paper.ids == PaperIds()) {
    out.status = {Code::kBadInput, fmt::format("line {}: the entry has neither a title nor an id",
                                               out.entry.n_line)};
  }
  return out;
}

}  // namespace quern::apps
