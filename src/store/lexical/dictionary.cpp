#include "store/lexical/dictionary.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace quern::store {
namespace {

constexpr std::uint64_t kBlockTerms = 32;
constexpr std::size_t kRowBytes = 24;

// More is damage; sums of two stay within 64 bits.
constexpr std::uint64_t kMaxSectionBytes = std::uint64_t{1} << 56;

struct Tail {
  std::uint64_t n_terms = 0;
  std::uint64_t index = 0;
  std::uint32_t n_blocks = 0;
  std::uint32_t zero = 0;
};
static_assert(sizeof(Tail) == 24);

Status damaged(const char* what) {
  return {Code::kBadInput, std::string("damaged dictionary: ") + what};
}

}  // namespace

std::string term_key(int field, std::string_view term) {
  QUERN_CHECK(field >= 0 && field <= kMaxTextFields);
  std::string key(1, static_cast<char>(field));
  return key.append(term);
}

Status DictionaryWriter::add(std::string_view key, const TermInfo& term) {
  QUERN_CHECK(key.size() >= 1 && key.size() <= kMaxTermBytes + 1);
  QUERN_CHECK(n_terms_ == 0 || key > last_key_);
  std::size_t n_shared = 0;
  if (n_terms_ % kBlockTerms == 0) {
    QUERN_TRY(write_block());
    if (written_ > std::numeric_limits<std::uint32_t>::max()) {
      return {Code::kTooLarge, "the terms of a segment take more than 4 GB"};
    }
    append_number(index_, term.postings_offset);
    append_number(index_, term.positions_offset);
    append_number(index_, written_);  // Low half first: the block u32, and zero.
  } else {
    const auto differ = std::mismatch(key.begin(), key.end(), last_key_.begin(), last_key_.end());
    n_shared = static_cast<std::size_t>(differ.first - key.begin());
  }
  append_varint(block_, n_shared);
  append_varint(block_, key.size() - n_shared);
  block_.append(key.substr(n_shared));
  append_varint(block_, term.df);
  if (term.df == 1) {
    append_varint(block_, term.single_doc);
    append_varint(block_, term.ttf);
  } else {
    append_varint(block_, term.ttf - term.df);
    append_varint(block_, term.postings_bytes);
  }
  append_varint(block_, term.positions_bytes);
  last_key_ = key;
  ++n_terms_;
  return {};
}

Status DictionaryWriter::write_block() {
  if (!block_.empty()) QUERN_TRY(sink_(bytes_of(block_)));
  written_ += block_.size();
  block_.clear();
  return {};
}

Status DictionaryWriter::finish() {
  QUERN_TRY(write_block());
  const Tail tail = {.n_terms = n_terms_,
                     .index = written_,
                     .n_blocks = static_cast<std::uint32_t>(index_.size() / kRowBytes)};
  append_number(index_, tail);
  return sink_(bytes_of(index_));
}

Result<Dictionary> Dictionary::open(std::span<const std::byte> section) {
  Tail tail;
  if (section.size() < sizeof tail) return damaged("it ends early");
  std::memcpy(&tail, section.data() + section.size() - sizeof tail, sizeof tail);
  const std::size_t n_before = section.size() - sizeof tail;
  if (tail.index > n_before || n_before - tail.index != tail.n_blocks * kRowBytes ||
      tail.n_terms > tail.n_blocks * kBlockTerms ||
      tail.n_terms + kBlockTerms <= tail.n_blocks * kBlockTerms) {
    return damaged("its tail does not fit");
  }
  Dictionary out;
  out.blocks_ = section.first(tail.index);
  out.index_ = section.subspan(tail.index, n_before - tail.index);
  out.n_terms_ = tail.n_terms;
  out.n_blocks_ = tail.n_blocks;
  return out;
}

Dictionary::Row Dictionary::row(std::uint32_t block) const {
  static_assert(sizeof(Row) == kRowBytes);
  Row row;
  std::memcpy(&row, index_.data() + block * kRowBytes, sizeof row);
  return row;
}

std::optional<std::string_view> Dictionary::first_key(std::uint32_t block) const {
  const std::size_t begin = row(block).block;
  if (begin > blocks_.size()) return std::nullopt;
  ByteCursor cursor(blocks_.subspan(begin));
  const std::uint64_t n_shared = cursor.varint();
  const std::string_view key = cursor.text(cursor.varint());
  return cursor.is_ok() && n_shared == 0 ? std::optional(key) : std::nullopt;
}

Dictionary::Cursor Dictionary::begin() const {
  Cursor cursor;
  cursor.dictionary_ = this;
  return cursor;
}

Result<Dictionary::Cursor> Dictionary::seek(std::string_view key) const {
  // The last block that begins at or before the key.
  std::uint32_t low = 0;
  std::uint32_t high = n_blocks_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto first = first_key(middle);
    if (!first) return damaged("a block's first term");
    if (*first <= key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  Cursor cursor = begin();
  cursor.block_ = low == 0 ? 0 : low - 1;
  cursor.n_seen_ = cursor.block_ * kBlockTerms;
  while (true) {
    QUERN_ASSIGN(const bool is_one, cursor.next());
    if (!is_one) return cursor;
    if (cursor.key_ >= key) break;
  }
  cursor.is_pending_ = true;
  return cursor;
}

Result<std::optional<TermInfo>> Dictionary::find(int field, std::string_view term) const {
  const std::string key = term_key(field, term);
  QUERN_ASSIGN(Cursor cursor, seek(key));
  QUERN_ASSIGN(const bool is_one, cursor.next());
  if (!is_one || cursor.key() != key) return std::optional<TermInfo>();
  return std::optional(cursor.info());
}

Result<bool> Dictionary::Cursor::next() {
  if (std::exchange(is_pending_, false)) return true;
  if (n_seen_ == dictionary_->n_terms_) return false;
  if (n_seen_ % kBlockTerms == 0) QUERN_TRY(enter(block_++));
  QUERN_TRY(read());
  ++n_seen_;
  return true;
}

Status Dictionary::Cursor::enter(std::uint32_t block) {
  const Row row = dictionary_->row(block);
  if (row.block > dictionary_->blocks_.size()) return damaged("a block behind the last");
  cursor_ = ByteCursor(dictionary_->blocks_.subspan(row.block));
  info_ = {.postings_offset = row.postings, .positions_offset = row.positions};
  return {};
}

Status Dictionary::Cursor::read() {
  const std::string before = n_seen_ % kBlockTerms == 0 ? std::string() : key_;
  const std::uint64_t n_shared = cursor_.varint();
  const std::string_view rest = cursor_.text(cursor_.varint());
  if (!cursor_.is_ok() || n_shared > before.size() || n_shared + rest.size() > kMaxTermBytes + 1 ||
      n_shared + rest.size() == 0) {
    return damaged("a term");
  }
  std::string key = before.substr(0, n_shared).append(rest);
  if (!key_.empty() && key <= key_) return damaged("terms out of order");
  key_ = std::move(key);

  TermInfo next;
  next.postings_offset = info_.postings_offset + info_.postings_bytes;
  next.positions_offset = info_.positions_offset + info_.positions_bytes;
  const std::uint64_t df = cursor_.varint();
  const std::uint64_t second = cursor_.varint();
  const std::uint64_t third = cursor_.varint();
  next.positions_bytes = cursor_.varint();
  if (!cursor_.is_ok() || df == 0 || df > kMaxSegmentDocs || second > kMaxSectionBytes ||
      third > kMaxSectionBytes || next.positions_bytes > kMaxSectionBytes) {
    return damaged("a term's numbers");
  }
  next.df = static_cast<std::uint32_t>(df);
  if (df == 1) {
    if (second >= kMaxSegmentDocs) return damaged("a term's document");
    next.single_doc = static_cast<std::uint32_t>(second);
    next.ttf = third;
  } else {
    next.ttf = second + df;
    next.postings_bytes = third;
  }
  info_ = next;
  return {};
}

}  // namespace quern::store
