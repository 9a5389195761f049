// The attributes of a segment's documents as columns: whole numbers at the least width that holds
// them; of a keyword, the place of its text in a sorted dictionary. So a text, a beginning of texts
// and a range of numbers are all one thing: a range, found by one pass over the column.
//
// docs/format_attributes.md has the byte tables. Everything read is checked against its bounds
// where it is used: damage gives wrong answers at worst, and checksums and check() find it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/filter/attribute.h"
#include "store/filter/bitmap.h"

namespace quern::store {

/// Values from low to high, both included; none if low > high.
struct ValueRange {
  std::int64_t low = 0;
  std::int64_t high = -1;
};

class AttributeColumn {
 public:
  const std::string& name() const { return name_; }
  AttributeType type() const { return type_; }
  std::uint32_t n_docs() const { return n_docs_; }
  std::uint32_t n_values() const { return n_values_; }

  /// Of a keyword: how many texts there are, 0 for other types.
  std::uint32_t n_texts() const { return n_texts_; }
  std::size_t n_text_bytes() const { return texts_.size(); }
  std::string_view text(std::uint32_t i) const;

  /// The value of a text, as a range of one or none; and of all texts that start with `prefix`.
  ValueRange range_of_text(std::string_view text) const;
  ValueRange range_of_prefix(std::string_view prefix) const;

  /// The documents with any value in the range.
  Bitmap docs_in(ValueRange range) const;

  /// Calls f(value) for each value of a document: of a keyword, the number of its text.
  template <typename F>
  void for_each_value(std::uint32_t doc, F&& f) const {
    const Slots slots = slots_of(doc);
    for (std::uint32_t i = slots.begin; i < slots.end; ++i) f(value(i));
  }

  /// Whether all offsets, texts and values are as a writer leaves them. Reads the whole column.
  Status check() const;

 private:
  friend class AttributesReader;

  struct Slots {
    std::uint32_t begin;
    std::uint32_t end;
  };
  Slots slots_of(std::uint32_t doc) const;
  std::int64_t value(std::uint32_t i) const;
  std::uint32_t lower_bound(std::string_view text) const;

  std::string name_;
  AttributeType type_ = AttributeType::kKeyword;
  std::uint32_t n_docs_ = 0;
  std::uint32_t n_values_ = 0;
  std::uint32_t n_texts_ = 0;
  std::int64_t min_ = 0;
  unsigned width_ = 0;                      // Bytes of a value: 0, 1, 2, 4 or 8.
  std::span<const std::byte> starts_;       // u32 [n_docs + 1]; empty: one value each
  std::span<const std::byte> values_;       // [n_values], width_ each, above min_
  std::span<const std::byte> text_starts_;  // u32 [n_texts + 1]
  std::span<const std::byte> texts_;
};

/// Threads: any.
class Attributes {
 public:
  Attributes() = default;

  /// `bytes` as bytes_from_attributes wrote them; they outlive this. O(columns).
  /// Errors: kBadInput.
  static Result<Attributes> open(std::span<const std::byte> bytes, std::uint32_t n_docs);

  std::span<const AttributeColumn> columns() const { return columns_; }

  /// Null: no document of the segment has it.
  const AttributeColumn* find(std::string_view name) const;

  /// Errors: kBadInput naming the column.
  Status check() const;

 private:
  std::vector<AttributeColumn> columns_;
};

/// The values of a document, as bytes_from_attributes took them: in the order of `attributes`,
/// those of one ascending.
std::vector<AttributeValue> values_of_document(const Attributes& columns,
                                               std::span<const Attribute> attributes,
                                               std::uint32_t doc);

/// The section of a segment. docs[i]: values of document i, in any order; equal ones count once.
/// The same values always give the same bytes. A column that no document uses is left out.
///
/// Errors: kBadInput for a value that its attribute does not hold; kTooLarge above 2^32 - 1 values
///   or bytes of text in a column.
Result<std::string> bytes_from_attributes(std::span<const Attribute> attributes,
                                          std::span<const std::span<const AttributeValue>> docs);
Result<std::string> bytes_from_attributes(std::span<const Attribute> attributes,
                                          std::span<const std::vector<AttributeValue>> docs);

}  // namespace quern::store
