// The section of a segment's attributes, column by column: for values that were added and for those
// that are merged.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/filter/attribute.h"

namespace quern::store {

/// One attribute of all documents.
struct ColumnContent {
  std::vector<std::string_view> texts;  // Of a keyword: ascending, none twice, each in use.
  std::vector<std::int64_t> values;     // Document by document, ascending and none twice in each.
  std::vector<std::uint32_t> starts;    // [n_docs + 1]
};

class ColumnsWriter {
 public:
  ColumnsWriter();

  /// In the order of their names; one without values is left out.
  /// Errors: kTooLarge above 2^32 - 1 values or bytes of text.
  Status add(const Attribute& attribute, const ColumnContent& column);

  /// What Attributes::open reads.
  std::string finish();

 private:
  std::string out_;
  std::uint32_t n_columns_ = 0;
};

}  // namespace quern::store
