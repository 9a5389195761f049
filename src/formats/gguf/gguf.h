// GGUF: one file, or the parts of a split one, mapped read-only and fully checked: metadata by key
// and tensors by name. Versions 2 and 3, little-endian.
// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/mapped_file.h"
#include "base/status.h"
#include "tensor/block_format.h"

namespace quern::formats {

enum class GgufType : std::uint8_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
};

/// Elements as the file holds them: walked once when the file is read, so that every length in
/// them is known to lie inside the file.
struct GgufArray {
  GgufType type = GgufType::kU8;
  std::uint64_t n = 0;
  std::span<const std::byte> bytes;  // Borrowed from the mapped file, at any alignment.
};

/// Strings are borrowed from the mapped file; they may hold any bytes.
using GgufValue =
    std::variant<std::uint64_t, std::int64_t, double, bool, std::string_view, GgufArray>;

/// What a GGUF file says about its model. Reading a key gives kBadInput naming the key, what it
/// says and what was wanted.
class GgufMetadata {
 public:
  using Map = std::map<std::string, GgufValue, std::less<>>;

  GgufMetadata() = default;
  explicit GgufMetadata(Map values) : values_(std::move(values)) {}

  bool has(std::string_view key) const { return values_.contains(key); }
  const Map& all() const { return values_; }

  /// Any integer type; a number outside the range is an error.
  Result<std::int64_t> integer(std::string_view key, std::int64_t lowest,
                               std::int64_t highest) const;
  Result<std::int64_t> integer_or(std::string_view key, std::int64_t lowest, std::int64_t highest,
                                  std::int64_t fallback) const;
  /// Floating point or integer.
  Result<double> number_or(std::string_view key, double lowest, double highest,
                           double fallback) const;
  Result<bool> boolean_or(std::string_view key, bool fallback) const;
  Result<std::string_view> string(std::string_view key) const;
  Result<std::string_view> string_or(std::string_view key, std::string_view fallback) const;

  /// Arrays, element by element; an absent key gives none.
  Result<std::vector<std::string_view>> strings(std::string_view key) const;
  Result<std::vector<std::int64_t>> integers(std::string_view key) const;
  Result<std::vector<float>> floats(std::string_view key) const;

  /// "'llama.block_count' is 0, want an integer from 1 to 1024", for checks beyond a range.
  Status wrong(std::string_view key, std::string_view want) const;

 private:
  const GgufValue* find(std::string_view key) const;

  Map values_;
};

struct GgufTensor {
  BlockFormat format = BlockFormat::kF32;
  std::vector<std::int64_t> shape;   // Row-major, slowest first (the file has fastest first).
  std::span<const std::byte> bytes;  // Borrowed; begins at a multiple of the file's alignment.

  /// Not ok: its shape or type is not one that can be read, and it has no bytes. A file may hold
  /// such tensors; whoever needs one refuses it with this.
  Status problem = {};
};

using GgufTensors = std::map<std::string, GgufTensor, std::less<>>;

struct GgufContents {
  int version = 0;
  GgufMetadata metadata;
  GgufTensors tensors;
};

/// Reads one file's bytes. Every promise is checked: counts against the size of the file, types,
/// UTF-8 and uniqueness of keys and names, alignment, data inside the file, no overlap. Tensors of
/// odd shapes or unknown types are noted (GgufTensor::problem).
/// Errors: kBadInput; kUnsupported (version 1, big-endian).
Result<GgufContents> parse_gguf(std::span<const std::byte> file);

class GgufFile {
 public:
  /// `path`: a file, or any part "name-00002-of-00005.gguf" of a split one, whose other parts lie
  /// beside it. Metadata is the first part's. Errors: kNotFound, kIo, and as parse_gguf; the
  /// message names the file.
  static Result<GgufFile> open(const std::string& path);

  const GgufMetadata& metadata() const { return metadata_; }
  const GgufTensors& tensors() const { return tensors_; }
  const GgufTensor* find(std::string_view name) const;  // nullptr if there is none.

  /// Bytes of all tensors, and the files they came from (for digests).
  std::size_t n_bytes() const;
  const std::vector<MappedFile>& files() const { return files_; }

  /// Tells the system that the mapped pages are no longer needed.
  void drop_pages() const;

 private:
  Status add_part(const std::string& path, int part, int n_parts);

  std::vector<MappedFile> files_;
  GgufMetadata metadata_;
  GgufTensors tensors_;
};

/// The elements of an array, which may be arrays again.
std::vector<GgufValue> gguf_elements(const GgufArray& array);

/// A value as short text, for messages and tools: numbers and strings as they are, "12 strings".
std::string gguf_value_text(const GgufValue& value);

}  // namespace quern::formats
