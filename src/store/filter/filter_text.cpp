// text_from_filter: the one way to write a filter.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "store/filter/filter.h"

namespace quern::store {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

bool is_chain(const Filter& filter) {
  return filter.op == FilterOp::kAnd || filter.op == FilterOp::kOr;
}

std::string in_quotes(std::string_view text) {
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

std::string text_from_filter(const Filter& filter, std::span<const Attribute> attributes) {
  switch (filter.op) {
    case FilterOp::kText:
      return filter.name + " = " + in_quotes(filter.text);
    case FilterOp::kPrefix:
      return filter.name + " starts " + in_quotes(filter.text);
    case FilterOp::kKeyPrefix:
      return "key starts " + in_quotes(filter.text);
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
