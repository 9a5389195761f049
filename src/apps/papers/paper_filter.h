// Which papers a question is about, as the store filters its documents.

#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>

#include "apps/papers/paper_library.h"
#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/filter/filter.h"
#include "store/store.h"

namespace quern::apps {

/// Names that an author filter may stand for.
inline constexpr std::size_t kMaxAuthorNames = 400;

/// Nothing where no document passes: a venue, field or author that there is not. `kind` is
/// kPaperKind or kPassageKind. Errors: kBadInput for an author's name that stands for more than
/// kMaxAuthorNames names, or for more corpus ids than 1,000; kTooLarge; as count_values.
Result<std::optional<store::Filter>> store_filter_of(const PaperFilter& wanted, const char* kind,
                                                     const store::Generation& generation);

/// Whether each word of `wanted` is near one of the name's: an edit distance of 2 at most, of 1
/// for up to five characters, of 0 for up to two; a single letter stands for a first name.
bool is_like_author(std::string_view wanted, std::string_view name);

/// Papers with at least so many citations, counted here or by their source. Errors: as
/// SqlStatement::step.
Result<std::unordered_set<std::int64_t>> papers_with_citations(store::Store& store,
                                                               std::int64_t at_least);

}  // namespace quern::apps
