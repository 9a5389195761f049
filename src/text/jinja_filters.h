// The two halves of the filters; find_filter looks in both.

#pragma once

#include "text/jinja_machine.h"

namespace quern::text::jinja {

Builtin find_list_filter(std::string_view name);

}  // namespace quern::text::jinja
