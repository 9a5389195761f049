// Is a store what one would be that is made of its documents now? The proof that adding, erasing,
// merging and compacting lose and invent nothing, for any store.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/pace.h"
#include "base/status.h"
#include "store/store.h"

namespace quern::store {

struct RebuildReport {
  std::uint64_t n_docs = 0;
  std::vector<Status> differences;  // None: they are the same.
};

/// Analyses all stored texts again, and copies the vectors of all keys, into a store in
/// `side_folder`, which is made and removed, and compares its segments with those of `place`,
/// merged in order: lists, positions, lengths, norms, keys, attributes, vectors and statistics byte
/// by byte, texts by what they say. Errors: kUnavailable where side_folder is there; kBadInput
/// where the store is damaged; kIo;
///   kCancelled.
Result<RebuildReport> verify_rebuild(const StorePlace& place, const std::string& side_folder,
                                     Pace& pace);

}  // namespace quern::store
