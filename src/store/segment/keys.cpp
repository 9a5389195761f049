#include "store/segment/keys.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"
#include "store/byte_cursor.h"
#include "store/schema.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kBlockKeys = 16;

Status damaged(std::uint32_t id) {
  return {Code::kBadInput, fmt::format("the keys are damaged near document {}", id)};
}

/// Makes `key` the next one of a block; it holds the one before.
bool read_key(ByteCursor& cursor, Key& key) {
  const std::uint64_t n_shared = cursor.varint();
  const std::uint64_t n_own = cursor.varint();
  const std::uint64_t n_parent = cursor.varint();
  const std::string_view own = cursor.text(n_own);
  if (!cursor.is_ok() || n_shared > key.bytes.size() || own.size() > kMaxKeyBytes ||
      n_shared + own.size() > kMaxKeyBytes || n_parent > n_shared + own.size()) {
    return false;
  }
  key.bytes.resize(static_cast<std::size_t>(n_shared));
  key.bytes += own;
  key.n_parent = static_cast<std::uint32_t>(n_parent);
  return true;
}

}  // namespace

Status KeyWriter::add(std::string_view key, std::uint32_t n_parent) {
  QUERN_CHECK(n_keys_ == 0 || before_ < key);
  QUERN_CHECK(key.size() <= kMaxKeyBytes && n_parent <= key.size());
  std::size_t n_shared = 0;
  if (n_keys_ % kBlockKeys == 0) {
    offsets_.push_back(n_bytes_);
  } else {
    const auto ends = std::mismatch(key.begin(), key.end(), before_.begin(), before_.end());
    n_shared = static_cast<std::size_t>(ends.first - key.begin());
  }
  std::string entry;
  append_varint(entry, n_shared);
  append_varint(entry, key.size() - n_shared);
  append_varint(entry, n_parent);
  entry += key.substr(n_shared);
  // 2^20 keys of 1,024 bytes: far from the end of a u32.
  QUERN_CHECK(entry.size() <= std::numeric_limits<std::uint32_t>::max() - n_bytes_);
  n_bytes_ += static_cast<std::uint32_t>(entry.size());
  ++n_keys_;
  before_ = key;
  return sink_(bytes_of(entry));
}

Status KeyWriter::finish() {
  std::string bytes;
  for (const std::uint32_t offset : offsets_) append_number(bytes, offset);
  return sink_(bytes_of(bytes));
}

Result<KeyColumn> KeyColumn::open(std::span<const std::byte> bytes, std::uint32_t n_keys) {
  KeyColumn out;
  out.n_keys_ = n_keys;
  const std::size_t offset_bytes = std::size_t{out.n_blocks()} * 4;
  if (bytes.size() < offset_bytes) {
    return {Code::kBadInput, fmt::format("{} keys in {} bytes", n_keys, bytes.size())};
  }
  out.blocks_ = bytes.first(bytes.size() - offset_bytes);
  out.offsets_ = bytes.last(offset_bytes);
  return out;
}

std::uint32_t KeyColumn::n_blocks() const {
  return n_keys_ / kBlockKeys + (n_keys_ % kBlockKeys != 0 ? 1 : 0);
}

Result<std::span<const std::byte>> KeyColumn::block(std::uint32_t i) const {
  std::uint32_t begin = 0;
  std::memcpy(&begin, offsets_.data() + i * std::size_t{4}, 4);
  auto end = static_cast<std::uint32_t>(blocks_.size());
  if (i + 1 < n_blocks()) std::memcpy(&end, offsets_.data() + (i + 1) * std::size_t{4}, 4);
  if (begin >= end || end > blocks_.size()) return damaged(i * kBlockKeys);
  return blocks_.subspan(begin, end - begin);
}

// The first key of a block shares nothing, so that it lies there whole.
Result<std::string_view> KeyColumn::first_key(std::uint32_t i_block) const {
  QUERN_ASSIGN(const auto bytes, block(i_block));
  ByteCursor cursor(bytes);
  const std::uint64_t n_shared = cursor.varint();
  const std::uint64_t n_own = cursor.varint();
  cursor.varint();
  const std::string_view key = cursor.text(n_own);
  if (!cursor.is_ok() || n_shared != 0) return damaged(i_block * kBlockKeys);
  return key;
}

// The last block from `from` on whose first key is not greater; `from` where there is none.
Result<std::uint32_t> KeyColumn::block_of(std::string_view key, std::uint32_t from) const {
  std::uint32_t low = from;
  std::uint32_t high = n_blocks();
  // Doubling steps first: the next key wanted is often near.
  for (std::uint32_t step = 1; step < high - low; step *= 2) {
    QUERN_ASSIGN(const std::string_view first, first_key(low + step));
    if (first > key) {
      high = low + step;
      break;
    }
    low += step;
  }
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    QUERN_ASSIGN(const std::string_view first, first_key(middle));
    (first > key ? high : low) = middle;
  }
  return low;
}

Result<Key> KeyColumn::key(std::uint32_t i) const {
  QUERN_CHECK(i < n_keys_);
  QUERN_ASSIGN(const auto bytes, block(i / kBlockKeys));
  ByteCursor cursor(bytes);
  Key key;
  for (std::uint32_t k = 0; k <= i % kBlockKeys; ++k) {
    if (!read_key(cursor, key)) return damaged(i);
  }
  return key;
}

Result<std::uint32_t> KeyColumn::lower_bound(std::string_view key) const {
  KeyCursor cursor(*this);
  QUERN_ASSIGN(const bool is_there, cursor.seek(key));
  return is_there ? cursor.id() : n_keys_;
}

Result<std::optional<std::uint32_t>> KeyColumn::find(std::string_view key) const {
  KeyCursor cursor(*this);
  QUERN_ASSIGN(const bool is_there, cursor.seek(key));
  if (!is_there || cursor.key().bytes != key) return std::optional<std::uint32_t>();
  return std::optional<std::uint32_t>(cursor.id());
}

Result<KeyColumn::Range> KeyColumn::with_prefix(std::string_view prefix) const {
  Range range{.begin = 0, .end = n_keys_};
  QUERN_ASSIGN(range.begin, lower_bound(prefix));
  // The least string behind all that begin so: the last byte that can be raised, raised.
  std::string behind(prefix);
  while (!behind.empty() && behind.back() == '\xff') behind.pop_back();
  if (behind.empty()) return range;
  behind.back() = static_cast<char>(static_cast<unsigned char>(behind.back()) + 1);
  QUERN_ASSIGN(range.end, lower_bound(behind));
  if (range.end < range.begin) return damaged(range.begin);
  return range;
}

Status KeyColumn::check() const {
  std::string before;
  for (std::uint32_t i = 0; i < n_blocks(); ++i) {
    QUERN_ASSIGN(const auto bytes, block(i));
    QUERN_TRY(first_key(i).status());
    if (i == 0 && bytes.data() != blocks_.data()) return damaged(0);
    ByteCursor cursor(bytes);
    Key key;
    const std::uint32_t n = std::min(kBlockKeys, n_keys_ - i * kBlockKeys);
    for (std::uint32_t k = 0; k < n; ++k) {
      const std::uint32_t id = i * kBlockKeys + k;
      if (!read_key(cursor, key) || (id > 0 && key.bytes <= before) || key.bytes.empty()) {
        return damaged(id);
      }
      before = key.bytes;
    }
    if (cursor.n_left() != 0) return damaged(i * kBlockKeys);
  }
  if (n_keys_ == 0 && !blocks_.empty()) return damaged(0);
  return {};
}

Result<bool> KeyCursor::next() {
  if (next_id_ == column_->n_keys()) return false;
  if (next_id_ % kBlockKeys == 0) {
    QUERN_ASSIGN(rest_, column_->block(next_id_ / kBlockKeys));
    key_.bytes.clear();
  }
  ByteCursor cursor(rest_);
  if (!read_key(cursor, key_)) return damaged(next_id_);
  rest_ = rest_.subspan(cursor.position());
  ++next_id_;
  return true;
}

Status KeyCursor::go_to(std::uint32_t id) {
  QUERN_CHECK(id + 1 >= next_id_ && id < column_->n_keys());
  if (next_id_ == 0 || id / kBlockKeys > (next_id_ - 1) / kBlockKeys) {
    next_id_ = id / kBlockKeys * kBlockKeys;
  }
  while (next_id_ <= id) QUERN_TRY(next().status());
  return {};
}

Result<bool> KeyCursor::seek(std::string_view key) {
  if (next_id_ > 0 && key_.bytes >= key) return true;
  if (column_->n_keys() == 0) return false;
  const std::uint32_t here = next_id_ == 0 ? 0 : (next_id_ - 1) / kBlockKeys;
  QUERN_ASSIGN(const std::uint32_t i_block, column_->block_of(key, here));
  if (i_block > here) next_id_ = i_block * kBlockKeys;
  for (;;) {
    QUERN_ASSIGN(const bool is_there, next());
    if (!is_there || key_.bytes >= key) return is_there;
  }
}

}  // namespace quern::store
