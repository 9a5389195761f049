// The trigrams of documents on their way into a segment: every three bytes that stand together in a
// field, without case. A pattern that a document matches needs some of them (pattern_trigrams.h).
//
// As terms of field 255 of the dictionary they are written and merged with the rest: which
// documents have them, not how often or where. docs/format_lexical.md.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/lexical/dictionary.h"
#include "store/lexical/postings_writer.h"

namespace quern::store {

/// Behind all text fields.
inline constexpr int kTrigramField = kMaxTextFields;
inline constexpr std::size_t kTrigramBytes = 3;

/// Its three bytes, the first one highest.
using Trigram = std::uint32_t;

/// That which ends in the last byte of `before`, `next` being the byte that follows.
constexpr Trigram next_trigram(Trigram before, char next) {
  return (before << 8 | static_cast<unsigned char>(next)) & 0xFFFFFF;
}

inline std::string bytes_of_trigram(Trigram trigram) {
  return {static_cast<char>(trigram >> 16), static_cast<char>(trigram >> 8),
          static_cast<char>(trigram)};
}

class TrigramTable {
 public:
  /// The trigrams of one field of document `doc`, which is the last one's or the next.
  void add(std::uint32_t doc, std::string_view utf8);

  /// What this holds and what write() will take besides.
  std::size_t bytes() const;

  /// At most what bytes() grows by when the next document is added, and what is held besides
  /// meanwhile. `n_trigrams`: different ones that it has, at most; n_field_bytes of its longest
  /// field.
  std::size_t growth_bytes(std::size_t n_trigrams, std::size_t n_field_bytes) const;

  /// The trigrams of a text, noted in `seen`, [kTrigrams] bits: how many were not seen before.
  static constexpr std::size_t kTrigrams = std::size_t{1} << 24;
  static std::size_t count_new(std::string_view utf8, std::vector<bool>& seen);

  /// What a text that is held without case takes: a letter of two bytes may become one of three.
  static constexpr std::size_t folded_bytes(std::size_t n_bytes) { return 3 * n_bytes; }

  /// Writes all in order. new_docs [documents added] gives each document its number below n_docs,
  /// or kNoDoc. Errors: what the writers say.
  Status write(std::span<const std::uint32_t> new_docs, std::span<const std::uint8_t> norms,
               PostingsWriter& postings, DictionaryWriter& dictionary) const;

 private:
  struct Entry {
    Trigram trigram = 0;
    std::uint32_t end_doc = 0;  // Behind the last document that has it: it counts once in each.
    std::uint32_t n_docs = 0;
  };
  std::uint32_t find_or_add(Trigram trigram);
  void grow_slots();
  std::vector<std::uint32_t> deal_out(std::span<const std::uint32_t> new_docs,
                                      std::vector<std::uint64_t>& ends) const;

  std::vector<Entry> trigrams_;
  std::vector<std::uint32_t> slots_;       // Open addressing: number of a trigram + 1, or 0.
  std::vector<std::uint32_t> ids_;         // Of the trigrams of one document after another.
  std::vector<std::uint64_t> doc_begins_;  // Where in these a document begins.
  std::string folded_;
};

}  // namespace quern::store
