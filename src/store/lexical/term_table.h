// The terms of documents on their way into a segment, in memory.
//
// A log of tokens, eight bytes each, beside the list of terms. When all documents are there their
// tokens are dealt out to their terms in one pass over the documents in the order that they will
// have: nothing is compared but the terms themselves.

#pragma once

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

/// What a document adds to a table, or at most.
struct TermCounts {
  std::size_t n_tokens = 0;
  std::size_t n_terms = 0;       // That the table may not have.
  std::size_t n_term_bytes = 0;  // Of those.
};

class TermTable {
 public:
  /// A token of document `doc`, which is the last one's or the next. Terms have at most
  /// kMaxTermBytes; positions of one document and field never fall.
  void add(int field, std::uint32_t doc, std::string_view term, std::uint32_t position);

  /// What this holds and what write() will take besides: reserve it before adding.
  std::size_t bytes() const;

  /// At most what bytes() grows by when the next document is added, and what is held besides
  /// meanwhile.
  std::size_t growth_bytes(const TermCounts& more) const;

  std::uint64_t n_tokens() const { return ids_.size(); }

  /// Writes all terms in order. new_docs [documents added] gives each document its number, or
  /// kNoDoc; norms are by field and new number; of fields that are not in `with_positions` only the
  /// counts are written. Errors: what the writers say.
  Status write(std::span<const std::uint32_t> new_docs,
               std::span<const std::span<const std::uint8_t>> norms,
               std::span<const int> with_positions, PostingsWriter& postings,
               DictionaryWriter& dictionary) const;

 private:
  struct Entry {
    std::uint64_t begin = 0;   // Of its key in keys_.
    std::uint64_t n_seen = 0;  // Tokens.
    std::uint32_t n_bytes = 0;
    std::uint32_t hash = 0;
  };
  struct Token {
    std::uint32_t doc;
    std::uint32_t position;
  };
  std::string_view key(const Entry& entry) const {
    return std::string_view(keys_).substr(entry.begin, entry.n_bytes);
  }
  std::uint32_t find_or_add(std::string_view key);
  void grow_slots();
  std::vector<Token> deal_out(std::span<const std::uint32_t> new_docs,
                              std::vector<std::uint64_t>& ends) const;

  std::string keys_;
  std::vector<Entry> terms_;
  std::vector<std::uint32_t> slots_;       // Open addressing: number of a term + 1, or 0.
  std::vector<std::uint32_t> ids_;         // [n_tokens] of terms
  std::vector<std::uint32_t> positions_;   // [n_tokens]
  std::vector<std::uint64_t> doc_begins_;  // Where in these a document begins.
  std::string scratch_;
};

}  // namespace quern::store
