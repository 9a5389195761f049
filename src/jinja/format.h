// Python's two ways to put values into a text: "%s is %d" % (a, b) and "{} is {}".format(a, b).

#pragma once

#include "jinja/machine.h"

namespace quern::jinja {

/// `format` % `values`: a tuple's items, or the one value. Knows %s %r %d %i %f %x %%, with the
/// flags - 0 +, width and precision. Errors: kUnsupported for others, kBadInput for wrong values.
Value percent_format(Machine& machine, const Text& format, const Value& values);

/// Knows {}, {0}, {name} and doubled braces. Errors: kUnsupported for conversions and the rest.
Value brace_format(Machine& machine, const Value& self, const Args& args);

}  // namespace quern::jinja
