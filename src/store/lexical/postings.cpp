#include "store/lexical/postings.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/bit_pack.h"

namespace quern::store {
namespace {

static_assert(std::endian::native == std::endian::little);
static_assert(kBlockDocs == kernels::kPackValues);

constexpr int kMaxDocBits = 24;  // Of a gap below kMaxSegmentDocs.
constexpr int kMaxTfBits = 31;
constexpr std::uint64_t kMaxTf = std::uint64_t{1} << kMaxTfBits;
static_assert(sizeof(BlockHead) == kHeadBytes && std::is_trivially_copyable_v<BlockHead>);

Status damaged(const char* what) { return {Code::kBadInput, std::string("damaged: ") + what}; }

// A section's part, or nothing where it is not inside.
std::optional<std::span<const std::byte>> part_of(std::span<const std::byte> section,
                                                  std::uint64_t offset, std::uint64_t n_bytes) {
  if (offset > section.size() || n_bytes > section.size() - offset) return std::nullopt;
  return section.subspan(offset, n_bytes);
}

}  // namespace

BlockBounds bounds_of(std::span<const std::uint32_t> docs, std::span<const std::uint32_t> tfs,
                      std::span<const std::uint8_t> norms) {
  std::array<BoundPair, kBlockDocs> pairs;
  const std::size_t n = docs.size();
  for (std::size_t i = 0; i < n; ++i) {
    pairs[i] = {static_cast<std::uint8_t>(std::min<std::uint32_t>(tfs[i], kAnyTf)), norms[docs[i]]};
  }
  std::sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(n),
            [](const BoundPair& a, const BoundPair& b) {
              return a.norm != b.norm ? a.norm < b.norm : a.tf > b.tf;
            });
  std::size_t n_front = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (n_front == 0 || pairs[i].tf > pairs[n_front - 1].tf) pairs[n_front++] = pairs[i];
  }
  if (n_front <= 2) return {pairs[0], pairs[n_front - 1], pairs[n_front - 1]};
  return {pairs[0], BoundPair{pairs[n_front - 2].tf, pairs[1].norm}, pairs[n_front - 1]};
}

Result<Postings> Postings::open(std::span<const std::byte> postings, const TermInfo& term,
                                std::uint32_t n_docs) {
  if (n_docs > kMaxSegmentDocs) return damaged("a segment of too many documents");
  if (term.df == 0 || term.df > n_docs) return damaged("a term in more documents than there are");
  Postings out;
  out.df_ = term.df;
  out.n_docs_ = n_docs;
  out.n_blocks_ = (term.df + kBlockDocs - 1) / kBlockDocs;
  if (term.df == 1) {
    if (term.single_doc >= n_docs) return damaged("a document beyond the last");
    out.single_doc_ = term.single_doc;
    out.single_tf_ = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(term.ttf, 1, kMaxTf));
    return out;
  }
  const auto bytes = part_of(postings, term.postings_offset, term.postings_bytes);
  if (!bytes) return damaged("postings end early");
  out.n_heads_ = term.df < kBlockDocs ? 0 : out.n_blocks_;
  const std::size_t head_bytes = out.n_heads_ * kHeadBytes;
  if (bytes->size() < head_bytes) return damaged("postings end in their heads");
  out.data_ = bytes->first(bytes->size() - head_bytes);
  out.heads_ = bytes->last(head_bytes);
  return out;
}

BlockHead Postings::head(std::uint32_t block) const {
  QUERN_DCHECK(block < n_heads_);
  BlockHead head;
  std::memcpy(&head, heads_.data() + block * kHeadBytes, kHeadBytes);
  return head;
}

std::uint32_t Postings::doc_before(std::uint32_t block) const {
  return block == 0 ? ~0u : head(block - 1).last_doc;
}

std::uint32_t Postings::decode_docs(std::uint32_t block, BlockValues& docs) const {
  if (!is_packed(block)) {
    BlockValues tfs;
    return decode_run(block, docs, tfs);
  }
  const BlockHead h = head(block);
  const std::uint32_t before = doc_before(block);
  if (h.doc_bits > kMaxDocBits || h.last_doc >= n_docs_ || (block > 0 && before >= n_docs_))
    return 0;
  if (!part_of(data_, h.data, kernels::packed_bytes(h.doc_bits))) return 0;
  kernels::unpack_ascending_128(data_.data() + h.data, h.doc_bits, before, docs);
  // Gaps are below 2^24, so nothing wrapped: all are below the last one.
  return docs.back() == h.last_doc ? kBlockDocs : 0;
}

std::uint32_t Postings::decode_tfs(std::uint32_t block, BlockValues& tfs) const {
  if (!is_packed(block)) {
    BlockValues docs;
    return decode_run(block, docs, tfs);
  }
  const BlockHead h = head(block);
  const std::uint64_t begin =
      h.data + kernels::packed_bytes(std::min<int>(h.doc_bits, kMaxDocBits));
  if (h.tf_bits > kMaxTfBits || !part_of(data_, begin, kernels::packed_bytes(h.tf_bits))) return 0;
  kernels::unpack_128(data_.data() + begin, h.tf_bits, tfs);
  for (std::uint32_t& tf : tfs) ++tf;
  return kBlockDocs;
}

bool Postings::is_once_each(std::uint32_t block) const {
  if (df_ == 1) return single_tf_ == 1;
  return is_packed(block) && head(block).tf_bits == 0;
}

std::uint32_t Postings::decode_run(std::uint32_t block, BlockValues& docs, BlockValues& tfs) const {
  if (df_ == 1) {
    docs[0] = single_doc_;
    tfs[0] = single_tf_;
    return 1;
  }
  std::size_t begin = 0;
  std::uint64_t doc = ~0ull;  // One before the first.
  if (block > 0) {
    begin = head(block).data;
    doc = doc_before(block);
    if (begin > data_.size()) return 0;
  }
  ByteCursor cursor(data_.subspan(begin));
  const std::uint32_t n = n_in_block(block);
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint64_t code = cursor.varint();
    if ((code >> 1) >= n_docs_) return 0;
    doc += (code >> 1) + 1;
    const std::uint64_t tf = (code & 1) != 0 ? 1 : cursor.varint();
    if (!cursor.is_ok() || doc >= n_docs_ || tf == 0 || tf > kMaxTf) return 0;
    docs[i] = static_cast<std::uint32_t>(doc);
    tfs[i] = static_cast<std::uint32_t>(tf);
  }
  if (n_heads_ > 0 && head(block).last_doc != docs[n - 1]) return 0;
  return n;
}

bool PositionsReader::skip(std::uint64_t n) {
  for (; n > 0 && cursor_.is_ok(); --n) cursor_.varint();
  return cursor_.is_ok();
}

bool PositionsReader::read(std::uint32_t n, std::vector<std::uint32_t>& out) {
  out.clear();
  std::uint64_t position = 0;
  for (; n > 0; --n) {
    position += cursor_.varint();
    if (!cursor_.is_ok() || position > 0xFFFFFFFFu) return false;
    out.push_back(static_cast<std::uint32_t>(position));
  }
  return true;
}

Result<PositionsReader> positions_of(std::span<const std::byte> positions, const TermInfo& term,
                                     const Postings& postings, std::uint32_t block) {
  const auto bytes = part_of(positions, term.positions_offset, term.positions_bytes);
  if (!bytes) return damaged("positions end early");
  const std::size_t begin = block == 0 ? 0 : postings.head(block).positions;
  if (begin > bytes->size()) return damaged("a block's positions lie behind the term's");
  return PositionsReader(bytes->subspan(begin));
}

Status check_postings(std::span<const std::byte> postings, std::span<const std::byte> positions,
                      const TermInfo& term, std::span<const std::uint8_t> norms) {
  QUERN_ASSIGN(const Postings list,
               Postings::open(postings, term, static_cast<std::uint32_t>(norms.size())));
  BlockValues docs;
  BlockValues tfs;
  std::uint64_t ttf = 0;
  std::vector<std::uint32_t> found;
  for (std::uint32_t block = 0; block < list.n_blocks(); ++block) {
    const std::uint32_t n = list.decode_docs(block, docs);
    if (n == 0 || list.decode_tfs(block, tfs) != n) {
      return {Code::kBadInput, fmt::format("damaged: block {} of {}", block, list.n_blocks())};
    }
    if (list.has_heads() && list.head(block).bounds != bounds_of(std::span(docs).first(n),
                                                                 std::span(tfs).first(n), norms)) {
      return {Code::kBadInput, fmt::format("damaged: the bounds of block {}", block)};
    }
    for (std::uint32_t i = 0; i < n; ++i) ttf += tfs[i];
    if (term.positions_bytes == 0) continue;
    QUERN_ASSIGN(PositionsReader reader, positions_of(positions, term, list, block));
    for (std::uint32_t i = 0; i < n; ++i) {
      if (!reader.read(tfs[i], found)) return damaged("positions");
    }
  }
  if (ttf != term.ttf) {
    return {Code::kBadInput, fmt::format("damaged: {} occurrences, want {}", ttf, term.ttf)};
  }
  return {};
}

}  // namespace quern::store
