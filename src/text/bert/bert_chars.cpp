#include "text/bert/bert_chars.h"

#include <algorithm>

#include <utf8proc.h>

#include "base/check.h"
#include "base/code_range.h"

namespace quern::text {
namespace {

#include "text/bert/bert_unicode_tables.inc"

utf8proc_int32_t signed_code(CodePoint code) { return static_cast<utf8proc_int32_t>(code); }

}  // namespace

bool is_bert_dropped(CodePoint code) {
  return code == kReplacement || find_range(kDropped, code) != nullptr;
}

bool is_bert_cjk(CodePoint code) { return find_range(kCjk, code) != nullptr; }

bool is_bert_punctuation(CodePoint code) { return find_range(kPunctuation, code) != nullptr; }

bool is_bert_stripped_mark(CodePoint code) { return find_range(kStrippedMarks, code) != nullptr; }

int bert_combining_class(CodePoint code) {
  if (is_bert_stripped_mark(code)) {
    return utf8proc_get_property(signed_code(code))->combining_class;
  }
  const CodeRangeValue* kept = find_range(kKeptMarkClasses, code);
  return kept != nullptr ? static_cast<int>(kept->value) : 0;
}

bool is_new_to_forms(CodePoint code) {
  return find_range(kClasslessMarks, code) != nullptr ||
         find_range(kNotDecomposed, code) != nullptr;
}

int bert_decompose(CodePoint code, Decomposition& out) {
  if (find_range(kNotDecomposed, code) != nullptr) {
    out[0] = code;
    return 1;
  }
  utf8proc_int32_t chars[kMaxDecomposition];
  int last_boundclass = 0;
  const auto n = utf8proc_decompose_char(signed_code(code), chars, kMaxDecomposition,
                                         UTF8PROC_DECOMPOSE, &last_boundclass);
  QUERN_CHECK(n >= 1 && n <= kMaxDecomposition);
  std::transform(chars, chars + n, out.begin(), [](auto c) { return static_cast<CodePoint>(c); });
  return static_cast<int>(n);
}

int bert_lower(CodePoint code, std::array<CodePoint, 2>& out) {
  if (code == 0x130) {  // The one character whose full lower case is two.
    out = {0x69, 0x307};
    return 2;
  }
  const CodeRangeValue* newer = find_range(kNewLowerCase, code);
  out[0] = newer != nullptr ? code + newer->value
                            : static_cast<CodePoint>(utf8proc_tolower(signed_code(code)));
  return 1;
}

}  // namespace quern::text
