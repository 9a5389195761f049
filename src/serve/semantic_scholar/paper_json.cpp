#include "serve/semantic_scholar/paper_json.h"

#include <fmt/format.h>

#include "apps/papers/paper_bibtex.h"
#include "apps/papers/paper_dates.h"

namespace quern::serve {
namespace {

using apps::KnownPaper;
using apps::Paper;

constexpr std::string_view kTldrModel = "tldr@v2.0.0";  // Where the source's summaries come from.

std::string strings_or_null(std::span<const std::string> texts) {
  if (texts.empty()) return "null";
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + ']';
}

std::string external_ids_json(const apps::PaperIds& ids) {
  std::string out;
  JsonMembers members(out);
  const auto add = [&](std::string_view name, const std::string& id) {
    if (!id.empty()) members.text(name, id);
  };
  add("MAG", ids.mag);
  add("DBLP", ids.dblp);
  add("ACL", ids.acl);
  add("ArXiv", ids.arxiv);
  add("DOI", ids.doi);
  add("PubMed", ids.pubmed);
  add("PubMedCentral", ids.pmc);
  if (ids.corpus_id != 0) members.integer("CorpusId", ids.corpus_id);
  members.end();
  return out;
}

std::string url_of(const Paper& paper) {
  if (!paper.url.empty() || paper.ids.paper_id.empty()) return paper.url;
  return "https://www.semanticscholar.org/paper/" + paper.ids.paper_id;
}

std::string open_access_json(const Paper& paper) {
  if (paper.pdf_url.empty()) return "null";
  std::string out;
  JsonMembers members(out);
  members.text("url", paper.pdf_url);
  members.raw("status", "null");
  members.text_or_null("license", paper.licence);
  members.raw("disclaimer", "null");
  members.end();
  return out;
}

std::string s2_fields_json(const Paper& paper) {
  std::string out = "[";
  for (const std::string& field : paper.fields_of_study) {
    if (out.size() > 1) out += ',';
    JsonMembers members(out);
    members.text("category", field);
    members.text("source", "external");
    members.end();
  }
  return out + ']';
}

std::string journal_json(const apps::PaperJournal& journal) {
  if (journal == apps::PaperJournal()) return "null";
  std::string out;
  JsonMembers members(out);
  members.text_or_null("name", journal.name);
  members.text_or_null("volume", journal.volume);
  members.text_or_null("pages", journal.pages);
  members.end();
  return out;
}

std::string venue_json(const Paper& paper) {
  const apps::PaperVenue& venue = paper.publication_venue;
  if (venue == apps::PaperVenue()) return "null";
  std::string out;
  JsonMembers members(out);
  members.text_or_null("id", venue.id);
  members.text_or_null("name", venue.name.empty() ? paper.venue : venue.name);
  members.text_or_null("type", venue.type);
  members.raw("alternate_names",
              venue.alternate_names.empty() ? "[]" : strings_or_null(venue.alternate_names));
  members.text_or_null("url", venue.url);
  members.end();
  return out;
}

/// {"one":"..."} or {"one":"...","two":"..."}.
std::string object_of(std::initializer_list<std::pair<std::string_view, std::string_view>> texts) {
  std::string out;
  JsonMembers members(out);
  for (const auto& [name, value] : texts) members.text(name, value);
  members.end();
  return out;
}

/// Its clients throw at any other form.
std::string_view date_of(const Paper& paper) {
  const bool is_day = paper.date.size() == 10 && apps::days_of_date(paper.date).ok();
  return is_day ? std::string_view(paper.date) : std::string_view();
}

std::string_view availability_of(const KnownPaper& known) {
  if (known.has_text) return "fulltext";
  return known.paper.abstract.empty() ? "none" : "abstract";
}

void append_names(JsonMembers& members, const Paper& paper, FieldSet<PaperField> fields) {
  const auto wants = [&](PaperField field) { return fields.has(field); };
  if (wants(PaperField::kPaperId)) members.text_or_null("paperId", paper.ids.paper_id);
  if (wants(PaperField::kCorpusId)) {
    const std::int64_t id = paper.ids.corpus_id;
    members.raw("corpusId", id != 0 ? std::to_string(id) : "null");
  }
  if (wants(PaperField::kExternalIds)) members.raw("externalIds", external_ids_json(paper.ids));
  if (wants(PaperField::kUrl)) members.text_or_null("url", url_of(paper));
  if (wants(PaperField::kTitle)) members.text_or_null("title", paper.title);
  if (wants(PaperField::kAbstract)) members.text_or_null("abstract", paper.abstract);
}

void append_publication(JsonMembers& members, const Paper& paper, FieldSet<PaperField> fields) {
  const auto wants = [&](PaperField field) { return fields.has(field); };
  if (wants(PaperField::kVenue)) members.text("venue", paper.venue);
  if (wants(PaperField::kPublicationVenue)) members.raw("publicationVenue", venue_json(paper));
  if (wants(PaperField::kYear)) {
    members.raw("year", paper.year > 0 ? std::to_string(paper.year) : "null");
  }
  if (wants(PaperField::kFieldsOfStudy)) {
    members.raw("fieldsOfStudy", strings_or_null(paper.fields_of_study));
  }
  if (wants(PaperField::kS2FieldsOfStudy)) {
    members.raw("s2FieldsOfStudy", s2_fields_json(paper));
  }
  if (wants(PaperField::kPublicationTypes)) {
    members.raw("publicationTypes", strings_or_null(paper.publication_types));
  }
  if (wants(PaperField::kPublicationDate)) {
    members.text_or_null("publicationDate", date_of(paper));
  }
  if (wants(PaperField::kJournal)) members.raw("journal", journal_json(paper.journal));
  if (wants(PaperField::kCitationStyles)) {
    const std::string bibtex = apps::bibtex_from_paper(paper);
    members.raw("citationStyles", object_of({{"bibtex", bibtex}}));
  }
}

}  // namespace

void append_paper_members(JsonMembers& members, const KnownPaper& known,
                          FieldSet<PaperField> fields) {
  const Paper& paper = known.paper;
  const auto wants = [&](PaperField field) { return fields.has(field); };
  append_names(members, paper, fields);
  append_publication(members, paper, fields);
  if (wants(PaperField::kReferenceCount)) members.integer("referenceCount", known.n_references);
  if (wants(PaperField::kCitationCount)) members.integer("citationCount", paper.n_citations);
  if (wants(PaperField::kInfluentialCitationCount)) {
    members.integer("influentialCitationCount", paper.n_influential_citations);
  }
  if (wants(PaperField::kIsOpenAccess)) {
    members.raw("isOpenAccess", paper.is_open_access ? "true" : "false");
  }
  if (wants(PaperField::kOpenAccessPdf)) members.raw("openAccessPdf", open_access_json(paper));
  if (wants(PaperField::kTextAvailability)) {
    members.text("textAvailability", availability_of(known));
  }
  if (wants(PaperField::kTldr)) {
    members.raw("tldr", paper.tldr.empty()
                            ? "null"
                            : object_of({{"model", kTldrModel}, {"text", paper.tldr}}));
  }
}

ShownAuthor shown_author(const apps::KnownAuthor& author) {
  return {
      .id = author.id, .name = author.name, .affiliations = author.affiliations, .known = &author};
}

bool needs_known_author(FieldSet<AuthorField> fields) {
  return fields.has(AuthorField::kPaperCount) || fields.has(AuthorField::kCitationCount) ||
         fields.has(AuthorField::kHIndex);
}

void append_author_members(JsonMembers& members, const ShownAuthor& author,
                           FieldSet<AuthorField> fields) {
  const auto count = [&](AuthorField field, std::string_view name,
                         std::int64_t apps::KnownAuthor::* of) {
    if (!fields.has(field)) return;
    members.raw(name, author.known != nullptr ? std::to_string(author.known->*of) : "null");
  };
  if (fields.has(AuthorField::kAuthorId)) members.text_or_null("authorId", author.id);
  if (fields.has(AuthorField::kExternalIds)) members.raw("externalIds", "{}");
  if (fields.has(AuthorField::kUrl)) {
    members.text_or_null("url",
                         author.id.empty()
                             ? ""
                             : fmt::format("https://www.semanticscholar.org/author/{}", author.id));
  }
  if (fields.has(AuthorField::kName)) members.text("name", author.name);
  if (fields.has(AuthorField::kAffiliations)) {
    members.raw("affiliations",
                author.affiliations.empty() ? "[]" : strings_or_null(author.affiliations));
  }
  if (fields.has(AuthorField::kHomepage)) members.raw("homepage", "null");
  count(AuthorField::kPaperCount, "paperCount", &apps::KnownAuthor::n_papers);
  count(AuthorField::kCitationCount, "citationCount", &apps::KnownAuthor::n_citations);
  count(AuthorField::kHIndex, "hIndex", &apps::KnownAuthor::h_index);
}

std::string embedding_json(std::string_view model, std::span<const float> vector) {
  if (vector.empty()) return "null";
  std::string out;
  JsonMembers members(out);
  members.text("model", model);
  std::string numbers;
  append_json_floats(numbers, vector);
  members.raw("vector", numbers);
  members.end();
  return out;
}

void append_link_members(JsonMembers& members, const apps::PaperLink& link,
                         FieldSet<LinkField> fields) {
  const apps::LinkContexts& contexts = link.contexts;
  const auto list_of = [](const std::vector<std::string>& texts) {
    return texts.empty() ? "[]" : strings_or_null(texts);
  };
  if (fields.has(LinkField::kContexts)) members.raw("contexts", list_of(contexts.texts));
  if (fields.has(LinkField::kIntents)) members.raw("intents", list_of(contexts.all_intents()));
  if (fields.has(LinkField::kContextsWithIntent)) {
    std::string list = "[";
    for (std::size_t i = 0; i < contexts.texts.size(); ++i) {
      list += list.size() > 1 ? ",{\"context\":" : "{\"context\":";
      append_json_string(list, contexts.texts[i]);
      list += ",\"intents\":" + list_of(contexts.intents_of(i)) + "}";
    }
    members.raw("contextsWithIntent", list + ']');
  }
  if (fields.has(LinkField::kIsInfluential)) {
    members.raw("isInfluential", contexts.is_influential ? "true" : "false");
  }
}

}  // namespace quern::serve
