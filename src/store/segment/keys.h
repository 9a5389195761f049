// The keys of a segment, ascending: the local id of a document is the place of its key. Blocks of
// 16, each key with the bytes it shares with the one before left out. docs/format_store.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/byte_sink.h"

namespace quern::store {

struct Key {
  std::string bytes;
  std::uint32_t n_parent = 0;  // The first n_parent bytes name the parent.

  std::string_view parent() const { return std::string_view(bytes).substr(0, n_parent); }
  bool operator==(const Key&) const = default;
};

class KeyWriter {
 public:
  explicit KeyWriter(ByteSink sink) : sink_(std::move(sink)) {}

  /// Keys come ascending, none twice. Errors: the sink's.
  Status add(std::string_view key, std::uint32_t n_parent);

  /// Writes the offsets of the blocks. Errors: the sink's.
  Status finish();

  std::uint32_t n_keys() const { return n_keys_; }

 private:
  ByteSink sink_;
  std::string before_;
  std::vector<std::uint32_t> offsets_;
  std::uint32_t n_bytes_ = 0;
  std::uint32_t n_keys_ = 0;
};

/// Threads: any. Errors of all: kBadInput where the bytes are damaged.
class KeyColumn {
 public:
  KeyColumn() = default;
  /// `bytes` as KeyWriter wrote them; they outlive this.
  static Result<KeyColumn> open(std::span<const std::byte> bytes, std::uint32_t n_keys);

  std::uint32_t n_keys() const { return n_keys_; }

  Result<Key> key(std::uint32_t i) const;

  /// The first whose key is not less; n_keys() where all are.
  Result<std::uint32_t> lower_bound(std::string_view key) const;

  Result<std::optional<std::uint32_t>> find(std::string_view key) const;

  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  /// Those that begin with `prefix`.
  Result<Range> with_prefix(std::string_view prefix) const;

  /// Reads all: ascending, unique, each parent within its key, no byte too many.
  Status check() const;

 private:
  friend class KeyCursor;
  std::uint32_t n_blocks() const;
  Result<std::span<const std::byte>> block(std::uint32_t i) const;
  Result<std::string_view> first_key(std::uint32_t i_block) const;
  Result<std::uint32_t> block_of(std::string_view key, std::uint32_t from) const;

  std::span<const std::byte> blocks_;
  std::span<const std::byte> offsets_;  // [n_blocks] u32
  std::uint32_t n_keys_ = 0;
};

/// Walks the keys in order. The column outlives it.
class KeyCursor {
 public:
  explicit KeyCursor(const KeyColumn& column) : column_(&column) {}

  /// False at the end. Errors: kBadInput.
  Result<bool> next();

  /// Goes on to the first key that is not less than `key`, from where it is: cheap when that is
  /// near. False at the end. Errors: kBadInput.
  Result<bool> seek(std::string_view key);

  /// Goes on to document `id`, which does not lie behind this one. Errors: kBadInput.
  Status go_to(std::uint32_t id);

  const Key& key() const { return key_; }
  std::uint32_t id() const { return next_id_ - 1; }

 private:
  const KeyColumn* column_;
  Key key_;
  std::uint32_t next_id_ = 0;
  std::span<const std::byte> rest_;  // Of the block of next_id_ - 1.
};

}  // namespace quern::store
