#include "jinja/lexer.h"

#include <algorithm>

#include "base/char_class.h"
#include "base/utf8.h"

namespace quern::jinja {
namespace {

using Kind = Token::Kind;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

// Newlines as \n, and without one at the very end, as jinja2 reads a source.
std::string normal_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  Result<std::vector<Token>> run() {
    while (pos_ < source_.size()) {
      const std::size_t tag = find_tag();
      add_text(tag);
      if (tag == std::string::npos) break;
      QUERN_TRY(lex_tag());
    }
    add(Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return std::string_view(source_).substr(pos_); }

  void advance(std::size_t n) {
    line_ +=
        static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(pos_),
                                    source_.begin() + static_cast<std::ptrdiff_t>(pos_ + n), '\n'));
    pos_ += n;
  }

  void add(Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  Status error(const std::string& what) const {
    return {Code::kBadInput, "template line " + std::to_string(line_) + ": " + what};
  }

  std::size_t find_tag() const {
    for (std::size_t at = pos_; (at = source_.find('{', at)) != std::string::npos; ++at) {
      if (at + 1 < source_.size() &&
          std::string_view("{%#").find(source_[at + 1]) != std::string_view::npos) {
        return at;
      }
    }
    return std::string::npos;
  }

  // The text up to the tag at `end`, stripped as the tag says.
  void add_text(std::size_t end) {
    const bool has_tag = end != std::string::npos;
    std::string text = source_.substr(pos_, has_tag ? end - pos_ : std::string::npos);
    const std::size_t n = text.size();
    const char sign = has_tag && end + 2 < source_.size() ? source_[end + 2] : '\0';
    if (has_tag && sign == '-') {
      while (!text.empty() && is_blank(text.back())) text.pop_back();
    } else if (has_tag && sign != '+' && source_[end + 1] != '{') {
      const std::size_t line_start = text.rfind('\n') + 1;  // npos + 1 is 0.
      const bool is_line = line_start > 0 || at_line_start_;
      if (is_line && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(line_start), text.end(),
                                 is_blank)) {
        text.resize(line_start);
      }
    }
    if (!text.empty()) add(Kind::kText, text);
    advance(n);
  }

  // After a tag: "-" takes the white space that follows, a block's or comment's end a newline.
  void end_tag(char sign, bool trims) {
    at_line_start_ = false;
    if (sign == '-') {
      std::size_t n = 0;
      while (n < rest().size() && is_blank(rest()[n])) ++n;
      at_line_start_ = n > 0 && rest()[n - 1] == '\n';
      advance(n);
    } else if (trims && sign != '+' && rest().starts_with('\n')) {
      at_line_start_ = true;
      advance(1);
    }
  }

  Status lex_tag() {
    const char type = source_[pos_ + 1];
    if (type == '#') return lex_comment();
    advance(2);
    if (rest().starts_with('-') || rest().starts_with('+')) advance(1);
    if (type == '%' && is_raw_begin()) return lex_raw();
    add(type == '%' ? Kind::kBlockBegin : Kind::kPrintBegin, "");
    return lex_code(type == '%' ? "%}" : "}}", type == '%' ? Kind::kBlockEnd : Kind::kPrintEnd);
  }

  Status lex_comment() {
    const std::size_t end = source_.find("#}", pos_ + 2);
    if (end == std::string::npos) return error("comment without end");
    const char sign = source_[end - 1];
    advance(end + 2 - pos_);
    end_tag(sign, true);
    return {};
  }

  // Matches [ws] word [ws] [-+]%} and returns its bytes, or 0.
  std::size_t match_block(std::string_view word, std::size_t from, char& sign) const {
    std::size_t i = from;
    while (i < source_.size() && is_blank(source_[i])) ++i;
    if (!std::string_view(source_).substr(i).starts_with(word)) return 0;
    i += word.size();
    while (i < source_.size() && is_blank(source_[i])) ++i;
    sign = i < source_.size() && (source_[i] == '-' || source_[i] == '+') ? source_[i] : '\0';
    if (sign != '\0') ++i;
    return std::string_view(source_).substr(i).starts_with("%}") ? i + 2 - from : 0;
  }

  bool is_raw_begin() const {
    char sign;
    return match_block("raw", pos_, sign) != 0;
  }

  Status lex_raw() {
    char sign = '\0';
    advance(match_block("raw", pos_, sign));
    end_tag(sign, false);  // Only the end of a raw block takes the newline behind it.
    for (std::size_t at = pos_; (at = source_.find("{%", at)) != std::string::npos; ++at) {
      std::size_t from = at + 2;
      const char open = from < source_.size() ? source_[from] : '\0';
      if (open == '-' || open == '+') ++from;
      const std::size_t n = match_block("endraw", from, sign);
      if (n == 0) continue;
      add_text(at);
      advance(from + n - pos_);
      end_tag(sign, true);
      return {};
    }
    return error("raw block without end");
  }

  Status lex_code(std::string_view end, Kind end_kind) {
    int n_open = 0;  // Brackets: inside them "}}" may close two dicts.
    for (;;) {
      while (pos_ < source_.size() && is_blank(source_[pos_])) advance(1);
      if (pos_ >= source_.size()) return error("tag without end");
      const bool signed_end = rest().size() > 2 && rest().substr(1).starts_with(end) &&
                              (rest()[0] == '-' || (rest()[0] == '+' && end == "%}"));
      if (n_open == 0 && (signed_end || rest().starts_with(end))) {
        const char sign = signed_end ? rest()[0] : '\0';
        add(end_kind, "");
        advance(signed_end ? 3 : 2);
        end_tag(sign, end == "%}");
        return {};
      }
      QUERN_TRY(lex_token(n_open));
    }
  }

  Status lex_token(int& n_open) {
    const char c = source_[pos_];
    if (c == '"' || c == '\'') return lex_string(c);
    if (is_digit(c)) return lex_number();
    if (is_name_start(c)) {
      std::size_t n = 1;
      while (n < rest().size() && (is_name_start(rest()[n]) || is_digit(rest()[n]))) ++n;
      add(Kind::kName, std::string(rest().substr(0, n)));
      advance(n);
      return {};
    }
    for (const std::string_view two : {"==", "!=", "<=", ">=", "//", "**"}) {
      if (!rest().starts_with(two)) continue;
      add(Kind::kSymbol, std::string(two));
      advance(2);
      return {};
    }
    if (std::string_view("+-*/%~<>=()[]{},.:|").find(c) == std::string_view::npos) {
      return error("unexpected character '" + std::string(1, c) + "'");
    }
    if (c == '(' || c == '[' || c == '{') ++n_open;
    if ((c == ')' || c == ']' || c == '}') && --n_open < 0) return error("unbalanced bracket");
    add(Kind::kSymbol, std::string(1, c));
    advance(1);
    return {};
  }

  Status lex_number() {
    std::size_t n = 0;
    const auto digits = [&] {
      while (n < rest().size() && (is_digit(rest()[n]) || rest()[n] == '_')) ++n;
    };
    digits();
    Kind kind = Kind::kInt;
    if (n + 1 < rest().size() && rest()[n] == '.' && is_digit(rest()[n + 1])) {
      kind = Kind::kFloat;
      ++n;
      digits();
    }
    if (n + 1 < rest().size() && (rest()[n] == 'e' || rest()[n] == 'E')) {
      const std::size_t sign = rest()[n + 1] == '-' || rest()[n + 1] == '+' ? 1 : 0;
      if (n + 1 + sign < rest().size() && is_digit(rest()[n + 1 + sign])) {
        kind = Kind::kFloat;
        n += 1 + sign;
        digits();
      }
    }
    std::string text(rest().substr(0, n));
    std::erase(text, '_');
    add(kind, std::move(text));
    advance(n);
    return {};
  }

  Status lex_string(char quote) {
    std::string text;
    std::size_t i = 1;
    for (; i < rest().size() && rest()[i] != quote; ++i) {
      if (rest()[i] != '\\' || i + 1 >= rest().size()) {
        text += rest()[i];
        continue;
      }
      i += append_escape(rest().substr(i + 1), text);
    }
    if (i >= rest().size()) return error("string without end");
    add(Kind::kString, std::move(text));
    advance(i + 1);
    return {};
  }

  // Python's escapes; returns the bytes after the backslash that belong to it.
  static std::size_t append_escape(std::string_view after, std::string& out) {
    const std::string_view names = "ntrbfav0\\'\"";
    const std::string_view values("\n\t\r\b\f\a\v\0\\'\"", 11);
    const char c = after[0];
    const std::size_t n_hex = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (n_hex > 0 && after.size() > n_hex) {
      CodePoint code = 0;
      const auto is_hex = [](char h) {
        return is_digit(h) || (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F');
      };
      if (std::all_of(after.begin() + 1, after.begin() + 1 + static_cast<std::ptrdiff_t>(n_hex),
                      is_hex)) {
        code = static_cast<CodePoint>(std::stoul(std::string(after.substr(1, n_hex)), nullptr, 16));
        const bool is_char = code < 0x110000 && !(code >= 0xD800 && code < 0xE000);
        append_utf8(is_char ? code : kReplacement, out);
        return n_hex + 1;
      }
    }
    if (c == '\n') return 1;  // A continued line.
    const std::size_t known = names.find(c);
    if (known == std::string_view::npos) out += '\\';
    out += known == std::string_view::npos ? c : values[known];
    return 1;
  }

  const std::string source_;
  std::size_t pos_ = 0;
  int line_ = 1;
  bool at_line_start_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> lex_template(std::string_view source) {
  return Lexer(normal_newlines(source)).run();
}

}  // namespace quern::jinja
