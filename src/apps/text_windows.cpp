#include "apps/text_windows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

// A piece is cut by its bytes, not by its tokens: a little less than full, it need rarely be cut
// again.
constexpr double kFill = 0.95;
constexpr std::string_view kBlank = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Where to cut near `at`: behind the last blank of the quarter before it, else between characters.
std::size_t cut_near(std::string_view text, std::size_t at, std::size_t n_piece) {
  const std::size_t blank = text.find_last_of(kBlank, at - 1);
  if (blank != text.npos && blank + 1 + n_piece / 4 > at && blank > 0) return blank + 1;
  while (at > 0 && is_continuation_byte(text[at])) --at;
  // Of the first character all.
  while (at == 0 || (at < text.size() && is_continuation_byte(text[at]))) ++at;
  return at;
}

std::vector<std::string_view> in_pieces(std::string_view text, std::size_t n_pieces) {
  std::vector<std::string_view> out;
  while (n_pieces > 1 && text.size() > 1) {
    const std::size_t n_piece = std::max<std::size_t>(text.size() / n_pieces, 1);
    const std::size_t cut = cut_near(text, n_piece, n_piece);
    out.push_back(text.substr(0, cut));
    text.remove_prefix(cut);
    --n_pieces;
  }
  if (!text.empty()) out.push_back(text);
  return out;
}

Status append_windows(std::string_view text, int max_tokens, int n_own, const CountTokens& count,
                      std::vector<std::string_view>& out) {
  const int n = count(text);
  if (n <= max_tokens) {
    out.push_back(text);
    return {};
  }
  const double room = std::max(1.0, kFill * (max_tokens - n_own));
  const auto n_pieces = static_cast<std::size_t>(std::max(2.0, 1 + (n - n_own) / room));
  const std::vector<std::string_view> pieces = in_pieces(text, std::min(n_pieces, text.size()));
  if (pieces.size() < 2) {
    return {Code::kBadInput,
            fmt::format("a character has {} tokens, the limit is {}", n, max_tokens)};
  }
  for (const std::string_view piece : pieces) {
    const std::string_view words = trimmed(piece);
    if (!words.empty()) QUERN_TRY(append_windows(words, max_tokens, n_own, count, out));
  }
  return {};
}

// Whatever the tokenizer: one token a byte at most, and one more in front.
bool is_surely_short(std::string_view text, int max_tokens, int n_own) {
  return static_cast<double>(text.size()) + 1 <= max_tokens - n_own &&
         find_non_ascii(text, 0) == text.size();
}

double length_of(const std::vector<float>& x) {
  double sum = 0;
  for (const float value : x) sum += double{value} * value;
  return std::sqrt(sum);
}

}  // namespace

Result<std::vector<std::string_view>> text_windows(std::string_view text, int max_tokens, int n_own,
                                                   const CountTokens& count_tokens) {
  if (is_surely_short(text, max_tokens, n_own)) return std::vector<std::string_view>{text};
  std::vector<std::string_view> out;
  QUERN_TRY(append_windows(text, max_tokens, n_own, count_tokens, out));
  return out;
}

void WindowMean::add(std::vector<float> x) {
  ++n_;
  if (n_ == 1) {
    sum_ = std::move(x);
    return;
  }
  if (n_ == 2) lengths_ = length_of(sum_);
  lengths_ += length_of(x);
  for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += x[i];
}

std::vector<float> WindowMean::take() {
  const double length = n_ > 1 ? length_of(sum_) : 0;
  if (length > 0) {
    const double scale = lengths_ / n_ / length;
    for (float& value : sum_) value = static_cast<float>(value * scale);
  }
  n_ = 0;
  return std::exchange(sum_, {});
}

}  // namespace quern::apps
