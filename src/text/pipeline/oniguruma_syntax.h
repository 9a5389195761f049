// Regular expressions as Oniguruma reads them, written for PCRE2: tokenizer.json files are made
// for the former. Source: Oniguruma, doc/RE and doc/SYNTAX.md (ONIG_SYNTAX_ONIGURUMA);
// pcre2pattern(3).

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::text {

/// The same pattern for PCRE2 with UTF, UCP and MULTILINE. What differs is written out: \s \w \b \h
/// \v \u, (?m), {,n}, {n}?, {n,m}+, scripts, classes inside classes and their intersections.
/// Errors: kUnsupported for what PCRE2 cannot say (absent operators, callouts, \K, \G, bytes by
/// \xHH).
Result<std::string> pcre2_from_oniguruma(std::string_view pattern);

}  // namespace quern::text
