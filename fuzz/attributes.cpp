// The reader of a segment's attributes: any bytes give columns that can be read from end to end
// without harm, or an error; and what is whole merges into columns that are whole.

#include "store/filter/attributes.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "store/filter/value_counts.h"
#include "store/segment/merge_attributes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  if (n < 2) return 0;
  std::uint16_t n_docs;
  std::memcpy(&n_docs, data, 2);
  n_docs %= 1000;
  const auto attributes = Attributes::open(std::as_bytes(std::span(data + 2, n - 2)), n_docs);
  if (!attributes.ok()) return 0;
  static_cast<void>(attributes->check().ok());
  for (const AttributeColumn& column : attributes->columns()) {
    column.docs_in(column.range_of_text("c"));
    column.docs_in(column.range_of_prefix("c"));
    column.docs_in({-1, std::numeric_limits<std::int64_t>::max()});
    count_values(column, Bitmap::all(n_docs));
  }
  const Attributes* const twice[] = {&*attributes, &*attributes};
  std::vector<MergeDoc> order;
  for (std::uint32_t doc = 0; doc < n_docs; ++doc) order.push_back({doc % 2, doc});
  const auto merged = merge_attributes(twice, order);
  if (!merged.ok()) return 0;
  const auto again = Attributes::open(std::as_bytes(std::span(*merged)), n_docs);
  if (!again.ok() || !again->check().ok()) std::abort();
  return 0;
}
