// Runs a parsed template. Source: jinja2's semantics as transformers uses them (sandboxed,
// undefined prints nothing, no autoescape).

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "jinja/ast.h"
#include "jinja/machine.h"

namespace quern::jinja {

using Variables = std::vector<std::pair<std::string, Value>>;

/// What the template prints, and which of it stood in the variables.
/// Errors: kBadInput (also raise_exception, with its message), kUnsupported, kExhausted (limits).
Result<Text> render_template(const Block& block, const Variables& variables, const Limits& limits,
                             std::time_t now);

}  // namespace quern::jinja
