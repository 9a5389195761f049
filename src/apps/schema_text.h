// Fields and attributes of a store as people write them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/schema.h"

namespace quern::apps {

/// Fields from "title^2,text" (two, one of them boosted) or "title+text" (one, of both joined).
/// Errors: kBadInput for a boost that is no number; what check_schema says.
Result<store::Schema> schema_from_text(std::string_view fields, const std::string& analyzer,
                                       float k1, float b);

/// From "year:integer,lang:keyword". Empty: none.
/// Errors: kBadInput naming what has no type, or one that is not known.
Result<std::vector<store::Attribute>> attributes_from_text(std::string_view text);

/// What lies between the separators; one part at least.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace quern::apps
