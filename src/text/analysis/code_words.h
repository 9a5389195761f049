// Identifiers in source code and the words they are made of: HTTPServer2 is "HTTP", "Server", "2".

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/analysis/words.h"

namespace quern::text {

/// The first run of letters, marks, digits and "_" at or after `pos`; all else parts identifiers.
/// A run without a letter or a digit is none.
std::optional<WordSpan> next_identifier(std::string_view utf8, std::size_t pos);

/// The first part of `identifier` at or after byte `pos`, never longer than kMaxWordChars. Parts
/// end at "_", between letters and digits, before an upper-case letter that follows a lower-case
/// one, and before the last of several upper-case letters if a lower-case one follows.
std::optional<WordSpan> next_part(std::string_view identifier, std::size_t pos);

}  // namespace quern::text
