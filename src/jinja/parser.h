// Tokens to the tree. Source: jinja2/parser.py; what no chat template uses is refused.

#pragma once

#include <string_view>

#include "base/status.h"
#include "jinja/ast.h"

namespace quern::jinja {

/// Errors: kBadInput with the line; kUnsupported for statements beyond the subset.
Result<Block> parse_template(std::string_view source);

}  // namespace quern::jinja
