#include "store/segment/merge_attributes.h"

#include <algorithm>
#include <map>
#include <vector>

#include "store/filter/columns_writer.h"

namespace quern::store {
namespace {

using Columns = std::vector<const AttributeColumn*>;  // [inputs]; null: it has none.

// Where each text of each input is among the texts that the documents of `order` have.
std::vector<std::vector<std::int64_t>> new_texts(const Columns& columns,
                                                 std::span<const MergeDoc> order,
                                                 std::vector<std::string_view>& texts) {
  constexpr std::int64_t kUnused = -1;
  std::vector<std::vector<std::int64_t>> places;
  for (const AttributeColumn* column : columns) {
    places.emplace_back(column == nullptr ? 0 : column->n_texts(), kUnused);
  }
  for (const MergeDoc& doc : order) {
    if (columns[doc.input] == nullptr) continue;
    columns[doc.input]->for_each_value(
        doc.doc, [&](std::int64_t text) { places[doc.input][static_cast<std::size_t>(text)] = 0; });
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::uint32_t t = 0; t < places[i].size(); ++t) {
      if (places[i][t] != kUnused) texts.push_back(columns[i]->text(t));
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::uint32_t t = 0; t < places[i].size(); ++t) {
      if (places[i][t] == kUnused) continue;
      places[i][t] =
          std::lower_bound(texts.begin(), texts.end(), columns[i]->text(t)) - texts.begin();
    }
  }
  return places;
}

// Texts keep their order, so the values of a document ascend as they did.
ColumnContent merge_column(AttributeType type, const Columns& columns,
                           std::span<const MergeDoc> order) {
  ColumnContent out;
  const bool is_keyword = type == AttributeType::kKeyword;
  std::vector<std::vector<std::int64_t>> places;
  if (is_keyword) places = new_texts(columns, order, out.texts);
  out.starts.reserve(order.size() + 1);
  out.starts.push_back(0);
  for (const MergeDoc& doc : order) {
    if (columns[doc.input] != nullptr) {
      columns[doc.input]->for_each_value(doc.doc, [&](std::int64_t value) {
        out.values.push_back(is_keyword ? places[doc.input][static_cast<std::size_t>(value)]
                                        : value);
      });
    }
    out.starts.push_back(static_cast<std::uint32_t>(out.values.size()));
  }
  return out;
}

}  // namespace

std::size_t merge_attributes_bytes(const Attributes& input) {
  std::size_t n = 0;
  for (const AttributeColumn& column : input.columns()) {
    // Vectors that grow: twice. Built and written: a value 8 and 8, a start 4 and 4; a text as a
    // view, its place and its start.
    n += 2 * (std::size_t{column.n_values()} * 16 + std::size_t{column.n_docs()} * 8 +
              std::size_t{column.n_texts()} * 28 + column.n_text_bytes());
  }
  return n;
}

Result<std::string> merge_attributes(std::span<const Attributes* const> inputs,
                                     std::span<const MergeDoc> order) {
  std::map<std::string, AttributeType> names;
  for (const Attributes* input : inputs) {
    QUERN_TRY(input->check());
    for (const AttributeColumn& column : input->columns()) names[column.name()] = column.type();
  }
  ColumnsWriter out;
  for (const auto& [name, type] : names) {
    Columns columns;
    for (const Attributes* input : inputs) columns.push_back(input->find(name));
    QUERN_TRY(out.add({.name = name, .type = type}, merge_column(type, columns, order)));
  }
  return out.finish();
}

}  // namespace quern::store
