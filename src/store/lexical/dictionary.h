// The terms of a segment in order of (field, bytes), and where their postings lie: the form on
// disk, its writer and its readers.
//
// Blocks of 32 terms, each term: bytes shared with the one before (0 in the first), bytes that
// follow, those bytes, df, then of df = 1 the document and tf, else ttf - df and the bytes of its
// postings; then the bytes of its positions. A term's bytes begin with its field's number. Postings
// and positions of a block's terms lie one behind the other.
// Index, a row of 24 bytes for each block: postings u64, positions u64, block u32, zero u32.
// Tail, 24 bytes: n_terms u64, index offset u64, n_blocks u32, zero u32.
//
// Not an automaton: a lookup is some 15 comparisons and 16 terms read, the writer streams, and a
// merge of dictionaries is a merge. Tests: dictionary_test.cpp, fuzz/dictionary.cpp.
// docs/format_lexical.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/byte_cursor.h"
#include "store/byte_sink.h"
#include "store/lexical/postings.h"

namespace quern::store {

constexpr std::size_t kMaxTermBytes = 1024;
constexpr int kMaxTextFields = 255;  // Behind them: trigrams (trigram_table.h).

/// A term of a field as the dictionary orders them.
std::string term_key(int field, std::string_view term);

class DictionaryWriter {
 public:
  explicit DictionaryWriter(ByteSink sink) : sink_(std::move(sink)) {}

  /// The next term by `key` of term_key(); its postings and positions follow those of the last.
  /// Errors: what the sink says; kTooLarge above 4 GB.
  Status add(std::string_view key, const TermInfo& term);

  Status finish();

 private:
  Status write_block();

  ByteSink sink_;
  std::string block_;
  std::string index_;
  std::string last_key_;
  std::uint64_t n_terms_ = 0;
  std::uint64_t written_ = 0;
};

/// A view of a section, which may be damaged. Threads: any.
class Dictionary {
 public:
  /// Errors: kBadInput, damaged: its parts are not where the tail says.
  static Result<Dictionary> open(std::span<const std::byte> section);

  Dictionary() = default;

  std::uint64_t n_terms() const { return n_terms_; }

  /// Nothing where there is no such term. Errors: kBadInput, damaged.
  Result<std::optional<TermInfo>> find(int field, std::string_view term) const;

  /// Terms in their order. Threads: one object per thread.
  class Cursor {
   public:
    /// The next term; false behind the last one. Errors: kBadInput, damaged or out of order.
    Result<bool> next();

    std::string_view key() const { return key_; }
    int field() const { return static_cast<unsigned char>(key_[0]); }
    std::string_view term() const { return std::string_view(key_).substr(1); }
    const TermInfo& info() const { return info_; }

   private:
    friend class Dictionary;
    Status enter(std::uint32_t block);
    Status read();

    const Dictionary* dictionary_ = nullptr;
    std::uint32_t block_ = 0;  // To be entered next.
    std::uint64_t n_seen_ = 0;
    ByteCursor cursor_{{}};
    bool is_pending_ = false;  // read() was called for the next one.
    std::string key_;
    TermInfo info_;
  };

  Cursor begin() const;

  /// Before the first term whose key is not less than `key`.
  Result<Cursor> seek(std::string_view key) const;

 private:
  struct Row {
    std::uint64_t postings = 0;
    std::uint64_t positions = 0;
    std::uint32_t block = 0;
    std::uint32_t zero = 0;
  };
  Row row(std::uint32_t block) const;
  std::optional<std::string_view> first_key(std::uint32_t block) const;

  std::span<const std::byte> blocks_;
  std::span<const std::byte> index_;
  std::uint64_t n_terms_ = 0;
  std::uint32_t n_blocks_ = 0;
};

}  // namespace quern::store
