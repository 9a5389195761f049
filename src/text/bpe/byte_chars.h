// GPT-2's byte characters: each byte has a printable character, in which vocabularies of
// byte-level BPE are written. Source: Radford et al. 2019, encoder.py, bytes_to_unicode.

#pragma once

#include <string>
#include <string_view>

namespace quern::text {

/// Appends the UTF-8 of the character that stands for `byte`.
void append_byte_char(unsigned char byte, std::string& out);

/// Appends the bytes that `written` stands for. Characters that stand for none are appended as
/// they are.
void append_bytes_of_chars(std::string_view written, std::string& out);

}  // namespace quern::text
