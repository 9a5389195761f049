// A part of a request's JSON -> values of the template language.

#pragma once

#include "jinja/value.h"
#include "serve/json/json_reader.h"

namespace quern::serve {

/// Reads values until there are too many: a small body can ask for much memory.
class JinjaReader {
 public:
  Problem read(JsonValue value, const JsonPlace& place, jinja::Value& out);

  /// Of JSON that stands in a string. False for what is no JSON object.
  bool read_object_text(const std::string& json, jinja::Value& out);

 private:
  Problem read_any(JsonValue value, const JsonPlace& place, int depth, jinja::Value& out);
  Problem read_scalar(JsonValue value, const JsonPlace& place, JsonType type, jinja::Value& out);

  int n_values_ = 0;
};

}  // namespace quern::serve
