#include "store/lexical/postings_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/bit_pack.h"

namespace quern::store {

void PostingsWriter::start_term(std::span<const std::uint8_t> norms) {
  QUERN_CHECK(n_pending_ == 0 && heads_.empty());
  norms_ = norms;
  term_ = {.postings_offset = postings_written_, .positions_offset = positions_written_};
  last_written_doc_ = ~0u;
}

Status PostingsWriter::add(std::uint32_t doc, std::uint32_t tf,
                           std::span<const std::uint32_t> positions) {
  QUERN_CHECK(tf > 0 && doc < norms_.size() && (positions.empty() || positions.size() == tf));
  const std::uint32_t before = n_pending_ > 0 ? docs_[n_pending_ - 1] : last_written_doc_;
  QUERN_CHECK(before == ~0u || doc > before);
  docs_[n_pending_] = doc;
  tfs_[n_pending_++] = tf;
  ++term_.df;
  term_.ttf += tf;
  std::uint32_t last = 0;
  for (const std::uint32_t position : positions) {
    QUERN_CHECK(position >= last);
    append_varint(pending_positions_, position - last);
    last = position;
  }
  return n_pending_ == kBlockDocs ? write_block() : Status();
}

// A full block, or the rest behind full ones, with its head.
Status PostingsWriter::write_block() {
  BlockHead head = {.last_doc = docs_[n_pending_ - 1]};
  const std::uint64_t data = postings_written_ - term_.postings_offset;
  const std::uint64_t positions = positions_written_ - term_.positions_offset;
  if (std::max(data, positions) > std::numeric_limits<std::uint32_t>::max()) {
    return {Code::kTooLarge,
            fmt::format("a term of {} occurrences takes more than 4 GB", term_.ttf)};
  }
  head.data = static_cast<std::uint32_t>(data);
  head.positions = static_cast<std::uint32_t>(positions);
  head.bounds =
      bounds_of(std::span(docs_).first(n_pending_), std::span(tfs_).first(n_pending_), norms_);
  if (n_pending_ == kBlockDocs) {
    BlockValues gaps;
    BlockValues more;
    for (std::size_t i = 0; i < kBlockDocs; ++i) {
      gaps[i] = docs_[i] - (i == 0 ? last_written_doc_ : docs_[i - 1]) - 1;
      more[i] = tfs_[i] - 1;
    }
    head.doc_bits = static_cast<std::uint8_t>(kernels::bits_needed(gaps));
    head.tf_bits = static_cast<std::uint8_t>(kernels::bits_needed(more));
    const std::size_t n_doc_bytes = kernels::packed_bytes(head.doc_bits);
    block_.resize(n_doc_bytes + kernels::packed_bytes(head.tf_bits));
    const auto out = std::as_writable_bytes(std::span(block_));
    kernels::pack_128(gaps, head.doc_bits, out.data());
    kernels::pack_128(more, head.tf_bits, out.data() + n_doc_bytes);
  } else {
    append_run();
  }
  append_number(heads_, head);
  last_written_doc_ = head.last_doc;
  n_pending_ = 0;
  QUERN_TRY(flush(pending_positions_, positions_, positions_written_));
  return flush(block_, postings_, postings_written_);
}

void PostingsWriter::append_run() {
  std::uint32_t before = last_written_doc_;
  for (std::uint32_t i = 0; i < n_pending_; ++i) {
    const std::uint32_t gap = docs_[i] - before - 1;
    append_varint(block_, std::uint64_t{gap} << 1 | (tfs_[i] == 1 ? 1 : 0));
    if (tfs_[i] != 1) append_varint(block_, tfs_[i]);
    before = docs_[i];
  }
}

Result<TermInfo> PostingsWriter::finish_term() {
  QUERN_CHECK(term_.df > 0);
  if (term_.df == 1) {
    term_.single_doc = docs_[0];
  } else if (!heads_.empty()) {
    if (n_pending_ > 0) QUERN_TRY(write_block());
    QUERN_TRY(flush(heads_, postings_, postings_written_));
  } else {
    append_run();
    QUERN_TRY(flush(block_, postings_, postings_written_));
  }
  n_pending_ = 0;
  QUERN_TRY(flush(pending_positions_, positions_, positions_written_));
  term_.postings_bytes = postings_written_ - term_.postings_offset;
  term_.positions_bytes = positions_written_ - term_.positions_offset;
  return term_;
}

Status PostingsWriter::flush(std::string& bytes, ByteSink& sink, std::uint64_t& written) {
  if (!bytes.empty()) QUERN_TRY(sink(bytes_of(bytes)));
  written += bytes.size();
  bytes.clear();
  return {};
}

}  // namespace quern::store
