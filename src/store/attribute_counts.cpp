#include "store/attribute_counts.h"

namespace quern::store {

Result<std::vector<ValueCount>> count_values(const Generation& generation,
                                             std::string_view attribute,
                                             const DocsOfSegment& docs) {
  std::vector<ValueCount> all;
  for (std::size_t i = 0; i < generation.segments().size(); ++i) {
    QUERN_ASSIGN(const Attributes* columns, generation.segments()[i].segment->attributes());
    const AttributeColumn* column = columns == nullptr ? nullptr : columns->find(attribute);
    if (column == nullptr) continue;
    QUERN_ASSIGN(const Bitmap here, docs(i));
    all = merge_counts(all, count_values(*column, here));
  }
  return all;
}

Result<std::vector<ValueCount>> count_values(const Generation& generation,
                                             std::string_view attribute) {
  return count_values(generation, attribute, [&](std::size_t i) -> Result<Bitmap> {
    return *generation.segments()[i].live;
  });
}

}  // namespace quern::store
