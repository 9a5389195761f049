#include "apps/code/wildcard.h"

#include <algorithm>
#include <optional>

namespace quern::apps {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

bool is_between(unsigned char c, unsigned char low, unsigned char high) {
  return low <= c && c <= high;
}

// Nothing for a class that has no such name. git has its own idea of blank characters.
std::optional<bool> is_in_class(unsigned char c, std::string_view name, PathLetters letters) {
  const bool is_upper = is_between(c, 'A', 'Z');
  const bool is_lower = is_between(c, 'a', 'z');
  const bool is_digit = is_between(c, '0', '9');
  const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
  const bool is_graph = is_between(c, 0x21, 0x7E);
  if (name == "alnum") return is_upper || is_lower || is_digit;
  if (name == "alpha") return is_upper || is_lower;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < 0x20 || c == 0x7F;
  if (name == "digit") return is_digit;
  if (name == "graph") return is_graph;
  if (name == "lower") return is_lower;
  if (name == "print") return is_graph || c == ' ';
  if (name == "punct") return is_graph && !is_upper && !is_lower && !is_digit;
  if (name == "space") return is_blank;
  if (name == "upper") return is_upper || (letters == PathLetters::kIgnoreCase && is_lower);
  if (name == "xdigit") return is_digit || is_between(c, 'a', 'f') || is_between(c, 'A', 'F');
  return std::nullopt;
}

struct Brackets {
  bool is_match = false;
  std::size_t end = kNowhere;  // Behind the `]`; kNowhere where they are malformed.
};

// The set that begins behind the `[` at `pos - 1`, and `c`, in lower case where case is ignored.
Brackets match_brackets(std::string_view pattern, std::size_t pos, unsigned char c,
                        PathLetters letters) {
  const auto at = [&](std::size_t i) {
    return i < pattern.size() ? static_cast<unsigned char>(pattern[i]) : 0;
  };
  const bool is_negated = at(pos) == '!' || at(pos) == '^';
  if (is_negated) ++pos;
  bool is_match = false;
  int previous = 0;  // What a `-` would begin at; 0 behind a range or a class.
  for (bool is_first = true; is_first || at(pos) != ']'; ++pos, is_first = false) {
    int one = at(pos);
    if (one == 0) return {};
    if (one == '\\') {
      one = at(++pos);
      if (one == 0) return {};
      is_match |= c == one;
    } else if (one == '-' && previous != 0 && at(pos + 1) != 0 && at(pos + 1) != ']') {
      int last = at(++pos);
      if (last == '\\') last = at(++pos);
      if (last == 0) return {};
      const auto is_in = [&](int x) { return previous <= x && x <= last; };
      is_match |= is_in(c) || (letters == PathLetters::kIgnoreCase && is_between(c, 'a', 'z') &&
                               is_in(c - 'a' + 'A'));
      one = 0;
    } else if (one == '[' && at(pos + 1) == ':') {
      const std::size_t begin = pos + 2;
      const std::size_t close = pattern.find(']', begin);
      if (close == kNowhere) return {};
      if (close == begin || pattern[close - 1] != ':') {
        is_match |= c == '[';  // No class: a `[` as any other byte.
      } else {
        const auto in_class = is_in_class(c, pattern.substr(begin, close - 1 - begin), letters);
        if (!in_class) return {};
        is_match |= *in_class;
        pos = close;
        one = 0;
      }
    } else {
      is_match |= c == one;
    }
    previous = one;
  }
  return {.is_match = is_match != is_negated && c != '/', .end = pos + 1};
}

// A walk along both, with the places to go back to: the last `*`, and the last `**`. Those before
// them need no second try: whatever they could leave over, the last one can take.
class Matcher {
 public:
  Matcher(std::string_view pattern, std::string_view text, PathLetters letters)
      : pattern_(pattern), text_(text), letters_(letters) {}

  bool run() {
    while (true) {
      const Step step = take_step();
      if (step == Step::kMatch) return true;
      if (step == Step::kNever) return false;
      if (step == Step::kBack && !go_back()) return false;
    }
  }

 private:
  enum class Step { kOn, kBack, kMatch, kNever };

  Step take_step() {
    if (p_ == pattern_.size()) return t_ == text_.size() ? Step::kMatch : Step::kBack;
    if (pattern_[p_] == '*') return take_star();
    if (t_ == text_.size()) return Step::kBack;
    const char c = folded(text_[t_]);
    std::size_t end = p_ + 1;
    switch (pattern_[p_]) {
      case '?':
        if (c == '/') return Step::kBack;
        break;
      case '[': {
        const Brackets brackets =
            match_brackets(pattern_, p_ + 1, static_cast<unsigned char>(c), letters_);
        if (brackets.end == kNowhere) return Step::kNever;
        if (!brackets.is_match) return Step::kBack;
        end = brackets.end;
        break;
      }
      case '\\':
        if (p_ + 1 == pattern_.size()) return Step::kNever;
        if (c != pattern_[p_ + 1]) return Step::kBack;
        end = p_ + 2;
        break;
      default:
        if (c != folded(pattern_[p_])) return Step::kBack;
    }
    p_ = end;
    ++t_;
    return Step::kOn;
  }

  Step take_star() {
    const std::size_t begin = p_;
    const std::size_t end = std::min(pattern_.find_first_not_of('*', begin), pattern_.size());
    const std::string_view rest = pattern_.substr(end);
    const bool is_deep = end - begin > 1 && (begin == 0 || pattern_[begin - 1] == '/') &&
                         (rest.empty() || rest[0] == '/' || rest.substr(0, 2) == "\\/");
    if (is_deep) {
      if (rest.empty()) return Step::kMatch;
      star_p_ = kNowhere;
      deep_t_ = t_;
      p_ = deep_p_ = end + (rest[0] == '/' ? 1 : 2);
      // An escaped slash is one that must be there: no folder at all is no match.
      return rest[0] == '/' ? Step::kOn : Step::kBack;
    }
    if (rest.empty()) {
      return text_.find('/', t_) == kNowhere ? Step::kMatch : Step::kBack;
    }
    if (rest[0] == '/') {
      const std::size_t slash = text_.find('/', t_);
      if (slash == kNowhere) return Step::kBack;
      t_ = slash;
      p_ = end;
      star_p_ = kNowhere;
      return Step::kOn;
    }
    star_p_ = p_ = end;
    star_t_ = t_;
    return Step::kOn;
  }

  bool go_back() {
    if (star_p_ != kNowhere && star_t_ < text_.size() && text_[star_t_] != '/') {
      t_ = ++star_t_;
      p_ = star_p_;
      return true;
    }
    star_p_ = kNowhere;
    if (deep_p_ == kNowhere) return false;
    const std::size_t slash = text_.find('/', deep_t_);
    if (slash == kNowhere) return false;
    t_ = deep_t_ = slash + 1;
    p_ = deep_p_;
    return true;
  }

  char folded(char c) const { return letters_ == PathLetters::kIgnoreCase ? lower_ascii(c) : c; }

  const std::string_view pattern_, text_;
  const PathLetters letters_;
  std::size_t p_ = 0, t_ = 0;
  std::size_t star_p_ = kNowhere, star_t_ = 0;  // Behind the `*`; what it takes ends here.
  std::size_t deep_p_ = kNowhere, deep_t_ = 0;  // Behind the `**/`; as above.
};

}  // namespace

char lower_ascii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_path(std::string_view a, std::string_view b, PathLetters letters) {
  if (letters == PathLetters::kExact) return a == b;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_ascii(x) == lower_ascii(y); });
}

std::size_t literal_prefix(std::string_view pattern) {
  return std::min(pattern.find_first_of("*?[\\"), pattern.size());
}

bool matches_wildcard(std::string_view pattern, std::string_view text, PathLetters letters) {
  return Matcher(pattern, text, letters).run();
}

}  // namespace quern::apps
