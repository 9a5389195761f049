#include "store/lexical/term_positions.h"

#include <fmt/format.h>

namespace quern::store {
namespace {

Status damaged(std::string_view term) {
  return {Code::kBadInput, fmt::format("damaged postings of term '{}'", term)};
}

}  // namespace

Result<TermPositions> TermPositions::open(const LexicalPart& part, const TermInfo& info,
                                          std::string_view term) {
  TermPositions out;
  out.part_ = &part;
  out.info_ = info;
  out.term_ = term;
  QUERN_ASSIGN(out.postings_, Postings::open(part.postings, info, part.n_docs));
  return out;
}

Result<std::uint32_t> TermPositions::seek(std::uint32_t doc) {
  while (block_ == ~0u || n_ == index_ || last_in_block() < doc) {
    const std::uint32_t next = block_ == ~0u ? 0 : block_ + 1;
    if (next == postings_.n_blocks()) return part_->n_docs;
    block_ = next;
    index_ = n_ = read_ = 0;
    // Heads tell of a block that ends before `doc` without reading it.
    if (postings_.has_heads() && postings_.head(block_).last_doc < doc) continue;
    QUERN_TRY(enter());
  }
  while (index_ < n_ && docs_[index_] < doc) ++index_;
  return docs_[index_];
}

Status TermPositions::read(std::vector<std::uint32_t>& out) {
  std::uint64_t n_between = 0;
  for (; read_ < index_; ++read_) n_between += tfs_[read_];
  if (!reader_.skip(n_between) || !reader_.read(tfs_[index_], out)) return damaged(term_);
  ++read_;
  return {};
}

Status TermPositions::enter() {
  n_ = postings_.decode_docs(block_, docs_);
  if (n_ == 0 || postings_.decode_tfs(block_, tfs_) != n_) return damaged(term_);
  QUERN_ASSIGN(reader_, positions_of(part_->positions, info_, postings_, block_));
  return {};
}

}  // namespace quern::store
