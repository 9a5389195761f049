// What a store holds: its fields and how they are scored, fixed when it is created, and the
// documents that go in. docs/format_store.md describes the JSON.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/filter/attribute.h"

namespace quern::store {

inline constexpr std::size_t kMaxKeyBytes = 1024;
inline constexpr std::size_t kMaxFields = 32;

/// Of all fields and the stored text of one document together.
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{512} << 20;

inline constexpr std::size_t kMaxAttributes = 64;

// Of one document, all attributes together: so those of a full segment always fit a column.
inline constexpr std::size_t kMaxDocumentValues = 1024;
inline constexpr std::size_t kMaxDocumentKeywordBytes = 4095;

enum class Positions { kNo, kYes };  // Phrases need them.

struct TextField {
  std::string name;      // [a-z0-9_.+-], 1 to 64 bytes.
  std::string analyzer;  // "english", "standard", "code", "simple"
  float boost = 1.0f;    // Above 0, 64 at most.
  Positions positions = Positions::kYes;

  bool operator==(const TextField&) const = default;
};

struct Schema {
  std::vector<TextField> fields;
  float k1 = 1.2f;  // BM25: 0 to 100.
  float b = 0.75f;  // BM25: 0 to 1.
  std::vector<Attribute> attributes = {};
  bool patterns = false;  // Trigrams are indexed: patterns are found without reading all texts.

  bool operator==(const Schema&) const = default;
};

struct Document {
  std::string key;                  // 1 to kMaxKeyBytes of any kind; unique; breaks ties.
  std::uint32_t n_parent = 0;       // The first n_parent bytes name the parent (file, paper).
  std::vector<std::string> fields;  // [Schema::fields]
  std::string stored;               // What a hit gives back.
  std::vector<AttributeValue> attributes = {};  // Of Schema::attributes, in any order.
  std::vector<float> vector = {};  // Of the store's active space; empty: it may come later.

  bool operator==(const Document&) const = default;
};

/// Errors: kBadInput naming the field or attribute.
Status check_schema(const Schema& schema);

/// Errors: kBadInput naming the key; kTooLarge with both numbers.
Status check_document(const Document& document, const Schema& schema);

std::string json_from_schema(const Schema& schema);

/// Errors: kBadInput; kUnsupported for a name that this version does not know.
Result<Schema> schema_from_json(std::string_view json);

/// A key for a message: what is not printable as \xNN, cut after 64 bytes.
std::string printable_key(std::string_view key);

}  // namespace quern::store
