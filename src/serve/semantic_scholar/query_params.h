// The parameters behind the '?' of a URL, as forms are encoded.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/json/json_reader.h"

namespace quern::serve {

/// In the order in which they were sent.
class QueryParams {
 public:
  /// Decodes %XX, and '+' as a space; what is not percent-encoded stays as it is, as does what is
  /// not UTF-8 become U+FFFD. Source: WHATWG URL, "application/x-www-form-urlencoded".
  static QueryParams parse(std::string_view query);

  /// The first of that name; nothing where there is none. "name" without '=' has the value "".
  std::optional<std::string_view> find(std::string_view name) const;
  /// The same; "" where there is none.
  std::string_view value(std::string_view name) const { return find(name).value_or(""); }
  bool has(std::string_view name) const { return find(name).has_value(); }
  /// What stands between the commas of all of that name, trimmed; empty ones are left out.
  std::vector<std::string> list(std::string_view name) const;

  /// An integer from `low` to `high`; stays what it is where there is no such parameter, or an
  /// empty one. Errors: 400.
  Problem read_integer(std::string_view name, std::int64_t low, std::int64_t high,
                       std::int64_t& out) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// What stands between the commas, trimmed; empty ones are left out.
std::vector<std::string> comma_parts(std::string_view text);

/// "Unacceptable query params: [name=value]", which is how the API says that a value is none.
HttpError unacceptable(std::string_view name, std::string_view value, std::string_view why);

}  // namespace quern::serve
