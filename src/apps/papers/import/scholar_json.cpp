#include <algorithm>

#include "apps/papers/import/citing_sentences.h"
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

PaperVenue publication_venue_of(const PaperJson& object) {
  PaperVenue out;
  const PaperJson* const venue = field_of(object, {"publicationVenue"});
  if (venue == nullptr || !venue->is_object()) {
    out.id = line_field(object, {"publicationvenueid", "publicationVenueId"});
    return out;
  }
  out.id = line_field(*venue, {"id"});
  out.name = line_field(*venue, {"name"});
  out.type = line_field(*venue, {"type"});
  out.alternate_names = line_list_field(*venue, {"alternate_names"});
  out.url = line_field(*venue, {"url", "alternate_urls"});
  return out;
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

/// What the routes of citations and references say of a link, beside the paper at its other end.
void read_contexts_of_link(const PaperJson& link, PaperReference& out) {
  for (const PaperJson& one : list_field(link, {"contextsWithIntent"})) {
    std::string text = line_field(one, {"context"});
    if (text.empty() || out.contexts.size() == kMaxContexts) continue;
    out.contexts.push_back(std::move(text));
    out.intents.push_back(line_list_field(one, {"intents"}));
  }
  if (out.contexts.empty()) {
    for (std::string& text : line_list_field(link, {"contexts"})) {
      if (out.contexts.size() < kMaxContexts) out.contexts.push_back(std::move(text));
    }
    // Of all of them: of which of several is not said.
    const std::vector<std::string> intents = line_list_field(link, {"intents"});
    if (!intents.empty()) out.intents.assign(out.contexts.size(), intents);
  }
  const PaperJson* const is_influential = field_of(link, {"isInfluential", "isinfluential"});
  out.is_influential =
      is_influential != nullptr && is_influential->is_boolean() && is_influential->get<bool>();
}

/// The paper of {"contexts", ..., "citedPaper": {...}}, or of a link that is one itself.
const PaperJson& paper_of_link(const PaperJson& link) {
  const PaperJson* const inner = field_of(link, {"citedPaper", "citingPaper"});
  return inner != nullptr && inner->is_object() ? *inner : link;
}

PaperReference reference_of_link(const PaperJson& whole) {
  PaperReference out;
  read_contexts_of_link(whole, out);
  const PaperJson& link = paper_of_link(whole);
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
    const PaperIds ids = ids_of_link(paper_of_link(link));
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
  out.publication_venue = publication_venue_of(object);
  if (out.venue.empty()) out.venue = out.publication_venue.name;
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
