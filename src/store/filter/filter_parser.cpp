// parse_filter, by descent:
//
//   any    = all {"or" all}
//   all    = one {"and" one}
//   one    = "not" one | "(" any ")" | flag | name compare value | name "in" "(" value {"," value}
//   ")"
//          | name "starts" string

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/edit_distance.h"
#include "store/filter/filter.h"

namespace quern::store {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

enum class TokenKind { kEnd, kWord, kString, kNumber, kSign };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // Of a string, without its quotes and escapes.
  std::size_t at = 0;
};

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

std::string lower_case(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Status error_at(std::size_t at, std::string_view what) {
  return {Code::kBadInput, fmt::format("filter, byte {}: {}", at, what)};
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<Token> next() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
    if (at_ == text_.size()) return Token{.kind = TokenKind::kEnd, .text = "the end", .at = at_};
    const char c = text_[at_];
    if (c == '"') return string();
    if (is_word_char(c)) return word();
    return sign();
  }

 private:
  Result<Token> string() {
    Token token{.kind = TokenKind::kString, .text = {}, .at = at_};
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      char c = text_[i];
      if (c == '"') {
        at_ = i + 1;
        return token;
      }
      if (c == '\\') {
        if (++i == text_.size()) break;
        c = text_[i];
        if (c != '"' && c != '\\') return error_at(i, "want \\\" or \\\\ after a backslash");
      }
      token.text.push_back(c);
    }
    return error_at(token.at, "a string without its closing quote");
  }

  Result<Token> word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    const bool is_number = word[0] == '-' || (word[0] >= '0' && word[0] <= '9');
    return Token{.kind = is_number ? TokenKind::kNumber : TokenKind::kWord,
                 .text = std::string(word),
                 .at = begin};
  }

  Result<Token> sign() {
    for (const std::string_view sign : {"!=", "<=", ">=", "==", "=", "<", ">", "(", ")", ","}) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      const std::size_t begin = at_;
      at_ += sign.size();
      return Token{
          .kind = TokenKind::kSign, .text = sign == "==" ? "=" : std::string(sign), .at = begin};
    }
    return error_at(at_, "a character that no filter has");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  Parser(std::string_view text, std::span<const Attribute> attributes)
      : lexer_(text), attributes_(attributes) {}

  Result<Filter> parse() {
    QUERN_TRY(advance());
    QUERN_ASSIGN(Filter filter, any(0));
    if (token_.kind != TokenKind::kEnd) return wanted("and, or, or the end");
    return filter;
  }

 private:
  Status advance() {
    QUERN_ASSIGN(token_, lexer_.next());
    return {};
  }

  Status wanted(std::string_view what) const {
    const bool is_quoted = token_.kind != TokenKind::kEnd;
    return error_at(token_.at, fmt::format("got {}{:.64}{}, want {}", is_quoted ? "'" : "",
                                           token_.text, is_quoted ? "'" : "", what));
  }

  bool is_sign(std::string_view sign) const {
    return token_.kind == TokenKind::kSign && token_.text == sign;
  }
  bool is_word(std::string_view word) const {
    return token_.kind == TokenKind::kWord && lower_case(token_.text) == word;
  }

  Status take_sign(std::string_view sign) {
    if (!is_sign(sign)) return wanted(fmt::format("'{}'", sign));
    return advance();
  }

  Status count_node() {
    if (++n_nodes_ <= kMaxFilterNodes) return {};
    return {Code::kTooLarge, fmt::format("the filter has more than {} parts", kMaxFilterNodes)};
  }

  Result<Filter> any(int depth) { return chain(depth, FilterOp::kOr, "or"); }

  /// Parts joined by `word`; one part stands for itself.
  Result<Filter> chain(int depth, FilterOp op, std::string_view word) {
    Filter filter{.op = op, .parts = {}, .name = {}, .text = {}, .range = {}};
    for (;;) {
      QUERN_ASSIGN(Filter part,
                   op == FilterOp::kOr ? chain(depth, FilterOp::kAnd, "and") : one(depth));
      filter.parts.push_back(std::move(part));
      if (!is_word(word)) break;
      QUERN_TRY(advance());
    }
    return joined(std::move(filter));
  }

  /// `a or (b or c)` is `a or b or c`.
  Result<Filter> joined(Filter filter) {
    if (filter.parts.size() == 1) {
      Filter only = std::move(filter.parts[0]);
      return only;
    }
    QUERN_TRY(count_node());
    std::vector<Filter> flat;
    for (Filter& part : filter.parts) {
      if (part.op == filter.op) {
        std::move(part.parts.begin(), part.parts.end(), std::back_inserter(flat));
      } else {
        flat.push_back(std::move(part));
      }
    }
    filter.parts = std::move(flat);
    return filter;
  }

  Result<Filter> one(int depth) {
    if (depth >= kMaxFilterDepth) {
      return {Code::kTooLarge, fmt::format("the filter is nested deeper than {}", kMaxFilterDepth)};
    }
    QUERN_TRY(count_node());
    if (is_sign("(")) {
      QUERN_TRY(advance());
      QUERN_ASSIGN(Filter inner, any(depth + 1));
      QUERN_TRY(take_sign(")"));
      return inner;
    }
    if (is_word("not")) {
      QUERN_TRY(advance());
      QUERN_ASSIGN(Filter part, one(depth + 1));
      return negated(std::move(part));
    }
    if (token_.kind != TokenKind::kWord) return wanted("an attribute, not, or '('");
    return comparison();
  }

  static Filter negated(Filter part) {
    Filter filter{.op = FilterOp::kNot, .parts = {}, .name = {}, .text = {}, .range = {}};
    filter.parts.push_back(std::move(part));
    return filter;
  }

  Result<Filter> comparison() {
    if (token_.text == "key") {
      QUERN_TRY(advance());
      return beginning(FilterOp::kKeyPrefix, {});
    }
    QUERN_ASSIGN(const Attribute attribute, attribute_here());
    QUERN_TRY(advance());
    if (is_word("in")) return one_of(attribute);
    if (is_word("starts")) {
      if (attribute.type != AttributeType::kKeyword) {
        return wanted(fmt::format("a comparison: '{}' is no keyword", attribute.name));
      }
      return beginning(FilterOp::kPrefix, attribute.name);
    }
    if (token_.kind == TokenKind::kSign && !is_sign("(") && !is_sign(")") && !is_sign(",")) {
      return compared(attribute);
    }
    if (attribute.type != AttributeType::kFlag) {
      return wanted(fmt::format("a comparison after '{}', a {}", attribute.name,
                                attribute_type_name(attribute.type)));
    }
    return Filter{
        .op = FilterOp::kRange, .parts = {}, .name = attribute.name, .text = {}, .range = {1, 1}};
  }

  Result<Attribute> attribute_here() const {
    std::vector<std::string> names;
    for (const Attribute& attribute : attributes_) {
      if (attribute.name == token_.text) return attribute;
      names.push_back(attribute.name);
    }
    std::string near;
    for (const std::string& name : nearest_names(token_.text, names, 3)) {
      near += fmt::format("{}'{}'", near.empty() ? ", did you mean " : " or ", name);
    }
    return error_at(token_.at, fmt::format("there is no attribute '{:.64}'{}", token_.text, near));
  }

  Result<Filter> beginning(FilterOp op, std::string name) {
    if (!is_word("starts")) return wanted("'starts'");
    QUERN_TRY(advance());
    if (token_.kind != TokenKind::kString) return wanted("a string in double quotes");
    Filter filter{.op = op, .parts = {}, .name = std::move(name), .text = token_.text, .range = {}};
    QUERN_TRY(advance());
    return filter;
  }

  Result<Filter> one_of(const Attribute& attribute) {
    QUERN_TRY(advance());
    QUERN_TRY(take_sign("("));
    Filter filter{.op = FilterOp::kOr, .parts = {}, .name = {}, .text = {}, .range = {}};
    for (;;) {
      QUERN_TRY(count_node());
      QUERN_ASSIGN(Filter part, equal_to(attribute));
      filter.parts.push_back(std::move(part));
      if (!is_sign(",")) break;
      QUERN_TRY(advance());
    }
    QUERN_TRY(take_sign(")"));
    return joined(std::move(filter));
  }

  /// The value here, equal to the attribute's.
  Result<Filter> equal_to(const Attribute& attribute) {
    Filter filter{
        .op = FilterOp::kText, .parts = {}, .name = attribute.name, .text = {}, .range = {}};
    if (attribute.type == AttributeType::kKeyword) {
      if (token_.kind != TokenKind::kString) return wanted("a string in double quotes");
      filter.text = token_.text;
    } else {
      QUERN_ASSIGN(const std::int64_t value, number_here(attribute.type));
      filter.op = FilterOp::kRange;
      filter.range = {value, value};
    }
    QUERN_TRY(advance());
    return filter;
  }

  Result<Filter> compared(const Attribute& attribute) {
    const std::string sign = token_.text;
    const std::size_t at = token_.at;
    QUERN_TRY(advance());
    QUERN_ASSIGN(Filter filter, equal_to(attribute));
    if (sign == "=") return filter;
    if (sign == "!=") return negated(std::move(filter));
    if (filter.op != FilterOp::kRange || attribute.type == AttributeType::kFlag) {
      return error_at(at, fmt::format("a {} has no order: want =, != or in",
                                      attribute_type_name(attribute.type)));
    }
    const std::int64_t value = filter.range.low;
    if (sign == "<=") filter.range = {kLeast, value};
    if (sign == ">=") filter.range = {value, kMost};
    if (sign == "<") filter.range = value == kLeast ? ValueRange{} : ValueRange{kLeast, value - 1};
    if (sign == ">") filter.range = value == kMost ? ValueRange{} : ValueRange{value + 1, kMost};
    return filter;
  }

  Result<std::int64_t> number_here(AttributeType type) const {
    if (type == AttributeType::kFlag) {
      if (is_word("true")) return 1;
      if (is_word("false")) return 0;
      return wanted("true or false");
    }
    if (type == AttributeType::kDate && token_.kind == TokenKind::kString) {
      auto seconds = seconds_from_date(token_.text);
      if (!seconds.ok()) return error_at(token_.at, seconds.status().message());
      return seconds;
    }
    if (token_.kind != TokenKind::kNumber) {
      return wanted(type == AttributeType::kDate ? "a date in double quotes" : "a whole number");
    }
    std::int64_t value = 0;
    const char* end = token_.text.data() + token_.text.size();
    const auto [at, error] = std::from_chars(token_.text.data(), end, value);
    if (error != std::errc() || at != end) return wanted("a whole number of 64 bits");
    return value;
  }

  Lexer lexer_;
  std::span<const Attribute> attributes_;
  Token token_;
  int n_nodes_ = 0;
};

bool is_chain(const Filter& filter) {
  return filter.op == FilterOp::kAnd || filter.op == FilterOp::kOr;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string text_of_range(const Filter& filter, AttributeType type) {
  const auto [low, high] = filter.range;
  if (type == AttributeType::kFlag) return filter.name + (low == 1 ? " = true" : " = false");
  // Seconds are as good as a date, and have one form.
  if (low == high) return fmt::format("{} = {}", filter.name, low);
  if (low > high) return fmt::format("{} < {}", filter.name, kLeast);
  if (low == kLeast) return fmt::format("{} <= {}", filter.name, high);
  return fmt::format("{} >= {}", filter.name, low);
}

}  // namespace

Result<Filter> parse_filter(std::string_view text, std::span<const Attribute> attributes) {
  if (text.size() > kMaxFilterBytes) {
    return {Code::kTooLarge,
            fmt::format("the filter has {} bytes, the most is {}", text.size(), kMaxFilterBytes)};
  }
  return Parser(text, attributes).parse();
}

std::string text_from_filter(const Filter& filter, std::span<const Attribute> attributes) {
  switch (filter.op) {
    case FilterOp::kText:
      return filter.name + " = " + quoted(filter.text);
    case FilterOp::kPrefix:
      return filter.name + " starts " + quoted(filter.text);
    case FilterOp::kKeyPrefix:
      return "key starts " + quoted(filter.text);
    case FilterOp::kRange: {
      const auto at = std::find_if(attributes.begin(), attributes.end(),
                                   [&](const Attribute& a) { return a.name == filter.name; });
      return text_of_range(filter, at == attributes.end() ? AttributeType::kInteger : at->type);
    }
    case FilterOp::kNot: {
      const std::string inner = text_from_filter(filter.parts[0], attributes);
      return is_chain(filter.parts[0]) ? "not (" + inner + ")" : "not " + inner;
    }
    case FilterOp::kAnd:
    case FilterOp::kOr:
      break;
  }
  std::string out;
  for (const Filter& part : filter.parts) {
    if (!out.empty()) out += filter.op == FilterOp::kAnd ? " and " : " or ";
    const std::string inner = text_from_filter(part, attributes);
    out += part.op == FilterOp::kOr ? "(" + inner + ")" : inner;
  }
  return out;
}

}  // namespace quern::store
