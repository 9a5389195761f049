// bytes_from_attributes and values_of_document: columns of documents, and back.

#include <algorithm>

#include "store/filter/attributes.h"
#include "store/filter/columns_writer.h"

namespace quern::store {
namespace {

using Docs = std::span<const std::span<const AttributeValue>>;

std::vector<std::string_view> texts_of(int i_attribute, Docs docs) {
  std::vector<std::string_view> texts;
  for (const std::span<const AttributeValue> doc : docs) {
    for (const AttributeValue& value : doc) {
      if (value.i_attribute == i_attribute) texts.push_back(value.text);
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

ColumnContent column_of(int i_attribute, AttributeType type, Docs docs) {
  ColumnContent column;
  if (type == AttributeType::kKeyword) column.texts = texts_of(i_attribute, docs);
  column.starts.push_back(0);
  std::vector<std::int64_t> here;
  for (const std::span<const AttributeValue> doc : docs) {
    here.clear();
    for (const AttributeValue& value : doc) {
      if (value.i_attribute != i_attribute) continue;
      here.push_back(type == AttributeType::kKeyword
                         ? std::lower_bound(column.texts.begin(), column.texts.end(),
                                            std::string_view(value.text)) -
                               column.texts.begin()
                         : value.number);
    }
    std::sort(here.begin(), here.end());
    here.erase(std::unique(here.begin(), here.end()), here.end());
    column.values.insert(column.values.end(), here.begin(), here.end());
    column.starts.push_back(static_cast<std::uint32_t>(column.values.size()));
  }
  return column;
}

}  // namespace

Result<std::string> bytes_from_attributes(std::span<const Attribute> attributes, Docs docs) {
  for (const std::span<const AttributeValue> doc : docs) {
    for (const AttributeValue& value : doc) QUERN_TRY(check_attribute_value(value, attributes));
  }
  std::vector<std::size_t> by_name(attributes.size());
  for (std::size_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
  std::sort(by_name.begin(), by_name.end(),
            [&](std::size_t a, std::size_t b) { return attributes[a].name < attributes[b].name; });
  ColumnsWriter columns;
  for (const std::size_t i : by_name) {
    QUERN_TRY(check_attribute_name(attributes[i].name));
    QUERN_TRY(columns.add(attributes[i], column_of(static_cast<int>(i), attributes[i].type, docs)));
  }
  return columns.finish();
}

Result<std::string> bytes_from_attributes(std::span<const Attribute> attributes,
                                          std::span<const std::vector<AttributeValue>> docs) {
  const std::vector<std::span<const AttributeValue>> views(docs.begin(), docs.end());
  return bytes_from_attributes(attributes, views);
}

std::vector<AttributeValue> values_of_document(const Attributes& columns,
                                               std::span<const Attribute> attributes,
                                               std::uint32_t doc) {
  std::vector<AttributeValue> out;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const AttributeColumn* column = columns.find(attributes[i].name);
    if (column == nullptr) continue;
    column->for_each_value(doc, [&](std::int64_t value) {
      AttributeValue& last = out.emplace_back();
      last.i_attribute = static_cast<int>(i);
      if (column->type() == AttributeType::kKeyword) {
        last.text = column->text(static_cast<std::uint32_t>(value));
      } else {
        last.number = value;
      }
    });
  }
  return out;
}

}  // namespace quern::store
