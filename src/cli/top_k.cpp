#include "cli/top_k.h"

#include <algorithm>
#include <utility>

namespace quern::cli {
namespace {

bool is_better(const ScoredLine& a, const ScoredLine& b) {
  return a.score != b.score ? a.score > b.score : a.line < b.line;
}

}  // namespace

void TopK::add(ScoredLine candidate) {
  if (heap_.size() == k_) {
    if (heap_.empty() || !is_better(candidate, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), is_better);
    n_text_bytes_ -= heap_.back().text.size();
    heap_.pop_back();
  }
  n_text_bytes_ += candidate.text.size();
  heap_.push_back(std::move(candidate));
  std::push_heap(heap_.begin(), heap_.end(), is_better);
}

std::vector<ScoredLine> TopK::take() {
  std::sort_heap(heap_.begin(), heap_.end(), is_better);
  n_text_bytes_ = 0;
  return std::exchange(heap_, {});
}

}  // namespace quern::cli
