// Wildcards over paths, as git means them: ignore rules and globs.

#pragma once

#include <cstddef>
#include <string_view>

namespace quern::apps {

enum class PathLetters { kExact, kIgnoreCase };  // ASCII only: so git does it.

/// Whether `pattern` is all of `text`. `*`, `?` and `[...]` never match '/'; `**` does where it is
/// a whole name of the pattern, whose first byte counts as a name's first. A backslash takes the
/// next byte as it is; a pattern that ends in one, or has an unclosed `[` or an unknown
/// `[:class:]`, matches nothing. With kIgnoreCase what is escaped or in brackets must be lower case
/// or a range: git's manner. Time: polynomial in both lengths. Source: the behaviour of git 2.39's
/// wildmatch with WM_PATHNAME; wildcard_test.cpp asks git.
bool matches_wildcard(std::string_view pattern, std::string_view text, PathLetters letters);

/// The bytes at the beginning of `pattern` that stand for themselves: up to the first of `*?[\`.
std::size_t literal_prefix(std::string_view pattern);

char lower_ascii(char c);

/// As equality of strings, or of strings in lower case.
bool is_same_path(std::string_view a, std::string_view b, PathLetters letters);

}  // namespace quern::apps
