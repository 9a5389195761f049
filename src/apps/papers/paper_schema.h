// The store of a library: one document for each paper, searched by all that it says, and one for
// each passage of its text. The attribute `kind` tells them apart, and each kind has fields of its
// own, so that neither changes the other's statistics of words.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

// Fields.
inline constexpr int kTitleField = 0;
inline constexpr int kPaperField = 1;    // Title and abstract; the bulk route looks at it alone.
inline constexpr int kAuthorsField = 2;  // Names, year and venue.
inline constexpr int kBodyField = 3;     // All sections.
inline constexpr int kPassageField = 4;  // Title and text of a passage.

// Attributes.
inline constexpr int kPaperKindAttribute = 0;
inline constexpr int kDayAttribute = 1;    // Published: a date.
inline constexpr int kAddedAttribute = 2;  // To the library: a date.
inline constexpr int kVenueAttribute = 3;  // Folded, as all texts here.
inline constexpr int kFieldAttribute = 4;
inline constexpr int kTypeAttribute = 5;
inline constexpr int kAuthorAttribute = 6;
inline constexpr int kOpenAttribute = 7;

inline constexpr const char* kPaperKind = "paper";
inline constexpr const char* kPassageKind = "passage";

store::Schema paper_schema();

/// What a searcher for one kind asks: the fields of the other kind have a boost of 0 there.
store::Schema paper_search_schema();
store::Schema passage_search_schema();

/// The parent of all documents of a paper: 12 hexadecimal digits.
std::string paper_parent(std::int64_t corpus_id);
std::string paper_key(std::int64_t corpus_id);
std::string paper_passage_key(std::int64_t corpus_id, std::uint32_t i);
/// Errors: kBadInput where a key is none of a library's.
Result<std::int64_t> corpus_id_of_key(std::string_view key);

/// What a model sees of a document. Shapes: fields [schema.fields]
std::string paper_text_to_embed(const std::vector<std::string>& fields);

}  // namespace quern::apps
