#include "text/bert/bert_normalizer.h"

#include <algorithm>
#include <vector>

#include "base/char_class.h"
#include "base/utf8.h"
#include "text/bert/bert_chars.h"

namespace quern::text {
namespace {

struct Mark {
  CodePoint code;
  int combining_class;
};

// Takes decomposed characters one by one, puts runs of combining marks in canonical order, then
// strips and lower-cases.
class AccentFilter {
 public:
  AccentFilter(bool strip, bool lowercase, std::string& out)
      : strip_(strip), lowercase_(lowercase), out_(out) {}

  void add(CodePoint code) {
    if (!strip_) return emit(code);
    Decomposition parts;
    const int n = bert_decompose(code, parts);
    for (int i = 0; i < n; ++i) add_decomposed(parts[static_cast<std::size_t>(i)]);
  }

  bool has_pending() const { return !marks_.empty(); }

  void flush() {
    std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) {
      return a.combining_class < b.combining_class;
    });
    for (const Mark& mark : marks_) emit(mark.code);
    marks_.clear();
  }

 private:
  void add_decomposed(CodePoint code) {
    const int combining_class = code < 0x300 ? 0 : bert_combining_class(code);
    if (combining_class == 0) {
      flush();
      if (!is_bert_stripped_mark(code)) emit(code);
    } else if (!is_bert_stripped_mark(code)) {  // Those that go need no place in the order.
      marks_.push_back({code, combining_class});
    }
  }

  void emit(CodePoint code) {
    if (!lowercase_) return append_utf8(code, out_);
    std::array<CodePoint, 2> lower;
    const int n = bert_lower(code, lower);
    for (int i = 0; i < n; ++i) append_utf8(lower[static_cast<std::size_t>(i)], out_);
  }

  const bool strip_;
  const bool lowercase_;
  std::string& out_;
  std::vector<Mark> marks_;
};

}  // namespace

BertNormalizer::BertNormalizer(const BertRules& rules)
    : clean_text_(rules.clean_text),
      handle_chinese_chars_(rules.handle_chinese_chars),
      strip_accents_(rules.strip_accents.value_or(rules.lowercase)),
      lowercase_(rules.lowercase) {
  for (CodePoint c = 0; c < 128; ++c) {
    CodePoint to = c;
    if (clean_text_ && is_white_space(c)) to = ' ';
    if (lowercase_ && c >= 'A' && c <= 'Z') to = c + ('a' - 'A');
    ascii_out_[c] = static_cast<char>(to);
    ascii_kept_[c] = !(clean_text_ && is_bert_dropped(c));
  }
}

void BertNormalizer::normalize(std::string_view utf8, std::string& out) const {
  AccentFilter filter(strip_accents_, lowercase_, out);
  std::size_t pos = 0;
  while (pos < utf8.size()) {
    const std::size_t ascii_end = find_non_ascii(utf8, pos);
    if (filter.has_pending()) {
      while (pos < ascii_end && !ascii_kept_[static_cast<unsigned char>(utf8[pos])]) ++pos;
      if (pos < ascii_end) filter.flush();
    }
    std::size_t end = out.size();
    out.resize(end + ascii_end - pos);
    for (; pos < ascii_end; ++pos) {
      const auto c = static_cast<unsigned char>(utf8[pos]);
      out[end] = ascii_out_[c];
      end += ascii_kept_[c];
    }
    out.resize(end);

    while (pos < utf8.size() && static_cast<unsigned char>(utf8[pos]) >= 0x80) {
      const Decoded c = decode_utf8(utf8, pos);
      pos += static_cast<std::size_t>(c.n_bytes);
      if (clean_text_ && is_bert_dropped(c.code)) continue;
      const bool is_cjk = handle_chinese_chars_ && is_bert_cjk(c.code);
      if (is_cjk) filter.add(' ');
      filter.add(clean_text_ && is_white_space(c.code) ? ' ' : c.code);
      if (is_cjk) filter.add(' ');
    }
  }
  filter.flush();
}

}  // namespace quern::text
