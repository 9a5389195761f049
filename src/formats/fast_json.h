// Large JSON (safetensors headers, shard indexes, tokenizer.json) through simdjson: typed access
// that turns a wrong type into a message. Small config files go through json_object.h instead,
// because simdjson refuses the 10^30 that tokenizer_config.json likes to hold.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/status.h"

namespace quern::formats {

using Json = simdjson::dom::element;

/// Parses `text` into `parser`, which must outlive the result. UTF-8 and nesting are checked.
/// Errors: kBadInput with the parser's reason; kExhausted.
Result<Json> parse_fast_json(simdjson::dom::parser& parser, std::string_view text);

/// "an object", "a string", ...: what a value is, for messages.
const char* json_kind(Json value);

/// Member `key` of an object; fails when there is none or `value` is no object.
Result<Json> member(Json value, std::string_view key);

/// True when `value` is an object with a member `key` that is not null.
bool has_member(Json value, std::string_view key);

Result<std::string_view> string_member(Json value, std::string_view key);
Result<bool> bool_member_or(Json value, std::string_view key, bool fallback);
Result<std::int64_t> int_member(Json value, std::string_view key, std::int64_t lowest,
                                std::int64_t highest);

/// Text from a file, fit for a message: control bytes escaped, the middle of long text left out.
std::string shown(std::string_view text);

}  // namespace quern::formats
