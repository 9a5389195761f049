#include "store/filter/filter.h"

#include <algorithm>

#include <fmt/format.h>

namespace quern::store {
namespace {

Result<Bitmap> docs_of_column(const Filter& filter, const FilterSource& source) {
  const AttributeColumn* column =
      source.attributes == nullptr ? nullptr : source.attributes->find(filter.name);
  if (column == nullptr) return Bitmap(source.n_docs);
  const bool wants_keyword = filter.op != FilterOp::kRange;
  if (wants_keyword != (column->type() == AttributeType::kKeyword)) {
    return {Code::kBadInput, fmt::format("attribute '{}' of a segment is a {}", filter.name,
                                         attribute_type_name(column->type()))};
  }
  if (filter.op == FilterOp::kText) return column->docs_in(column->range_of_text(filter.text));
  if (filter.op == FilterOp::kPrefix) return column->docs_in(column->range_of_prefix(filter.text));
  return column->docs_in(filter.range);
}

Result<Bitmap> docs_of_keys(const Filter& filter, const FilterSource& source) {
  QUERN_ASSIGN(const FilterSource::Ids ids, source.keys_with_prefix(filter.text));
  Bitmap out(source.n_docs);
  for (std::uint32_t i = ids.begin; i < std::min(ids.end, source.n_docs); ++i) out.set(i);
  return out;
}

}  // namespace

bool operator==(const Filter& a, const Filter& b) {
  return a.op == b.op && a.name == b.name && a.text == b.text && a.range.low == b.range.low &&
         a.range.high == b.range.high && a.parts == b.parts;
}

Result<Bitmap> evaluate(const Filter& filter, const FilterSource& source) {
  switch (filter.op) {
    case FilterOp::kText:
    case FilterOp::kPrefix:
    case FilterOp::kRange:
      return docs_of_column(filter, source);
    case FilterOp::kKeyPrefix:
      return docs_of_keys(filter, source);
    case FilterOp::kNot: {
      QUERN_ASSIGN(const Bitmap part, evaluate(filter.parts[0], source));
      return Bitmap::all(source.n_docs).subtract(part);
    }
    case FilterOp::kAnd:
    case FilterOp::kOr:
      break;
  }
  QUERN_ASSIGN(Bitmap out, evaluate(filter.parts[0], source));
  for (std::size_t i = 1; i < filter.parts.size(); ++i) {
    QUERN_ASSIGN(const Bitmap part, evaluate(filter.parts[i], source));
    filter.op == FilterOp::kAnd ? out &= part : out |= part;
  }
  return out;
}

}  // namespace quern::store
