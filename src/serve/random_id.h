// Names for answers.

#pragma once

#include <string>
#include <string_view>

namespace quern::serve {

/// "PREFIX-" and 32 hexadecimal digits, never the same twice. Threads: any.
std::string random_id(std::string_view prefix);

}  // namespace quern::serve
