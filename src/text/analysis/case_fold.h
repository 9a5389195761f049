// Letters without their case, one character for one.

#pragma once

#include <string>
#include <string_view>

#include "base/utf8.h"

namespace quern::text {

/// The lower case of its upper case: the same character for all that differ in case alone (K, k and
/// the Kelvin sign; s and the long s). Characters that PCRE2 takes for equal without case have the
/// same one: case_fold_test.cpp asks it about each.
CodePoint folded(CodePoint code);

/// Appends a text, each of its characters folded; bytes that are not UTF-8 stay as they are.
void append_folded(std::string_view utf8, std::string& out);

}  // namespace quern::text
