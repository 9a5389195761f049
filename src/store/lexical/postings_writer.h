// Writes the postings and positions of one term after another: the form of postings.h, and its
// tests.

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "store/byte_sink.h"
#include "store/lexical/postings.h"

namespace quern::store {

class PostingsWriter {
 public:
  PostingsWriter(ByteSink postings, ByteSink positions)
      : postings_(std::move(postings)), positions_(std::move(positions)) {}

  /// `norms` are the field's, by document; they must live until finish_term().
  void start_term(std::span<const std::uint8_t> norms);

  /// A document behind all that came before, with tf >= 1 occurrences: at `positions`, which
  /// ascend, or nowhere in particular. All documents of a term have positions, or none.
  /// Errors: what a sink says.
  Status add(std::uint32_t doc, std::uint32_t tf, std::span<const std::uint32_t> positions);

  /// At least one document was added. Errors: what a sink says; kTooLarge above 4 GB for a term.
  Result<TermInfo> finish_term();

 private:
  Status write_block();
  void append_run();
  Status flush(std::string& bytes, ByteSink& sink, std::uint64_t& written);

  ByteSink postings_;
  ByteSink positions_;
  std::uint64_t postings_written_ = 0;
  std::uint64_t positions_written_ = 0;

  std::span<const std::uint8_t> norms_;
  TermInfo term_;
  BlockValues docs_{};
  BlockValues tfs_{};
  std::uint32_t n_pending_ = 0;
  std::uint32_t last_written_doc_ = ~0u;  // Of the blocks so far.
  std::string block_;
  std::string pending_positions_;
  std::string heads_;
};

}  // namespace quern::store
