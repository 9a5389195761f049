// From a bulk query's text to its tree.

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/boolean_query.h"

namespace quern::apps {
namespace {

// What is written without a number.
constexpr int kUsualEdits = 2;
constexpr int kMostEdits = 2;
constexpr int kMostSlop = 1000;

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }
bool ends_word(char c) { return is_blank(c) || c == '(' || c == ')' || c == '|' || c == '"'; }

/// Reads a query as the vendor's engine does: whatever is missing at the end is thought of, a sign
/// without anything behind it is passed over.
class BooleanParser {
 public:
  explicit BooleanParser(std::string_view text) : text_(text) {}

  Result<BooleanQuery> parse() {
    std::vector<BooleanQuery> parts;  // Parted by brackets that nothing opened.
    while (true) {
      QUERN_ASSIGN(BooleanQuery part, read_any(0));
      parts.push_back(std::move(part));
      if (at_ == text_.size()) return joined(BooleanOp::kAnd, std::move(parts));
      ++at_;
    }
  }

 private:
  /// Without parts that are empty themselves.
  static BooleanQuery joined(BooleanOp op, std::vector<BooleanQuery> parts) {
    BooleanQuery out{.op = op};
    for (BooleanQuery& part : parts) {
      const bool is_empty = part.op <= BooleanOp::kOr && part.parts.empty();
      if (!is_empty) out.parts.push_back(std::move(part));
    }
    if (out.parts.empty()) return BooleanQuery();
    if (out.parts.size() != 1) return out;
    BooleanQuery only = std::move(out.parts[0]);
    return only;
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  Result<BooleanQuery> read_any(int depth) {
    std::vector<BooleanQuery> parts;
    while (true) {
      QUERN_ASSIGN(BooleanQuery all, read_all(depth));
      parts.push_back(std::move(all));
      if (!is_at('|')) return joined(BooleanOp::kOr, std::move(parts));
      ++at_;
    }
  }

  Result<BooleanQuery> read_all(int depth) {
    std::vector<BooleanQuery> parts;
    while (true) {
      skip_blanks();
      if (at_ == text_.size() || is_at('|') || is_at(')')) {
        return joined(BooleanOp::kAnd, std::move(parts));
      }
      if (is_at('+')) {
        ++at_;
        continue;
      }
      QUERN_ASSIGN(BooleanQuery one, read_one(depth));
      parts.push_back(std::move(one));
    }
  }

  Result<BooleanQuery> read_one(int depth) {
    if (depth > kMaxBooleanDepth) {
      return {Code::kBadInput, fmt::format("at byte {}: more than {} brackets and signs stand in "
                                           "each other",
                                           at_, kMaxBooleanDepth)};
    }
    if (is_at('-')) {
      ++at_;
      if (at_ == text_.size() || is_blank(text_[at_])) return BooleanQuery();
      QUERN_ASSIGN(BooleanQuery not_it, read_one(depth + 1));
      const bool is_empty = not_it.op <= BooleanOp::kOr && not_it.parts.empty();
      if (is_empty) return not_it;
      BooleanQuery out{.op = BooleanOp::kNot};
      out.parts.push_back(std::move(not_it));
      return out;
    }
    if (is_at('(')) {
      ++at_;
      QUERN_ASSIGN(BooleanQuery inner, read_any(depth + 1));
      if (is_at(')')) ++at_;
      return inner;
    }
    return is_at('"') ? read_phrase() : read_word();
  }

  BooleanQuery read_phrase() {
    const std::size_t begin = ++at_;
    at_ = std::min(text_.find('"', begin), text_.size());
    BooleanQuery out{.op = BooleanOp::kPhrase,
                     .text = std::string(text_.substr(begin, at_ - begin))};
    if (at_ < text_.size()) ++at_;
    if (is_at('~')) {
      ++at_;
      out.distance = std::min(read_number().value_or(kUsualEdits), kMostSlop);
    }
    return out;
  }

  BooleanQuery read_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ends_word(text_[at_])) ++at_;
    std::string_view word = text_.substr(begin, at_ - begin);
    BooleanQuery out{.op = BooleanOp::kWord};
    const std::size_t tilde = word.rfind('~');
    if (tilde != word.npos && tilde > 0) {
      const std::string_view digits = word.substr(tilde + 1);
      int edits = kUsualEdits;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), edits);
      if (digits.empty() || (read.ec == std::errc() && read.ptr == digits.data() + digits.size())) {
        out.op = BooleanOp::kFuzzy;
        out.distance = std::clamp(edits, 0, kMostEdits);
        word = word.substr(0, tilde);
      }
    } else if (word.size() > 1 && word.back() == '*') {
      out.op = BooleanOp::kPrefix;
      word.remove_suffix(1);
    }
    out.text = word;
    return out;
  }

  std::optional<int> read_number() {
    int number = 0;
    const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (read.ec == std::errc::result_out_of_range) number = kMostSlop;
    if (read.ec == std::errc::invalid_argument || number < 0) return {};
    at_ = static_cast<std::size_t>(read.ptr - text_.data());
    return number;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<BooleanQuery> parse_boolean_query(std::string_view text) {
  if (text.size() > kMaxBooleanQueryBytes) {
    return {Code::kTooLarge,
            fmt::format("a query of {} bytes, at most {}", text.size(), kMaxBooleanQueryBytes)};
  }
  return BooleanParser(text).parse();
}

}  // namespace quern::apps
