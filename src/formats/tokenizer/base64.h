// Base64 -> bytes. Source: RFC 4648, section 4.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::formats {

/// Errors: kBadInput for characters outside the alphabet, or a length that no bytes give.
Result<std::string> bytes_of_base64(std::string_view text);

}  // namespace quern::formats
