#include "apps/claims/rule_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.h"
#include "text/analysis/stem.h"

namespace quern::apps {
namespace {

// More digits say no more than this, and the value stays finite.
constexpr std::size_t kMostDigits = 18;
// A longer word is no word of a language; its stem would only cost time.
constexpr std::size_t kLongestStem = 64;

struct Sign {
  std::string_view utf8;
  std::string_view ascii;  // " ": a space; "": a letter.
};

constexpr std::array<Sign, 24> kSigns = {{
    {"\u2010", "-"},  {"\u2011", "-"},  {"\u2012", "-"},   {"\u2013", "-"},  {"\u2014", "-"},
    {"\u2212", "-"},  {"\u2018", "'"},  {"\u2019", "'"},   {"\u201c", "\""}, {"\u201d", "\""},
    {"\u2264", "<="}, {"\u2265", ">="}, {"\u2248", "~"},   {"\u223c", "~"},  {"\u00b1", "+-"},
    {"\u00d7", "x"},  {"\u00b7", "."},  {"\u00b0", "deg"}, {"\u00a0", " "},  {"\u2009", " "},
    {"\u202f", " "},  {"\u2026", "."},  {"\u2a7d", "<="},  {"\u2a7e", ">="},
}};

constexpr std::array<std::string_view, 58> kEmptyWords = {
    "a",     "an",    "the",   "of",   "in",    "on",   "at",    "to",    "for",   "from",
    "by",    "with",  "and",   "or",   "as",    "is",   "are",   "was",   "were",  "be",
    "been",  "being", "has",   "have", "had",   "do",   "does",  "did",   "that",  "this",
    "these", "those", "it",    "its",  "their", "they", "there", "which", "who",   "than",
    "then",  "into",  "over",  "can",  "could", "may",  "might", "will",  "would", "should",
    "we",    "our",   "about", "also", "any",   "such", "but",   "if"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

/// What the bytes at `i` stand for where they are one of kSigns; else null.
const Sign* sign_at(std::string_view text, std::size_t i) {
  if (!is_high(text[i])) return nullptr;
  const auto found = std::find_if(kSigns.begin(), kSigns.end(), [&](const Sign& sign) {
    return text.substr(i).starts_with(sign.utf8);
  });
  return found == kSigns.end() ? nullptr : &*found;
}

bool continues_word(std::string_view text, std::size_t i) {
  if (i >= text.size()) return false;
  if (is_ascii_letter(text[i]) || is_digit(text[i])) return true;
  return is_high(text[i]) && sign_at(text, i) == nullptr;
}

std::size_t apostrophe_at(std::string_view text, std::size_t i) {
  if (i >= text.size()) return 0;
  if (text[i] == '\'') return 1;
  const Sign* sign = sign_at(text, i);
  return sign != nullptr && sign->ascii == "'" ? sign->utf8.size() : 0;
}

class Reader {
 public:
  explicit Reader(std::string_view text) { out_.text = text; }

  RuleText read() {
    while (at_ < out_.text.size()) {
      const std::size_t begin = at_;
      const Sign* sign = sign_at(out_.text, at_);
      if (is_space(out_.text[at_])) {
        ++at_;
      } else if (sign != nullptr && sign->ascii == " ") {
        at_ += sign->utf8.size();
      } else if (begins_number()) {
        read_number();
      } else if (continues_word(out_.text, at_)) {
        read_word();
      } else {
        read_mark(sign);
      }
      if (!out_.tokens.empty() && out_.tokens.back().span.begin == begin) finish(begin);
    }
    return std::move(out_);
  }

 private:
  RuleToken begun(RuleTokenKind kind) const {
    RuleToken token;
    token.kind = kind;
    token.span = {at_, at_};
    return token;
  }

  void finish(std::size_t begin) {
    RuleToken& token = out_.tokens.back();
    token.span.end = at_;
    const std::size_t n = out_.tokens.size();
    token.touches_last = n > 1 && out_.tokens[n - 2].span.end == begin;
  }

  bool begins_number() const {
    const std::string_view text = out_.text;
    if (is_digit(text[at_])) return true;
    // ".5", but not the end of "p.5".
    const bool is_free = at_ == 0 || !(continues_word(text, at_ - 1) || text[at_ - 1] == '.');
    return text[at_] == '.' && is_free && at_ + 1 < text.size() && is_digit(text[at_ + 1]);
  }

  /// Bytes of a decimal point at `at_` that digits stand behind; else 0.
  std::size_t point_here() const {
    const std::string_view text = out_.text;
    if (at_ >= text.size()) return 0;
    std::size_t n = text[at_] == '.' ? 1 : 0;
    if (text.substr(at_).starts_with("\u00b7")) n = 2;
    return n > 0 && at_ + n < text.size() && is_digit(text[at_ + n]) ? n : 0;
  }

  /// True for ",ddd" that no digit follows.
  bool group_here() const {
    const std::string_view text = out_.text;
    if (at_ + 3 >= text.size() || text[at_] != ',') return false;
    for (std::size_t i = 1; i <= 3; ++i) {
      if (!is_digit(text[at_ + i])) return false;
    }
    return at_ + 4 >= text.size() || !is_digit(text[at_ + 4]);
  }

  void take_digits(RuleToken& token, double scale) {
    std::size_t n = 0;
    for (; at_ < out_.text.size() && is_digit(out_.text[at_]); ++at_, ++n) {
      if (n >= kMostDigits) continue;
      const double digit = out_.text[at_] - '0';
      if (scale == 1) {
        token.value = token.value * 10 + digit;
      } else {
        // Divided once at the end, so that 0.1 is the 0.1 of everybody.
        fraction_ = fraction_ * 10 + digit;
        ++token.n_decimals;
      }
    }
  }

  void read_number() {
    RuleToken token = begun(RuleTokenKind::kNumber);
    const std::size_t begin = at_;
    take_digits(token, 1);
    while (at_ - begin <= kMostDigits && group_here()) {
      ++at_;
      token.has_groups = true;
      take_digits(token, 1);
    }
    if (const std::size_t n = point_here(); n > 0) {
      at_ += n;
      fraction_ = 0;
      take_digits(token, 0.1);
      double scale = 1;
      for (int i = 0; i < token.n_decimals; ++i) scale *= 10;
      token.value = (token.value * scale + fraction_) / scale;
    }
    out_.tokens.push_back(std::move(token));
  }

  void read_word() {
    RuleToken token = begun(RuleTokenKind::kWord);
    while (true) {
      const std::size_t quote = apostrophe_at(out_.text, at_);
      if (quote > 0 && continues_word(out_.text, at_ + quote)) {
        token.text += '\'';
        at_ += quote;
      } else if (!continues_word(out_.text, at_)) {
        break;
      }
      take_letter(token.text);
    }
    if (std::find(kEmptyWords.begin(), kEmptyWords.end(), token.text) == kEmptyWords.end()) {
      token.stem = stem_of(token.text);
    }
    out_.tokens.push_back(std::move(token));
  }

  void take_letter(std::string& word) {
    const std::string_view rest = out_.text.substr(at_);
    if (rest.starts_with("\u00b5") || rest.starts_with("\u03bc")) {
      word += 'u';
      at_ += 2;
      return;
    }
    const char c = out_.text[at_++];
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }

  std::string stem_of(const std::string& word) {
    if (word.size() > kLongestStem || !is_valid_utf8(word)) return word;
    return std::string(stemmer_.stem(word));
  }

  void read_mark(const Sign* sign) {
    RuleToken token = begun(RuleTokenKind::kMark);
    const std::string_view rest = out_.text.substr(at_);
    if (sign != nullptr) {
      token.text.append(sign->ascii);
      at_ += sign->utf8.size();
    } else if (rest.starts_with("<=") || rest.starts_with(">=")) {
      token.text.append(rest.substr(0, 2));
      at_ += 2;
    } else {
      token.text.append(rest.substr(0, 1));
      ++at_;
    }
    out_.tokens.push_back(std::move(token));
  }

  RuleText out_;
  std::size_t at_ = 0;
  double fraction_ = 0;
  text::PorterStemmer stemmer_;
};

}  // namespace

const RuleToken& RuleText::at(std::size_t i) const {
  static const RuleToken kNothing;
  return i < tokens.size() ? tokens[i] : kNothing;
}

bool RuleText::is_word(std::size_t i, std::string_view word) const {
  return at(i).kind == RuleTokenKind::kWord && at(i).text == word;
}

bool RuleText::is_mark(std::size_t i, std::string_view mark) const {
  return i < tokens.size() && tokens[i].kind == RuleTokenKind::kMark && tokens[i].text == mark;
}

RuleText read_rule_text(std::string_view text) { return Reader(text).read(); }

}  // namespace quern::apps
