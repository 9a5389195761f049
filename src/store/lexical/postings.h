// The documents of a term, how often each has it and where: the form on disk and its reader.
//
// A list of fewer than 128 documents is a run of varints: (gap << 1 | is once), and the count where
// it is not once. A longer one is blocks of 128, a rest in varints, then a head of 20 bytes for
// each block and the rest. A single document lies in the dictionary.
//
// head: last_doc u32, data u32, positions u32 (where both begin in the term's bytes), doc_bits u8,
//       tf_bits u8, three pairs (tf u8, norm u8) that bound the block
// block: gaps to the document before, tf - 1; both by kernels::pack_128
//
// The pairs are the block's Pareto front of high tf and small norm, so they bound its scores for
// every k1, b and average length. Bytes may be damaged: every reader here says so and reads nothing
// out of bounds. Tests: postings_test.cpp, fuzz/postings.cpp. docs/format_lexical.md.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/byte_cursor.h"

namespace quern::store {

constexpr std::uint32_t kBlockDocs = 128;

/// A segment never has more documents: their sums of gaps fit 32 bits whatever the bytes say.
constexpr std::uint32_t kMaxSegmentDocs = 1 << 24;

/// In a map from documents to their new numbers: the document is gone.
constexpr std::uint32_t kNoDoc = 0xFFFFFFFF;

/// What the dictionary says of a term in one field.
struct TermInfo {
  std::uint32_t df = 0;          // Documents that have it,
  std::uint64_t ttf = 0;         // and how often in all.
  std::uint32_t single_doc = 0;  // If df is 1: then there are no postings, and tf is ttf.
  std::uint64_t postings_offset = 0;
  std::uint64_t postings_bytes = 0;
  std::uint64_t positions_offset = 0;
  std::uint64_t positions_bytes = 0;  // 0: the field has none.

  bool operator==(const TermInfo&) const = default;
};

/// No document of a block scores higher than the best of its pairs.
struct BoundPair {
  std::uint8_t tf = 0;  // 255: any.
  std::uint8_t norm = 0;

  bool operator==(const BoundPair&) const = default;
};
constexpr std::uint8_t kAnyTf = 255;
using BlockBounds = std::array<BoundPair, 3>;  // tf and norm ascend; the last one may repeat.

/// The first and the last pair are those of a document each; the middle one may be better than any.
BlockBounds bounds_of(std::span<const std::uint32_t> docs, std::span<const std::uint32_t> tfs,
                      std::span<const std::uint8_t> norms);

struct BlockHead {
  std::uint32_t last_doc = 0;
  std::uint32_t data = 0;
  std::uint32_t positions = 0;
  std::uint8_t doc_bits = 0;
  std::uint8_t tf_bits = 0;
  BlockBounds bounds = {};
};
constexpr std::size_t kHeadBytes = 20;

using BlockValues = std::array<std::uint32_t, kBlockDocs>;

/// A view of one term's postings. Threads: any, it is read only.
class Postings {
 public:
  /// `postings` is the section, `n_docs` the segment's. Errors: kBadInput, damaged.
  static Result<Postings> open(std::span<const std::byte> postings, const TermInfo& term,
                               std::uint32_t n_docs);

  std::uint32_t df() const { return df_; }
  std::uint32_t n_docs() const { return n_docs_; }  // Of the segment.
  std::uint32_t n_blocks() const { return n_blocks_; }

  /// Lists shorter than a block have none: then n_blocks() is 1.
  bool has_heads() const { return n_heads_ > 0; }
  BlockHead head(std::uint32_t block) const;

  std::uint32_t n_in_block(std::uint32_t block) const {
    return block + 1 < n_blocks_ ? kBlockDocs : df_ - block * kBlockDocs;
  }

  /// The documents of a block, ascending and below n_docs. How many there are; 0: damaged.
  std::uint32_t decode_docs(std::uint32_t block, BlockValues& docs) const;

  /// How often each document of a block has the term, >= 1. As decode_docs.
  std::uint32_t decode_tfs(std::uint32_t block, BlockValues& tfs) const;

  /// All counts of the block are 1, as far as is known without reading them.
  bool is_once_each(std::uint32_t block) const;

 private:
  std::uint32_t decode_run(std::uint32_t block, BlockValues& docs, BlockValues& tfs) const;
  bool is_packed(std::uint32_t block) const { return (block + 1) * kBlockDocs <= df_; }
  std::uint32_t doc_before(std::uint32_t block) const;

  std::span<const std::byte> data_;
  std::span<const std::byte> heads_;
  std::uint32_t df_ = 0;
  std::uint32_t n_blocks_ = 0;
  std::uint32_t n_heads_ = 0;
  std::uint32_t n_docs_ = 0;
  std::uint32_t single_doc_ = 0;  // If df_ is 1,
  std::uint32_t single_tf_ = 0;   // with this count.
};

/// Positions of a term, document by document: gaps as varints, the first one from 0.
class PositionsReader {
 public:
  explicit PositionsReader(std::span<const std::byte> bytes) : cursor_(bytes) {}

  /// Passes over n positions, or replaces `out` by the next n. False: damaged.
  bool skip(std::uint64_t n);
  bool read(std::uint32_t n, std::vector<std::uint32_t>& out);

 private:
  ByteCursor cursor_;
};

/// The term's positions from the start of a block on. Errors: kBadInput, damaged.
Result<PositionsReader> positions_of(std::span<const std::byte> positions, const TermInfo& term,
                                     const Postings& postings, std::uint32_t block);

/// Reads all of a term and holds it against what its heads and the dictionary say; `norms`
/// [n_docs]. Errors: kBadInput naming the first thing that is wrong.
Status check_postings(std::span<const std::byte> postings, std::span<const std::byte> positions,
                      const TermInfo& term, std::span<const std::uint8_t> norms);

}  // namespace quern::store
