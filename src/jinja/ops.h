// The operators of the template language, as Python has them.

#pragma once

#include <string_view>
#include <vector>

#include "jinja/machine.h"

namespace quern::jinja {

/// The members of a list, the keys of a dict, the characters of a text.
std::vector<Value> members_of(Machine& machine, const Value& value);

/// self.name and self[key] as the language defines them.
Value attribute_of(Machine& machine, const Value& self, std::string_view name);
Value item_of(Machine& machine, const Value& self, const Value& key);

/// self[start:stop:step]; null for a bound that is left out.
Value slice_of(Machine& machine, const Value& self, const Value* start, const Value* stop,
               const Value* step);

bool contains(Machine& machine, const Value& container, const Value& member);

/// a < b; fails for types that have no order.
bool less(Machine& machine, const Value& a, const Value& b);

/// "==", "!=", "<", ">", "<=", ">=", "in", "not in".
bool compare(Machine& machine, std::string_view op, const Value& a, const Value& b);

/// "+", "-", "*", "/", "//", "%", "**", "~".
Value arithmetic(Machine& machine, std::string_view op, const Value& a, const Value& b);

/// The value as text for HTML, a Markup; a Markup stays what it is.
Value escaped(Machine& machine, const Value& value);

/// The stretch of `whole` that `view` shows, as a value of its own.
Value part_of(const Text& whole, std::string_view view);

/// Where `part` begins in `text`, from the left or from the right; npos if it is not there.
/// Cost: linear from the left; from the right the product of the lengths, counted.
std::size_t find_text(std::string_view text, std::string_view part);
std::size_t find_last_text(Machine& machine, std::string_view text, std::string_view part);

}  // namespace quern::jinja
