// The `fields` of a request: which members of papers, authors, links and snippets an answer has.
// Source: the vendor's parameter pages; /graph/v1/swagger.json of this server names them all.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "serve/json/json_reader.h"

namespace quern::serve {

enum class PaperField {
  kPaperId,
  kCorpusId,
  kExternalIds,
  kUrl,
  kTitle,
  kAbstract,
  kVenue,
  kPublicationVenue,
  kYear,
  kReferenceCount,
  kCitationCount,
  kInfluentialCitationCount,
  kIsOpenAccess,
  kOpenAccessPdf,
  kFieldsOfStudy,
  kS2FieldsOfStudy,
  kPublicationTypes,
  kPublicationDate,
  kJournal,
  kCitationStyles,
  kTextAvailability,
  kTldr,
  kEmbedding,  // Of the library's model, and
  kSpecterV2,  // only where that is SPECTER2.
};

enum class AuthorField {
  kAuthorId,
  kExternalIds,
  kUrl,
  kName,
  kAffiliations,
  kHomepage,
  kPaperCount,
  kCitationCount,
  kHIndex,
};

enum class LinkField { kContexts, kIntents, kContextsWithIntent, kIsInfluential };

enum class SnippetField {
  kText,
  kSnippetKind,
  kSection,
  kSnippetOffset,
  kSentences,    // Of its annotations,
  kRefMentions,  // likewise.
};

/// A set of one of the above.
template <typename Field>
class FieldSet {
 public:
  constexpr FieldSet() = default;
  constexpr FieldSet(std::initializer_list<Field> fields) {
    for (const Field field : fields) add(field);
  }
  constexpr void add(Field field) { bits_ |= std::uint32_t{1} << static_cast<int>(field); }
  constexpr void add(FieldSet other) { bits_ |= other.bits_; }
  constexpr bool has(Field field) const { return (bits_ >> static_cast<int>(field) & 1) != 0; }
  constexpr bool is_empty() const { return bits_ == 0; }
  constexpr bool operator==(const FieldSet&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

/// Members of a paper inside another object.
struct InnerPaperFields {
  FieldSet<PaperField> own = {};
  FieldSet<AuthorField> authors = {};  // Empty: not wanted.

  bool operator==(const InnerPaperFields&) const = default;
};

/// Members of a paper, of its papers too.
struct PaperFields {
  InnerPaperFields paper = {};
  std::optional<InnerPaperFields> citations = {};
  std::optional<InnerPaperFields> references = {};
};

struct AuthorFields {
  FieldSet<AuthorField> own = {};
  std::optional<InnerPaperFields> papers = {};
};

/// Of a citation or a reference: its own, and of the paper at its other end.
struct LinkFields {
  FieldSet<LinkField> own = {};
  InnerPaperFields paper = {};
};

enum class PaperScope {
  kAll,
  kWithoutNested,  // The bulk route: no citations, references, embedding, tldr.
};

// Each reads names between commas; "": the default, which is what the comments of `out` say. Ids
// are always among them. Errors: 400 "Unrecognized or unsupported fields: [...]".

/// Default: paperId, title.
Problem parse_paper_fields(std::string_view fields, PaperScope scope, PaperFields& out);
/// Default: authorId, name.
Problem parse_author_fields(std::string_view fields, AuthorFields& out);
/// Default: paperId, title of the paper. Names have no prefix.
Problem parse_link_fields(std::string_view fields, LinkFields& out);
/// Default: all. `paper` and `score` are always there, and cannot be named.
Problem parse_snippet_fields(std::string_view fields, FieldSet<SnippetField>& out);

}  // namespace quern::serve
