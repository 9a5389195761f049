// Does a store say the truth? Everything that can be held against something else is.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/store.h"

namespace quern::store {

struct VerifyReport {
  std::int64_t generation = 0;
  std::size_t n_segments = 0;
  std::uint64_t n_live = 0;
  std::uint64_t n_bytes = 0;     // Of the segments.
  std::vector<Status> problems;  // None: all is right.
  std::vector<std::string>
      unused_files;  // In the folder of segments; the next writer removes them.
};

/// Reads all of the newest generation: the catalog by SQLite's own check; of each segment the sums
/// of all blocks, the keys, each text and each list against its term; the statistics, counted
/// again; that no key lives twice. Errors: as Store::open and snapshot; what is wrong with the
/// store's content is in the report.
Result<VerifyReport> verify_store(const StorePlace& place);

}  // namespace quern::store
