// How a request is treated, whatever it asks for: fields of ours that all routes have.

#pragma once

#include <optional>
#include <string_view>

#include "engine/keep_alive.h"
#include "engine/work_class.h"
#include "serve/json/json_reader.h"

namespace quern::serve {

/// Reads "priority" and "keep_alive"; nullopt if `key` is neither. `value` is not null.
std::optional<Problem> read_treatment_field(std::string_view key, JsonValue value,
                                            engine::WorkClass& work_class,
                                            std::optional<engine::KeepAlive>& keep_alive);

}  // namespace quern::serve
