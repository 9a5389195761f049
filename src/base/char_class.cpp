#include "base/char_class.h"

#include <utf8proc.h>

#include "base/code_range.h"

namespace quern {
namespace {

#include "base/regex_char_tables.inc"

// Other_Alphabetic symbols: circled and squared letters. Their category is So.
bool is_letter_like_symbol(CodePoint code) {
  return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
         (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189);
}

utf8proc_category_t category_of(CodePoint code) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

}  // namespace

bool is_white_space(CodePoint code) {
  if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_letter(CodePoint code) {
  switch (category_of(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return true;
    default:
      return find_range(kNewLetters, code) != nullptr;
  }
}

bool is_number(CodePoint code) {
  switch (category_of(code)) {
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return find_range(kNewNumbers, code) != nullptr;
  }
}

bool is_word_char(CodePoint code) {
  if (is_letter(code)) return true;
  switch (category_of(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return code == 0x200C || code == 0x200D || is_letter_like_symbol(code) ||
             find_range(kNewWordChars, code) != nullptr;
  }
}

}  // namespace quern
