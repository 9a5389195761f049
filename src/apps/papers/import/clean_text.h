// Texts of papers as they are kept: valid UTF-8, without control characters, blanks where blanks
// belong.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quern::apps {

/// On one line: runs of white space are one blank, none at the ends; control characters and what is
/// no UTF-8 are gone. For titles, names and headings.
std::string one_line(std::string_view text);

/// As one_line, but paragraphs, which empty lines part, stay apart: one empty line between them.
std::string in_paragraphs(std::string_view text);

/// The text is no UTF-8: read as Windows-1252, as older files are. Each byte is one character.
std::string utf8_from_windows_1252(std::string_view bytes);

/// Itself where it is UTF-8, else read as Windows-1252.
std::string utf8_of_field(std::string_view bytes);

/// Of a text that begins with UTF-16's byte order mark, as some programs export; of others nothing.
/// What is no character becomes U+FFFD.
std::optional<std::string> utf8_from_utf16(std::string_view bytes);

/// ASCII letters become small, all else stays.
std::string in_small_letters(std::string_view text);

/// The first number of four digits, apart from other digits, that can be a year: 1500 to 2100. 0
/// where there is none.
int year_in(std::string_view text);

/// "YYYY-MM-DD" where the text begins with such a day ("2017-06-12T00:00:00Z", "2017/6/12"), else
/// "".
std::string day_in(std::string_view text);

}  // namespace quern::apps
