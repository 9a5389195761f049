// Unicode's normal forms. Source: UAX #15, by utf8proc's tables.

#pragma once

#include <string>
#include <string_view>

#include "text/tokenizer_spec.h"

namespace quern::text {

/// Appends well-formed `utf8` in the normal form to `out`.
/// Cost: O(n log n); long runs of combining marks are sorted as runs.
void append_in_form(normalizers::UnicodeForm form, std::string_view utf8, std::string& out);

}  // namespace quern::text
