#include "serve/semantic_scholar/query_params.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/utf8.h"
#include "serve/http/http.h"

namespace quern::serve {
namespace {

constexpr std::size_t kMaxShownValue = 200;

std::string decoded(std::string_view text) {
  std::string spaced(text), out, storage;
  std::ranges::replace(spaced, '+', ' ');
  if (!percent_decode(spaced, out)) out = std::move(spaced);
  return std::string(repair_utf8(out, storage));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

void append_parts(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (const std::string_view word = trimmed(part); !word.empty()) out.emplace_back(word);
  }
}

}  // namespace

QueryParams QueryParams::parse(std::string_view query) {
  QueryParams out;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t sign = std::min(part.find('='), part.size());
    out.pairs_.emplace_back(decoded(part.substr(0, sign)),
                            sign < part.size() ? decoded(part.substr(sign + 1)) : "");
  }
  return out;
}

std::optional<std::string_view> QueryParams::find(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> QueryParams::list(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : pairs_) {
    if (key == name) append_parts(value, out);
  }
  return out;
}

Problem QueryParams::read_integer(std::string_view name, std::int64_t low, std::int64_t high,
                                  std::int64_t& out) const {
  const std::string_view text = trimmed(value(name));
  if (text.empty()) return {};
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < low || number > high) {
    return unacceptable(name, text, fmt::format("wanted an integer from {} to {}", low, high));
  }
  out = number;
  return {};
}

std::vector<std::string> comma_parts(std::string_view text) {
  std::vector<std::string> out;
  append_parts(text, out);
  return out;
}

HttpError unacceptable(std::string_view name, std::string_view value, std::string_view why) {
  std::string shown(value.substr(0, kMaxShownValue));
  if (shown.size() < value.size()) shown += "...";
  return bad_request(fmt::format("Unacceptable query params: [{}={}]: {}", name, shown, why),
                     std::string(name));
}

}  // namespace quern::serve
