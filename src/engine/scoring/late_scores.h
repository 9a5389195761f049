// Outcomes of a request whose first input is a query and whose others are documents, by late
// interaction: rows of each at first, scores once both are there.

#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "base/thread_pool.h"
#include "engine/engine.h"

namespace quern::engine {

/// To be called when outcome `i` has been entered: whatever can be scored by now has its score in
/// place of its rows. Documents fail with the query, and with `cancelled`, which is looked at
/// before each.
void score_late(const formats::HeadFacts& head, std::size_t i, const std::atomic<bool>& cancelled,
                ThreadPool& pool, std::vector<Outcome>& outcomes);

/// When all are there: the query goes, and what was cut off it counts for every document.
void drop_query(std::vector<Outcome>& outcomes);

}  // namespace quern::engine
