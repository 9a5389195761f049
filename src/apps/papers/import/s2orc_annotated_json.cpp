#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/char_places.h"
#include "apps/papers/import/citing_sentences.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_forms.h"

namespace quern::apps {
namespace {

// A stretch of the text, by character.
struct Annotation {
  std::size_t begin = 0;
  std::size_t end = 0;
  PaperJson attributes = {};
};

// A text with its annotations by kind, "bibentry" and "bib_entry" being one.
struct AnnotatedText {
  explicit AnnotatedText(const PaperJson& object);
  AnnotatedText(const AnnotatedText&) = delete;  // `places` looks into `text`.
  AnnotatedText& operator=(const AnnotatedText&) = delete;

  // In order, none in another: so all of them together are no longer than the text.
  std::vector<Annotation> kind(const char* name) const;
  std::string line(const Annotation& annotation) const;
  // What is annotated so within another annotation.
  std::vector<std::string> lines_within(const std::vector<Annotation>& annotations,
                                        const Annotation& outer) const;

  std::string text;
  CharPlaces places;
  std::map<std::string, const PaperJson*> kinds;
};

AnnotatedText::AnnotatedText(const PaperJson& object)
    : text([&] {
        const PaperJson* const found = field_of(object, {"text"});
        return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
      }()),
      places(text) {
  const PaperJson* const annotations = field_of(object, {"annotations"});
  if (annotations == nullptr || !annotations->is_object()) return;
  for (const auto& [name, value] : annotations->items()) {
    std::string plain = name;
    std::erase(plain, '_');
    kinds[plain] = &value;
  }
}

std::vector<Annotation> AnnotatedText::kind(const char* name) const {
  std::vector<Annotation> out;
  const auto found = kinds.find(name);
  if (found == kinds.end()) return out;
  // JSON in JSON: its depth was not looked at.
  PaperJson parsed;
  if (found->second->is_string()) {
    parsed = PaperJson::parse(
        found->second->get_ref<const std::string&>(),
        [](int depth, PaperJson::parse_event_t, PaperJson&) { return depth <= 8; },
        /*allow_exceptions=*/false);
  }
  for (const PaperJson& one : elements_of(parsed.is_array() ? parsed : *found->second)) {
    Annotation annotation;
    annotation.begin = static_cast<std::size_t>(count_field(one, {"start"}));
    annotation.end = static_cast<std::size_t>(count_field(one, {"end"}));
    const PaperJson* const attributes = field_of(one, {"attributes"});
    if (attributes != nullptr) annotation.attributes = *attributes;
    if (annotation.begin < annotation.end) out.push_back(std::move(annotation));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Annotation& a, const Annotation& b) { return a.begin < b.begin; });
  std::size_t end = 0;
  std::erase_if(out, [&](const Annotation& one) {
    if (one.begin < end) return true;
    end = one.end;
    return false;
  });
  return out;
}

std::string AnnotatedText::line(const Annotation& annotation) const {
  return one_line(places.between(annotation.begin, annotation.end));
}

std::vector<std::string> AnnotatedText::lines_within(const std::vector<Annotation>& annotations,
                                                     const Annotation& outer) const {
  std::vector<std::string> out;
  auto at =
      std::lower_bound(annotations.begin(), annotations.end(), outer.begin,
                       [](const Annotation& one, std::size_t begin) { return one.begin < begin; });
  for (; at != annotations.end() && at->begin < outer.end; ++at) out.push_back(line(*at));
  return out;
}

std::string first_line(const AnnotatedText& text, const char* kind) {
  const std::vector<Annotation> found = text.kind(kind);
  return found.empty() ? std::string() : text.line(found[0]);
}

void read_sections(const AnnotatedText& body, Paper& out) {
  const std::vector<Annotation> headings = body.kind("sectionheader");
  std::size_t i_heading = 0;
  for (const Annotation& paragraph : body.kind("paragraph")) {
    std::string text = body.line(paragraph);
    if (text.empty()) continue;
    std::optional<HeadingText> heading;
    for (; i_heading < headings.size() && headings[i_heading].begin < paragraph.begin;
         ++i_heading) {
      heading = heading_text_of(body.line(headings[i_heading]));
      std::string number = line_field(headings[i_heading].attributes, {"n"});
      while (number.ends_with('.')) number.pop_back();
      if (!number.empty()) heading->number = number;
    }
    if (!heading && !out.sections.empty()) {
      out.sections.back().text += "\n\n" + text;
      continue;
    }
    const HeadingText own = heading.value_or(HeadingText());
    out.sections.push_back({.heading = own.words, .number = own.number, .text = std::move(text)});
  }
}

using ReferencesByName = std::map<std::string, std::size_t>;

ReferencesByName read_entries(const AnnotatedText& text, Paper& out) {
  ReferencesByName numbers;
  const std::vector<Annotation> titles = text.kind("bibtitle");
  const std::vector<Annotation> authors = text.kind("bibauthor");
  for (const Annotation& entry : text.kind("bibentry")) {
    if (out.references.size() >= kMaxReferences) break;
    PaperReference reference;
    reference.text = text.line(entry);
    reference.ids = ids_of_json(entry.attributes);
    reference.ids.corpus_id = count_field(entry.attributes, {"matched_paper_id"});
    if (reference.ids.doi.empty()) reference.ids.doi = doi_in(reference.text);
    if (reference.ids.arxiv.empty()) reference.ids.arxiv = arxiv_id_in(reference.text);
    complete_ids(reference.ids);
    const std::vector<std::string> title = text.lines_within(titles, entry);
    if (!title.empty()) reference.title = title[0];
    for (const std::string& author : text.lines_within(authors, entry)) {
      reference.authors.push_back(name_in_order(author));
    }
    reference.year = year_in(reference.text);
    numbers[line_field(entry.attributes, {"id"})] = out.references.size();
    out.references.push_back(std::move(reference));
  }
  return numbers;
}

void read_contexts(const AnnotatedText& body, const ReferencesByName& numbers, Paper& out) {
  const std::vector<Annotation> paragraphs = body.kind("paragraph");
  const std::vector<Annotation> citations = body.kind("bibref");
  auto at = citations.begin();
  for (const Annotation& paragraph : paragraphs) {
    while (at != citations.end() && at->begin < paragraph.begin) ++at;
    if (at == citations.end() || at->begin >= paragraph.end) continue;
    const CitingSentences sentences(body.places.between(paragraph.begin, paragraph.end));
    const std::size_t first = body.places.byte_of(paragraph.begin);
    for (; at != citations.end() && at->begin < paragraph.end; ++at) {
      const auto found = numbers.find(line_field(at->attributes, {"ref_id"}));
      if (found == numbers.end()) continue;
      add_context(sentences.at(body.places.byte_of(at->begin) - first),
                  out.references[found->second].contexts);
    }
  }
}

std::vector<PaperAuthor> authors_of_annotated(const AnnotatedText& text) {
  std::vector<PaperAuthor> out;
  const std::vector<Annotation> first_names = text.kind("authorfirstname");
  const std::vector<Annotation> last_names = text.kind("authorlastname");
  for (const Annotation& author : text.kind("author")) {
    std::string name;
    for (const auto* names : {&first_names, &last_names}) {
      for (const std::string& part : text.lines_within(*names, author)) name += part + " ";
    }
    name = one_line(name);
    if (!name.empty()) out.push_back({.name = std::move(name)});
  }
  return out;
}

std::string abstract_of_annotated(const AnnotatedText& text) {
  std::string out;
  for (const Annotation& part : text.kind("abstract")) {
    if (!out.empty()) out += "\n\n";
    out += in_paragraphs(text.places.between(part.begin, part.end));
  }
  return out;
}

// Where the second version says what the first says in "content".
void read_open_access(const PaperJson& object, Paper& out) {
  const PaperJson* info = field_of(object, {"openaccessinfo"});
  const PaperJson* const content = field_of(object, {"content"});
  const PaperJson* const source = content == nullptr ? nullptr : field_of(*content, {"source"});
  if (info == nullptr && source != nullptr) info = field_of(*source, {"oainfo"});
  if (info == nullptr) return;
  out.licence = line_field(*info, {"license"});
  out.pdf_url = line_field(*info, {"url", "openaccessurl"});
  out.is_open_access = !line_field(*info, {"status"}).empty();
  if (out.ids.doi.empty() && out.ids.arxiv.empty()) {
    const std::int64_t corpus_id = out.ids.corpus_id;
    out.ids = ids_of_json(*info);
    out.ids.corpus_id = corpus_id;
  }
}

}  // namespace

bool is_s2orc_annotated(const PaperJson& object) {
  for (const char* name : {"content", "body"}) {
    const PaperJson* const part = field_of(object, {name});
    if (part != nullptr && field_of(*part, {"text"}) != nullptr &&
        field_of(*part, {"annotations"}) != nullptr) {
      return true;
    }
  }
  return false;
}

Paper paper_of_s2orc_annotated(const PaperJson& object) {
  const AnnotatedText body(*field_of(object, {"content", "body"}));
  const PaperJson* const apart = field_of(object, {"bibliography"});
  Paper out = paper_of_scholar(object);
  read_open_access(object, out);
  if (out.title.empty()) out.title = first_line(body, "title");
  if (out.abstract.empty()) out.abstract = abstract_of_annotated(body);
  if (out.authors.empty()) out.authors = authors_of_annotated(body);
  if (out.venue.empty()) out.venue = first_line(body, "venue");
  read_sections(body, out);
  out.references.clear();
  const ReferencesByName numbers =
      apart == nullptr ? read_entries(body, out) : read_entries(AnnotatedText(*apart), out);
  read_contexts(body, numbers, out);
  return out;
}

}  // namespace quern::apps
