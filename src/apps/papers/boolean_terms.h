// Which terms of a store's dictionaries a word with a sign stands for: "neuro*", "vaswany~1".

#pragma once

#include <set>
#include <string>
#include <string_view>

#include "apps/papers/boolean_query.h"
#include "base/status.h"
#include "store/catalog/generation.h"

namespace quern::apps {

using TermSet = std::set<std::string, std::less<>>;

/// Terms of a field that begin so, in any segment. Errors: kBadInput for damage, or for more than
/// kMaxBooleanTerms.
Result<TermSet> terms_with_prefix(const store::Generation& generation, int field,
                                  std::string_view prefix);

/// Terms of a field that are at most so many edits away. Errors: likewise. Cost: all terms of the
/// field are looked at.
Result<TermSet> terms_within_edits(const store::Generation& generation, int field,
                                   std::string_view word, int n_edits);

/// Whether a character put in, left out or changed makes one text of the other, at most so often:
/// 0 to 2 times. Of well-formed UTF-8.
bool is_within_edits(std::string_view a, std::string_view b, int n_edits);

}  // namespace quern::apps
