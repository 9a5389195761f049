#include "serve/semantic_scholar/paper_fields.h"

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "serve/semantic_scholar/query_params.h"

namespace quern::serve {
namespace {

constexpr std::size_t kMaxNamedFields = 20;  // In an error.
constexpr std::size_t kMaxNameBytes = 100;   // Likewise, of each.

template <typename Field>
struct FieldName {
  std::string_view name;
  Field field;
};

constexpr FieldName<PaperField> kPaperFields[] = {
    {"paperId", PaperField::kPaperId},
    {"corpusId", PaperField::kCorpusId},
    {"externalIds", PaperField::kExternalIds},
    {"url", PaperField::kUrl},
    {"title", PaperField::kTitle},
    {"abstract", PaperField::kAbstract},
    {"venue", PaperField::kVenue},
    {"publicationVenue", PaperField::kPublicationVenue},
    {"year", PaperField::kYear},
    {"referenceCount", PaperField::kReferenceCount},
    {"citationCount", PaperField::kCitationCount},
    {"influentialCitationCount", PaperField::kInfluentialCitationCount},
    {"isOpenAccess", PaperField::kIsOpenAccess},
    {"openAccessPdf", PaperField::kOpenAccessPdf},
    {"fieldsOfStudy", PaperField::kFieldsOfStudy},
    {"s2FieldsOfStudy", PaperField::kS2FieldsOfStudy},
    {"publicationTypes", PaperField::kPublicationTypes},
    {"publicationDate", PaperField::kPublicationDate},
    {"journal", PaperField::kJournal},
    {"citationStyles", PaperField::kCitationStyles},
    {"textAvailability", PaperField::kTextAvailability},
    {"tldr", PaperField::kTldr},
    {"embedding", PaperField::kEmbedding},
    {"embedding.specter_v1", PaperField::kEmbedding},
    {"embedding.specter_v2", PaperField::kSpecterV2},
};

constexpr FieldName<AuthorField> kAuthorFields[] = {
    {"authorId", AuthorField::kAuthorId},
    {"externalIds", AuthorField::kExternalIds},
    {"url", AuthorField::kUrl},
    {"name", AuthorField::kName},
    {"affiliations", AuthorField::kAffiliations},
    {"homepage", AuthorField::kHomepage},
    {"paperCount", AuthorField::kPaperCount},
    {"citationCount", AuthorField::kCitationCount},
    {"hIndex", AuthorField::kHIndex},
};

constexpr FieldName<LinkField> kLinkFields[] = {
    {"contexts", LinkField::kContexts},
    {"intents", LinkField::kIntents},
    {"contextsWithIntent", LinkField::kContextsWithIntent},
    {"isInfluential", LinkField::kIsInfluential},
};

constexpr FieldSet<SnippetField> kAnnotations = {SnippetField::kSentences,
                                                 SnippetField::kRefMentions};
constexpr FieldSet<SnippetField> kWholeSnippet = {
    SnippetField::kText,          SnippetField::kSnippetKind, SnippetField::kSection,
    SnippetField::kSnippetOffset, SnippetField::kSentences,   SnippetField::kRefMentions};

constexpr FieldName<FieldSet<SnippetField>> kSnippetFields[] = {
    {"snippet", kWholeSnippet},
    {"snippet.text", {SnippetField::kText}},
    {"snippet.snippetKind", {SnippetField::kSnippetKind}},
    {"snippet.section", {SnippetField::kSection}},
    {"snippet.snippetOffset", {SnippetField::kSnippetOffset}},
    {"snippet.annotations", kAnnotations},
    {"snippet.annotations.sentences", {SnippetField::kSentences}},
    {"snippet.annotations.sentences.start", {SnippetField::kSentences}},
    {"snippet.annotations.sentences.end", {SnippetField::kSentences}},
    {"snippet.annotations.refMentions", {SnippetField::kRefMentions}},
    {"snippet.annotations.refMentions.start", {SnippetField::kRefMentions}},
    {"snippet.annotations.refMentions.end", {SnippetField::kRefMentions}},
    {"snippet.annotations.refMentions.matchedPaperCorpusId", {SnippetField::kRefMentions}},
};

constexpr FieldSet<PaperField> kUsualPaper = {PaperField::kPaperId, PaperField::kTitle};
constexpr FieldSet<AuthorField> kUsualAuthor = {AuthorField::kAuthorId, AuthorField::kName};

/// Adds what `name` stands for; false where it stands for nothing.
template <typename Field, typename Set>
bool add_named(std::string_view name, std::span<const FieldName<Field>> names, Set& out) {
  for (const FieldName<Field>& known : names) {
    if (known.name != name) continue;
    out.add(known.field);
    return true;
  }
  return false;
}

/// What stands behind "prefix." of a name; nothing where it has another beginning.
std::optional<std::string_view> behind(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.substr(prefix.size(), 1) != ".") return {};
  return name.substr(prefix.size() + 1);
}

bool add_author(std::string_view name, FieldSet<AuthorField>& out) {
  out.add(AuthorField::kAuthorId);
  return add_named<AuthorField>(name, kAuthorFields, out);
}

bool add_inner_paper(std::string_view name, InnerPaperFields& out) {
  out.own.add(PaperField::kPaperId);
  if (name == "authors") return out.authors.add(kUsualAuthor), true;
  if (const auto of_author = behind(name, "authors")) return add_author(*of_author, out.authors);
  return add_named<PaperField>(name, kPaperFields, out.own);
}

/// "citations" or "citations.year", with "citations" as `group`; false where it is neither.
bool add_group(std::string_view name, std::string_view group,
               std::optional<InnerPaperFields>& out) {
  const auto inner = behind(name, group);
  if (name != group && !inner) return false;
  // Vectors of all that is nested would be megabytes.
  if (inner && inner->starts_with("embedding")) return false;
  if (!out) out.emplace();
  if (inner) return add_inner_paper(*inner, *out);
  out->own.add(kUsualPaper);
  return true;
}

bool add_paper(std::string_view name, PaperScope scope, PaperFields& out) {
  if (scope == PaperScope::kWithoutNested) {
    const bool is_nested = name == "tldr" || name.starts_with("embedding");
    return !is_nested && add_inner_paper(name, out.paper);
  }
  return add_group(name, "citations", out.citations) ||
         add_group(name, "references", out.references) || add_inner_paper(name, out.paper);
}

/// Calls `add` for each name, which says whether there is such a field.
template <typename Add>
Problem add_all(std::string_view fields, const Add& add) {
  std::vector<std::string> unknown;
  for (const std::string& name : comma_parts(fields)) {
    if (!add(name) && unknown.size() < kMaxNamedFields) {
      unknown.push_back(name.substr(0, kMaxNameBytes));
    }
  }
  if (unknown.empty()) return {};
  return bad_request(
      fmt::format("Unrecognized or unsupported fields: [{}]", fmt::join(unknown, ", ")), "fields");
}

bool are_default(std::string_view fields) { return comma_parts(fields).empty(); }

}  // namespace

Problem parse_paper_fields(std::string_view fields, PaperScope scope, PaperFields& out) {
  out.paper.own.add(PaperField::kPaperId);
  if (are_default(fields)) return out.paper.own.add(kUsualPaper), Problem();
  return add_all(fields, [&](std::string_view name) { return add_paper(name, scope, out); });
}

Problem parse_author_fields(std::string_view fields, AuthorFields& out) {
  out.own.add(AuthorField::kAuthorId);
  if (are_default(fields)) return out.own.add(kUsualAuthor), Problem();
  return add_all(fields, [&](std::string_view name) {
    return add_group(name, "papers", out.papers) || add_author(name, out.own);
  });
}

Problem parse_link_fields(std::string_view fields, LinkFields& out) {
  out.paper.own.add(PaperField::kPaperId);
  if (are_default(fields)) return out.paper.own.add(kUsualPaper), Problem();
  return add_all(fields, [&](std::string_view name) {
    if (name.starts_with("embedding")) return false;
    return add_named<LinkField>(name, kLinkFields, out.own) || add_inner_paper(name, out.paper);
  });
}

Problem parse_snippet_fields(std::string_view fields, FieldSet<SnippetField>& out) {
  if (are_default(fields)) return out.add(kWholeSnippet), Problem();
  return add_all(fields, [&](std::string_view name) {
    return add_named<FieldSet<SnippetField>>(name, kSnippetFields, out);
  });
}

}  // namespace quern::serve
