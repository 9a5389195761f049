// Searches of a generation that may be damaged: what is whole of it answers.

#pragma once

#include "base/status.h"
#include "store/catalog/generation.h"

namespace quern::store {

/// Threads: one object per thread.
class Undamaged {
 public:
  /// What `search(const Generation&)`, which gives a Result, finds. Where it says kBadInput, all is
  /// read once, and it is asked again about the segments that are whole.
  template <typename Search>
  auto run(const Generation& generation, const Search& search) {
    const bool is_known = checked_ == generation.id();
    if (is_known && whole_ != nullptr) return search(*whole_);
    auto result = search(generation);
    if (is_known || result.status().code() != Code::kBadInput) return result;
    whole_ = without_damaged(generation);
    checked_ = generation.id();
    return whole_ == nullptr ? std::move(result) : search(*whole_);
  }

 private:
  GenerationId checked_ = -1;  // The generation that was read for damage,
  Snapshot whole_;             // and what of it is whole; null: all.
};

}  // namespace quern::store
