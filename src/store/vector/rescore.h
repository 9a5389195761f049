// Final scores of the candidates of a scan, by both planes of their codes, in integers.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

/// Reads rows of the second plane: ids ascending -> out [n_ids, padded_codes(d)]. Not mapped, since
/// a page held for each of a hundred rows would cost more memory than the rows.
using ReadLow =
    std::function<Status(std::span<const std::uint32_t> ids, std::span<std::uint8_t> out)>;

/// So many candidates are scored again, for the best k of them to be the best k of all.
inline std::size_t n_to_rescore(std::size_t k) { return std::max(4 * k, k + 100); }

/// Scores rows by both planes, in place, and puts the best first. A row whose stored factors are
/// no numbers comes last.
///
/// Errors: those of read_low.
Status rescore(const VectorQuery& query, const CodesView& codes, const ReadLow& read_low,
               std::span<Candidate> candidates);

/// The best k rows of one segment: a scan and its rescoring.
///
/// Errors: as scan_codes and rescore.
Result<std::vector<Candidate>> nearest(const VectorQuery& query, const CodesView& codes,
                                       const ReadLow& read_low, AllowedRows allowed, std::size_t k,
                                       ThreadPool& pool);

}  // namespace quern::store
