#include <algorithm>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_forms.h"

namespace quern::apps {
namespace {

void add_once(std::string value, std::vector<std::string>& out) {
  if (value.empty() || std::find(out.begin(), out.end(), value) != out.end()) return;
  out.push_back(std::move(value));
}

std::vector<std::string> fields_of_scholar(const PaperJson& object) {
  std::vector<std::string> out;
  for (std::string& field : line_list_field(object, {"fieldsOfStudy", "mag_field_of_study"})) {
    add_once(std::move(field), out);
  }
  for (const PaperJson& field : list_field(object, {"s2FieldsOfStudy", "s2fieldsofstudy"})) {
    add_once(line_field(field, {"category"}), out);
  }
  return out;
}

PaperJournal journal_of_scholar(const PaperJson& object) {
  const PaperJson* const journal = field_of(object, {"journal"});
  if (journal != nullptr && journal->is_object()) {
    return {.name = line_field(*journal, {"name"}),
            .volume = line_field(*journal, {"volume"}),
            .pages = line_field(*journal, {"pages"})};
  }
  return {.name = line_field(object, {"journal", "journalName"}),
          .volume = line_field(object, {"journalVolume"}),
          .pages = line_field(object, {"journalPages"})};
}

void read_access(const PaperJson& object, Paper& out) {
  const PaperJson* const is_open = field_of(object, {"isOpenAccess", "isopenaccess"});
  out.is_open_access = is_open != nullptr && is_open->is_boolean() && is_open->get<bool>();
  const PaperJson* const info = field_of(object, {"openAccessPdf", "openaccessinfo"});
  if (info == nullptr) return;
  out.pdf_url = line_field(*info, {"url"});
  out.licence = line_field(*info, {"license"});
  const PaperIds ids = ids_of_json(*info);
  if (out.ids.doi.empty()) out.ids.doi = ids.doi;
  if (out.ids.arxiv.empty()) out.ids.arxiv = ids.arxiv;
}

// Hexadecimal ids of Semantic Scholar's, or digits of its corpus.
PaperIds ids_of_link(const PaperJson& link) {
  if (link.is_object()) return ids_of_json(link);
  PaperIds out;
  const std::string id = line_of(link);
  if (is_paper_id(id)) {
    out.paper_id = id;
  } else {
    out.corpus_id = count_of(id);
  }
  return out;
}

PaperReference reference_of_link(const PaperJson& link) {
  PaperReference out;
  out.ids = ids_of_link(link);
  complete_ids(out.ids);
  out.title = line_field(link, {"title"});
  for (PaperAuthor& author : authors_of_json(list_field(link, {"authors"}))) {
    out.authors.push_back(std::move(author.name));
  }
  out.year = year_in(line_field(link, {"year"}));
  return out;
}

void read_links(const PaperJson& object, Paper& out) {
  for (const PaperJson& link :
       list_field(object, {"references", "outCitations", "outbound_citations"})) {
    if (out.references.size() >= kMaxReferences) break;
    PaperReference reference = reference_of_link(link);
    if (reference != PaperReference()) out.references.push_back(std::move(reference));
  }
  for (const PaperJson& link :
       list_field(object, {"citations", "inCitations", "inbound_citations"})) {
    const PaperIds ids = ids_of_link(link);
    if (ids != PaperIds()) out.cited_by.push_back(ids);
  }
}

}  // namespace

bool is_scholar(const PaperJson& object) {
  return field_of(object, {"corpusid", "corpusId", "paperId", "paperAbstract", "externalIds",
                           "has_pdf_parse", "s2_url", "inCitations"}) != nullptr;
}

Paper paper_of_scholar(const PaperJson& object) {
  Paper out;
  out.ids = ids_of_json(object);
  const std::string own_id = line_field(object, {"id", "paper_id"});
  if (is_paper_id(own_id) && out.ids.paper_id.empty()) out.ids.paper_id = own_id;
  if (out.ids.corpus_id == 0) out.ids.corpus_id = count_field(object, {"paper_id"});
  out.title = line_field(object, {"title"});
  out.abstract = prose_field(object, {"abstract", "paperAbstract"});
  out.authors = authors_of_json(list_field(object, {"authors"}));
  out.year = year_in(line_field(object, {"year"}));
  out.date = day_in(line_field(object, {"publicationDate", "publicationdate"}));
  out.venue = line_field(object, {"venue"});
  out.journal = journal_of_scholar(object);
  if (out.venue.empty()) out.venue = out.journal.name;
  out.publication_types = line_list_field(object, {"publicationTypes", "publicationtypes"});
  out.fields_of_study = fields_of_scholar(object);
  out.url = line_field(object, {"url", "s2_url", "s2Url"});
  read_access(object, out);
  // The data set of summaries has nothing but an id and one of them.
  const PaperJson* const tldr = field_of(object, {"tldr"});
  if (tldr != nullptr) out.tldr = line_field(*tldr, {"text"});
  if (out.title.empty() && out.abstract.empty()) out.tldr = line_field(object, {"text"});
  out.n_citations = count_field(object, {"citationCount", "citationcount", "numCitedBy"});
  out.n_influential_citations =
      count_field(object, {"influentialCitationCount", "influentialcitationcount"});
  read_links(object, out);
  return out;
}

}  // namespace quern::apps
