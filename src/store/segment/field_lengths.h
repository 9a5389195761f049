// How many tokens each document has in one field, exactly: as few bits each as the longest needs.
// Scores use the coarser norms; deletes and merges keep the sums of lengths right.
// docs/format_store.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"

namespace quern::store {

/// The same lengths always give the same bytes.
std::string bytes_from_lengths(std::span<const std::uint32_t> lengths);

/// Threads: any.
class FieldLengths {
 public:
  FieldLengths() = default;

  /// `bytes` as bytes_from_lengths wrote them; they outlive this. Errors: kBadInput.
  static Result<FieldLengths> open(std::span<const std::byte> bytes, std::uint32_t n_docs);

  std::uint32_t n_docs() const { return n_docs_; }

  /// doc < n_docs.
  std::uint32_t length(std::uint32_t doc) const;

 private:
  std::span<const std::byte> packed_;
  std::uint32_t n_docs_ = 0;
  unsigned n_bits_ = 0;
};

}  // namespace quern::store
