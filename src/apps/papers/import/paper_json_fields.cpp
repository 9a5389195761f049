#include "apps/papers/import/paper_json_fields.h"

#include <charconv>

#include "apps/papers/import/author_names.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/paper_id_text.h"

namespace quern::apps {
namespace {

// Of a value, in any spelling of the key: "PubMedCentral", "pmc_id", "arxiv".
void add_id(std::string_view key, const std::string& value, PaperIds& ids) {
  std::string name = in_small_letters(key);
  if (name.ends_with("_id")) name.resize(name.size() - 3);
  std::erase(name, '_');
  if (value.empty()) return;
  if (name == "doi") {
    ids.doi = doi_in(value);
  } else if (name == "arxiv" || name == "arxivid") {
    ids.arxiv = arxiv_id_of(value);
  } else if (name == "acl" || name == "aclid") {
    ids.acl = acl_id_of(value);
  } else if (name == "mag" || name == "magid") {
    ids.mag = digits_at_end(value);
  } else if (name == "pubmed" || name == "pubmedid" || name == "pmid") {
    ids.pubmed = digits_at_end(value);
  } else if (name == "pubmedcentral" || name == "pmc" || name == "pmcid") {
    ids.pmc = digits_at_end(value);
  } else if (name == "dblp" || name == "dblpid") {
    ids.dblp = value;
  } else if (name == "corpusid" || name == "corpus" || name == "corpuspaper" || name == "s2orc") {
    ids.corpus_id = count_of(value);
  } else if (name == "paperid" && is_paper_id(value)) {
    ids.paper_id = value;
  }
}

void add_ids(const PaperJson& object, PaperIds& ids) {
  if (!object.is_object()) return;
  for (const auto& [key, value] : object.items()) {
    // Other parsers' ids are lists of one: {"DOI": ["10..."]}.
    const bool is_list = value.is_array() && !value.empty();
    add_id(key, line_of(is_list ? value.front() : value), ids);
  }
}

}  // namespace

const PaperJson& elements_of(const PaperJson& value) {
  static const PaperJson kNone = PaperJson::array();
  return value.is_array() ? value : kNone;
}

std::string line_of(const PaperJson& value) {
  if (value.is_string()) return one_line(value.get_ref<const std::string&>());
  if (value.is_number_integer()) return value.dump();
  return {};
}

std::int64_t count_of(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out > 0 ? out : 0;
}

const PaperJson* field_of(const PaperJson& object, FieldNames names) {
  if (!object.is_object()) return nullptr;
  for (const char* name : names) {
    const auto found = object.find(name);
    if (found != object.end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

std::string line_field(const PaperJson& object, FieldNames names) {
  const PaperJson* const found = field_of(object, names);
  return found == nullptr ? std::string() : line_of(*found);
}

std::string prose_field(const PaperJson& object, FieldNames names) {
  const PaperJson* const found = field_of(object, names);
  if (found == nullptr) return {};
  if (found->is_string()) return in_paragraphs(found->get_ref<const std::string&>());
  std::string out;
  for (const PaperJson& part : elements_of(*found)) {
    const std::string line = line_of(part);
    if (!out.empty() && !line.empty()) out += ' ';
    out += line;
  }
  return out;
}

std::int64_t count_field(const PaperJson& object, FieldNames names) {
  return count_of(line_field(object, names));
}

const PaperJson& list_field(const PaperJson& object, FieldNames names) {
  const PaperJson* const found = field_of(object, names);
  static const PaperJson kNothing;
  return elements_of(found == nullptr ? kNothing : *found);
}

std::vector<std::string> line_list_field(const PaperJson& object, FieldNames names) {
  std::vector<std::string> out;
  const PaperJson* const found = field_of(object, names);
  if (found == nullptr) return out;
  if (!found->is_array()) {
    out.push_back(line_of(*found));
  } else {
    for (const PaperJson& one : *found) out.push_back(line_of(one));
  }
  std::erase(out, "");
  return out;
}

PaperIds ids_of_json(const PaperJson& object) {
  PaperIds out;
  add_ids(object, out);
  for (const char* name : {"externalIds", "externalids", "other_ids"}) {
    const PaperJson* const inner = field_of(object, {name});
    if (inner != nullptr) add_ids(*inner, out);
  }
  return out;
}

PaperAuthor author_of_json(const PaperJson& author) {
  PaperAuthor out;
  if (!author.is_object()) {
    out.name = name_in_order(line_of(author));
    return out;
  }
  out.name = line_field(author, {"name", "full", "fullname"});
  out.id = line_field(author, {"authorId", "authorid", "author_id"});
  if (out.name.empty()) {
    out.name = line_field(author, {"first", "given", "firstname"});
    for (const std::string& middle : line_list_field(author, {"middle"})) out.name += " " + middle;
    for (const char* part : {"non-dropping-particle", "last", "family", "lastname", "suffix"}) {
      out.name += " " + line_field(author, {part});
    }
    out.name = one_line(out.name);
  }
  out.affiliations = line_list_field(author, {"affiliations"});
  const PaperJson* const affiliation = field_of(author, {"affiliation"});
  const std::string institution =
      affiliation == nullptr ? std::string() : line_field(*affiliation, {"institution"});
  if (!institution.empty()) out.affiliations.push_back(institution);
  return out;
}

std::vector<PaperAuthor> authors_of_json(const PaperJson& list) {
  std::vector<PaperAuthor> out;
  if (list.is_string()) return authors_joined_by_and(list.get_ref<const std::string&>());
  for (const PaperJson& one : elements_of(list)) {
    PaperAuthor author = author_of_json(one);
    if (!author.name.empty()) out.push_back(std::move(author));
  }
  return out;
}

}  // namespace quern::apps
