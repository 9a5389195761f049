// The trigrams that a text must have for a pattern to match it.

#pragma once

#include <string_view>

#include "store/lexical/trigram_query.h"

namespace quern::store {

/// Of a text that stands somewhere in a document, with case or without.
TrigramQuery trigrams_of_substring(std::string_view utf8);

/// Of a regular expression that PCRE2 has compiled with PCRE2_UTF and without PCRE2_EXTENDED, with
/// case or without. A document without these trigrams has no match; what is not understood asks for
/// nothing. Tests: pattern_trigrams_test.cpp; fuzz/pattern.cpp holds it against PCRE2.
TrigramQuery trigrams_of_regex(std::string_view pattern);

}  // namespace quern::store
