// Where a term stands in documents, read forward: for phrases and for how close terms stand.
// Tests: phrase_test.cpp, doc_signals_test.cpp.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/postings.h"

namespace quern::store {

class TermPositions {
 public:
  /// `part` and `term` outlive the result. Errors: kBadInput, damaged.
  static Result<TermPositions> open(const LexicalPart& part, const TermInfo& info,
                                    std::string_view term);

  std::uint32_t df() const { return info_.df; }

  /// The first document at or behind `doc`; n_docs if there is none. Errors: damaged.
  Result<std::uint32_t> seek(std::uint32_t doc);

  /// Positions in the document that seek() gave, once. Errors: damaged.
  Status read(std::vector<std::uint32_t>& out);

 private:
  std::uint32_t last_in_block() const { return docs_[n_ - 1]; }
  Status enter();

  const LexicalPart* part_ = nullptr;
  TermInfo info_;
  std::string_view term_;
  Postings postings_;
  PositionsReader reader_{{}};
  std::uint32_t block_ = ~0u;
  std::uint32_t index_ = 0;  // Of the current document in the block,
  std::uint32_t n_ = 0;      // which has so many; 0: it was not entered.
  std::uint32_t read_ = 0;   // The reader stands before the positions of this one.
  BlockValues docs_{};
  BlockValues tfs_{};
};

}  // namespace quern::store
