#include "apps/papers/import/jats_body.h"

#include <map>
#include <string_view>

#include "apps/papers/import/citing_sentences.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"
#include "apps/papers/import/jats_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_fields.h"

namespace quern::apps {
namespace {

using pugi::xml_node;
using ReferencesById = std::map<std::string, std::size_t, std::less<>>;

bool is_named(const xml_node& node, std::string_view name) { return node.name() == name; }

void add_jats_paragraph(std::string text, std::string& out) {
  text = one_line(text);
  if (text.empty()) return;
  if (!out.empty()) out += "\n\n";
  out += text;
}

// One name, or several ids apart: "B1 B2".
void add_jats_contexts(const std::string& text, const std::vector<JatsCitation>& citations,
                       const ReferencesById& ids, Paper& out) {
  if (citations.empty()) return;
  const CitingSentences sentences(text);
  for (const JatsCitation& citation : citations) {
    std::string_view rest = citation.id;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const auto found = ids.find(rest.substr(0, end));
      if (found != ids.end()) {
        add_context(sentences.at(citation.place), out.references[found->second].contexts);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

class JatsSections {
 public:
  JatsSections(const ReferencesById& ids, Paper& out) : ids_(ids), out_(out) {}

  void read(const xml_node& node, const HeadingText& heading) {
    std::string text;
    for (const xml_node& child : node.children()) {
      if (is_named(child, "sec") || is_named(child, "app")) {
        end_section(heading, text);
        read(child, heading_of(child));
      } else if (!is_named(child, "title") && !is_named(child, "label")) {
        add(child, text);
      }
    }
    end_section(heading, text);
  }

  static HeadingText heading_of(const xml_node& section) {
    HeadingText out = heading_text_of(jats_line(section.child("title")));
    std::string label = jats_line(section.child("label"));
    while (label.ends_with('.')) label.pop_back();
    if (!label.empty()) out.number = label;
    return out;
  }

 private:
  void add(const xml_node& child, std::string& text) {
    // As one element of its parent, so that what is no prose in itself is left out.
    std::string raw;
    std::vector<JatsCitation> citations;
    if (is_named(child, "p") || is_named(child, "list") || is_named(child, "disp-quote")) {
      append_jats_text(child, raw, &citations);
    }
    add_jats_contexts(raw, citations, ids_, out_);
    add_jats_paragraph(raw, text);
  }

  void end_section(const HeadingText& heading, std::string& text) {
    if (!text.empty()) {
      out_.sections.push_back(
          {.heading = heading.words, .number = heading.number, .text = std::move(text)});
    }
    text.clear();
  }

  const ReferencesById& ids_;
  Paper& out_;
};

PaperReference reference_of_jats(const xml_node& reference) {
  PaperReference out;
  xml_node citation;
  for (const char* name : {"element-citation", "mixed-citation", "citation", "nlm-citation"}) {
    if (!citation) citation = find_jats(reference, name);
  }
  if (!citation) citation = reference;
  out.text = jats_line(citation);
  out.title = jats_line(find_jats(citation, "article-title"));
  if (out.title.empty()) out.title = jats_line(find_jats(citation, "chapter-title"));
  if (out.title.empty()) out.title = jats_line(citation.child("source"));
  out.year = year_in(jats_line(citation.child("year")));
  for (const xml_node& group : citation.children()) {
    const bool is_group = is_named(group, "person-group");
    const std::string_view type = group.attribute("person-group-type").value();
    if (is_group && !type.empty() && type != "author") continue;
    const auto add = [&](const xml_node& name) {
      std::string whole =
          one_line(jats_line(name.child("given-names")) + " " + jats_line(name.child("surname")));
      if (whole.empty()) whole = jats_line(name);
      if (!whole.empty()) out.authors.push_back(std::move(whole));
    };
    for (const xml_node& name : group.children()) {
      if (is_group && (is_named(name, "name") || is_named(name, "string-name"))) add(name);
    }
    if (is_named(group, "name") || is_named(group, "string-name")) add(group);
  }
  for (const xml_node& id : citation.children("pub-id")) {
    const std::string_view type = id.attribute("pub-id-type").value();
    if (type == "doi") out.ids.doi = doi_in(jats_line(id));
    if (type == "pmid") out.ids.pubmed = digits_at_end(jats_line(id));
    if (type == "pmcid" || type == "pmc") out.ids.pmc = digits_at_end(jats_line(id));
  }
  if (out.ids.doi.empty()) out.ids.doi = doi_in(out.text);
  out.ids.arxiv = arxiv_id_in(out.text);
  complete_ids(out.ids);
  return out;
}

ReferencesById read_jats_references(const xml_node& article, Paper& out) {
  ReferencesById ids;
  const xml_node list = find_jats(article.child("back"), "ref-list");
  for (const xml_node& one : list.children("ref")) {
    if (out.references.size() >= kMaxReferences) break;
    ids[one.attribute("id").value()] = out.references.size();
    out.references.push_back(reference_of_jats(one));
  }
  return ids;
}

}  // namespace

std::string jats_prose(const xml_node& node) {
  std::string out;
  for (const xml_node& child : node.children()) {
    if (is_named(child, "title") || is_named(child, "label")) continue;
    std::string text;
    if (is_named(child, "sec")) {
      text = jats_line(child.child("title"));
      if (!text.empty() && !text.ends_with(':')) text += ": ";
      text += jats_prose(child);
    } else {
      append_jats_text(child, text);
    }
    add_jats_paragraph(std::move(text), out);
  }
  return out;
}

void read_jats_body(const xml_node& article, Paper& out) {
  const ReferencesById ids = read_jats_references(article, out);
  JatsSections(ids, out).read(article.child("body"), {});
  const xml_node back = article.child("back");
  for (const xml_node& part : back.children()) {
    if (is_named(part, "ack") || is_named(part, "app-group") || is_named(part, "sec")) {
      HeadingText heading = JatsSections::heading_of(part);
      if (heading.words.empty() && is_named(part, "ack")) heading.words = "Acknowledgments";
      JatsSections(ids, out).read(part, heading);
    }
  }
}

}  // namespace quern::apps
