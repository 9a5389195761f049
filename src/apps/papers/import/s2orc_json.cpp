#include <algorithm>
#include <map>

#include "apps/papers/import/char_places.h"
#include "apps/papers/import/citing_sentences.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_forms.h"

namespace quern::apps {
namespace {

using ReferenceNumbers = std::map<std::string, std::size_t>;  // By name in the file.

// The object that has the paragraphs: the record itself, or what a parser of the PDF or of LaTeX
// made of it. Null: none.
const PaperJson* parse_of_s2orc(const PaperJson& object) {
  if (field_of(object, {"body_text"}) != nullptr) return &object;
  for (const char* name : {"pdf_parse", "latex_parse", "grobid_parse"}) {
    const PaperJson* const parse = field_of(object, {name});
    if (parse != nullptr && field_of(*parse, {"body_text"}) != nullptr) return parse;
  }
  return nullptr;
}

PaperReference reference_of_s2orc(const PaperJson& entry) {
  PaperReference out;
  out.ids = ids_of_json(entry);
  if (out.ids.corpus_id == 0) out.ids.corpus_id = count_field(entry, {"link", "links"});
  complete_ids(out.ids);
  out.title = line_field(entry, {"title"});
  out.text = line_field(entry, {"raw_text"});
  for (PaperAuthor& author : authors_of_json(list_field(entry, {"authors"}))) {
    out.authors.push_back(std::move(author.name));
  }
  out.year = year_in(line_field(entry, {"year"}));
  return out;
}

ReferenceNumbers read_bibliography(const PaperJson& parse, Paper& out) {
  ReferenceNumbers numbers;
  const PaperJson* const entries = field_of(parse, {"bib_entries"});
  if (entries == nullptr || !entries->is_object()) return numbers;
  for (const auto& [name, entry] : entries->items()) {
    if (out.references.size() >= kMaxReferences) break;
    numbers[name] = out.references.size();
    out.references.push_back(reference_of_s2orc(entry));
  }
  return numbers;
}

void read_citations(const PaperJson& paragraph, const ReferenceNumbers& numbers, Paper& out) {
  const PaperJson* const text = field_of(paragraph, {"text"});
  const PaperJson& spans = list_field(paragraph, {"cite_spans"});
  if (text == nullptr || !text->is_string() || spans.empty()) return;
  const CharPlaces places(text->get_ref<const std::string&>());
  const CitingSentences sentences(text->get_ref<const std::string&>());
  for (const PaperJson& span : spans) {
    const auto found = numbers.find(line_field(span, {"ref_id"}));
    if (found == numbers.end()) continue;
    const auto start = static_cast<std::size_t>(count_field(span, {"start"}));
    add_context(sentences.at(places.byte_of(start)), out.references[found->second].contexts);
  }
}

// A heading: a text, or [[number, words], ...] of those that it stands under.
HeadingText heading_of_s2orc(const PaperJson& paragraph) {
  const PaperJson& parts = list_field(paragraph, {"section"});
  if (!parts.empty() && parts.back().is_array() && !parts.back().empty()) {
    return {.number = line_of(parts.back().front()), .words = line_of(parts.back().back())};
  }
  HeadingText out = heading_text_of(line_field(paragraph, {"section"}));
  const std::string number = line_field(paragraph, {"sec_num"});
  if (!number.empty()) out.number = number;
  return out;
}

// Paragraphs below one heading are one section.
void read_paragraphs(const PaperJson& list, const ReferenceNumbers& numbers, Paper& out) {
  for (const PaperJson& paragraph : list) {
    std::string text = line_field(paragraph, {"text"});
    if (text.empty()) continue;
    HeadingText heading = heading_of_s2orc(paragraph);
    PaperSection* const last = out.sections.empty() ? nullptr : &out.sections.back();
    if (last != nullptr && last->heading == heading.words && last->number == heading.number) {
      last->text += "\n\n" + text;
    } else {
      out.sections.push_back({.heading = std::move(heading.words),
                              .number = std::move(heading.number),
                              .text = std::move(text)});
    }
    read_citations(paragraph, numbers, out);
  }
}

std::string abstract_of_s2orc(const PaperJson& list) {
  std::string out;
  for (const PaperJson& paragraph : list) {
    const std::string text = line_field(paragraph, {"text"});
    if (!out.empty() && !text.empty()) out += "\n\n";
    out += text;
  }
  return out;
}

}  // namespace

bool is_s2orc_paragraphs(const PaperJson& object) { return parse_of_s2orc(object) != nullptr; }

Paper paper_of_s2orc_paragraphs(const PaperJson& object) {
  const PaperJson& parse = *parse_of_s2orc(object);
  const PaperJson* const metadata = field_of(object, {"metadata"});
  // The rest of a record is as Semantic Scholar's.
  Paper out = paper_of_scholar(metadata != nullptr && metadata->is_object() ? *metadata : object);
  const PaperIds ids = paper_of_scholar(object).ids;
  if (out.ids == PaperIds()) out.ids = ids;
  const std::string own_id = line_field(object, {"paper_id"});
  if (own_id.starts_with("PMC")) out.ids.pmc = digits_at_end(own_id);
  // CORD-19 has the SHA-1 of a file there, which is no id of the paper.
  if (is_paper_id(own_id)) out.ids.paper_id.clear();
  const std::string abstract = abstract_of_s2orc(list_field(parse, {"abstract"}));
  if (!abstract.empty()) out.abstract = abstract;
  out.references.clear();
  const ReferenceNumbers numbers = read_bibliography(parse, out);
  read_paragraphs(list_field(parse, {"body_text"}), numbers, out);
  read_paragraphs(list_field(parse, {"back_matter"}), numbers, out);
  return out;
}

}  // namespace quern::apps
