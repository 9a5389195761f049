// Counts of an attribute's values, as text and JSON.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/filter/value_counts.h"
#include "store/schema.h"

namespace quern::cli {

/// How often each value of an attribute is among some documents.
struct AttributeCounts {
  store::Attribute attribute;
  std::vector<store::ValueCount> counts;
};

/// The attribute of this name. Errors: kBadInput naming those that there are.
Result<store::Attribute> attribute_named(const store::Schema& schema, std::string_view name);

/// "COUNT<tab>NAME<tab>VALUE" for the most frequent values, and how many more there are.
void append_count_lines(std::span<const AttributeCounts> counts, std::string& out);

/// "counts":{"NAME":{"n_values":N,"values":[{"value":V,"documents":COUNT},...]},...}, the most
/// frequent ones.
void append_counts_json(std::span<const AttributeCounts> counts, std::string& out);

}  // namespace quern::cli
