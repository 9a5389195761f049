#include "store/lexical/pattern_trigrams.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "store/lexical/match_strings.h"
#include "text/analysis/case_fold.h"

namespace quern::store {
namespace {

constexpr int kMaxDepth = 256;
constexpr std::size_t kMaxSetChars = 16;  // A class of more is any character.
constexpr unsigned kMaxCount = 65535;     // PCRE2's limit of {n}.

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string folded_bytes(CodePoint code) {
  std::string out;
  append_utf8(text::folded(code), out);
  return out;
}

struct Repeat {
  unsigned n_least = 1;
  unsigned n_most = 1;
};

/// What a backslash and what follows it stand for.
struct Escape {
  enum class Kind { kChar, kNothing, kAnything } kind = Kind::kAnything;
  CodePoint code = 0;  // Of a kChar.
};

/// Reads a pattern that PCRE2 took: so it is well formed, and what is read here need only be
/// understood as PCRE2 does, or not at all.
class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  TrigramQuery read() {
    const MatchStrings all = alternatives(0);
    if (!is_understood_ || at_ != pattern_.size()) return {};
    return trigrams_of(all);
  }

 private:
  bool at_end() const { return at_ >= pattern_.size() || !is_understood_; }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }
  bool starts(std::string_view text) const {
    return pattern_.substr(std::min(at_, pattern_.size())).starts_with(text);
  }
  bool take(std::string_view text) {
    if (!starts(text)) return false;
    at_ += text.size();
    return true;
  }

  MatchStrings give_up() {
    is_understood_ = false;
    return any_string();
  }

  /// Up to and with `end`.
  void pass_through(char end) {
    const std::size_t found = pattern_.find(end, at_);
    if (found == std::string_view::npos) {
      is_understood_ = false;
    } else {
      at_ = found + 1;
    }
  }

  CodePoint take_char() {
    if (at_ >= pattern_.size()) {
      is_understood_ = false;
      return 0;
    }
    const Decoded c = decode_utf8(pattern_, at_);
    at_ += static_cast<std::size_t>(c.n_bytes);
    return c.code;
  }

  /// Passes what stands for nothing, not even for a place: quotes and comments.
  void pass_marks() {
    while (!at_end()) {
      if (is_quoted_) {
        if (!take("\\E")) return;
        is_quoted_ = false;
      } else if (take("\\Q")) {
        is_quoted_ = true;
      } else if (starts("(?#")) {
        pass_through(')');
      } else if (!take("\\E")) {
        return;
      }
    }
  }

  MatchStrings alternatives(int depth) {
    if (depth > kMaxDepth) return give_up();
    MatchStrings all = sequence(depth);
    while (!at_end() && !is_quoted_ && take("|")) {
      all = either_of(std::move(all), sequence(depth));
    }
    return all;
  }

  // Up to a | or ) or the end.
  MatchStrings sequence(int depth) {
    MatchStrings all = empty_string();
    for (;;) {
      pass_marks();
      if (at_end() || (!is_quoted_ && (peek() == '|' || peek() == ')'))) return all;
      MatchStrings one = is_quoted_ ? exactly({folded_bytes(take_char())}) : atom(depth);
      pass_marks();
      if (!is_quoted_) one = repeated(std::move(one));
      if (!is_understood_) return any_string();
      all = sequence_of(std::move(all), std::move(one));
    }
  }

  MatchStrings repeated(MatchStrings one) {
    Repeat times;
    if (take("*")) {
      times = {0, kNoLimit};
    } else if (take("+")) {
      times = {1, kNoLimit};
    } else if (take("?")) {
      times = {0, 1};
    } else if (peek() == '{') {
      const std::size_t end = pattern_.find_first_not_of("0123456789, \t", at_ + 1);
      if (end == std::string_view::npos || pattern_[end] != '}' || end == at_ + 1) return one;
      const auto counts = counts_in(pattern_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      // As another version may read it: a text, or a number of times.
      if (!counts) return any_string();
      times = *counts;
    } else {
      return one;
    }
    if (!take("?")) take("+");  // Lazy or possessive: matches the same strings, or some of them.
    return repeat_of(one, times.n_least, times.n_most);
  }

  // "n", "n,", "n,m"
  static std::optional<Repeat> counts_in(std::string_view text) {
    const auto number = [](std::string_view digits) -> std::optional<unsigned> {
      if (digits.empty() || digits.size() > 5) return std::nullopt;
      unsigned n = 0;
      for (const char c : digits) {
        if (!is_digit(c)) return std::nullopt;
        n = n * 10 + static_cast<unsigned>(c - '0');
      }
      return n <= kMaxCount ? std::optional(n) : std::nullopt;
    };
    const std::size_t comma = text.find(',');
    const auto least = number(text.substr(0, comma));
    if (!least) return std::nullopt;
    if (comma == std::string_view::npos) return Repeat{*least, *least};
    if (comma + 1 == text.size()) return Repeat{*least, kNoLimit};
    const auto most = number(text.substr(comma + 1));
    if (!most || *most < *least) return std::nullopt;
    return Repeat{*least, *most};
  }

  MatchStrings atom(int depth) {
    switch (peek()) {
      case '(':
        return group(depth);
      case '[':
        return set_of_chars();
      case '\\': {
        ++at_;
        const Escape escape = read_escape();
        if (escape.kind == Escape::Kind::kAnything) return any_string();
        if (escape.kind == Escape::Kind::kNothing) return empty_string();
        return exactly({folded_bytes(escape.code)});
      }
      case '.':
        ++at_;
        return any_string();
      case '^':
      case '$':
        ++at_;
        return empty_string();
      case '*':
      case '+':
      case '?':
        return give_up();  // Of a repeat that is not understood, such as a{2}\Q\E+
      default:
        return exactly({folded_bytes(take_char())});
    }
  }

  MatchStrings group(int depth) {
    ++at_;
    if (peek() == '*') return give_up();  // Verbs, and assertions by name.
    if (!take("?")) return rest_of_group(depth);
    for (const std::string_view look : {"=", "!", "*", "<=", "<!", "<*"}) {
      if (!take(look)) continue;
      rest_of_group(depth);
      return empty_string();
    }
    if (take(":") || take("|") || take(">")) return rest_of_group(depth);
    if (starts("P=") || starts("P>") || starts("&") || starts("R")) return reference();
    if (take("P<") || take("<")) {
      pass_through('>');
      return rest_of_group(depth);
    }
    if (take("'")) {
      pass_through('\'');
      return rest_of_group(depth);
    }
    const bool is_signed = peek() == '+' || peek() == '-';
    if (is_digit(peek(is_signed ? 1 : 0))) return reference();
    return group_with_options(depth);
  }

  MatchStrings rest_of_group(int depth) {
    MatchStrings inside = alternatives(depth + 1);
    if (is_quoted_ || !take(")")) return give_up();
    return inside;
  }

  MatchStrings reference() {
    pass_through(')');
    return any_string();
  }

  // Case is none of our business, and what . ^ and $ match neither.
  MatchStrings group_with_options(int depth) {
    for (;; ++at_) {
      const char c = peek();
      if (take(")")) return empty_string();
      if (take(":")) return rest_of_group(depth);
      // With x, blanks mean nothing; conditions and calls begin with other signs.
      const bool is_option = is_letter(c) || c == '-' || c == '^';
      if (!is_option || c == 'x' || c == 'C') return give_up();
    }
  }

  /// Behind a backslash, outside of a class.
  Escape read_escape() {
    using Kind = Escape::Kind;
    const char c = peek();
    if (static_cast<unsigned char>(c) >= 0x80) return {Kind::kChar, take_char()};
    ++at_;
    if (is_digit(c)) {
      // A number of a group, or of a character: whatever, and whatever digits follow.
      while (is_digit(peek())) ++at_;
      return {};
    }
    if (!is_letter(c)) return {Kind::kChar, static_cast<unsigned char>(c)};
    switch (c) {
      case 'b':
      case 'B':
      case 'A':
      case 'Z':
      case 'z':
      case 'G':
      case 'K':
        return {Kind::kNothing};
      case 'g':
      case 'k':
        return read_reference();
      case 'p':
      case 'P':
        if (take("{")) {
          pass_through('}');
        } else {
          take_char();
        }
        return {};
      case 'N':
      case 'o':
        if (peek() == '{') pass_through('}');
        return {};
      default:
        return read_letter(c);
    }
  }

  // \g1 \g{-1} \g<name> \k{name} \k'name'
  Escape read_reference() {
    if (take("{")) {
      pass_through('}');
    } else if (take("<")) {
      pass_through('>');
    } else if (take("'")) {
      pass_through('\'');
    } else {
      if (peek() == '-' || peek() == '+') ++at_;
      while (is_digit(peek())) ++at_;
    }
    return {};
  }

  /// Letters that mean the same in a class and outside.
  Escape read_letter(char c) {
    using Kind = Escape::Kind;
    switch (c) {
      case 'a':
        return {Kind::kChar, 0x07};
      case 'e':
        return {Kind::kChar, 0x1B};
      case 'f':
        return {Kind::kChar, 0x0C};
      case 'n':
        return {Kind::kChar, 0x0A};
      case 'r':
        return {Kind::kChar, 0x0D};
      case 't':
        return {Kind::kChar, 0x09};
      case 'x':
        return read_hexadecimal();
      case 'c':
        take_char();
        return {};
      case 'd':
      case 'D':
      case 'h':
      case 'H':
      case 'R':
      case 's':
      case 'S':
      case 'v':
      case 'V':
      case 'w':
      case 'W':
      case 'X':
        return {};
      default:
        is_understood_ = false;
        return {};
    }
  }

  // \x{10FFFF} or up to two digits.
  Escape read_hexadecimal() {
    const bool is_braced = peek() == '{';
    const std::size_t end = is_braced ? pattern_.find('}', at_) : std::string_view::npos;
    if (is_braced && end == std::string_view::npos) {
      is_understood_ = false;
      return {};
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    CodePoint code = 0;
    std::size_t n_digits = 0;
    if (is_braced) ++at_;
    for (; is_braced ? at_ < end : n_digits < 2; ++at_, ++n_digits) {
      const auto digit = kDigits.find(static_cast<char>(peek() | 32));
      const bool is_digit_here = digit != std::string_view::npos && peek() != '\0' &&
                                 (is_digit(peek()) || is_letter(peek()));
      if (!is_digit_here && !is_braced) break;
      if (!is_digit_here || code > 0x10FFFF) {  // Blanks, in some version.
        at_ = end + 1;
        return {};
      }
      code = code * 16 + static_cast<CodePoint>(digit);
    }
    if (is_braced) at_ = end + 1;
    if (code > 0x10FFFF) return {};
    return {Escape::Kind::kChar, code};
  }

  /// [...]: its characters, or any.
  MatchStrings set_of_chars() {
    if (take("[[:<:]]") || take("[[:>:]]")) return empty_string();  // Ends of words.
    ++at_;
    const bool is_negated = take("^");
    std::vector<CodePoint> chars;
    bool is_any = is_negated;
    bool can_begin_range = false;  // With this one:
    CodePoint before = 0;
    for (bool is_first = true; is_understood_; is_first = false) {
      if (at_ >= pattern_.size()) return give_up();
      if (!is_first && take("]")) break;
      if (starts("\\Q") || starts("\\E"))
        return give_up();  // Seldom; where a range ends is subtle.
      if (const std::size_t n_bytes = posix_class_bytes(at_); n_bytes > 0) {
        at_ += n_bytes;
        is_any = true;
        can_begin_range = false;
        continue;
      }
      const bool is_range =
          can_begin_range && peek() == '-' && peek(1) != ']' && posix_class_bytes(at_ + 1) == 0;
      if (is_range) ++at_;
      const std::optional<CodePoint> one = char_in_set();
      if (!one) is_any = true;
      if (is_range && one) is_any |= !add_range(before, *one, chars);
      if (one && !is_range) chars.push_back(*one);
      can_begin_range = one.has_value() && !is_range;
      before = one.value_or(0);
      if (is_range && !one) chars.push_back('-');
      if (chars.size() > kMaxSetChars) is_any = true;
    }
    if (is_any || chars.empty()) return any_string();
    StringSet strings;
    for (const CodePoint code : chars) strings.push_back(folded_bytes(code));
    return exactly(std::move(strings));
  }

  /// False where there are too many.
  static bool add_range(CodePoint first, CodePoint last, std::vector<CodePoint>& chars) {
    if (last < first || last - first > 2 * kMaxSetChars) return false;
    for (CodePoint code = first; code <= last; ++code) chars.push_back(code);
    return chars.size() <= kMaxSetChars;
  }

  std::optional<CodePoint> char_in_set() {
    if (peek() != '\\') return take_char();
    ++at_;
    const char c = peek();
    if (c == 'b') {
      ++at_;
      return 0x08;
    }
    const Escape escape = read_escape();
    if (escape.kind != Escape::Kind::kChar) return std::nullopt;
    return escape.code;
  }

  /// Of "[:alpha:]" at this place, or 0.
  std::size_t posix_class_bytes(std::size_t begin) const {
    const std::string_view text = pattern_.substr(std::min(begin, pattern_.size()));
    if (!text.starts_with("[:") && !text.starts_with("[.") && !text.starts_with("[=")) return 0;
    std::size_t n = text.substr(2).starts_with("^") ? 3 : 2;
    while (n < text.size() && is_letter(text[n])) ++n;
    return text.substr(n).starts_with(std::string{text[1], ']'}) ? n + 2 : 0;
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  bool is_quoted_ = false;
  bool is_understood_ = true;
};

}  // namespace

TrigramQuery trigrams_of_substring(std::string_view utf8) {
  std::string folded;
  text::append_folded(utf8, folded);
  return trigrams_of(folded);
}

TrigramQuery trigrams_of_regex(std::string_view pattern) { return PatternReader(pattern).read(); }

}  // namespace quern::store
