// What is known of every string that a part of a pattern matches: all of these strings, or how they
// begin and end, and which trigrams they must have. Parts join as the pattern joins them.
//
// Source: Cox 2012, "Regular Expression Matching with a Trigram Index".

#pragma once

#include <string>
#include <vector>

#include "store/lexical/trigram_query.h"

namespace quern::store {

/// A set, ascending. As folded text, but an end of one may be part of a character.
using StringSet = std::vector<std::string>;

struct MatchStrings {
  bool is_exact = false;
  StringSet strings = {};     // If exact: there are no others.
  StringSet prefixes = {""};  // Else: each begins with one of these,
  StringSet suffixes = {""};  // ends with one of these,
  TrigramQuery needs = {};    // and has these.
};

/// Nothing is known.
inline MatchStrings any_string() { return {}; }
MatchStrings exactly(StringSet strings);
inline MatchStrings empty_string() { return exactly({""}); }

/// A string of x, then one of y.
MatchStrings sequence_of(MatchStrings x, MatchStrings y);
/// A string of x or one of y.
MatchStrings either_of(MatchStrings x, MatchStrings y);
/// From n_least to n_most strings of x, one behind the other; kNoLimit: any number.
inline constexpr unsigned kNoLimit = ~0u;
MatchStrings repeat_of(const MatchStrings& x, unsigned n_least, unsigned n_most);

/// All that is known, as trigrams.
TrigramQuery trigrams_of(const MatchStrings& strings);

}  // namespace quern::store
