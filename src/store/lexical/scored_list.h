// The documents of one part of a query in one segment, with what it adds to the score of each:
// read block by block, with a bound on each block.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/lexical/bm25.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/postings.h"

namespace quern::store {

struct ScoredDoc {
  double score = 0;
  std::uint32_t doc = 0;

  bool operator==(const ScoredDoc&) const = default;
};

using BlockScores = std::array<double, kBlockDocs>;

/// A cursor that only goes forward: block by block, and in a block to any document. Either of a
/// term's postings, or of documents and scores that were found out before (a phrase's, a prefix's).
/// What is damaged reads as empty, and is_damaged() says so at the end.
class ScoredList {
 public:
  /// Errors: kBadInput, damaged.
  static Result<ScoredList> of_term(const LexicalPart& part, int field, const TermInfo& term,
                                    float weight, const InverseNorms& inverse_norms);
  static ScoredList of_docs(std::vector<ScoredDoc> docs);

  std::uint32_t df() const { return df_; }
  std::uint32_t n_blocks() const { return static_cast<std::uint32_t>(last_docs_.size()); }
  std::uint32_t last_doc(std::uint32_t block) const { return last_docs_[block]; }

  /// No document of the block, or of the list, scores higher.
  double bound(std::uint32_t block) const { return bounds_[block]; }
  double max_bound() const { return max_bound_; }

  /// A score that the k-th best document of this list has at least; 0 where that is not known
  /// without reading much.
  double floor_of_best(std::uint32_t k);

  std::uint32_t block() const { return block_; }  // n_blocks(): at the end.

  /// Back to the first block: for another search.
  void rewind() { block_ = 0; }

  /// To the first block, from the current one on, that ends at or behind `doc`.
  void seek_block(std::uint32_t doc) {
    if (block_ < n_blocks() && last_docs_[block_] < doc) seek_far(doc);
  }

  /// The highest bound of the blocks that have a part of [begin, end), the first of which is
  /// block().
  double bound_within(std::uint32_t end) const;

  /// The documents of block(), ascending.
  std::span<const std::uint32_t> docs();

  /// Their scores. Shapes: as docs().
  std::span<const double> scores();

  /// How many documents of block() lie before `doc`. docs() was called.
  std::uint32_t n_before(std::uint32_t doc) const;

  /// What `doc` scores, in block(); nothing if it is not in the list.
  std::optional<double> find(std::uint32_t doc);

  bool is_damaged() const { return is_damaged_; }

 private:
  ScoredList() = default;
  Status read_heads();
  void read_run();
  double part(std::uint32_t tf, std::uint8_t norm) const;
  void seek_far(std::uint32_t doc);
  void decode_docs();
  void decode_tfs();

  // Scores of the lowest counts by norm: most of all that is looked up. [kTableTfs][256]
  static constexpr std::uint32_t kTableTfs = 3;
  using Table = std::array<std::array<double, 256>, kTableTfs>;

  struct Buffers {
    BlockValues docs;  // Behind the last one: kNoDoc.
    BlockValues tfs;
    BlockScores scores;
    Table table;
  };

  Postings postings_;
  std::span<const std::uint8_t> norms_;
  float weight_ = 0;
  const InverseNorms* inverse_norms_ = nullptr;
  std::vector<ScoredDoc> found_;  // of_docs()

  std::uint32_t df_ = 0;
  std::vector<std::uint32_t> last_docs_;  // [n_blocks]
  std::vector<double> bounds_;            // [n_blocks]
  std::vector<double> floors_;            // [n_blocks] what some document of the block has
  double max_bound_ = 0;

  std::unique_ptr<Buffers> buffers_;
  bool has_table_ = false;
  std::uint32_t block_ = 0;
  std::uint32_t docs_block_ = ~0u;    // Of what lies in buffers_->docs,
  std::uint32_t tfs_block_ = ~0u;     // ->tfs
  std::uint32_t scores_block_ = ~0u;  // and ->scores.
  std::uint32_t n_in_block_ = 0;
  bool is_once_each_ = false;  // The counts of tfs_block_ are all 1.
  bool is_damaged_ = false;
};

}  // namespace quern::store
