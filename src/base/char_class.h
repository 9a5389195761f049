// Classes of characters that do not depend on any one tokenizer.

#pragma once

#include "base/utf8.h"

namespace quern {

/// Unicode White_Space; Rust's char::is_whitespace and \s.
bool is_white_space(CodePoint code);

/// Regex \p{L} and \p{N}.
bool is_letter(CodePoint code);
bool is_number(CodePoint code);

/// A character of a word: Rust regex's \w (Alphabetic, marks, decimal digits, connectors, joiners).
bool is_word_char(CodePoint code);

}  // namespace quern
