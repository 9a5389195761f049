// bytes_from_attributes: columns of a segment, one after another.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "store/byte_cursor.h"
#include "store/filter/attributes.h"

namespace quern::store {
namespace {

using Docs = std::span<const std::vector<AttributeValue>>;

constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();

/// One attribute of all documents.
struct Column {
  std::vector<std::string_view> texts;  // ascending, none twice
  std::vector<std::int64_t> values;     // document by document, ascending in each
  std::vector<std::uint32_t> starts;    // [n_docs + 1]
};

Status check_value(const AttributeValue& value, std::span<const Attribute> attributes) {
  if (value.i_attribute < 0 || static_cast<std::size_t>(value.i_attribute) >= attributes.size()) {
    return {Code::kBadInput, fmt::format("there is no attribute {}", value.i_attribute)};
  }
  const Attribute& attribute = attributes[static_cast<std::size_t>(value.i_attribute)];
  if (attribute.type == AttributeType::kFlag && value.number != 0 && value.number != 1) {
    return {Code::kBadInput,
            fmt::format("flag '{}' is {}, want 0 or 1", attribute.name, value.number)};
  }
  if (value.text.size() > kMaxKeywordBytes) {
    return {Code::kTooLarge, fmt::format("a value of '{}' has {} bytes, the most is {}",
                                         attribute.name, value.text.size(), kMaxKeywordBytes)};
  }
  return {};
}

std::vector<std::string_view> texts_of(int i_attribute, Docs docs) {
  std::vector<std::string_view> texts;
  for (const std::vector<AttributeValue>& doc : docs) {
    for (const AttributeValue& value : doc) {
      if (value.i_attribute == i_attribute) texts.push_back(value.text);
    }
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

Column column_of(int i_attribute, AttributeType type, Docs docs) {
  Column column;
  if (type == AttributeType::kKeyword) column.texts = texts_of(i_attribute, docs);
  column.starts.push_back(0);
  std::vector<std::int64_t> here;
  for (const std::vector<AttributeValue>& doc : docs) {
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

unsigned width_of(std::uint64_t span_of) {
  if (span_of == 0) return 0;
  if (span_of <= 0xff) return 1;
  if (span_of <= 0xffff) return 2;
  return span_of <= 0xffffffff ? 4 : 8;
}

Status append_column(const Attribute& attribute, const Column& column, std::size_t n_docs,
                     std::string& out) {
  std::size_t n_text_bytes = 0;
  for (const std::string_view text : column.texts) n_text_bytes += text.size();
  if (column.values.size() > kMost || n_text_bytes > kMost) {
    return {Code::kTooLarge,
            fmt::format("attribute '{}' has {} values and {} bytes of text in one "
                        "segment, the most is {}",
                        attribute.name, column.values.size(), n_text_bytes, kMost)};
  }
  const auto [low, high] = std::minmax_element(column.values.begin(), column.values.end());
  const auto min = static_cast<std::uint64_t>(*low);
  const unsigned width = width_of(static_cast<std::uint64_t>(*high) - min);
  bool is_one_each = column.values.size() == n_docs;
  for (std::size_t i = 0; i < n_docs; ++i) is_one_each &= column.starts[i] == i;

  append_number(out, static_cast<std::uint8_t>(attribute.name.size()));
  out += attribute.name;
  append_number(out, static_cast<std::uint8_t>(attribute.type));
  append_number(out, static_cast<std::uint8_t>(width));
  append_number(out, static_cast<std::uint8_t>(is_one_each ? 0 : 1));
  append_number(out, *low);
  append_number(out, static_cast<std::uint32_t>(column.values.size()));
  append_number(out, static_cast<std::uint32_t>(column.texts.size()));
  append_number(out, static_cast<std::uint32_t>(n_text_bytes));
  if (!is_one_each) {
    for (const std::uint32_t start : column.starts) append_number(out, start);
  }
  for (const std::int64_t value : column.values) {
    const std::uint64_t above = static_cast<std::uint64_t>(value) - min;
    out.append(reinterpret_cast<const char*>(&above), width);
  }
  if (attribute.type != AttributeType::kKeyword) return {};
  std::uint32_t text_start = 0;
  append_number(out, text_start);
  for (const std::string_view text : column.texts) {
    text_start += static_cast<std::uint32_t>(text.size());
    append_number(out, text_start);
  }
  for (const std::string_view text : column.texts) out += text;
  return {};
}

}  // namespace

Result<std::string> bytes_from_attributes(std::span<const Attribute> attributes, Docs docs) {
  for (const std::vector<AttributeValue>& doc : docs) {
    for (const AttributeValue& value : doc) QUERN_TRY(check_value(value, attributes));
  }
  std::vector<std::size_t> by_name(attributes.size());
  for (std::size_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
  std::sort(by_name.begin(), by_name.end(),
            [&](std::size_t a, std::size_t b) { return attributes[a].name < attributes[b].name; });
  std::string columns;
  std::uint32_t n_columns = 0;
  for (const std::size_t i : by_name) {
    QUERN_TRY(check_attribute_name(attributes[i].name));
    const Column column = column_of(static_cast<int>(i), attributes[i].type, docs);
    if (column.values.empty()) continue;
    QUERN_TRY(append_column(attributes[i], column, docs.size(), columns));
    ++n_columns;
  }
  std::string out;
  append_number(out, n_columns);
  return out + columns;
}

}  // namespace quern::store
