#include "text/pipeline/oniguruma_syntax.h"

#include <cctype>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace quern::text {
namespace {

// What stands in brackets for \w alone, which has the fractions and powers of Latin-1 too, and for
// \w in a class, which has not.
constexpr std::string_view kWordInClass = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view kWord =
    "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
constexpr std::string_view kHex = "0-9a-fA-F";
constexpr int kMaxClassDepth = 32;
constexpr std::size_t kMaxPosixBytes = 12;

// Oniguruma's long names, without case, spaces, hyphens and underscores.
constexpr std::pair<std::string_view, std::string_view> kLongNames[] = {
    {"letter", "L"},
    {"lowercaseletter", "Ll"},
    {"uppercaseletter", "Lu"},
    {"titlecaseletter", "Lt"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"casedletter", "L&"},
    {"lc", "L&"},
    {"mark", "M"},
    {"combiningmark", "M"},
    {"nonspacingmark", "Mn"},
    {"spacingmark", "Mc"},
    {"enclosingmark", "Me"},
    {"number", "N"},
    {"decimalnumber", "Nd"},
    {"digit", "Nd"},
    {"letternumber", "Nl"},
    {"othernumber", "No"},
    {"punctuation", "P"},
    {"punct", "P"},
    {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"},
    {"openpunctuation", "Ps"},
    {"closepunctuation", "Pe"},
    {"initialpunctuation", "Pi"},
    {"finalpunctuation", "Pf"},
    {"otherpunctuation", "Po"},
    {"symbol", "S"},
    {"mathsymbol", "Sm"},
    {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"},
    {"othersymbol", "So"},
    {"separator", "Z"},
    {"spaceseparator", "Zs"},
    {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"},
    {"other", "C"},
    {"control", "Cc"},
    {"cntrl", "Cc"},
    {"format", "Cf"},
    {"privateuse", "Co"},
    {"unassigned", "Cn"},
    {"alpha", "Alphabetic"},
    {"alphabetic", "Alphabetic"},
    {"lower", "Lowercase"},
    {"lowercase", "Lowercase"},
    {"upper", "Uppercase"},
    {"uppercase", "Uppercase"},
    {"space", "White_Space"},
    {"whitespace", "White_Space"},
    {"any", "Any"},
    {"ascii", "ASCII"},
    {"emoji", "Emoji"},
    {"emojipresentation", "Emoji_Presentation"},
    {"extendedpictographic", "Extended_Pictographic"},
    {"ideographic", "Ideographic"},
    {"math", "Math"},
    {"dash", "Dash"},
    {"diacritic", "Diacritic"},
    {"idstart", "ID_Start"},
    {"idcontinue", "ID_Continue"},
    {"xidstart", "XID_Start"},
    {"xidcontinue", "XID_Continue"},
};

// [[:name:]] and \p{Name}: what stands in brackets. Source: Oniguruma's Unicode tables, as
// huggingface/tokenizers 0.23 was seen to apply them to all code points.
constexpr std::pair<std::string_view, std::string_view> kPosixClasses[] = {
    {"alnum", "\\p{Alphabetic}\\p{Nd}"},
    {"alpha", "\\p{Alphabetic}"},
    {"ascii", "\\x{0}-\\x{7f}"},
    {"blank", "\\p{Zs}\\t"},
    {"cntrl", "\\p{Cc}"},
    {"digit", "\\p{Nd}"},
    {"lower", "\\p{Lowercase}"},
    {"space", "\\p{White_Space}"},
    {"upper", "\\p{Uppercase}"},
    {"word", kWordInClass},
    {"xdigit", "0-9a-fA-F"},
};

std::string_view posix_items(std::string_view name) {
  for (const auto& [known, items] : kPosixClasses) {
    if (name == known) return items;
  }
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A property's name as PCRE2 and Oniguruma compare it.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

/// "Ll" of "lowercaseletter"; one or two letters are a general category, other names scripts.
std::string property_name(const std::string& plain) {
  for (const auto& [longer, shorter] : kLongNames) {
    if (plain == longer) return std::string(shorter);
  }
  return plain.size() <= 2 ? plain : "sc:" + plain;
}

Status unsupported(std::string_view what) {
  return {Code::kUnsupported, std::string(what) + " is not supported"};
}

/// A set of characters: `items` stand in brackets, each of `more` is an expression for one
/// character of its own.
struct CharSet {
  std::string items;
  std::vector<std::string> more;

  std::string expression() const {
    if (more.empty()) return items.empty() ? "(?!)" : "[" + items + "]";
    if (items.empty() && more.size() == 1) return more[0];
    std::string out = "(?:";
    if (!items.empty()) out += "[" + items + "]|";
    for (std::size_t i = 0; i < more.size(); ++i) out += (i > 0 ? "|" : "") + more[i];
    return out + ")";
  }
};

class Translator {
 public:
  explicit Translator(std::string_view in) : in_(in) {}

  Result<std::string> run() {
    while (pos_ < in_.size()) QUERN_TRY(step());
    return std::move(out_);
  }

 private:
  bool at(std::string_view text) const { return in_.substr(pos_).starts_with(text); }
  char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < in_.size() ? in_[pos_ + ahead] : '\0';
  }

  Status step() {
    switch (peek()) {
      case '\\':
        return escape();
      case '[':
        return bracket();
      case '(':
        return open_group();
      case ')':
        if (!groups_.empty()) {
          atom_ = groups_.back();
          groups_.pop_back();
        }
        out_ += in_[pos_++];
        return {};
      case '{':
        return interval();
      case '*':
      case '+':
      case '?':
      case '|':
      case '^':
      case '$':
        out_ += in_[pos_++];
        return {};
      default:
        atom_ = out_.size();
        copy_char();
        return {};
    }
  }

  void copy_char() {
    const auto n = static_cast<std::size_t>(decode_utf8(in_, pos_).n_bytes);
    out_ += in_.substr(pos_, n);
    pos_ += n;
  }

  Status open_group() {
    if (at("(*")) return unsupported("a callout (*...)");
    if (at("(?~")) return unsupported("an absent operator (?~...)");
    groups_.push_back(out_.size());
    if (!at("(?")) {
      out_ += in_[pos_++];
      return {};
    }
    const char kind = peek(2);
    const bool is_flags = is_alpha(kind) || kind == '-';
    out_ += "(?";
    pos_ += 2;
    return is_flags ? flags() : Status();
  }

  /// (?imx-imx) and (?imx-imx: ; Oniguruma's m is PCRE2's s.
  Status flags() {
    for (; pos_ < in_.size() && in_[pos_] != ')' && in_[pos_] != ':'; ++pos_) {
      const char c = in_[pos_];
      if (c != 'i' && c != 'm' && c != 'x' && c != '-') {
        return unsupported(std::string("option (?") + c + ")");
      }
      out_ += c == 'm' ? 's' : c;
    }
    return {};
  }

  /// {n}, {n,}, {n,m}, {,m}; else a brace.
  Status interval() {
    std::size_t end = pos_ + 1;
    while (end < in_.size() && (is_digit(in_[end]) || in_[end] == ',')) ++end;
    const std::string_view body = in_.substr(pos_ + 1, end - pos_ - 1);
    const std::size_t comma = body.find(',');
    const bool is_interval =
        end < in_.size() && in_[end] == '}' && !body.empty() && body != "," &&
        (comma == std::string_view::npos || body.find(',', comma + 1) == std::string_view::npos);
    if (!is_interval) {
      atom_ = out_.size();
      out_ += "\\{";
      ++pos_;
      return {};
    }
    const bool has_comma = comma != std::string_view::npos;
    pos_ = end + 1;
    // For Oniguruma {n}? and {n,m}+ repeat the repetition: the one is not lazy, nor the other
    // possessive.
    const bool repeats = peek() == '+' || (peek() == '?' && !has_comma);
    if (repeats) out_.insert(atom_, "(?:");
    out_ += "{";
    out_ += comma == 0 ? "0" : "";
    out_ += body;
    out_ += "}";
    if (repeats) out_ += ")";
    return {};
  }

  Status escape() {
    const char c = peek(1);
    atom_ = out_.size();
    if (is_digit(c) || std::string_view("AzZkg").find(c) != std::string_view::npos) {
      out_ += in_.substr(pos_, 2);
      pos_ += 2;
      return {};
    }
    if (c == 'b' || c == 'B') {
      write_boundary(c == 'b');
      pos_ += 2;
      return {};
    }
    if (c == 'R' || c == 'X' || c == 'N') {
      out_ += c == 'N' ? "[^\\n]" : in_.substr(pos_, 2);
      pos_ += 2;
      return {};
    }
    if (c == 'K' || c == 'G') return unsupported(std::string("\\") + c);
    CharSet set;
    QUERN_TRY(set_escape(set));
    // One character needs no brackets, and keeps its meaning beside a quantifier.
    const bool is_single = set.more.empty() && set.items.starts_with('\\') && !is_class_;
    out_ += is_single ? set.items : set.expression();
    return {};
  }

  void write_boundary(bool is_there) {
    const std::string word = "[" + std::string(kWord) + "]";
    const std::string behind = "(?<=" + word + ")";
    const std::string not_behind = "(?<!" + word + ")";
    const std::string ahead = "(?=" + word + ")";
    const std::string not_ahead = "(?!" + word + ")";
    out_ += is_there ? "(?:" + behind + not_ahead + "|" + not_behind + ahead + ")"
                     : "(?:" + behind + ahead + "|" + not_behind + not_ahead + ")";
  }

  std::string_view word_items() const { return class_depth_ > 0 ? kWordInClass : kWord; }

  /// An escape that stands for characters, also inside brackets. Sets is_class_ if for several.
  Status set_escape(CharSet& set) {
    const char c = peek(1);
    is_class_ = std::string_view("wWhH").find(c) != std::string_view::npos;
    switch (c) {
      case '\0':
        return {Code::kUnsupported, "a backslash at its end"};
      case 's':
      case 'S':
        set.items += c == 's' ? "\\p{White_Space}" : "\\P{White_Space}";
        break;
      case 'w':
        set.items += word_items();
        break;
      case 'h':
        set.items += kHex;
        break;
      case 'W':
        set.more.push_back("[^" + std::string(word_items()) + "]");
        break;
      case 'H':
        set.more.push_back("[^" + std::string(kHex) + "]");
        break;
      case 'O':
        set.more.push_back("(?s:.)");
        break;
      case 'v':
        set.items += "\\x0b";
        break;
      case 'b':
        set.items += "\\x08";
        break;
      case 'x':
      case 'u':
        return code_point(set);
      case 'p':
      case 'P':
        return property(set);
      case 'c':
      case 'C':
      case 'M':
        return unsupported(std::string("\\") + c);
      default:
        return literal_escape(set);
    }
    pos_ += 2;
    return {};
  }

  Status literal_escape(CharSet& set) {
    const char c = peek(1);
    if (std::string_view("dDnrtfae01234567").find(c) != std::string_view::npos) {
      set.items += in_.substr(pos_, 2);
      pos_ += 2;
      return {};
    }
    ++pos_;
    const auto n = static_cast<std::size_t>(decode_utf8(in_, pos_).n_bytes);
    const bool is_plain = is_alpha(c) || is_digit(c) || n > 1;
    set.items += is_plain ? "" : "\\";
    if (is_plain && n == 1) set.items += "\\x{" + hex_of(static_cast<unsigned char>(c)) + "}";
    if (!is_plain || n > 1) set.items += in_.substr(pos_, n);
    is_class_ = n > 1;
    pos_ += n;
    return {};
  }

  static std::string hex_of(unsigned value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (; value != 0 || out.empty(); value /= 16) out.insert(out.begin(), kDigits[value % 16]);
    return out;
  }

  /// \x{H...}, \xHH below 0x80 (a byte above that is no character), \uHHHH.
  Status code_point(CharSet& set) {
    const bool has_braces = peek(1) == 'x' && peek(2) == '{';
    const std::size_t most = has_braces ? 8 : peek(1) == 'u' ? 4 : 2;
    std::size_t at = pos_ + (has_braces ? 3 : 2);
    unsigned value = 0;
    std::size_t n = 0;
    for (; n < most && at < in_.size() && std::isxdigit(static_cast<unsigned char>(in_[at]));
         ++n, ++at) {
      const char c = in_[at];
      value = value * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    const bool is_closed = !has_braces || (at < in_.size() && in_[at] == '}');
    if (n == 0 || !is_closed || value > 0x10FFFF) return unsupported("a code point");
    if (peek(1) == 'x' && !has_braces && value >= 0x80) return unsupported("a byte by \\xHH");
    set.items += "\\x{" + hex_of(value) + "}";
    pos_ = at + (has_braces ? 1 : 0);
    return {};
  }

  /// \p{Name}, \p{^Name}, \P{Name}.
  Status property(CharSet& set) {
    const std::size_t end = in_.find('}', pos_);
    if (peek(2) != '{' || end == std::string_view::npos) return unsupported("\\p without braces");
    std::string_view name = in_.substr(pos_ + 3, end - pos_ - 3);
    bool is_negated = peek(1) == 'P';
    if (name.starts_with('^')) {
      is_negated = !is_negated;
      name.remove_prefix(1);
    }
    for (const char c : name) {
      if (!is_alpha(c) && !is_digit(c) && c != '_' && c != '-' && c != ' ' && c != '&') {
        return unsupported("property '" + std::string(name) + "'");
      }
    }
    pos_ = end + 1;
    const std::string known = plain_name(name);
    if (known == "alnum" || known == "word") {
      is_class_ = true;
      const std::string items(known == "word" ? kWord : posix_items(known));
      if (!is_negated) {
        set.items += items;
      } else {
        set.more.push_back("[^" + items + "]");
      }
      return {};
    }
    set.items += (is_negated ? "\\P{" : "\\p{") + property_name(known) + "}";
    return {};
  }

  Status bracket() {
    atom_ = out_.size();
    QUERN_ASSIGN(const CharSet set, char_set());
    out_ += set.expression();
    return {};
  }

  /// [...] from its bracket on.
  Result<CharSet> char_set() {
    if (class_depth_ == kMaxClassDepth) return unsupported("so many classes inside classes");
    ++class_depth_;
    const bool is_negated = peek(1) == '^';
    pos_ += is_negated ? 2 : 1;
    std::vector<CharSet> operands(1);
    for (bool is_first = true;; is_first = false) {
      if (pos_ >= in_.size()) return Status(Code::kUnsupported, "a class without its end");
      if (peek() == ']' && !is_first) break;
      if (at("&&")) {
        pos_ += 2;
        operands.emplace_back();
      } else {
        QUERN_TRY(set_item(operands.back()));
      }
    }
    ++pos_;
    --class_depth_;
    return combined(operands, is_negated);
  }

  static CharSet combined(const std::vector<CharSet>& operands, bool is_negated) {
    if (operands.size() == 1 && !is_negated) return operands[0];
    if (operands.size() == 1 && operands[0].more.empty()) {
      return {.items = {}, .more = {"[^" + operands[0].items + "]"}};
    }
    std::string all;
    for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
      all += "(?=" + operands[i].expression() + ")";
    }
    all += operands.back().expression();
    if (is_negated) return {.items = {}, .more = {"(?:(?!" + all + ")(?s:.))"}};
    return {.items = {}, .more = {"(?:" + all + ")"}};
  }

  Status set_item(CharSet& set) {
    if (peek() == '\\') return set_escape(set);
    if (at("[:") && in_.find(":]", pos_) < pos_ + kMaxPosixBytes) return posix_class(set);
    if (peek() == '[') {
      QUERN_ASSIGN(const CharSet inner, char_set());
      set.items += inner.items;
      set.more.insert(set.more.end(), inner.more.begin(), inner.more.end());
      return {};
    }
    if (peek() == ']' || peek() == '^') set.items += '\\';
    const auto n = static_cast<std::size_t>(decode_utf8(in_, pos_).n_bytes);
    set.items += in_.substr(pos_, n);
    pos_ += n;
    return {};
  }

  /// [:name:] or [:^name:].
  Status posix_class(CharSet& set) {
    const std::size_t end = in_.find(":]", pos_);
    std::string_view name = in_.substr(pos_ + 2, end - pos_ - 2);
    const bool is_negated = name.starts_with('^');
    if (is_negated) name.remove_prefix(1);
    // Symbols too, as \p{Punct} has not.
    const std::string_view items = name == "punct" ? "\\p{P}\\p{S}" : posix_items(name);
    if (items.empty()) return unsupported("[:" + std::string(name) + ":]");
    if (is_negated) {
      set.more.push_back("[^" + std::string(items) + "]");
    } else {
      set.items += items;
    }
    pos_ = end + 2;
    return {};
  }

  std::string_view in_;
  std::size_t pos_ = 0;
  std::string out_;
  std::size_t atom_ = 0;  // Where in out_ what a quantifier would repeat begins.
  std::vector<std::size_t> groups_;
  bool is_class_ = false;
  int class_depth_ = 0;
};

}  // namespace

Result<std::string> pcre2_from_oniguruma(std::string_view pattern) {
  return Translator(pattern).run();
}

}  // namespace quern::text
