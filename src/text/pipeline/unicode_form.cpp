#include "text/pipeline/unicode_form.h"

#include <algorithm>
#include <array>
#include <vector>

#include <utf8proc.h>

#include "base/check.h"
#include "base/utf8.h"
#include "text/bert/bert_chars.h"

namespace quern::text {
namespace {

using normalizers::UnicodeForm;

// The longest compatibility decomposition is 18 characters (U+FDFA).
constexpr int kMaxDecomposition = 32;

// One before the first trailing consonant of Hangul: it joins no syllable, but utf8proc 2.8 drops
// it behind one.
constexpr CodePoint kBeforeTrailing = 0x11A7;

int class_of(utf8proc_int32_t code) { return utf8proc_get_property(code)->combining_class; }

/// Collects a stretch of text, decomposed, and writes it in its form.
class FormWriter {
 public:
  FormWriter(UnicodeForm form, std::string& out)
      : decomposes_compatible_(form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd),
        composes_(form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc),
        out_(out) {}

  bool composes() const { return composes_; }

  void add(CodePoint code) {
    if (is_new_to_forms(code) || code == kBeforeTrailing) {
      flush();
      append_utf8(code, out_);
      return;
    }
    std::array<utf8proc_int32_t, kMaxDecomposition> parts{};
    int last_boundclass = 0;
    const int options =
        UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (decomposes_compatible_ ? UTF8PROC_COMPAT : 0);
    const auto n = utf8proc_decompose_char(
        static_cast<utf8proc_int32_t>(code), parts.data(), kMaxDecomposition,
        static_cast<utf8proc_option_t>(options), &last_boundclass);
    QUERN_CHECK(n >= 1 && n <= kMaxDecomposition);
    chars_.insert(chars_.end(), parts.begin(), parts.begin() + n);
  }

  void flush() {
    if (chars_.empty()) return;
    sort_marks();
    if (composes_) {
      const auto n = utf8proc_normalize_utf32(
          chars_.data(), static_cast<utf8proc_ssize_t>(chars_.size()),
          static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
      QUERN_CHECK(n >= 0);
      chars_.resize(static_cast<std::size_t>(n));
    }
    for (const auto code : chars_) append_utf8(static_cast<CodePoint>(code), out_);
    chars_.clear();
  }

 private:
  /// Canonical order: runs of marks by their class.
  void sort_marks() {
    for (auto it = chars_.begin(); it != chars_.end();) {
      if (class_of(*it) == 0) {
        ++it;
        continue;
      }
      const auto end =
          std::find_if(it, chars_.end(), [](utf8proc_int32_t c) { return class_of(c) == 0; });
      std::stable_sort(it, end, [](utf8proc_int32_t a, utf8proc_int32_t b) {
        return class_of(a) < class_of(b);
      });
      it = end;
    }
  }

  const bool decomposes_compatible_;
  const bool composes_;
  std::string& out_;
  std::vector<utf8proc_int32_t> chars_;
};

}  // namespace

void append_in_form(UnicodeForm form, std::string_view utf8, std::string& out) {
  FormWriter writer(form, out);
  for (std::size_t pos = 0; pos < utf8.size();) {
    // ASCII stays, but for a character that the marks behind it may join.
    std::size_t end = find_non_ascii(utf8, pos);
    if (writer.composes() && end > pos && end < utf8.size()) --end;
    out.append(utf8, pos, end - pos);
    pos = end;
    bool is_first = true;
    while (pos < utf8.size() && (is_first || static_cast<unsigned char>(utf8[pos]) >= 0x80)) {
      const Decoded c = decode_utf8(utf8, pos);
      writer.add(c.code);
      pos += static_cast<std::size_t>(c.n_bytes);
      is_first = false;
    }
    writer.flush();
  }
}

}  // namespace quern::text
