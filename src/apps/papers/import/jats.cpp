#include "apps/papers/import/jats.h"

#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"
#include "apps/papers/import/jats_body.h"
#include "apps/papers/import/jats_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/publication_facts.h"

namespace quern::apps {
namespace {

using pugi::xml_node;

bool has_attribute(const xml_node& node, const char* name, std::string_view value) {
  return node.attribute(name).value() == value;
}

void read_jats_ids(const xml_node& meta, PaperIds& ids) {
  for (const xml_node& id : meta.children("article-id")) {
    const std::string_view type = id.attribute("pub-id-type").value();
    const std::string value = jats_line(id);
    if (type == "doi") ids.doi = doi_in(value);
    if (type == "pmid") ids.pubmed = digits_at_end(value);
    if (type == "pmc" || type == "pmcid") ids.pmc = digits_at_end(value);
    if (type == "arxiv") ids.arxiv = arxiv_id_of(value);
  }
  complete_ids(ids);
}

// "First Last" of <name>, else what the element says.
std::string jats_name(const xml_node& person) {
  const xml_node name = person.child("name") ? person.child("name") : person;
  const std::string last = jats_line(name.child("surname"));
  if (last.empty()) {
    const xml_node whole =
        person.child("string-name") ? person.child("string-name") : person.child("collab");
    return jats_line(whole);
  }
  return one_line(jats_line(name.child("given-names")) + " " + last + " " +
                  jats_line(name.child("suffix")));
}

// Each is looked for among all that stands before the text.
constexpr std::size_t kMostAffiliations = 8;

// By the number that <aff id> has, or below the author itself.
std::vector<std::string> affiliations_of(const xml_node& author, const xml_node& meta) {
  std::vector<std::string> out;
  const auto add = [&](const xml_node& place) {
    const xml_node name = find_jats(place, "institution");
    std::string line = jats_line(name ? name : place);
    if (!line.empty()) out.push_back(std::move(line));
  };
  for (const xml_node& place : author.children("aff")) add(place);
  for (const xml_node& link : author.children("xref")) {
    if (!has_attribute(link, "ref-type", "aff") || out.size() >= kMostAffiliations) continue;
    const std::string_view id = link.attribute("rid").value();
    const xml_node place = meta.find_node([&](const xml_node& one) {
      return one.name() == std::string_view("aff") && one.attribute("id").value() == id;
    });
    if (place) add(place);
  }
  return out;
}

// Longer lists of authors are cut: their places are looked for one by one.
constexpr std::size_t kMostJatsAuthors = 5000;

void read_jats_authors(const xml_node& meta, Paper& out) {
  for (const xml_node& group : meta.children("contrib-group")) {
    for (const xml_node& one : group.children("contrib")) {
      const std::string_view type = one.attribute("contrib-type").value();
      if ((!type.empty() && type != "author") || out.authors.size() >= kMostJatsAuthors) continue;
      PaperAuthor author = {.name = jats_name(one)};
      if (out.authors.size() < 100) author.affiliations = affiliations_of(one, meta);
      if (!author.name.empty()) out.authors.push_back(std::move(author));
    }
  }
}

// The earliest of the dates: electronic before printed.
void read_jats_dates(const xml_node& meta, Paper& out) {
  for (const xml_node& date : meta.children("pub-date")) {
    const int year = year_in(jats_line(date.child("year")));
    if (year == 0) continue;
    const int month = month_of(jats_line(date.child("month")));
    const std::string day = digits_at_end(jats_line(date.child("day")));
    const std::string whole =
        month > 0 && !day.empty() ? day_in(fmt::format("{:04}-{:02}-{}", year, month, day)) : "";
    if (out.year == 0 || year < out.year) {
      out.year = year;
      out.date = whole;
    } else if (year == out.year && !whole.empty() && (out.date.empty() || whole < out.date)) {
      out.date = whole;
    }
  }
}

void read_jats_journal(const xml_node& article, const xml_node& meta, Paper& out) {
  const xml_node front = article.child("front");
  const xml_node journal = front.child("journal-meta");
  out.journal = {.name = jats_line(find_jats(journal, "journal-title")),
                 .volume = jats_line(meta.child("volume")),
                 .pages = jats_line(meta.child("fpage"))};
  const std::string last = jats_line(meta.child("lpage"));
  if (!last.empty() && last != out.journal.pages) out.journal.pages += "-" + last;
  if (out.journal.pages.empty()) out.journal.pages = jats_line(meta.child("elocation-id"));
  out.venue = out.journal.name;
  const std::string type = publication_type_of(article.attribute("article-type").value());
  if (!type.empty()) out.publication_types.push_back(type);
  const xml_node licence = find_jats(meta.child("permissions"), "license");
  out.licence = one_line(licence.attribute("xlink:href").value());
  if (out.licence.empty()) out.licence = one_line(licence.attribute("license-type").value());
  out.is_open_access = !out.licence.empty();
}

// The one that is not for readers in a hurry; its parts may have titles.
std::string jats_abstract(const xml_node& meta) {
  for (const xml_node& one : meta.children("abstract")) {
    const std::string_view type = one.attribute("abstract-type").value();
    if (!type.empty() && type != "summary" && type != "structured") continue;
    std::string out = jats_prose(one);
    if (!out.empty()) return out;
  }
  return {};
}

Paper paper_of_article(const xml_node& article) {
  Paper out;
  const xml_node front =
      article.child("front") ? article.child("front") : article.child("front-stub");
  const xml_node meta = front.child("article-meta") ? front.child("article-meta") : front;
  read_jats_ids(meta, out.ids);
  const xml_node titles = meta.child("title-group");
  out.title = jats_line(titles.child("article-title"));
  const std::string subtitle = jats_line(titles.child("subtitle"));
  if (!subtitle.empty()) out.title += ": " + subtitle;
  read_jats_authors(meta, out);
  read_jats_dates(meta, out);
  read_jats_journal(article, meta, out);
  out.abstract = jats_abstract(meta);
  for (const xml_node& group : meta.children("kwd-group")) {
    for (const xml_node& word : group.children("kwd")) {
      add_fields_of_study(jats_line(word), out.fields_of_study);
    }
  }
  read_jats_body(article, out);
  return out;
}

// Walks without calling itself: how deep it may go is what it finds out.
struct DepthOfXml : pugi::xml_tree_walker {
  bool for_each(xml_node&) override {
    is_too_deep = depth() > kMaxJatsDepth;
    return !is_too_deep;
  }
  bool is_too_deep = false;
};

}  // namespace

Result<std::vector<Paper>> papers_of_jats(std::string_view xml) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  if (!parsed) {
    return {Code::kBadInput,
            fmt::format("it is no XML: {} at byte {}", parsed.description(), parsed.offset)};
  }
  DepthOfXml depth;
  document.traverse(depth);
  if (depth.is_too_deep) {
    return {Code::kBadInput,
            fmt::format("elements stand more than {} deep in each other", kMaxJatsDepth)};
  }
  std::vector<Paper> out;
  const auto is_article = [](const xml_node& node) {
    return node.name() == std::string_view("article");
  };
  for (const xml_node& top : document.children()) {
    if (is_article(top)) out.push_back(paper_of_article(top));
    for (const xml_node& one : top.children()) {
      // As the archive gives them out: <record><metadata><article>.
      const xml_node inner = is_article(one) ? one : one.find_node(is_article);
      if (!is_article(top) && inner) out.push_back(paper_of_article(inner));
    }
  }
  std::erase_if(out,
                [](const Paper& paper) { return paper.title.empty() && paper.ids == PaperIds(); });
  if (!out.empty()) return out;
  return {Code::kBadInput, "it has no <article> with a title or an id: it is not JATS"};
}

}  // namespace quern::apps
