// parse_filter, by descent:
//
//   any    = all {"or" all}
//   all    = one {"and" one}
//   one    = "not" one | "(" any ")" | flag | name compare value | name "starts" string
//          | name "in" "(" value {"," value} ")"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/edit_distance.h"
#include "store/filter/filter.h"
#include "store/filter/filter_lexer.h"

namespace quern::store {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::string lower_case(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

class Parser {
 public:
  Parser(std::string_view text, std::span<const Attribute> attributes)
      : lexer_(text), attributes_(attributes) {}

  Result<Filter> parse() {
    QUERN_TRY(advance());
    QUERN_ASSIGN(Filter filter, any(0));
    if (token_.kind != FilterTokenKind::kEnd) return wanted("and, or, or the end");
    return filter;
  }

 private:
  Status advance() {
    QUERN_ASSIGN(token_, lexer_.next());
    return {};
  }

  Status wanted(std::string_view what) const {
    const bool is_quoted = token_.kind != FilterTokenKind::kEnd;
    return filter_error(token_.at, fmt::format("got {}{:.64}{}, want {}", is_quoted ? "'" : "",
                                               token_.text, is_quoted ? "'" : "", what));
  }

  bool is_sign(std::string_view sign) const {
    return token_.kind == FilterTokenKind::kSign && token_.text == sign;
  }
  bool is_word(std::string_view word) const {
    return token_.kind == FilterTokenKind::kWord && lower_case(token_.text) == word;
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
    if (token_.kind != FilterTokenKind::kWord) return wanted("an attribute, not, or '('");
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
    if (token_.kind == FilterTokenKind::kSign && !is_sign("(") && !is_sign(")") && !is_sign(",")) {
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
    return filter_error(token_.at,
                        fmt::format("there is no attribute '{:.64}'{}", token_.text, near));
  }

  Result<Filter> beginning(FilterOp op, std::string name) {
    if (!is_word("starts")) return wanted("'starts'");
    QUERN_TRY(advance());
    if (token_.kind != FilterTokenKind::kString) return wanted("a string in double quotes");
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
      if (token_.kind != FilterTokenKind::kString) return wanted("a string in double quotes");
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
      return filter_error(at, fmt::format("a {} has no order: want =, != or in",
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
    if (type == AttributeType::kDate && token_.kind == FilterTokenKind::kString) {
      auto seconds = seconds_from_date(token_.text);
      if (!seconds.ok()) return filter_error(token_.at, seconds.status().message());
      return seconds;
    }
    if (token_.kind != FilterTokenKind::kNumber) {
      return wanted(type == AttributeType::kDate ? "a date in double quotes" : "a whole number");
    }
    std::int64_t value = 0;
    const char* end = token_.text.data() + token_.text.size();
    const auto [at, error] = std::from_chars(token_.text.data(), end, value);
    if (error != std::errc() || at != end) return wanted("a whole number of 64 bits");
    return value;
  }

  FilterLexer lexer_;
  std::span<const Attribute> attributes_;
  FilterToken token_;
  int n_nodes_ = 0;
};

}  // namespace

Result<Filter> parse_filter(std::string_view text, std::span<const Attribute> attributes) {
  if (text.size() > kMaxFilterBytes) {
    return {Code::kTooLarge,
            fmt::format("the filter has {} bytes, the most is {}", text.size(), kMaxFilterBytes)};
  }
  return Parser(text, attributes).parse();
}

}  // namespace quern::store
