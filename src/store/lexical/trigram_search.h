// The documents of a segment that have the trigrams which a pattern needs.

#pragma once

#include <functional>

#include "base/status.h"
#include "store/filter/bitmap.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/trigram_query.h"

namespace quern::store {

/// Called before a list is read: sums it.
using CheckList = std::function<Status(const TermInfo& term)>;

/// Those of `within` that have what `query` asks for. Errors: kBadInput, damaged; those of `check`.
Result<Bitmap> docs_with_trigrams(const LexicalPart& part, const TrigramQuery& query,
                                  const Bitmap& within, const CheckList& check);

}  // namespace quern::store
