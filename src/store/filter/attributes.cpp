#include "store/filter/attributes.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kWordBits = 64;

template <typename T>
T number_at(std::span<const std::byte> bytes, std::size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

/// One bit per byte of 0 or 1.
std::uint64_t bits_of(const std::uint8_t (&bytes)[kWordBits]) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes + 8 * i, 8);
    // Gathers the lowest bits of eight bytes in the highest byte.
    word |= (eight * 0x0102040810204080u >> 56) << (8 * i);
  }
  return word;
}

/// Sets the bits of values in [low, low + span_of].
template <typename T>
void match(std::span<const std::byte> values, T low, T span_of, std::span<std::uint64_t> words) {
  const std::size_t n = values.size() / sizeof(T);
  for (std::size_t first = 0; first < n; first += kWordBits) {
    const std::size_t n_here = std::min<std::size_t>(kWordBits, n - first);
    T block[kWordBits] = {};
    std::memcpy(block, values.data() + first * sizeof(T), n_here * sizeof(T));
    std::uint8_t is_in[kWordBits];
    for (std::size_t i = 0; i < kWordBits; ++i) {
      is_in[i] = static_cast<T>(block[i] - low) <= span_of ? 1 : 0;
    }
    std::uint64_t word = bits_of(is_in);
    if (n_here < kWordBits) word &= (std::uint64_t{1} << n_here) - 1;
    words[first / kWordBits] = word;
  }
}

/// `low` and `high` are above the column's least value.
template <typename T>
void match_range(std::span<const std::byte> values, std::uint64_t low, std::uint64_t high,
                 std::span<std::uint64_t> words) {
  constexpr std::uint64_t kMost = std::numeric_limits<T>::max();
  if (low > kMost) return;
  match<T>(values, static_cast<T>(low), static_cast<T>(std::min(high, kMost) - low), words);
}

}  // namespace

std::string_view AttributeColumn::text(std::uint32_t i) const {
  if (i >= n_texts_) return {};
  const auto begin = number_at<std::uint32_t>(text_starts_, i);
  const auto end = number_at<std::uint32_t>(text_starts_, i + 1);
  if (begin > end || end > texts_.size()) return {};
  return {reinterpret_cast<const char*>(texts_.data()) + begin, end - begin};
}

std::uint32_t AttributeColumn::lower_bound(std::string_view wanted) const {
  std::uint32_t first = 0, end = n_texts_;
  while (first < end) {
    const std::uint32_t middle = first + (end - first) / 2;
    if (text(middle) < wanted) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

ValueRange AttributeColumn::range_of_text(std::string_view wanted) const {
  const std::uint32_t i = lower_bound(wanted);
  if (i == n_texts_ || text(i) != wanted) return {};
  return {i, i};
}

ValueRange AttributeColumn::range_of_prefix(std::string_view prefix) const {
  // The end is the first text not below the prefix with its last byte raised, 0xff left out.
  std::string above(prefix);
  while (!above.empty() && above.back() == '\xff') above.pop_back();
  std::uint32_t end = n_texts_;
  if (!above.empty()) {
    above.back() = static_cast<char>(above.back() + 1);
    end = lower_bound(above);
  }
  return {lower_bound(prefix), std::int64_t{end} - 1};
}

AttributeColumn::Slots AttributeColumn::slots_of(std::uint32_t doc) const {
  if (starts_.empty()) return {doc, doc + 1};
  const auto begin = number_at<std::uint32_t>(starts_, doc);
  const auto end = number_at<std::uint32_t>(starts_, std::size_t{doc} + 1);
  if (begin > end || end > n_values_) return {0, 0};
  return {begin, end};
}

std::int64_t AttributeColumn::value(std::uint32_t i) const {
  std::uint64_t above = 0;
  if (width_ > 0) std::memcpy(&above, values_.data() + std::size_t{i} * width_, width_);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(min_) + above);
}

Bitmap AttributeColumn::docs_in(ValueRange range) const {
  Bitmap out(n_docs_);
  if (range.low > range.high || range.high < min_) return out;
  if (!starts_.empty() || width_ == 0) {
    for (std::uint32_t doc = 0; doc < n_docs_; ++doc) {
      for_each_value(doc, [&](std::int64_t v) {
        if (v >= range.low && v <= range.high) out.set(doc);
      });
    }
    return out;
  }
  const auto above_min = [&](std::int64_t v) {
    return static_cast<std::uint64_t>(v) - static_cast<std::uint64_t>(min_);
  };
  const std::uint64_t low = above_min(std::max(range.low, min_));
  const std::uint64_t high = above_min(range.high);
  if (width_ == 1) match_range<std::uint8_t>(values_, low, high, out.words_to_write());
  if (width_ == 2) match_range<std::uint16_t>(values_, low, high, out.words_to_write());
  if (width_ == 4) match_range<std::uint32_t>(values_, low, high, out.words_to_write());
  if (width_ == 8) match_range<std::uint64_t>(values_, low, high, out.words_to_write());
  return out;
}

Status AttributeColumn::check() const {
  const auto damaged = [&](std::string_view what) {
    return Status(Code::kBadInput, fmt::format("attribute '{}': {}", name_, what));
  };
  for (std::uint32_t i = 0; i + 1 < n_texts_; ++i) {
    if (!(text(i) < text(i + 1)))
      return damaged(fmt::format("texts {} and {} are not ascending", i, i + 1));
  }
  std::uint32_t n_seen = 0;
  for (std::uint32_t doc = 0; doc < n_docs_; ++doc) {
    const Slots slots = slots_of(doc);
    if (slots.begin != n_seen)
      return damaged(fmt::format("values of document {} do not follow", doc));
    n_seen = slots.end;
    for (std::uint32_t i = slots.begin; i < slots.end; ++i) {
      if (value(i) < min_) return damaged("a value is out of range");
      if (type_ == AttributeType::kKeyword && value(i) >= std::int64_t{n_texts_}) {
        return damaged(fmt::format("document {} has text {} of {}", doc, value(i), n_texts_));
      }
      if (i > slots.begin && value(i - 1) >= value(i)) {
        return damaged(fmt::format("values of document {} are not ascending", doc));
      }
    }
  }
  return n_seen == n_values_ ? Status() : damaged("there are values of no document");
}

/// Takes columns from the front of a section.
class AttributesReader {
 public:
  AttributesReader(std::span<const std::byte> bytes, std::uint32_t n_docs)
      : cursor_(bytes), n_docs_(n_docs) {}

  Result<std::vector<AttributeColumn>> read() {
    const auto n_columns = cursor_.number<std::uint32_t>();
    std::vector<AttributeColumn> columns;
    for (std::uint32_t i = 0; i < n_columns; ++i) {
      QUERN_ASSIGN(AttributeColumn column, read_column());
      if (!columns.empty() && columns.back().name() >= column.name()) {
        return bad("columns are not in the order of their names");
      }
      columns.push_back(std::move(column));
    }
    if (!cursor_.is_ok() || cursor_.n_left() != 0) return bad("wrong length");
    return columns;
  }

 private:
  static Status bad(std::string_view what) {
    return {Code::kBadInput, fmt::format("attributes: {}", what)};
  }

  Result<AttributeColumn> read_column() {
    AttributeColumn c;
    c.n_docs_ = n_docs_;
    c.name_ = cursor_.text(cursor_.number<std::uint8_t>());
    const auto type = cursor_.number<std::uint8_t>();
    c.type_ = static_cast<AttributeType>(type);
    c.width_ = cursor_.number<std::uint8_t>();
    const auto has_starts = cursor_.number<std::uint8_t>();
    c.min_ = cursor_.number<std::int64_t>();
    c.n_values_ = cursor_.number<std::uint32_t>();
    c.n_texts_ = cursor_.number<std::uint32_t>();
    const auto n_text_bytes = cursor_.number<std::uint32_t>();
    if (!cursor_.is_ok()) return bad("ends early");
    if (const Status name = check_attribute_name(c.name_); !name.ok()) return bad(name.message());
    const bool is_keyword = c.type_ == AttributeType::kKeyword;
    const bool is_width =
        c.width_ == 0 || c.width_ == 1 || c.width_ == 2 || c.width_ == 4 || c.width_ == 8;
    if (type > static_cast<std::uint8_t>(AttributeType::kFlag) || !is_width || has_starts > 1 ||
        (has_starts == 0 && c.n_values_ != n_docs_) || (is_keyword && c.min_ < 0) ||
        (!is_keyword && (c.n_texts_ != 0 || n_text_bytes != 0))) {
      return bad(fmt::format("column '{}' has a head that contradicts itself", c.name_));
    }
    if (has_starts == 1) c.starts_ = cursor_.take((std::uint64_t{n_docs_} + 1) * 4);
    c.values_ = cursor_.take(std::uint64_t{c.n_values_} * c.width_);
    if (is_keyword) c.text_starts_ = cursor_.take((std::uint64_t{c.n_texts_} + 1) * 4);
    c.texts_ = cursor_.take(n_text_bytes);
    if (!cursor_.is_ok()) return bad(fmt::format("column '{}' ends early", c.name_));
    return c;
  }

  ByteCursor cursor_;
  std::uint32_t n_docs_;
};

Result<Attributes> Attributes::open(std::span<const std::byte> bytes, std::uint32_t n_docs) {
  Attributes out;
  QUERN_ASSIGN(out.columns_, AttributesReader(bytes, n_docs).read());
  return out;
}

const AttributeColumn* Attributes::find(std::string_view name) const {
  for (const AttributeColumn& column : columns_) {
    if (column.name() == name) return &column;
  }
  return nullptr;
}

Status Attributes::check() const {
  for (const AttributeColumn& column : columns_) QUERN_TRY(column.check());
  return {};
}

}  // namespace quern::store
