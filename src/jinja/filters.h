// The two halves of the filters; find_filter looks in both.

#pragma once

#include "jinja/machine.h"

namespace quern::jinja {

Builtin find_list_filter(std::string_view name);

}  // namespace quern::jinja
