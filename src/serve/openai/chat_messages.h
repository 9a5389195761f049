// The messages of a chat request, as chat templates want them.

#pragma once

#include "serve/json/jinja_reader.h"

namespace quern::serve {

/// Checks each message and makes its content a text: parts of type "text" are joined by newlines.
/// The arguments of tool calls, which the API writes as JSON in a string, become objects.
Problem read_messages(JsonValue value, JinjaReader& reader, jinja::Value& out);

}  // namespace quern::serve
