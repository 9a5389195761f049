#include "store/filter/columns_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "store/byte_cursor.h"

namespace quern::store {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();

unsigned width_of(std::uint64_t span_of) {
  if (span_of == 0) return 0;
  if (span_of <= 0xff) return 1;
  if (span_of <= 0xffff) return 2;
  return span_of <= 0xffffffff ? 4 : 8;
}

Status append_column(const Attribute& attribute, const ColumnContent& column, std::string& out) {
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
  bool is_one_each = column.values.size() + 1 == column.starts.size();
  for (std::size_t i = 0; i < column.starts.size(); ++i) is_one_each &= column.starts[i] == i;

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

ColumnsWriter::ColumnsWriter() { append_number(out_, n_columns_); }

Status ColumnsWriter::add(const Attribute& attribute, const ColumnContent& column) {
  if (column.values.empty()) return {};
  ++n_columns_;
  return append_column(attribute, column, out_);
}

std::string ColumnsWriter::finish() {
  std::memcpy(out_.data(), &n_columns_, sizeof(n_columns_));
  return std::move(out_);
}

}  // namespace quern::store
