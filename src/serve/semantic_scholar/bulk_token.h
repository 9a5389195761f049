// Where the next page of a bulk search begins, as a word without a meaning to its readers.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quern::serve {

std::string bulk_token(std::uint64_t offset);

/// Nothing for what bulk_token did not make.
std::optional<std::uint64_t> offset_of_bulk_token(std::string_view token);

}  // namespace quern::serve
