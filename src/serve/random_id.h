// Names for answers.

#pragma once

#include <string>
#include <string_view>

namespace quern::serve {

/// "PREFIX-" and 32 hexadecimal digits, never the same twice. Threads: any.
std::string random_id(std::string_view prefix);

/// A version 4 UUID, likewise. Source: RFC 9562 section 5.4.
std::string random_uuid();

}  // namespace quern::serve
