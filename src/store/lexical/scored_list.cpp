#include "store/lexical/scored_list.h"

#include <algorithm>
#include <functional>

#include "base/check.h"

namespace quern::store {
namespace {

// Lists of so few blocks are read whole for floor_of_best(): microseconds.
constexpr std::uint32_t kFewBlocks = 16;

// Building the table costs as much as scoring so many documents.
constexpr std::uint32_t kDocsWorthTable = 512;

double kth_largest(std::vector<double>& values, std::uint32_t k) {
  if (values.size() < k) return 0;
  std::nth_element(values.begin(), values.begin() + (k - 1), values.end(), std::greater<>());
  return values[k - 1];
}

}  // namespace

Result<ScoredList> ScoredList::of_term(const LexicalPart& part, int field, const TermInfo& term,
                                       float weight, const InverseNorms& inverse_norms) {
  ScoredList list;
  QUERN_ASSIGN(list.postings_, Postings::open(part.postings, term, part.n_docs));
  list.norms_ = part.norms[static_cast<std::size_t>(field)];
  QUERN_CHECK(list.norms_.size() == part.n_docs);
  list.weight_ = weight;
  list.inverse_norms_ = &inverse_norms;
  list.df_ = term.df;
  list.buffers_ = std::make_unique_for_overwrite<Buffers>();
  if (term.df >= kDocsWorthTable) {
    for (std::uint32_t tf = 1; tf <= kTableTfs; ++tf) {
      for (std::size_t norm = 0; norm < inverse_norms.size(); ++norm) {
        list.buffers_->table[tf - 1][norm] =
            bm25_part(weight, static_cast<float>(tf), inverse_norms[norm]);
      }
    }
    list.has_table_ = true;
  }
  if (list.postings_.has_heads()) {
    QUERN_TRY(list.read_heads());
  } else {
    list.read_run();
  }
  return list;
}

double ScoredList::part(std::uint32_t tf, std::uint8_t norm) const {
  if (has_table_ && tf <= kTableTfs) return buffers_->table[tf - 1][norm];
  return bm25_part(weight_, static_cast<float>(tf), (*inverse_norms_)[norm]);
}

Status ScoredList::read_heads() {
  const std::uint32_t n = postings_.n_blocks();
  last_docs_.resize(n);
  bounds_.resize(n);
  floors_.resize(n);
  const auto score = [&](BoundPair pair) {
    return pair.tf == kAnyTf ? on_score_grid(weight_)
                             : part(std::max<std::uint8_t>(pair.tf, 1), pair.norm);
  };
  // The first pair and the last are documents', which score so much at least: any is 255 or more.
  const auto least = [&](BoundPair pair) {
    return part(std::max<std::uint8_t>(pair.tf, 1), pair.norm);
  };
  std::uint64_t before = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const BlockHead head = postings_.head(i);
    if (head.last_doc >= postings_.n_docs()) {
      return {Code::kBadInput, "damaged postings: a head of a document beyond the last"};
    }
    if (head.last_doc < before) return {Code::kBadInput, "damaged postings: heads out of order"};
    before = std::uint64_t{head.last_doc} + 1;
    last_docs_[i] = head.last_doc;
    const double first = score(head.bounds[0]);
    const double last = head.bounds[2] == head.bounds[0] ? first : score(head.bounds[2]);
    const double middle = head.bounds[1] == head.bounds[2] ? last : score(head.bounds[1]);
    bounds_[i] = std::max({first, middle, last});
    floors_[i] = std::max(least(head.bounds[0]), least(head.bounds[2]));
    max_bound_ = std::max(max_bound_, bounds_[i]);
  }
  return {};
}

// A list without heads: one block, read at once, its bound is its best score.
void ScoredList::read_run() {
  last_docs_ = {0};
  bounds_ = {0};
  decode_docs();
  if (n_in_block_ == 0) return;
  last_docs_[0] = buffers_->docs[n_in_block_ - 1];
  for (const double score : scores()) max_bound_ = std::max(max_bound_, score);
  bounds_[0] = max_bound_;
}

ScoredList ScoredList::of_docs(std::vector<ScoredDoc> docs) {
  ScoredList list;
  list.df_ = static_cast<std::uint32_t>(docs.size());
  list.found_ = std::move(docs);
  list.buffers_ = std::make_unique_for_overwrite<Buffers>();
  for (std::size_t begin = 0; begin < list.found_.size(); begin += kBlockDocs) {
    const std::size_t end = std::min(begin + kBlockDocs, list.found_.size());
    double bound = 0;
    for (std::size_t i = begin; i < end; ++i) bound = std::max(bound, list.found_[i].score);
    list.last_docs_.push_back(list.found_[end - 1].doc);
    list.bounds_.push_back(bound);
    list.max_bound_ = std::max(list.max_bound_, bound);
  }
  return list;
}

double ScoredList::floor_of_best(std::uint32_t k) {
  if (df_ < k || k == 0 || !found_.empty()) return 0;
  std::vector<double> values;
  if (n_blocks() > kFewBlocks) {
    values = floors_;
    return kth_largest(values, k);
  }
  const std::uint32_t here = block_;
  for (block_ = 0; block_ < n_blocks(); ++block_) {
    const auto block = scores();
    values.insert(values.end(), block.begin(), block.end());
  }
  block_ = here;
  return kth_largest(values, k);
}

void ScoredList::seek_far(std::uint32_t doc) {
  const auto begin = last_docs_.begin();
  std::size_t step = 1;
  std::size_t low = block_ + 1;
  while (low + step < last_docs_.size() && last_docs_[low + step] < doc) {
    low += step;
    step *= 2;
  }
  const std::size_t high = std::min(low + step + 1, last_docs_.size());
  if (low >= last_docs_.size()) {
    block_ = n_blocks();
    return;
  }
  block_ =
      static_cast<std::uint32_t>(std::lower_bound(begin + static_cast<std::ptrdiff_t>(low),
                                                  begin + static_cast<std::ptrdiff_t>(high), doc) -
                                 begin);
}

double ScoredList::bound_within(std::uint32_t end) const {
  double bound = 0;
  for (std::uint32_t i = block_; i < n_blocks(); ++i) {
    bound = std::max(bound, bounds_[i]);
    if (last_docs_[i] >= end - 1) break;
  }
  return bound;
}

void ScoredList::decode_docs() {
  if (docs_block_ == block_) return;
  docs_block_ = block_;
  if (!found_.empty()) {
    const std::size_t begin = std::size_t{block_} * kBlockDocs;
    n_in_block_ = static_cast<std::uint32_t>(std::min<std::size_t>(kBlockDocs, df_ - begin));
    for (std::uint32_t i = 0; i < n_in_block_; ++i) {
      buffers_->docs[i] = found_[begin + i].doc;
      buffers_->scores[i] = found_[begin + i].score;
    }
    scores_block_ = block_;
  } else {
    n_in_block_ = postings_.decode_docs(block_, buffers_->docs);
    if (n_in_block_ == 0) is_damaged_ = true;
  }
  std::fill(buffers_->docs.begin() + n_in_block_, buffers_->docs.end(), kNoDoc);
}

void ScoredList::decode_tfs() {
  if (tfs_block_ == block_) return;
  tfs_block_ = block_;
  is_once_each_ = postings_.is_once_each(block_);
  if (is_once_each_ || n_in_block_ == 0) return;
  if (postings_.decode_tfs(block_, buffers_->tfs) != n_in_block_) {
    is_damaged_ = true;
    is_once_each_ = true;
  }
}

std::span<const std::uint32_t> ScoredList::docs() {
  decode_docs();
  return std::span(buffers_->docs).first(n_in_block_);
}

std::span<const double> ScoredList::scores() {
  decode_docs();
  Buffers& b = *buffers_;
  if (scores_block_ != block_) {
    scores_block_ = block_;
    decode_tfs();
    if (is_once_each_ && has_table_) {
      const auto& row = b.table[0];
      for (std::uint32_t i = 0; i < n_in_block_; ++i) b.scores[i] = row[norms_[b.docs[i]]];
    } else {
      for (std::uint32_t i = 0; i < n_in_block_; ++i) {
        b.scores[i] = part(is_once_each_ ? 1 : b.tfs[i], norms_[b.docs[i]]);
      }
    }
  }
  return std::span(b.scores).first(n_in_block_);
}

// Without branches, whose outcome would be a toss of a coin: first by stretches of 16.
std::uint32_t ScoredList::n_before(std::uint32_t doc) const {
  const BlockValues& docs = buffers_->docs;
  std::uint32_t n = 0;
  for (std::size_t i = 15; i + 16 < kBlockDocs; i += 16) n += docs[i] < doc ? 16 : 0;
  std::uint32_t n_more = 0;
  for (std::size_t i = 0; i < 16; ++i) n_more += docs[n + i] < doc ? 1 : 0;
  return n + n_more;
}

std::optional<double> ScoredList::find(std::uint32_t doc) {
  decode_docs();
  const Buffers& b = *buffers_;
  const std::uint32_t i = n_before(doc);
  if (i >= n_in_block_ || b.docs[i] != doc) return std::nullopt;
  if (scores_block_ == block_) return b.scores[i];
  decode_tfs();
  return part(is_once_each_ ? 1 : b.tfs[i], norms_[doc]);
}

}  // namespace quern::store
