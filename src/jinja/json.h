// JSON to values of the template language: messages, tools and variables of a request.

#pragma once

#include <string_view>

#include "base/status.h"
#include "jinja/value.h"

namespace quern::jinja {

/// Objects keep the order of their keys; integers beyond 64 bits become floats.
/// Errors: kBadInput for what is no JSON, is not UTF-8, or nests deeper than kMaxValueDepth / 2.
Result<Value> value_from_json(std::string_view json);

}  // namespace quern::jinja
